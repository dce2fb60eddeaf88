"""Published facts of the state's files, found again in what their mappings land."""

from decimal import Decimal

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from ingestion.configuration import load_collaborative
from tests.ingestion.delivered_files import read_path

pytestmark = pytest.mark.real_records

PER_PUPIL = "district_PerPupilExpenditures_{}.xlsx"
RETENTION = "school_staffingretention_2016.xlsx"
SALARIES = "district_TeacherSalaries_2019-20.xlsx"


@pytest.fixture(scope="module")
def massachusetts(repository):
    return load_collaborative(repository / "collaboratives" / "massachusetts")


@pytest.fixture(scope="module")
def land(massachusetts, real_records):
    """Read one of the state's files by its name; each is read once."""
    readings = {}

    def land(name):
        if name not in readings:
            (path,) = (real_records / "ma_dese_profiles").rglob(name)
            readings[name] = read_path(massachusetts, path, path.relative_to(real_records).as_posix())
        return readings[name]

    return land


@pytest.fixture
def damaged(massachusetts, real_records, tmp_path):
    """Read a copy of a workbook in which some cells, by line and column, hold another text."""

    def damaged(name, cells):
        (path,) = (real_records / "ma_dese_profiles").rglob(name)
        rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python(skip_empty_area=False)
        with xlsxwriter.Workbook(tmp_path / name) as workbook:
            sheet = workbook.add_worksheet()
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
            for (line, column), text in cells.items():
                sheet.write(line - 1, column, text)
        return read_path(massachusetts, tmp_path / name, name)

    return damaged


def _figures(reading):
    keys = ("entity_id", "metric_id", "subgroup", "breakdown")
    return {tuple(row[key] for key in keys): row for row in reading.table.to_pylist()}


def _checked(reading, rule, column):
    return next(f.n_checked for f in reading.findings if f.rule_id == rule and f.column == column)


def test_409_codes_stand_in_the_spending_reports_of_four_years(land):
    names = [PER_PUPIL.format(year) for year in ("2016", "2020", "2021_vintage_A", "2021_vintage_B")]
    readings = [land(name) for name in (*names, "district_expenditures_by_function_per_pupil_fy2017.csv")]
    codes = [set(reading.table["district_id"].to_pylist()) - {"_all"} for reading in readings]
    assert [len(each) for each in codes[:4]] == [322, 401, 398, 398]
    assert len(codes[4]) == 326
    assert len(set().union(*codes)) == 409
    rates = [row for row in readings[4].table.to_pylist() if row["metric_id"] == "PPE.D02"]
    assert sum(row["value_status"] == "reported" for row in rates) == 322 + 1


def test_two_vintages_differ_in_55_rows(land):
    older, newer = (land(PER_PUPIL.format(f"2021_vintage_{letter}")) for letter in "AB")
    assert (older.vintage, newer.vintage) == ("A", "B")
    assert (older.extract, older.school_year) == (newer.extract, newer.school_year)
    before, after = _figures(older), _figures(newer)
    assert before.keys() == after.keys()
    parts = ("value", "numerator", "denominator")
    changed = {key for key in before if any(before[key][part] != after[key][part] for part in parts)}
    assert len({key[0] for key in changed}) == 55
    spent = {key for key in changed if before[key]["numerator"] != after[key]["numerator"]}
    assert len({key[0] for key in spent}) == 42
    assert len({key[0] for key in spent if key[1] == "PPE.D03"}) == 40


def test_two_copies_of_a_report_hold_the_same_figures(land):
    for one, other in (
        ("district_TeacherSalaries.xlsx", "district_TeacherSalaries.csv"),
        ("district_NextGenMCAS_2021.xlsx", "district_NextGenMCAS_2021_bom_titlerow.csv"),
    ):
        assert (land(one).extract, land(one).school_year) == (land(other).extract, land(other).school_year)
        figures = [
            {key: {**row, "source_line": 0} for key, row in _figures(land(name)).items()} for name in (one, other)
        ]
        assert figures[0] == figures[1]


