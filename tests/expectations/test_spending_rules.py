"""The rules about ledgers: unmapped dollars at door 1, every dollar placed at door 2, the balance at door 3."""

import duckdb
import pyarrow as pa
import pytest

from expectations.doors import door_2, door_3
from expectations.evaluate import RuleResult, run_rule
from expectations.rules import load_registry
from ingestion.account_crosswalk import CrosswalkRule, compile_rules, crosswalk_schema, select_mapped_accounts
from tests.expectations.candidate_records import create_records, relate_records

ONE, TWO = "00010000", "00020000"

CANDIDATES = """
create schema candidate;
create table candidate.thresholds (threshold varchar, value decimal(18, 6));
insert into candidate.thresholds values ('unmapped_spending_share', 0.001);
create table candidate.chart_of_accounts (
    district_id varchar, school_year integer, fiscal_year integer, account_id varchar, account_type varchar,
    fund varchar, function_local varchar, object_local varchar, program varchar, state_function varchar,
    nces_function varchar, nces_object varchar, source varchar, ppe_treatment varchar, allocation_pool varchar
);
insert into candidate.chart_of_accounts by name
select
    district_id, 2025 as school_year, 2025 as fiscal_year, account_id, account_type, '1000' as nces_function,
    '110' as nces_object, 'local' as source, 'include' as ppe_treatment
from (values ('00010000'), ('00020000')) as d (district_id)
cross join (values ('teach', 'expenditure'), ('new', 'expenditure')) as a (account_id, account_type);
insert into candidate.chart_of_accounts (district_id, school_year, fiscal_year, account_id, account_type)
select district_id, 2025, 2025, 'taxes', 'revenue' from (values ('00010000'), ('00020000')) as d (district_id);
create table candidate.gl_actuals (
    district_id varchar, school_year integer, domain varchar, account_id varchar, amount_usd decimal(18, 2)
);
insert into candidate.gl_actuals
select district_id, 2025, 'finance', account_id, amount_usd
from (values ('00010000'), ('00020000')) as d (district_id)
cross join (values ('teach', 1000), ('teach', -1), ('new', -1), ('taxes', 5000)) as a (account_id, amount_usd);
"""


def judge_mapping(fault: str, *rules: CrosswalkRule) -> list[RuleResult]:
    """What F03 finds after a fault was planted, with the rules of a crosswalk."""
    registry = load_registry()
    with duckdb.connect() as connection:
        connection.execute(CANDIDATES)
        connection.execute(fault)
        found = compile_rules(rules, {ONE, TWO})
        crosswalk = pa.Table.from_pylist(found, schema=crosswalk_schema())
        connection.register("crosswalk", crosswalk)
        mapped = select_mapped_accounts("candidate.chart_of_accounts", "crosswalk")
        connection.execute(f"create view candidate.mapped_accounts as {mapped}")
        results = run_rule(connection, registry, registry.rule("F03"))
    assert all(result.status != "could_not_run" for result in results)
    return results


def unmapped(fault: str = "select 1", *rules: CrosswalkRule) -> dict:
    """Lines that F03 finds at fault, per district and year, after a fault was planted."""
    results = judge_mapping(fault, *rules)
    return {(result.district_id, result.school_year): result.n_failed for result in results if result.n_failed}


CHART = "update candidate.chart_of_accounts set {} where district_id = '00010000' and account_id = 'new'"
MORE = "; update candidate.gl_actuals set amount_usd = {} where district_id = '00010000' and account_id = 'new'"


@pytest.mark.parametrize("column", ["account_type", "nces_function", "nces_object", "source", "ppe_treatment"])
def test_f03__an_account_that_is_not_mapped_whole_is_unmapped(column):
    fault = CHART.format(f"{column} = null")
    assert unmapped() == {}
    assert unmapped(fault) == {}  # 1.00 of 1,002.00 dollars
    assert unmapped(fault + MORE.format("-1.01")) == {(ONE, 2025): 1}
    assert unmapped(fault + MORE.format("1.01")) == {(ONE, 2025): 1}


def test_f03__what_the_crosswalk_says_is_mapped_and_what_it_leaves_is_named():
    fault = CHART.format("nces_object = null, source = null, object_local = '5110'") + MORE.format("2")
    rule = CrosswalkRule(object_local="51", nces_object="110")
    whole = CrosswalkRule(object_local="51", nces_object="110", source="local")
    assert unmapped(fault, whole) == {}
    assert unmapped(fault, rule) == unmapped(fault) == {(ONE, 2025): 1}
    told = [result.message for result in judge_mapping(fault, rule)]
    assert "accounts that are not mapped: new (source empty)" in told
    assert "accounts that are not mapped: new (nces_object, source empty)" in [r.message for r in judge_mapping(fault)]


