"""Columns that a file may do without, times of day, and keys with a person whom nobody knows."""

import pyarrow as pa
import pytest

from ingestion.configuration import load_collaborative
from ingestion.contract import load_contracts
from tests.ingestion.delivered_files import read_path
from tests.ingestion.pupil_files import REPOSITORY, A, write_collaborative, write_file

TICKETS = ("ticket_id", "opened", "first_response", "resolved", "hold_hours", "reopened", "channel")
INCIDENTS = ("incident_id", "student_local_id", "action_seq", "school_id", "incident_date", "behavior", "action")
INCIDENTS += ("start", "days_assigned", "days_served")
FIGHT = ("90010010", "2025-10-17", "Fighting", "warning", "", "", "")


@pytest.fixture(scope="module")
def pupils(tmp_path_factory):
    return write_collaborative(tmp_path_factory.mktemp("pupils"))


def read(collaborative, inbox, extract, headings, *rows):
    path = write_file(inbox, A, extract, headings, rows)
    return read_path(collaborative, path, f"{A}/2026/{extract}.csv")


def remarks(reading):
    return [finding.message for finding in reading.findings if finding.severity == "warning"]


def test_a_heading_that_is_optional__may_be_missing_and_is_told(pupils, tmp_path):
    reading = read(pupils, tmp_path, "helpdesk", TICKETS, ("T1", "2025-10-17 08:30", "", "", "", "", ""))
    assert reading.state == "accepted"
    assert remarks(reading) == ["the column 'first_contact_resolved' is not there; all its cells count as empty"]
    assert reading.table.column("first_contact_resolved").to_pylist() == [None]


def test_a_number_that_is_optional__is_null_where_its_heading_is_missing(pupils, tmp_path):
    headings = (*tuple(heading for heading in TICKETS if heading != "hold_hours"), "first_contact_resolved")
    reading = read(pupils, tmp_path, "helpdesk", headings, ("T1", "2025-10-17 08:30", "", "", "true", "phone", "false"))
    assert (reading.state, reading.rows_landed) == ("accepted", 1)
    (row,) = reading.table.to_pylist()
    assert (row["hold_hours"], row["reopened"], row["channel"]) == (None, True, "phone")


def test_a_heading_that_is_not_optional__refuses_the_file(pupils, tmp_path):
    reading = read(pupils, tmp_path, "helpdesk", TICKETS[1:], ("2025-10-17 08:30", "", "", "", "", ""))
    assert reading.state == "quarantined"


def test_the_mapping_of_an_earlier_version__reads_a_file_of_then(tmp_path):
    folder = tmp_path / "collaborative"
    write_collaborative(folder)
    path = folder / "mappings" / "records_discipline.yaml"
    then = [line for line in path.read_text().splitlines() if not any(new in line for new in ("_type", "arrest"))]
    path.write_text("\n".join(then).replace("contract_version: 2", "contract_version: 1"))
    reading = read(load_collaborative(folder), tmp_path, "discipline", INCIDENTS, ("I1", "P1", "1", *FIGHT))
    assert (reading.state, reading.contract.version, remarks(reading)) == ("accepted", 2, [])
    assert reading.table.schema == load_contracts()["discipline"].arrow_schema()


@pytest.mark.parametrize(("version", "state"), [(1, "accepted"), (2, "accepted"), (3, "quarantined")])
def test_a_manifest__may_name_any_version_that_is_still_read(pupils, tmp_path, version, state):
    path = write_file(tmp_path, A, "discipline", INCIDENTS, [("I1", "P1", "1", *FIGHT)])
    path.with_name(path.name + ".manifest.json").write_text(f'{{"contract_version": {version}}}')
    assert read_path(pupils, path, f"{A}/2026/discipline.csv").state == state


@pytest.mark.parametrize(
    ("cell", "landed"),
    [
        ("2025-10-17 08:30", "2025-10-17 08:30:00"),
        ("2025-10-17T23:59:59", "2025-10-17 23:59:59"),
        ("2025-10-17", None),
        ("2025-10-32 08:30", None),
        ("10/17/2025 08:30", None),
        ("2025-10-17 08:30:00Z", None),
    ],
)
def test_a_time_of_day__lands_as_it_is_written_or_not_at_all(pupils, tmp_path, cell, landed):
    rows = [("T0", "2025-10-17 08:00", "", "", "", "", ""), ("T1", cell, "", "", "", "", "")]
    reading = read(pupils, tmp_path, "helpdesk", TICKETS, *rows)
    times = [str(time) for time in reading.table.column("opened_at").to_pylist()]
    assert times == ["2025-10-17 08:00:00", *([landed] if landed else [])]
    assert reading.table.schema.field("opened_at").type == pa.timestamp("us")
    assert [(reject.line, reject.rule_id) for reject in reading.rejects] == ([] if landed else [(3, "D03")])


def test_an_incident_without_a_pupil__lands_once(pupils, tmp_path):
    one, other = ("I1", "", "1", *FIGHT), ("I2", "", "1", *FIGHT)
    reading = read(pupils, tmp_path, "discipline", INCIDENTS, one, one, other, ("I1", "P1", "1", *FIGHT))
    assert (reading.rows_landed, reading.rows_duplicate, reading.rows_rejected) == (3, 1, 0)
    known = [key is not None for key in reading.table.column("student_key").to_pylist()]
    assert sorted(known) == [False, False, True]


def test_incidents_without_a_pupil__with_the_same_key_and_other_values_are_refused(pupils, tmp_path):
    one, other = ("I1", "", "1", *FIGHT), ("I1", "", "1", *FIGHT[:2], "Theft", *FIGHT[3:])
    reading = read(pupils, tmp_path, "discipline", INCIDENTS, one, other, ("I2", "", "1", *FIGHT))
    assert (reading.rows_landed, reading.rows_rejected) == (1, 2)
    assert {reject.rule_id for reject in reading.rejects} == {"Q03"}


def test_a_mapping__cannot_let_go_of_a_heading_that_a_required_column_needs(tmp_path):
    folder = tmp_path / "collaborative"
    write_collaborative(folder)
    path = folder / "mappings" / "records_network.yaml"
    path.write_text(
        path.read_text().replace("{heading: site, type: code}", "{heading: site, type: code, optional: true}")
    )
    with pytest.raises(Exception, match="'site_id' may be absent, but site_id must always be filled"):
        load_collaborative(folder)


@pytest.mark.parametrize("name", ["line", "cells"])
def test_a_mapping__cannot_call_a_column_what_reading_calls_its_own(tmp_path, name):
    folder = tmp_path / "collaborative"
    write_collaborative(folder)
    path = folder / "mappings" / "records_network.yaml"
    renamed = path.read_text().replace("  month: {heading", f"  {name}: {{heading")
    path.write_text(renamed.replace("month: {column: month}", f"month: {{column: {name}}}"))
    with pytest.raises(Exception, match="is a name that reading uses itself"):
        load_collaborative(folder)


def test_the_template__declares_optional_what_came_with_a_later_version():
    template = load_collaborative(REPOSITORY / "collaboratives" / "template")
    for mapping in template.mappings:
        added = {name for change in load_contracts()[mapping.contract].changes for name in change.added}
        of_added = [mapping.columns[mapping.rows[0][name].column] for name in added]
        assert all(column.optional for column in of_added)
