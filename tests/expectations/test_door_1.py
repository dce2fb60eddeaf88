"""Door 1: what each SQL rule catches in the candidates, and who is held when something fails or cannot run."""

import shutil

import duckdb
import pytest

from expectations import doors, rules
from expectations.doors import door_1
from expectations.evaluate import run_rule
from expectations.rules import load_registry
from ingestion.admission import candidates, record_admissions
from ingestion.findings import Finding
from tests.expectations.candidate_records import create_records, relate_records
from tests.ingestion.small_deliveries import make_collaborative

ONE, TWO = "00010000", "00020000"
READ = tuple(Finding(rule, "file", "passed", None, "", "as expected", "", 1, 0) for rule in ("D02", "Q01"))

CANDIDATES = """
create schema candidate;
create table candidate.roster (district_id varchar, school_year integer);
insert into candidate.roster values ('00010000', 2017), ('00020000', 2017), ('00020000', 2018);
create table candidate.state_reported_measures (
    district_id varchar, school_year integer, domain varchar, extract varchar, entity_type varchar, entity_id varchar,
    metric_id varchar, variant varchar, period varchar, subgroup varchar, breakdown varchar, value decimal(38, 10),
    numerator decimal(38, 6), denominator decimal(38, 6), n decimal(38, 6), value_status varchar
);
insert into candidate.state_reported_measures by name
select
    district_id, 2017 as school_year, 'finance' as domain, 'measures.ppe' as extract, 'district' as entity_type,
    district_id as entity_id, metric_id, 'v' as variant, 'year' as period, 'all' as subgroup, 'all' as breakdown,
    1 as value, null as numerator, 2 as denominator, null as n, 'reported' as value_status
from unnest(['00010000', '00020000']) as d (district_id) cross join unnest(['A', 'B']) as m (metric_id);
insert into candidate.state_reported_measures by name
select * replace ('_all' as district_id, 'state' as entity_type, 'MA' as entity_id)
from candidate.state_reported_measures where district_id = '00010000';
create table candidate.eoyr_report (
    district_id varchar, school_year integer, domain varchar, extract varchar, fiscal_year integer,
    state_function varchar, line_item varchar, fund_group varchar, amount_usd decimal(18, 2)
);
insert into candidate.eoyr_report values
    ('00010000', 2017, 'finance', 'eoyr_report', 2017, 'teachers', 'salaries', 'all_funds', 10),
    ('00010000', 2017, 'finance', 'eoyr_report', 2017, 'teachers', 'supplies', 'all_funds', -1);
"""


def failures(rule_id: str, fault: str = "select 1") -> dict:
    """Rows of reports that a rule finds at fault, per district, after a fault was planted."""
    registry = load_registry()
    with duckdb.connect() as connection:
        connection.execute(CANDIDATES)
        create_records(connection)
        connection.execute(fault)
        relate_records(connection)
        results = run_rule(connection, registry, registry.rule(rule_id))
    return {result.district_id: result.n_failed for result in results if result.n_failed and result.domain == "finance"}


@pytest.mark.parametrize("rule_id", ["D03", "Q03", "Q04"])
def test_rules__sound_candidates_pass(rule_id):
    assert failures(rule_id) == {}


@pytest.mark.parametrize(
    ("rule_id", "fault", "n_failed"),
    [
        ("D03", "update candidate.state_reported_measures set value_status = 'suppressed' where {row}", 1),
        (
            "D03",
            "update candidate.state_reported_measures set value_status = 'not_reported', value = null, numerator = 1 "
            "where {row}",
            1,
        ),
        ("D03", "update candidate.state_reported_measures set value = null where {row}", 1),
        ("D03", "update candidate.state_reported_measures set value_status = '*' where {row}", 1),
        ("D03", "update candidate.state_reported_measures set value_status = null where {row}", 1),
        ("D03", "update candidate.eoyr_report set amount_usd = null where line_item = 'supplies'", 1),
        ("Q03", "insert into candidate.state_reported_measures from candidate.state_reported_measures where {row}", 2),
        ("Q03", "update candidate.state_reported_measures set metric_id = '' where {row}", 1),
        ("Q03", "update candidate.state_reported_measures set breakdown = null where {row}", 1),
        ("Q03", "update candidate.state_reported_measures set entity_id = '10000' where {row}", 1),
        ("Q03", "insert into candidate.eoyr_report from candidate.eoyr_report where line_item = 'supplies'", 2),
        ("Q03", "update candidate.eoyr_report set fund_group = null where line_item = 'supplies'", 1),
        ("Q04", "update candidate.state_reported_measures set school_year = 2018 where {row}", 1),
        ("Q04", "delete from candidate.roster where district_id = '00010000'", 4),
    ],
)
def test_rules__catch(rule_id, fault, n_failed):
    row = "district_id = '00010000' and metric_id = 'A'"
    assert failures(rule_id, fault.format(row=row)) == {"00010000": n_failed}