def test_f03__names_the_five_accounts_with_the_most_dollars():
    stray = "insert into candidate.gl_actuals values ('00010000', 2025, 'finance', 'x{}', {})"
    results = judge_mapping("; ".join(stray.format(at, at * (-1) ** at) for at in range(1, 8)))
    (result,) = (result for result in results if result.n_failed)
    names = "; ".join(f"x{at} (not in the chart)" for at in (7, 6, 5, 4, 3))
    assert (result.district_id, result.message) == (ONE, f"accounts that are not mapped: {names} and 2 more")


@pytest.mark.parametrize("changed", ["account_id = 'old'", "school_year = 2024", "district_id = '00030000'"])
def test_f03__an_account_is_looked_up_in_its_own_chart(changed):
    assert unmapped(CHART.format(changed) + MORE.format("2")) == {(ONE, 2025): 1}


@pytest.mark.parametrize(("amount", "failed"), [("1.002002", {}), ("0.99", {}), ("1.01", {(ONE, 2025): 1})])
def test_f03__a_thousandth_of_the_dollars_may_be_unmapped(amount, failed):
    """Of 1,001.00 mapped dollars and the rest."""
    assert unmapped(CHART.format("source = null") + MORE.format(amount)) == failed


def test_f03__without_a_threshold_nothing_is_little_enough():
    nothing = "delete from candidate.thresholds; "
    assert unmapped(nothing) == {}
    assert unmapped(nothing + CHART.format("source = null")) == {(ONE, 2025): 1}


def test_f03__a_ledger_without_any_chart_is_held():
    assert unmapped("delete from candidate.chart_of_accounts where district_id = '00020000'") == {(TWO, 2025): 4}


LINE = "district_id, school_year, domain, account_id"


def orphans(fault: str) -> dict:
    """Lines and budgets that Q04 finds without their account, by district."""
    registry = load_registry()
    with duckdb.connect() as connection:
        connection.execute("create schema candidate")
        connection.execute("create table candidate.roster (district_id varchar, school_year integer)")
        for report in ("state_reported_measures", "eoyr_report"):
            connection.execute(
                f"create table candidate.{report} (district_id varchar, school_year integer, domain varchar)"
            )
        create_records(connection)
        for district in (ONE, TWO):
            connection.execute(f"insert into candidate.roster values ('{district}', 2017)")
            connection.execute(f"insert into candidate.chart_of_accounts values ('{district}', 2017, 'teach')")
            for table in ("gl_actuals", "gl_budget"):
                lines = f"select '{district}', 2017, 'finance', 'teach' from range(10)"
                connection.execute(f"insert into candidate.{table} ({LINE}) {lines}")
        connection.execute(fault)
        relate_records(connection)
        results = run_rule(connection, registry, registry.rule("Q04"))
    assert all(result.message == "" for result in results if not result.n_failed), results
    return {(result.district_id, result.domain): result.n_failed for result in results if result.n_failed}


@pytest.mark.parametrize("table", ["gl_actuals", "gl_budget"])
def test_q04__a_line_has_its_account_in_its_own_chart(table):
    stray = f"insert into candidate.{table} ({LINE}) values ('00010000', 2017, 'finance', 'old')"
    assert orphans("select 1") == {}
    assert orphans(stray) == {}  # 1 of 11 is within the share of a tenth
    assert orphans(f"{stray}; {stray}") == {(ONE, "finance"): 2}
    former = "insert into candidate.chart_of_accounts values ('00010000', 2016, 'old'), ('00020000', 2017, 'old')"
    assert orphans(f"{stray}; {stray}; {former}") == {(ONE, "finance"): 2}
    assert orphans(f"{stray}; {stray}; insert into candidate.chart_of_accounts values ('00010000', 2017, 'old')") == {}


def second(workshop):
    return door_2(workshop.home, workshop.ledger, workshop.inputs, workshop.collaborative)


