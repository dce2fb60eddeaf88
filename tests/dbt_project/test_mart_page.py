"""The page of marts says what the models say."""

from tests.dbt_project.mart_page import PAGE, build_page


def test_the_page_of_marts_is_what_the_models_say():
    again = "write it again: PYTHONPATH=. python -m tests.dbt_project.mart_page"
    assert PAGE.read_text(encoding="utf-8") == build_page(), again