def test_q03__a_code_that_lost_its_zeros():
    fault = "update candidate.eoyr_report set district_id = '10000' where line_item = 'supplies'"
    assert failures("Q03", fault) == {"10000": 1}
    assert failures("Q04", fault) == {"10000": 1}


def test_q03__the_same_key_in_two_reports_is_two_records():
    copy = "insert into candidate.state_reported_measures select * replace ('other' as extract)"
    assert failures("Q03", f"{copy} from candidate.state_reported_measures") == {}


def judge(place, *roster):
    verdicts = door_1(place.home, place.ledger, make_collaborative(*roster))
    record_admissions(place.home, place.ledger, verdicts)
    return {verdict.district_id: verdict for verdict in verdicts}


def test_door_1__admits_what_passes_and_records_the_results(place):
    landed = place.deliver({ONE: ["1.00"], TWO: ["2.00"]}, findings=READ)
    verdicts = judge(place, ONE, TWO)
    assert {district: verdict.admitted for district, verdict in verdicts.items()} == {ONE: True, TWO: True}
    recorded = {(row["rule_id"], row["district_id"]) for row in place.ledger.rule_results(landed.delivery_id)}
    assert {("Q03", ONE), ("Q04", TWO), ("D03", ONE), ("D02", None)} <= recorded
    assert candidates(place.ledger) == []
    assert door_1(place.home, place.ledger, make_collaborative(ONE, TWO)) == []


def test_door_1__says_every_rule_that_holds_and_keeps_it_with_the_delivery(place):
    totals = Finding("CT1", "file", "error", 9, "Total", "the totals differ", "ask", 2, 1)
    landed = place.deliver({ONE: ["1.00"], TWO: ["2.00"]}, findings=(*READ, totals))
    verdict = judge(place, ONE)[TWO]
    assert verdict.rule_id == "CT1, Q04"
    assert [part.split(" ")[0] for part in verdict.reason.split("; ") if " failed: " in part] == ["CT1", "Q04"]
    told = {row["rule_id"]: row["message"] for row in place.ledger.rule_results(landed.delivery_id) if row["message"]}
    assert told == {"CT1": "the totals differ", "Q04": "the district is not on the roster of 2017"}


def test_door_1__holds_only_the_district_at_fault_and_says_why(place):
    place.deliver({ONE: ["1.00"], TWO: ["2.00"]}, findings=READ)
    verdicts = judge(place, ONE)
    assert (verdicts[ONE].admitted, verdicts[TWO].admitted) == (True, False)
    assert verdicts[TWO].rule_id == "Q04"
    assert verdicts[TWO].reason.startswith("Q04 failed: 1 of 1 (the district is not on the roster of 2017). ")


def test_door_1__a_delivery_whose_headings_nobody_checked_is_held(place):
    place.deliver({ONE: ["1.00"]}, findings=READ)
    place.deliver({TWO: ["1.00"]}, findings=READ[1:])
    verdicts = judge(place, ONE, TWO)
    assert (verdicts[ONE].admitted, verdicts[TWO].admitted) == (True, False)
    assert verdicts[TWO].rule_id == "D02"
    assert "could not run" in verdicts[TWO].reason


def test_door_1__control_totals_that_failed_hold_every_district_of_the_file(place):
    totals = Finding("CT1", "file", "error", 9, "Total", "the totals differ", "ask", 2, 1)
    place.deliver({ONE: ["1.00"], TWO: ["2.00"]}, findings=(*READ, totals))
    verdicts = judge(place, ONE, TWO)
    assert {(verdict.admitted, verdict.rule_id) for verdict in verdicts.values()} == {(False, "CT1")}


