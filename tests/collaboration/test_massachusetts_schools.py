"""The shipped roster of schools knows every school that the state's reports name, in the year they name it."""

import csv
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from ingestion.configuration import Collaborative, load_collaborative

REPORTS = {
    "sy2018/school_MCAS_legacy_2014.xlsx": (2014, 1),
    "fy2016/school_PARCC_ELA_2016_all_students.xls": (2016, 1),
    "fy2016/school_accountability_2016.xlsx": (2016, 1),
    "fy2016/school_attendance_retention_2015-16.xlsx": (2016, 1),
    "fy2016/school_discipline_ssdr_2015-16.xlsx": (2016, 1),
    "fy2016/school_mobilityrates_2016.xlsx": (2016, 1),
    "fy2016/school_staffingretention_2016.xlsx": (2016, 1),
    "sy2018/school_NextGenMCAS_grade10_or_subset_2017.xlsx": (2017, 1),
    "sy2018/school_MCAS_science_2018.xlsx": (2018, 1),
    "sy2018/school_NextGenMCAS_2018.xlsx": (2018, 1),
    "sy2018/school_dropout_2017-18.xlsx": (2018, 1),
    "sy2018/school_sat_2017-18.xlsx": (2018, 1),
    "sy2018/school_enrollment_by_grade_2018-19.xlsx": (2019, 2),
}
"""School year of each report and the column of its codes."""

WHOLE_LISTS = (2016, 2017, 2019)
"""Years in which a file names every school; the test reports of 2014 and 2018 name those that were tested."""


@pytest.fixture(scope="module")
def massachusetts(repository: Path) -> Collaborative:
    return load_collaborative(repository / "collaboratives" / "massachusetts")


@pytest.fixture(scope="module")
def schools_by_year(real_records: Path) -> dict[int, set[str]]:
    folder = real_records / "ma_dese_profiles"
    with (real_records / "ma_public_schools_2017" / "MA_Public_Schools_2017.csv").open(newline="") as file:
        found = {2017: {row["School Code"] for row in csv.DictReader(file)}}
    for report, (year, column) in REPORTS.items():
        rows = CalamineWorkbook.from_path(folder / report).get_sheet_by_index(0).to_python()
        codes = {str(row[column]) for row in rows if len(row) > column}
        found.setdefault(year, set()).update(code for code in codes if code.isdigit() and code != "00000000")
    return found


def test_roster_of_schools__says_codes_names_and_types_alone(repository: Path, massachusetts: Collaborative) -> None:
    with (repository / "collaboratives" / "massachusetts" / "schools.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["school_id", "district_id", "name", "school_type", "open_from", "open_to"]
    codes = [row["school_id"] for row in rows]
    assert codes == sorted(set(codes))
    assert all(row["school_id"][:4] + "0000" == row["district_id"] != row["school_id"] for row in rows)
    assert {row["school_type"] for row in rows} == {"public_school", "charter_school"}
    charter = {one.district_id for one in massachusetts.districts if one.district_type == "charter_district"}
    assert not [row for row in rows if (row["school_type"] == "charter_school") != (row["district_id"] in charter)]


@pytest.mark.real_records
def test_roster_of_schools__every_school_of_the_reports_is_open_and_its_district_a_member(
    massachusetts: Collaborative, schools_by_year: dict[int, set[str]]
) -> None:
    for year, codes in schools_by_year.items():
        assert codes - {school.school_id for school in massachusetts.schools_open(year)} == set(), year
        members = {district.district_id for district in massachusetts.roster(year)}
        assert {code[:4] + "0000" for code in codes} - members == set(), year
    assert {school.school_id for school in massachusetts.schools} == set().union(*schools_by_year.values())
    assert {year: len(codes) for year, codes in schools_by_year.items()} == {
        2014: 1669,
        2016: 1855,
        2017: 1861,
        2018: 1680,
        2019: 1846,
    }
    assert len(massachusetts.schools) == 1948


@pytest.mark.real_records
def test_roster_of_schools__years_are_said_only_where_a_whole_list_shows_them(
    massachusetts: Collaborative, schools_by_year: dict[int, set[str]]
) -> None:
    for school in massachusetts.schools:
        seen = [year for year, codes in sorted(schools_by_year.items()) if school.school_id in codes]
        assert school.open_from == (seen[0] if any(year < seen[0] for year in WHOLE_LISTS) else None), school
        assert school.open_to == (seen[-1] if any(year > seen[-1] for year in WHOLE_LISTS) else None), school
