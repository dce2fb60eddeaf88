"""The shipped roster of Massachusetts knows every district that the state's reports name, in the year they name it."""

import csv
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from ingestion.configuration import Collaborative, load_collaborative

REPORTS = {
    "fy2016/district_PerPupilExpenditures_2016.xlsx": 2016,
    "fy2017/district_expenditures_by_function_per_pupil_fy2017.csv": 2017,
    "fy2020/district_PerPupilExpenditures_2020.xlsx": 2020,
    "fy2021/district_PerPupilExpenditures_2021_vintage_A.xlsx": 2021,
    "fy2021/district_PerPupilExpenditures_2021_vintage_B.xlsx": 2021,
}
STATE = "00000000"


@pytest.fixture(scope="module")
def massachusetts(repository: Path) -> Collaborative:
    return load_collaborative(repository / "collaboratives" / "massachusetts")


def read_codes(path: Path) -> set[str]:
    if path.suffix == ".csv":
        with path.open(encoding="ascii", newline="") as handle:
            codes = {row["LEA"] + "0000" for row in csv.DictReader(handle)}
    else:
        rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python(skip_empty_area=False)
        codes = {str(row[1]) for row in rows[2:] if row[1]}
    assert STATE in codes
    return codes - {STATE}


def test_roster__says_codes_names_and_types_alone(repository: Path, massachusetts: Collaborative) -> None:
    with (repository / "collaboratives" / "massachusetts" / "districts.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["district_id", "name", "district_type", "member_from", "member_to"]
    codes = [row["district_id"] for row in rows]
    assert codes == sorted(set(codes))
    assert all(len(code) == 8 and code.isdigit() and code.endswith("0000") for code in codes)
    assert {row["district_type"] for row in rows} == {"public_school_district", "charter_district", "non_operating"}
    assert massachusetts.district(STATE) is None


def test_roster__towns_without_schools_are_members_of_no_year(massachusetts: Collaborative) -> None:
    towns = [district for district in massachusetts.districts if district.district_type == "non_operating"]
    assert len(towns) == 114
    years = {period.school_year for period in massachusetts.periods}
    assert not [town for town in towns if any(town.is_member(year) for year in years)]


@pytest.mark.real_records
def test_roster__every_district_of_the_reports_is_a_member_that_year(
    massachusetts: Collaborative, real_records: Path
) -> None:
    named: set[str] = set()
    for report, year in REPORTS.items():
        codes = read_codes(real_records / "ma_dese_profiles" / report)
        members = {district.district_id for district in massachusetts.roster(year)}
        assert codes - members == set(), report
        named |= codes
    assert len(named) == 409


@pytest.mark.real_records
def test_roster__few_members_of_2020_do_not_report(massachusetts: Collaborative, real_records: Path) -> None:
    codes = read_codes(real_records / "ma_dese_profiles" / "fy2020" / "district_PerPupilExpenditures_2020.xlsx")
    silent = {district.name for district in massachusetts.roster(2020) if district.district_id not in codes}
    assert silent == {"Gosnold", "Institutional Schools", "Ma Academy for Math and Science"}


def test_succession__nobody_reports_after_it_merged_or_closed(massachusetts: Collaborative) -> None:
    """A successor is a member from then on; the predecessor is none, but for empty rows that one report still has."""
    for one in massachusetts.entity_successions:
        predecessor = massachusetts.district(one.predecessor_id or "")
        successor = massachusetts.district(one.successor_id or "")
        if one.kind in ("merged", "closed") and predecessor and "empty row for the old code" not in one.note:
            assert not predecessor.is_member(one.school_year), one
        if one.kind != "closed" and successor:
            assert successor.is_member(one.school_year), one
        if one.kind == "opened" and successor:
            assert not successor.is_member(one.school_year - 1), one


def test_succession__of_schools_is_open_on_one_side_at_a_time(massachusetts: Collaborative) -> None:
    schools = [one for one in massachusetts.entity_successions if massachusetts.school(one.predecessor_id or "")]
    assert len(schools) == 18
    for one in schools:
        before, after = massachusetts.school(one.predecessor_id or ""), massachusetts.school(one.successor_id or "")
        assert before is not None
        assert after is not None
        assert not before.is_open(one.school_year), one
        assert after.is_open(one.school_year), one


def test_succession__everybody_who_left_the_roster_has_one(massachusetts: Collaborative) -> None:
    ended = {one.predecessor_id for one in massachusetts.entity_successions if one.kind in ("merged", "closed")}
    left = {
        district.district_id
        for district in massachusetts.districts
        if district.member_to is not None and district.district_type != "non_operating"
    }
    assert left == {code for code in ended if code and massachusetts.district(code)}