@pytest.mark.parametrize(
    "fault",
    [
        "update staging.stg_district__gl_actuals set amount_usd = 60.00 where account_id = 'office' and {two}",
        "insert into staging.stg_district__gl_actuals values ('00020000', 2018, 'office', 1.00, 1)",
        "delete from staging.stg_district__gl_actuals where {two}",
        "delete from conformed.int_spending__account where placement = 'unmapped' and {two}",
        "update conformed.int_spending__account set amount_usd = 7.01 where placement = 'excluded' and {two}",
        "insert into conformed.int_spending__account (district_id, school_year, placement, amount_usd) "
        "values ('00020000', 2015, 'excluded', 1.00)",
        "update conformed.int_spending__central_pool set is_allocated = false where {two} and source = 'local'",
        "update conformed.int_spending__central_pool set pool_usd = 50.00 where {two} and source = 'local'",
        "delete from conformed.int_spending__central_allocation where {two} and source = 'local'",
        "update conformed.int_spending__central_allocation set allocated_usd = 25 where {two} and source = 'local'",
        "update measures.measure_school_spending set numerator = 99 where metric_id = 'PPE.S02' and entity_id = 'S1' "
        "and {two}",
        "update measures.measure_school_spending set numerator = 30.01 where metric_id = 'PPE.S05' "
        "and entity_id = 'S2' and {two}",
        "update measures.measure_school_spending set numerator = 30.01 where metric_id = 'PPE.S06' "
        "and entity_id = 'S2' and {two}",
        "update measures.measure_school_spending set numerator = 0.02 where metric_id = 'PPE.S07' "
        "and entity_id = 'S1' and {two}",
        "update measures.measure_district_spending set numerator = 160 where {two}",
        "update measures.measure_school_spending set numerator = 31 where metric_id in ('PPE.S05', 'PPE.S06') "
        "and entity_id = 'S2' and {two}; update measures.measure_district_spending set numerator = 161.01 where {two}",
    ],
)
def test_f11__a_cent_that_is_nowhere_or_twice_is_laid_at_its_district(workshop, fault):
    workshop.change(fault.format(two="district_id = '00020000'"))
    result = second(workshop)
    assert (result.passed, result.failed, result.blamed) == (False, ("F11",), frozenset({TWO}))


def test_f11__central_cost_that_nobody_can_share_is_unallocated(workshop):
    workshop.change("update conformed.int_spending__central_pool set is_allocated = false")
    workshop.change("delete from conformed.int_spending__central_allocation")
    workshop.change(
        "update measures.measure_school_spending set numerator = null where metric_id not in ('PPE.S01', 'PPE.S02')"
    )
    assert second(workshop).passed


def test_f11__without_any_ledger_there_is_nothing_to_check(workshop):
    for table in (
        "staging.stg_district__gl_actuals", "conformed.int_spending__account", "conformed.int_spending__central_pool",
        "conformed.int_spending__central_allocation", "measures.measure_school_spending",
        "measures.measure_district_spending",
    ):  # fmt: skip
        workshop.change(f"delete from {table}")
    result = second(workshop)
    assert result.passed
    assert [row.status for row in result.rows if row.rule_id == "F11"] == ["nothing_to_check"]


@pytest.mark.parametrize(
    "row",
    [
        "conformed.fct_gl_actual values ('00020000', 2017)",
        "conformed.fct_gl_budget (district_id, school_year) values ('00020000', 2017)",
        "staging.stg_district__chart_of_accounts (district_id, school_year) values ('00020000', 2017)",
    ],
)
def test_r01__a_chart_a_ledger_or_a_budget_is_rows(workshop, row):
    workshop.change("delete from conformed.fct_reported_value where district_id = '00020000'")
    workshop.change(f"insert into {row}")
    assert "R01" not in second(workshop).failed


@pytest.mark.parametrize(
    "fault",
    [
        "difference_usd = 0.01",
        "difference_usd = null",
        "ledger_usd = 169.52",
        "included_usd = 0",
        "excluded_usd = 7.01",
        "out_of_district_usd = 1",
        "unallocated_usd = null",
    ],
)
def test_m07__a_balance_that_is_off_is_not_published(workshop, fault):
    assert second(workshop).passed
    workshop.change(f"update marts.mart_spending_balance set {fault} where district_id = '00030000'")
    result = door_3(workshop.home, workshop.ledger, workshop.inputs, workshop.collaborative)
    assert (result.passed, result.failed) == (False, ("M07",))


@pytest.mark.parametrize(
    "fault",
    [
        "update marts.mart_account_coverage set amount_usd = 7.01 where mapped_by = 'crosswalk' and {three}",
        "delete from marts.mart_account_coverage where mapped_by = 'unmapped' and {three}",
        "delete from marts.mart_account_coverage where {three}",
        "insert into marts.mart_account_coverage values ('00030000', 2015, '01', 'chart', 'include', 1.00)",
    ],
)
def test_m07__accounts_that_are_not_the_ledger_are_not_published(workshop, fault):
    assert second(workshop).passed
    workshop.change(fault.format(three="district_id = '00030000'"))
    result = door_3(workshop.home, workshop.ledger, workshop.inputs, workshop.collaborative)
    assert (result.passed, result.failed) == (False, ("M07",))
