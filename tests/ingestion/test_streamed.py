"""A file that does not fit into memory is read in pieces, and lands as it would at once."""

import stat
from contextlib import closing
from itertools import count, product

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingestion import landed_files, plain_text, readers, rows_to_land, spill, table_head, typed_rows
from ingestion.contract import load_contracts
from ingestion.home import Home
from ingestion.landing import write_slots
from ingestion.mapping import find_mapping
from ingestion.pseudonym_key import PseudonymKey
from ingestion.reading import read_delivery
from ingestion.vault import Vault
from tests.canaries import find_canaries
from tests.ingestion.pupil_files import (
    ADA,
    ATTENDANCE,
    BEN,
    CYD,
    STUDENTS,
    A,
    change,
    write_collaborative,
    write_file,
)

IDS = ("LOCALADA1", "LOCALBEN2", "LOCALCYD3", " LOCALADA1 ", "LOCAL DEE", "")
DAYS = ("2025-09-01", "2025-09-02", "2025-9-3", "2025-09-31", "")
CATEGORIES = ("excused", "excused", "unexcused", "Excused", "")
MINUTES = ("390", "390", "0", "0390", "12.0", "1e2", "0x1F", "+5", "-1", " 30", "999999999", "9999999999", "")
ROW = st.tuples(
    st.sampled_from(IDS),
    st.sampled_from(("90010010", "90010010", "90020010", "")),
    st.sampled_from(DAYS),
    st.just("E"),
    st.sampled_from(CATEGORIES),
    st.sampled_from(MINUTES),
    st.just("390"),
)
GOOD = st.tuples(
    st.sampled_from(IDS[:3]),
    st.just("90010010"),
    st.sampled_from(DAYS[:2]),
    *map(st.just, ("E", "excused", "5", "390")),
)
OTHER_ADA = change(ADA, birth_date="2011-12-14")
PUPIL = st.sampled_from([ADA, BEN, CYD, OTHER_ADA])


@pytest.fixture(scope="module")
def collaborative(tmp_path_factory):
    return write_collaborative(tmp_path_factory.mktemp("collaborative"))


def _force(patch, piece):
    """Make everything small: pieces of text, batches, what is held, row groups; and compare texts in every batch."""
    for module, name, value in [
        (plain_text, "PIECE_SIZE", piece),
        (readers, "PIECE_SIZE", piece),
        (table_head, "BATCH_ROWS", 2),
        (typed_rows, "ROWS_WORTH_COMPARING", 1),
        (typed_rows, "FEW", 1),
        (typed_rows, "HELD_BYTES", 1),
        (rows_to_land, "BATCH_ROWS", 3),
    ]:
        patch.setattr(module, name, value)


def _land(collaborative, folder, path, relative_path):
    """Everything that reading and landing a file leave: accounting, findings, refused rows, files.

    Surrogates are counted instead of drawn, so that they are the same each time.
    """
    numbers = count(1)

    def draw(number):
        return pa.table({"surrogate": [next(numbers) for _ in range(number)]})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ingestion.vault.draw_numbers", draw)
        return _land_with_numbers(collaborative, folder, path, relative_path)


def _land_with_numbers(collaborative, folder, path, relative_path):
    mapping = find_mapping(collaborative.mappings, relative_path)
    home = Home(folder).ensure()
    arguments = (mapping, load_contracts()[mapping.contract], collaborative, Vault(None, PseudonymKey(b"k" * 40)))
    with closing(read_delivery(path, relative_path, *arguments, str(home.spill))) as reading:
        slots = write_slots(home, reading, "0" * 20)
        counts = (reading.rows_in, reading.rows_landed, reading.rows_rejected, reading.rows_duplicate)
        said = (reading.state, reading.findings, reading.rejects, reading.data_through, reading.content)
        streamed = reading.rows.is_streamed
    spill.close_scratch(str(home.spill))
    files = {
        str(file.relative_to(home.landing)): pq.read_table(file, partitioning=None, page_checksum_verification=True)
        for file in sorted(home.landing.rglob("*.parquet"))
    }
    assert not home.spill.exists()
    return (counts, said, slots, files), streamed


@given(st.lists(GOOD | ROW, max_size=12), st.sampled_from([1, 60, 300]), st.sampled_from(["", '"LOCAL\nTWO",,,,,,\n']))
@example([("LOCALADA1", "90010010", "2025-09-01", "E", "excused", "390", "390")] * 3, 60, "")
@settings(max_examples=15, deadline=None)
def test_a_file_in_pieces_lands_as_at_once(tmp_path_factory, collaborative, rows, piece, more):
    folder = tmp_path_factory.mktemp("streamed")
    path = write_file(folder / "inbox", A, "attendance", ATTENDANCE, rows)
    with path.open("a") as handle:
        handle.write(more)
    relative_path = f"{A}/2026/attendance.csv"
    whole, _ = _land(collaborative, folder / "whole", path, relative_path)
    with pytest.MonkeyPatch.context() as patch:
        _force(patch, piece)
        pieces, is_streamed = _land(collaborative, folder / "pieces", path, relative_path)
    assert pieces == whole
    assert is_streamed or whole[0][1] == 0


@given(st.lists(PUPIL, min_size=1, max_size=6))
@settings(max_examples=15, deadline=None)
def test_pupils_in_pieces_are_disputed_as_at_once(tmp_path_factory, collaborative, rows):
    folder = tmp_path_factory.mktemp("streamed")
    path = write_file(folder / "inbox", A, "students", STUDENTS, rows)
    whole, _ = _land(collaborative, folder / "whole", path, f"{A}/2026/students.csv")
    with pytest.MonkeyPatch.context() as patch:
        _force(patch, 60)
        pieces, _ = _land(collaborative, folder / "pieces", path, f"{A}/2026/students.csv")
    assert pieces == whole


def test_a_slot_of_many_row_groups_is_the_same_bytes(tmp_path, collaborative, monkeypatch):
    days = [f"2025-{month:02}-{day:02}" for month in (9, 10, 11) for day in range(1, 31)]
    pupils = [f"LOCAL{number}" for number in range(16)]
    rows = [
        (pupil, "90010010", day, "E", "excused", str(number), "390")
        for number, (day, pupil) in enumerate(product(days, pupils))
    ]
    path = write_file(tmp_path / "inbox", A, "attendance", ATTENDANCE, rows)
    monkeypatch.setattr(landed_files, "ROW_GROUP_ROWS", 400)
    found = []
    for name in ("whole", "pieces"):
        if name == "pieces":
            _force(monkeypatch, 4000)
            monkeypatch.setattr(rows_to_land, "BATCH_ROWS", 170)
        _land(collaborative, tmp_path / name, path, f"{A}/2026/attendance.csv")
        found.append([file.read_bytes() for file in (tmp_path / name / "landing").rglob("*.parquet")])
    assert len(found[0]) == 1
    assert found[0] == found[1]


def test_what_is_spilled_is_closed_to_others_and_removed(tmp_path, monkeypatch):
    folder = tmp_path / "work" / "spill"
    folder.mkdir(parents=True, mode=0o755)
    (folder / "left by a run that was killed").write_text("LOCALADA1")
    monkeypatch.setattr(spill, "MEMORY_LIMIT", "40MB")
    connection = spill.scratch_database(str(folder))
    assert find_canaries(tmp_path, ["LOCALADA1"]) == []
    connection.execute("CREATE TEMP TABLE much AS SELECT range AS n, md5(range::VARCHAR) AS text FROM range(1_500_000)")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert any(folder.iterdir())
    spill.close_scratch(str(folder))
    assert not folder.exists()
