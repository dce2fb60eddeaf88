"""Reading at its limits: a file that is still being written, commas in odd places, two markers for one."""

import os

import pytest

from ingestion import reading
from ingestion.delivery_facts import LARGEST_MANIFEST, MANIFEST_SUFFIX
from tests.ingestion.delivered_files import RATES_ROWS, faults, file_errors, load_little, read


@pytest.fixture
def little(tmp_path):
    return load_little(tmp_path / "collaborative")


@pytest.mark.parametrize("change", ["longer", "touched"])
def test_a_file_that_is_still_being_written_is_refused(little, tmp_path, monkeypatch, change):
    def read_sheet(path, options, finish=reading.read_sheet):
        sheet = finish(path, options)
        status = path.stat()
        if change == "longer":
            path.write_bytes(path.read_bytes() + b"0007,Nobody,0,$0,0\n")
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        else:
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000_000))
        return sheet

    monkeypatch.setattr(reading, "read_sheet", read_sheet)
    found = read(little, tmp_path / "inbox", "rates_2020.csv", RATES_ROWS)
    assert (found.state, file_errors(found), found.rows_landed) == ("quarantined", {"Q01"}, 0)
    assert "changed while it was being read" in found.problems[0].message


@pytest.mark.parametrize("cell", ["10,00", "1,0000", ",100", "1,,000", "1000,", "1,00.5"])
def test_a_comma_that_does_not_part_thousands_refuses_the_row(little, tmp_path, cell):
    rows = [row.replace('"1,000"', f'"{cell}"') for row in RATES_ROWS]
    assert rows != RATES_ROWS
    assert (3, "Pupils", "D03") in faults(read(little, tmp_path / "inbox", "rates_2020.csv", rows))


def test_one_key_with_two_markers_refuses_both_rows(little, tmp_path):
    found = read(little, tmp_path / "inbox", "rates_2020.csv", [*RATES_ROWS, "0003,Cole,,,"])
    assert {(4, "", "Q03"), (6, "", "Q03")} <= set(faults(found))
    assert found.rows_duplicate == 0


def test_a_manifest_that_is_no_manifest_by_its_size_is_not_read(little, tmp_path):
    path = tmp_path / "inbox" / "rates_2020.csv"
    path.parent.mkdir()
    path.with_name(path.name + MANIFEST_SUFFIX).write_text('{"rows": 4}' + " " * LARGEST_MANIFEST, encoding="utf-8")
    found = read(little, tmp_path / "inbox", "rates_2020.csv", RATES_ROWS)
    assert (found.state, file_errors(found)) == ("quarantined", {"Q01"})
    assert "larger than 64 KiB" in found.problems[0].message
