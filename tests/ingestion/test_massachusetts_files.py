"""docs/massachusetts_files.md says what becomes of each of the state's files: the same as reading them does."""

import re

import pytest

from ingestion.configuration import load_collaborative
from ingestion.mapping import find_mapping
from tests.ingestion.delivered_files import read_path

pytestmark = pytest.mark.real_records

FOLDERS = ("ma_dese_profiles", "ma_public_schools_2017")


@pytest.fixture(scope="module")
def massachusetts(repository):
    return load_collaborative(repository / "collaboratives" / "massachusetts")


@pytest.fixture(scope="module")
def files(real_records):
    """Every file of the two folders, by its path; the notes beside them are not the state's."""
    found = (path for folder in FOLDERS for path in sorted((real_records / folder).rglob("*")))
    return {path.relative_to(real_records).as_posix(): path for path in found if path.suffix not in ("", ".md")}


@pytest.fixture(scope="module")
def tables(repository):
    """Cells of the document's rows, by the file in the first cell."""
    text = (repository / "docs" / "massachusetts_files.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:3] == "| `"]
    return {row[0].strip("`"): row[1:] for row in rows}


@pytest.fixture(scope="module")
def readings(massachusetts, files):
    mapped = {name: path for name, path in files.items() if find_mapping(massachusetts.mappings, name)}
    return {name: read_path(massachusetts, path, name) for name, path in mapped.items()}


def _row(reading):
    """A mapped file as the document writes it."""
    counts = (reading.rows_in, reading.rows_landed, reading.rows_rejected, reading.rows_duplicate)
    figures = reading.table.num_rows
    return [f"`{reading.mapping.mapping}`", str(reading.school_year), *(f"{count:,}" for count in (*counts, figures))]


def test_every_file_is_in_the_document(files, tables):
    assert len(files) == 49
    assert set(tables) == set(files)


def test_the_document_has_the_mapped_files_as_they_are_read(tables, readings):
    said = {name: cells for name, cells in tables.items() if len(cells) > 1}
    assert said == {name: _row(reading) for name, reading in readings.items()}


def test_a_file_without_a_mapping_has_a_reason(tables, readings):
    left_out = {name: cells for name, cells in tables.items() if len(cells) == 1}
    assert set(left_out) == set(tables) - set(readings)
    assert all(len(cells[0]) > 20 for cells in left_out.values())


def test_only_the_damaged_copy_is_refused(readings):
    refused = [name for name, reading in readings.items() if reading.state != "accepted"]
    assert refused == ["ma_dese_profiles/fy2021/district_NextGenMCAS_2021_ELA_leading_zero_lost.csv"]
    damaged = readings[refused[0]]
    assert (damaged.rows_in, damaged.rows_rejected) == (355, 355)
    assert {reject.rule_id for reject in damaged.rejects} == {"Q03"}
    assert len({reject.line for reject in damaged.rejects}) == 343


def test_no_published_row_breaks_an_identity_unnamed(readings):
    broken = {name: reading.identity_failures for name, reading in readings.items() if reading.identity_failures}
    assert broken == {}


def test_each_declared_exception_is_needed(massachusetts, files, readings):
    """Read without its exceptions, each mapping finds exactly the rows that it names."""
    named, found = set(), set()
    for name, reading in readings.items():
        bare = {
            key: identity.model_copy(update={"exceptions": ()}) for key, identity in reading.mapping.identities.items()
        }
        for key, identity in reading.mapping.identities.items():
            named |= {
                (e.entity_id, e.school_year, key) for e in identity.exceptions if e.school_year == reading.school_year
            }
        mapping = reading.mapping.model_copy(update={"identities": bare})
        collaborative = _with_mapping(massachusetts, mapping)
        again = read_path(collaborative, files[name], name)
        found |= {(failure.district_id, again.school_year, failure.identity) for failure in again.identity_failures}
    assert found == named
    assert ("04110000", 2020, "total_per_pupil") in found
    assert len({district for district, year, _ in found if year == 2021}) == 6


def _with_mapping(massachusetts, mapping):
    from dataclasses import replace

    return replace(massachusetts, mappings=(mapping,))


def test_each_known_gap_is_exactly_what_the_file_shows(readings):
    text = {
        (name.rsplit("/", 1)[-1], finding.column): finding.message
        for name, reading in readings.items()
        for finding in reading.findings
        if finding.rule_id == "CT1" and "known gap" in finding.message
    }
    total = text["district_PerPupilExpenditures_2016.xlsx", "Total Expenditures"]
    assert "7341075 apart from a known gap" in total
    assert len(text) == 18


def test_rows_and_years_are_those_of_the_reports(readings):
    years = {re.sub(r".*/", "", name): reading.school_year for name, reading in readings.items()}
    assert years["district_TeacherSalaries.xlsx"] == 2017
    assert years["district_selectedpopulations.csv"] == 2018
    assert years["district_selectedpopulations_2021-22.xlsx"] == 2022
    assert years["school_enrollment_by_grade_2018-19.xlsx"] == 2019