def test_door_1__refused_rows_do_not_hold_the_rest_of_the_file(place):
    refused = Finding("D02", "row", "error", 3, "", "a row has too many cells", "correct it", 2, 1)
    place.deliver({ONE: ["1.00"]}, findings=(*READ, refused))
    assert judge(place, ONE)[ONE].admitted


@pytest.mark.parametrize(
    ("sql", "why"), [("select * from nowhere", "CatalogException in Q04.sql"), (None, "its SQL file is missing")]
)
def test_door_1__a_rule_that_could_not_run_holds_everybody(place, monkeypatch, tmp_path, sql, why):
    folder = tmp_path / "expectations"
    shutil.copytree(rules.FOLDER, folder)
    file = folder / "rules" / "door_1" / "Q04.sql"
    file.write_text(sql, encoding="utf-8") if sql else file.unlink()
    monkeypatch.setattr(doors, "load_registry", lambda: rules.load_registry(folder))
    place.deliver({ONE: ["1.00"], TWO: ["2.00"]}, findings=READ)
    verdicts = judge(place, ONE, TWO)
    assert {(verdict.admitted, verdict.rule_id) for verdict in verdicts.values()} == {(False, "Q04")}
    assert verdicts[ONE].reason == f"Q04 could not run: {why}. {rules.NOT_PASSED}"


def test_door_1__what_a_rule_could_not_be_run_on_is_judged_by_the_next_night(place, monkeypatch, tmp_path):
    folder = tmp_path / "expectations"
    shutil.copytree(rules.FOLDER, folder)
    (folder / "rules" / "door_1" / "Q04.sql").write_text("select * from nowhere", encoding="utf-8")
    landed = place.deliver({ONE: ["1.00"]}, findings=READ)
    with monkeypatch.context() as broken:
        broken.setattr(doors, "load_registry", lambda: rules.load_registry(folder))
        assert not judge(place, ONE)[ONE].is_judged
    assert "Q03" not in {row["rule_id"] for row in place.ledger.rule_results(landed.delivery_id)}
    verdict = judge(place, ONE)[ONE]
    assert (verdict.admitted, verdict.is_judged) == (True, True)
    assert "Q03" in {row["rule_id"] for row in place.ledger.rule_results(landed.delivery_id)}
    assert judge(place, ONE) == {}
    assert [row["decision"] for row in place.ledger.admissions()] == ["held", "admitted"]


def test_door_1__a_rule_whose_results_cannot_be_validated_holds_everybody(place, monkeypatch):
    monkeypatch.setattr("expectations.judge.RULE_BLOCKS", "select nothing from {{batch}} where '{rule_id}' = 'x'")
    place.deliver({ONE: ["1.00"]}, findings=READ)
    verdict = judge(place, ONE)[ONE]
    assert not verdict.admitted
    assert "could not be validated" in verdict.reason


def test_door_1__a_rule_that_only_warns_admits(place, monkeypatch):
    registry = load_registry()
    softer = tuple(
        rule.model_copy(update={"severity": "warn"}) if rule.id == "Q04" else rule for rule in registry.rules
    )
    monkeypatch.setattr(doors, "load_registry", lambda: registry.model_copy(update={"rules": softer}))
    landed = place.deliver({ONE: ["1.00"], TWO: ["1.00"]}, findings=READ)
    assert judge(place, ONE)[TWO].admitted
    statuses = {(row["rule_id"], row["status"]) for row in place.ledger.rule_results(landed.delivery_id)}
    assert ("Q04", "failed") in statuses


def test_door_1__rows_that_reading_refused_are_held_alone(place):
    """Q13 is a gate whose scope is the row: of the district nothing else is held."""
    refused = Finding("Q13", "row", "error", 7, "state_student_id", "another birth date", "compare", 9, 2)
    place.deliver({ONE: ["1.00"]}, findings=(*READ, refused))
    assert judge(place, ONE)[ONE].admitted
    assert (load_registry().rule("Q13").scope, load_registry().rule("Q13").severity) == ("row", "error")
