"""The rules of doors 2 and 3 at their limits: what is just inside, what is compared with what, who is asked after."""

import json
from dataclasses import replace
from decimal import Decimal

import duckdb
import pytest

from expectations.doors import door_2, door_3
from expectations.evaluate import run_rule
from expectations.models import ModelInfo
from expectations.rules import load_registry
from expectations.suites.checks import OUT_OF_RANGE, MartScene, rows_kept

TEACHERS = "district_id = '00020000' and breakdown = 'function=teachers'"


def failures(workshop, rule_id: str) -> dict:
    """Failures that a rule's SQL counts in the build at work, per district."""
    registry = load_registry()
    with duckdb.connect(str(workshop.home.build_file), read_only=True) as connection:
        results = run_rule(connection, registry, registry.rule(rule_id))
    assert any(result.n_checked for result in results), results
    return {result.district_id: result.n_failed for result in results if result.n_failed}


def compute(workshop) -> None:
    """Beside what is printed: parts and totals that were computed, twice as large."""
    for measure, metric in (("measure_state_function_spending", "D04"), ("measure_state_spending_per_pupil", "D02")):
        workshop.change(
            f"insert into measures.{measure} "
            "select * replace ('computed' as basis, null as vintage, value * 2 as value) "
            f"from measures.measure_reported where metric_id = 'PPE.{metric}'"
        )


def test_f05__parts_below_the_total_fail_too(workshop):
    workshop.change(f"update measures.measure_reported set value = value - 0.0000101 where {TEACHERS}")
    assert failures(workshop, "F05") == {"00020000": 1}


@pytest.mark.parametrize("table", ["measure_state_function_spending", "measure_state_spending_per_pupil"])
def test_f05__computed_parts_are_compared_with_computed_totals(workshop, table):
    compute(workshop)
    assert failures(workshop, "F05") == {}
    workshop.change(f"update measures.{table} set value = value + 1 where district_id = '00020000'")
    assert failures(workshop, "F05") == {"00020000": 1}


@pytest.mark.parametrize(
    ("changed", "chosen"),
    [
        ("'function=out_of_district' as breakdown", "breakdown = 'function=teachers'"),
        ("'PPE.D03' as metric_id, value + 5 as value", "metric_id = 'PPE.D02'"),
        ("2018 as school_year, value * 2 as value", "true"),
        ("'another_family' as variant, value * 2 as value", "true"),
        (
            "'school' as entity_type, 'S1' as entity_id, value * cast(right(district_id, 5)[1] as integer) as value",
            "entity_type = 'district'",
        ),
    ],
)
def test_f05__each_total_has_its_own_parts(workshop, changed, chosen):
    workshop.change(
        f"insert into measures.measure_reported select * replace ({changed}) from measures.measure_reported "
        f"where {chosen}"
    )
    assert failures(workshop, "F05") == {}


def test_f05__a_district_that_lost_all_its_functions_is_blamed_and_nobody_else(workshop):
    workshop.change("delete from measures.measure_reported where metric_id = 'PPE.D04' and district_id = '00020000'")
    assert failures(workshop, "F05") == {"00020000": 1}


@pytest.mark.parametrize(
    "changed",
    [
        "2018 as school_year",
        "'another' as vintage",
        "null as vintage",
        "'another_family' as variant",
        "'computed' as basis",
        "'school' as entity_type, 'S1' as entity_id",
    ],
)
def test_f05__a_publication_without_functions_is_not_looked_at(workshop, changed):
    """As the state's reports of 2016, 2020 and 2021: totals alone."""
    workshop.change(
        f"insert into measures.measure_reported select * replace ({changed}) from measures.measure_reported "
        "where metric_id = 'PPE.D02'"
    )
    workshop.change("delete from measures.measure_reported where metric_id = 'PPE.D04' and district_id = '00020000'")
    assert failures(workshop, "F05") == {"00020000": 1}


def test_f05__computed_totals_without_any_parts_are_looked_at_too(workshop):
    compute(workshop)
    workshop.change("delete from measures.measure_state_function_spending where district_id = '00020000'")
    assert failures(workshop, "F05") == {"00020000": 1}


def test_f05__parts_of_one_publication_are_compared_with_the_total_of_another(workshop):
    """The total of a newer report stands beside the functions of the older one, which prints both."""
    workshop.change("update measures.measure_reported set vintage = 'B' where metric_id = 'PPE.D02'")
    assert failures(workshop, "F05") == {}
    workshop.change(f"update measures.measure_reported set value = value + 1 where {TEACHERS}")
    assert failures(workshop, "F05") == {"00020000": 1}


