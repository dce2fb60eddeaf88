"""Every extract is made, is taken without a remark, and fits the pupils, schools and ledger that are made too."""

from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from ingestion.configuration import load_collaborative
from ingestion.contract import load_contracts
from ingestion.mapping import find_mapping
from ingestion.reading import read_delivery
from synthetic.generate import Generated
from synthetic.places import make_districts, sends_everything
from tests.synthetic.counted import read_rows

ALDER = "90010000"
YEARS = (2025, 2026)
OF_STATES = {"eoyr_report", "state_reported_measures"}


@pytest.fixture(scope="module")
def alder(generated: Generated) -> dict[int, dict[str, list[dict[str, str]]]]:
    """By year and extract, the rows that one district sends."""
    folder = generated.nights[0] / ALDER
    return {year: {path.stem: read_rows(path) for path in (folder / str(year)).glob("*.csv")} for year in YEARS}


def test_every_extract_of_a_district__is_made(alder) -> None:
    for year in YEARS:
        assert set(alder[year]) == set(load_contracts()) - OF_STATES
        assert all(alder[year].values())


def test_every_file__is_taken_without_a_remark(generated: Generated) -> None:
    collaborative = load_collaborative(generated.collaborative)
    for path in sorted((generated.nights[0] / ALDER / "2026").glob("*.csv")):
        relative = f"{ALDER}/2026/{path.name}"
        mapping = find_mapping(collaborative.mappings, relative)
        assert mapping is not None
        reading = read_delivery(path, relative, mapping, load_contracts()[mapping.contract], collaborative)
        assert (reading.state, reading.rows_in) == ("accepted", reading.rows_landed), path.name
        assert [finding.message for finding in reading.findings if finding.severity != "passed"] == [], path.name


def test_no_extract__loses_half_of_its_rows_or_doubles_from_one_year_to_the_next(alder) -> None:
    for name, before in alder[2025].items():
        assert len(before) <= 2 * len(alder[2026][name]) <= 4 * len(before), name


def test_what_is_told_of_pupils__is_told_of_those_who_are_enrolled(alder) -> None:
    names = ("assessments", "screeners", "course_grades", "interventions", "intervention_sessions")
    for year in YEARS:
        enrolled = {row["student_local_id"] for row in alder[year]["enrollments"]}
        for name in names:
            assert {row["student_local_id"] for row in alder[year][name]} <= enrolled
        placed = {row["student_local_id"] for row in alder[year]["out_of_district"] if row["sped_placement"] == "true"}
        disabled = {row["student_local_id"] for row in alder[year]["programs"] if row["program"] == "SWD"}
        assert placed and placed <= disabled


def test_the_year_in_progress__tells_nothing_of_days_to_come(alder) -> None:
    dates = {"screeners": "date", "intervention_sessions": "date", "staff_absences": "date", "work_orders": "received"}
    for name, heading in dates.items():
        assert max(row[heading] for row in alder[2026][name]) <= "2026-03-27", name
    assert {row["mark_type"] for row in alder[2026]["course_grades"] if row["term"] == "S2"} == {"incomplete"}
    assert max(row["month"] for row in alder[2026]["energy"]) == "2026-02"


@pytest.mark.parametrize("year", YEARS)
def test_pay__is_to_the_cent_what_the_ledger_has_on_its_accounts(alder, year: int) -> None:
    paid: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in alder[year]["payroll_benefits"]:
        paid[row["account_id"], row["period"]] += Decimal(row["amount"])
    booked: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in alder[year]["gl_actuals"]:
        booked[row["account_id"], row["period"]] += Decimal(row["amount"])
    objects = {row["account_id"]: row["nces_object"] for row in alder[year]["chart_of_accounts"]}
    pay = {account for account, object_ in objects.items() if object_ in ("110", "120", "210")}
    assert len(pay) > 20
    expected = {key: booked[key] for key in booked if key[0] in pay}
    assert {key: paid[key] for key in expected} == expected
    assert {account for account, _ in paid} == pay


def test_staff__are_the_same_persons_from_one_year_to_the_next_but_for_some(alder) -> None:
    before, now = ({row["staff_local_id"] for row in alder[year]["staff"]} for year in YEARS)
    left = {row["staff_local_id"] for row in alder[2025]["staff"] if row["termination_date"]}
    assert before - now == left
    assert 0 < len(left) < len(before) / 4
    assert len(now) == len(before)


def test_staff__are_assigned_absent_and_paid_under_one_id(alder) -> None:
    for year in YEARS:
        staff = {row["staff_local_id"] for row in alder[year]["staff"]}
        assert {row["staff_local_id"] for row in alder[year]["staff_assignments"]} == staff
        assert {row["staff_local_id"] for row in alder[year]["payroll_benefits"]} == staff
        assert {row["staff_local_id"] for row in alder[year]["staff_absences"]} <= staff


def test_sessions__are_of_interventions_and_between_their_days(alder) -> None:
    spans = {row["intervention_id"]: (row["start"], row["planned_end"]) for row in alder[2025]["interventions"]}
    sessions = alder[2025]["intervention_sessions"]
    assert all(spans[row["intervention_id"]][0] <= row["date"] <= spans[row["intervention_id"]][1] for row in sessions)
    assert set(Counter(row["intervention_id"] for row in sessions).values()) == {18, 28}


def test_progress_checks__are_of_interventions_and_between_their_days(alder) -> None:
    spans = {row["intervention_id"]: (row["start"], row["planned_end"]) for row in alder[2025]["interventions"]}
    checks = [row for row in alder[2025]["screeners"] if row["intervention_id"]]
    assert {row["window"] for row in checks} == {"progress"}
    assert all(spans[row["intervention_id"]][0] <= row["date"] <= spans[row["intervention_id"]][1] for row in checks)
    assert min(Counter(row["intervention_id"] for row in checks).values()) == 6


def test_what_a_circuit_breaker_pays_back__follows_the_published_formula(alder) -> None:
    for row in alder[2025]["out_of_district"]:
        above = max(Decimal(0), Decimal(row["cb_eligible_cost"]) - 4 * 10_351)
        assert abs(Decimal(row["cb_net_claim"]) - above * Decimal("0.75")) < Decimal("0.01")


def test_codes_of_one_extract__are_those_of_another(alder) -> None:
    year = alder[2025]
    buildings = {row["building_id"] for row in year["buildings"]}
    assert {row["building_id"] for name in ("energy", "work_orders") for row in year[name]} <= buildings
    goals = {row["goal_id"] for row in year["goals"]}
    assert {row["goal_id"] for name in ("goal_milestones", "goal_ratings", "stocktakes") for row in year[name]} == goals
    grants = {row["grant_id"] for row in year["grants"]}
    assert {row["grant_id"] for row in year["chart_of_accounts"] if row["grant_id"]} <= grants


def test_every_district__sends_everything_where_there_are_more_than_the_demos() -> None:
    demo = make_districts()
    assert [each.name for each in demo if sends_everything(each, demo)] == ["Synthetic Alder", "Synthetic Ivy"]
    many = make_districts(scale=None, count=None) * 2
    assert all(sends_everything(each, many) for each in many)


def test_the_folder__holds_the_templates_mappings(generated: Generated) -> None:
    template = Path(__file__).resolve().parents[2] / "collaboratives" / "template" / "mappings"
    copied = generated.collaborative / "mappings"
    assert {path.name for path in copied.iterdir()} == {path.name for path in template.iterdir()}
