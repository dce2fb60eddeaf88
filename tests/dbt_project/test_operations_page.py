"""The list of OP metrics is what dictionary, ratios, unit tests and mappings say, and none is without a proof."""

from tests.dbt_project.operations_page import PAGE, build_page, find_metrics


def test_the_list__is_what_the_tables_and_tests_say():
    again = "write it again: PYTHONPATH=. python -m tests.dbt_project.operations_page"
    page = PAGE.read_text(encoding="utf-8")
    assert page == build_page(page), again


def test_each_metric_of_operations__is_tested_or_read_from_a_state():
    metrics = find_metrics()
    assert len(metrics) >= 59
    assert [metric["id"] for metric in metrics if not metric["tests"] and not metric["mappings"]] == []