def report_lines(workshop, *amounts: str, total: str, denominator: str | None = None) -> None:
    """A district's own lines, and the total of all spending that the state prints: dollars, or a rate and pupils."""
    rows = ", ".join(f"('00020000', 2017, {amount})" for amount in amounts)
    workshop.change(f"insert into conformed.fct_eoyr_expenditure values {rows}")
    figures = f"null as numerator, {total} as value, {denominator} as denominator"
    printed = figures if denominator else f"{total} as numerator, 7 as value, 5 as denominator"
    workshop.change(
        f"insert into measures.measure_reported select * replace ('PPE.D03' as metric_id, {printed}) "
        "from measures.measure_reported where metric_id = 'PPE.D02' and district_id = '00020000'"
    )


@pytest.mark.parametrize(
    ("lines", "total", "failed"),
    [
        # half a percent of a large total is more than a thousand dollars
        (["9000000", "950000"], "10000000", {}),
        (["9000000", "949999.99"], "10000000", {"00020000": 1}),
        (["9000000", "1050000"], "10000000", {}),
        (["9000000", "1050000.01"], "10000000", {"00020000": 1}),
        # and less than that of a small one
        (["4000", "5000"], "10000", {}),
        (["4000", "4999.99"], "10000", {"00020000": 1}),
        (["4000", "7000.01"], "10000", {"00020000": 1}),
        # thousands for dollars, as Cambridge's lines of 2017 would be
        (["212707.50"], "212707498.33", {"00020000": 1}),
    ],
)
def test_f02__lines_may_miss_the_states_total_by_half_a_percent_or_a_thousand_dollars(workshop, lines, total, failed):
    report_lines(workshop, *lines, total=total)
    assert failures(workshop, "F02") == failed


@pytest.mark.parametrize(("line", "failed"), [("212707498.33", {}), ("211000000", {"00020000": 1})])
def test_f02__a_total_that_is_printed_as_a_rate_is_the_rate_times_the_pupils(workshop, line, failed):
    report_lines(workshop, line, total="29206.42853", denominator="7282.9")
    assert failures(workshop, "F02") == failed


@pytest.mark.parametrize(
    "other",
    [
        "'school' as entity_type, 'S1' as entity_id",
        "'another_family' as variant",
        "'part=grants' as breakdown",
        "2018 as school_year",
        "'PPE.D02' as metric_id",
        "'00030000' as district_id, '00030000' as entity_id",
        "'B' as vintage, null as numerator, null as value",
    ],
)
def test_f02__lines_are_compared_with_their_own_total_alone(workshop, other):
    report_lines(workshop, "10000000", total="10000000")
    workshop.change(
        f"insert into measures.measure_reported select * replace ({other}) from "
        "(select * replace (numerator * 2 as numerator) from measures.measure_reported where metric_id = 'PPE.D03')"
    )
    assert failures(workshop, "F02") == {}


def test_f02__without_a_tolerance_nothing_is_close_enough(workshop):
    report_lines(workshop, "10000000", total="10000000")
    workshop.change("delete from collaborative.thresholds where threshold like 'eoyr_total%'")
    assert failures(workshop, "F02") == {"00020000": 1}


def test_f02__a_district_whose_total_the_state_does_not_print_is_not_looked_at(workshop):
    workshop.change("insert into conformed.fct_eoyr_expenditure values ('00020000', 2017, 5)")
    registry = load_registry()
    with duckdb.connect(str(workshop.home.build_file), read_only=True) as connection:
        (result,) = run_rule(connection, registry, registry.rule("F02"))
    assert result.status == "nothing_to_check"


def drop_out(workshop) -> None:
    for table in ("build.selection", "conformed.fct_reported_value", "conformed.dim_delivery_status"):
        workshop.change(f"delete from {table} where district_id = '00020000'")


@pytest.mark.parametrize(
    ("years", "failed"),
    [
        ("member_from = 2018", {}),
        ("member_to = 2016", {}),
        ("member_from = 2017", {"00020000": 1}),
        ("member_to = 2017", {"00020000": 1}),
    ],
)
def test_r01__members_of_the_year_are_asked_after(workshop, years, failed):
    drop_out(workshop)
    workshop.change(f"update collaborative.districts set {years} where district_id = '00020000'")
    assert failures(workshop, "R01") == failed