def test_blanks_in_discipline_are_hidden_in_950_of_1855_schools(land):
    figures = _figures(land("school_discipline_ssdr_2015-16.xlsx"))
    rates = {key[0]: row for key, row in figures.items() if key[1] == "SS.B01"}
    hidden = {school for school, row in rates.items() if row["value_status"] == "suppressed"}
    assert (len(rates), len(hidden)) == (1855, 950)
    disciplined = {key[0]: row["value"] for key, row in figures.items() if key[1] == "SS.B07"}
    assert {school for school in hidden if disciplined[school] is not None and disciplined[school] > 5} == set()
    assert min(disciplined[school] for school in rates if school not in hidden) == 6
    assert all(row["value"] is None for school, row in rates.items() if school in hidden)


def test_attendance_has_no_pupils_behind_it_and_discipline_has_them(land):
    attendance = {
        key[0]: row
        for key, row in _figures(land("school_attendance_retention_2015-16.xlsx")).items()
        if key[1] == "SS.A03"
    }
    assert attendance["MA"]["value"] == Decimal("0.949")
    assert {(row["numerator"], row["denominator"], row["n"]) for row in attendance.values()} == {(None, None, None)}
    pupils = {key[0] for key in _figures(land("school_discipline_ssdr_2015-16.xlsx")) if key[1] == "SS.N01"}
    assert len(pupils & set(attendance)) == 1853


def test_retention_and_salaries_recompute(land):
    assert _checked(land(RETENTION), "I01", "Teacher % Retained") == 1706
    assert _checked(land(RETENTION), "I01", "Principal % Retained") == 1707
    assert _checked(land(SALARIES), "I01", "Average Salary") == 319


def test_three_wrong_rows_name_three_districts_and_nobody_else(land, damaged):
    reading = damaged(SALARIES, {(line, 3): "$1" for line in (10, 20, 30)})
    assert (reading.state, reading.rows_landed) == ("accepted", 319)
    lines = dict(zip(reading.table["source_line"].to_pylist(), reading.table["district_id"].to_pylist(), strict=True))
    assert {f.district_id for f in reading.identity_failures} == {lines[line] for line in (10, 20, 30)}
    assert [f.line for f in reading.identity_failures] == [10, 20, 30]


def test_thousands_instead_of_dollars_refuse_the_file(damaged):
    reading = damaged(SALARIES, {(10, 2): "$10,347"})
    assert reading.state == "quarantined"
    assert {f.rule_id for f in reading.problems if f.severity == "error"} == {"CT1"}


def test_income_is_another_series_from_2022(land):
    older = _figures(land("district_selectedpopulations.csv"))["MA", "SS.D01", "low_income", "all"]
    newer = _figures(land("district_selectedpopulations_2021-22.xlsx"))["MA", "SS.D01", "low_income", "all"]
    assert (older["school_year"], older["value"], older["numerator"]) == (2018, Decimal("0.32"), 305203)
    assert (newer["school_year"], newer["value"], newer["numerator"]) == (2022, Decimal("0.438"), 399140)


def test_the_merged_files_schools_add_up_to_the_states_districts(massachusetts, real_records, land):
    path = real_records / "ma_public_schools_2017" / "MA_Public_Schools_2017.csv"
    schools = read_path(massachusetts, path, path.relative_to(real_records).as_posix())
    sums = {}
    for row in schools.table.to_pylist():
        if (row["metric_id"], row["breakdown"]) == ("SS.N02", "all"):
            sums[row["district_id"]] = sums.get(row["district_id"], 0) + row["value"]
    printed = {
        row["district_id"]: row["value"]
        for row in land("district_enrollment_by_grade_2016-17.csv").table.to_pylist()
        if row["breakdown"] == "all"
    }
    assert sum(sums.values()) == printed.pop("_all") == 953748
    assert {district: total for district, total in sums.items() if total} == printed


def test_every_code_of_both_directories_is_on_the_roster(massachusetts, real_records):
    import csv

    folder = real_records / "ma_dese_profiles" / "directory"
    recent = CalamineWorkbook.from_path(str(folder / "districts_directory_recent.xlsx")).get_sheet_by_index(0)
    codes = {str(row[1]) for row in recent.to_python()[1:]}
    with (folder / "districts_directory_2014.csv").open(newline="", encoding="utf-8") as handle:
        older = {row["Org Code"].zfill(8) for row in csv.DictReader(handle)}
    assert (len(codes), len(older)) == (517, 525)
    assert (codes | older) - {district.district_id for district in massachusetts.districts} == set()
