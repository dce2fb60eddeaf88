"""Through which day a delivery's rows go, and whether a file holds rows, headings alone, or nothing."""

import json
import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ingestion.contract import load_contracts
from ingestion.mapping import find_mapping
from ingestion.reading import read_delivery
from tests.ingestion.pupil_files import ADA, A, write_attendance, write_collaborative, write_students


@pytest.fixture(scope="module")
def collaborative(tmp_path_factory):
    return write_collaborative(tmp_path_factory.mktemp("collaborative"))


def read(collaborative, path: Path, written: datetime | None = None):
    if written:
        os.utime(path, (written.timestamp(), written.timestamp()))
    relative_path = f"{A}/2026/{path.name}"
    mapping = find_mapping(collaborative.mappings, relative_path)
    assert mapping is not None
    return read_delivery(path, relative_path, mapping, load_contracts()[mapping.contract], collaborative)


@pytest.mark.parametrize(
    ("written", "through"),
    [
        (datetime(2025, 10, 5, tzinfo=UTC), date(2025, 9, 3)),  # the greatest date of its rows
        (datetime(2026, 9, 1, tzinfo=UTC), date(2025, 9, 3)),
        (datetime(2025, 9, 2, 12, tzinfo=UTC), date(2025, 9, 2)),  # a row is dated ahead: Q19 must see it
        (datetime(2025, 9, 3, 1, tzinfo=UTC), date(2025, 9, 2)),  # where the collaborative is, it is the day before
        (datetime(2025, 1, 1, tzinfo=UTC), date(2025, 7, 1)),
    ],
)
def test_data_through__of_dated_rows(collaborative, tmp_path, written, through):
    path = write_attendance(tmp_path, A, "LOCALADA1", "LOCALADA1", "LOCALADA1")
    assert read(collaborative, path, written).data_through == through


@pytest.mark.parametrize(
    ("written", "through"),
    [
        (datetime(2025, 10, 5, 12, tzinfo=UTC), date(2025, 10, 5)),
        (datetime(2027, 1, 1, tzinfo=UTC), date(2026, 6, 30)),
        (datetime(2025, 1, 1, tzinfo=UTC), date(2025, 7, 1)),
    ],
)
def test_data_through__of_rows_without_a_date_is_the_files_day(collaborative, tmp_path, written, through):
    assert read(collaborative, write_students(tmp_path, A, ADA), written).data_through == through


def test_data_through__is_what_the_manifest_says(collaborative, tmp_path):
    path = write_attendance(tmp_path, A, "LOCALADA1")
    path.with_name(f"{path.name}.manifest.json").write_text(json.dumps({"as_of": "2025-12-24"}))
    assert read(collaborative, path, datetime(2025, 9, 1, tzinfo=UTC)).data_through == date(2025, 12, 24)


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\r\n \r\n\n", b"\xff\xfe\n\x00"])
def test_content__a_file_of_nothing_is_empty(collaborative, tmp_path, content):
    path = write_students(tmp_path, A, ADA)
    path.write_bytes(content)
    reading = read(collaborative, path)
    assert (reading.state, reading.content, reading.rows_in) == ("quarantined", "empty", 0)


def test_content__a_small_file_without_its_headings_is_neither(collaborative, tmp_path):
    path = write_students(tmp_path, A, ADA)
    path.write_bytes(b"a,b\n1,2\n")
    reading = read(collaborative, path)
    assert (reading.state, reading.content) == ("quarantined", "rows")


def test_content__headings_alone_are_refused_and_say_so(collaborative, tmp_path):
    reading = read(collaborative, write_students(tmp_path, A))
    assert (reading.state, reading.content) == ("quarantined", "header_only")
    (finding,) = [finding for finding in reading.findings if finding.severity == "error"]
    assert finding.message == "the file has its headings and not one row (header-only)"
    assert read(collaborative, write_students(tmp_path, A, ADA)).content == "rows"