def test_r01__a_state_that_nobody_knows_accounts_for_nothing(workshop):
    workshop.change("update conformed.dim_delivery_status set state = null where district_id = '00020000'")
    assert failures(workshop, "R01") == {"00020000": 1}


def test_r01__two_states_account_for_nothing(workshop):
    workshop.change("insert into conformed.dim_delivery_status values ('00020000', 'finance', 2017, 'admitted')")
    assert failures(workshop, "R01") == {"00020000": 1}


def test_r01__a_districts_own_lines_are_rows(workshop):
    workshop.change("delete from conformed.fct_reported_value where district_id = '00020000'")
    workshop.change("insert into conformed.fct_eoyr_expenditure values ('00020000', 2017, 1)")
    assert failures(workshop, "R01") == {}


def test_r01__a_districts_pupils_are_rows(workshop):
    workshop.change("delete from conformed.fct_reported_value where district_id = '00020000'")
    workshop.change(
        "insert into conformed.fct_enrollment by name select '00020000' as district_id, 2017 as school_year"
    )
    assert failures(workshop, "R01") == {}


def test_r01__slots_that_no_figure_is_made_of_ask_for_no_rows(workshop):
    """A district may begin with its list of pupils, or of buildings."""
    workshop.change("delete from conformed.fct_reported_value where district_id = '00020000'")
    assert failures(workshop, "R01") == {"00020000": 1}
    workshop.change("update build.selection set contract = 'students' where district_id = '00020000'")
    assert failures(workshop, "R01") == {}


def scene(rows_before: int | None) -> MartScene:
    model = ModelInfo("mart", "marts", "table", ("district_id",), (), "", ())
    return MartScene(model, rows_before, Decimal("0.2"))


@pytest.mark.parametrize(("rows_before", "least"), [(None, 1), (0, 1), (1, 1), (10, 8), (11, 9)])
def test_m01__not_one_row_more_than_the_share_may_go(rows_before, least):
    assert [expectation.min_value for expectation in rows_kept(scene(rows_before))] == [least]


def test_m01__a_mart_that_may_be_empty_may_not_lose_its_rows_either():
    assert [rows_kept(scene(rows), may_be_empty=True)[0].min_value for rows in (None, 10)] == [0, 8]


@pytest.mark.parametrize(("value", "n_unexpected"), [("0", 0), ("90000", 0), ("-0.000001", 1), ("90000.000001", 1)])
def test_m03__the_range_holds_its_ends(workshop, value, n_unexpected):
    workshop.change(f"update marts.fct_metric_value set value = {value} where {TEACHERS}")
    with duckdb.connect(str(workshop.home.build_file), read_only=True) as connection:
        rows = connection.execute(OUT_OF_RANGE.format(batch="marts.fct_metric_value")).fetchall()
    assert len(rows) == n_unexpected


def judge_after(workshop, **manifest):
    """Door 3's word on a sound build, after a release with this manifest."""
    workshop.home.current_release.mkdir(parents=True)
    (workshop.home.current_release / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert door_2(workshop.home, workshop.ledger, workshop.inputs, workshop.collaborative).passed
    return door_3(workshop.home, workshop.ledger, workshop.inputs, workshop.collaborative)


def test_m01__rows_are_compared_with_the_current_release(workshop):
    result = judge_after(workshop, tables={"fct_metric_value": {"rows": 1000}})
    assert result.failed == ("M01",)
    assert "fct_metric_value" in result.messages[0]


@pytest.mark.parametrize(
    ("manifest", "name"),
    [({"tables": {"mart_that_was": {"rows": 1}}}, "mart_that_was"), ({"rules": [{"id": "X99"}]}, "X99")],
)
def test_m04__what_the_current_release_had_may_not_go_without_a_word(workshop, manifest, name):
    result = judge_after(workshop, **manifest)
    assert result.failed == ("M04",)
    assert name in result.messages[0]


def test_m05__another_selections_receipt_does_not_count(workshop):
    assert door_2(workshop.home, workshop.ledger, workshop.inputs, workshop.collaborative).passed
    other = replace(workshop.inputs, selection_hash="another")
    result = door_3(workshop.home, workshop.ledger, other, workshop.collaborative)
    assert (result.passed, result.failed) == (False, ("M05",))
