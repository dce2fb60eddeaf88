"""What is fuzzed: each reader, given any bytes at all, reads them, refuses them by name, or is wrong.

Belongs here: one function for each form of file, and what must hold of what was read. Does not belong here: making the
bytes (``__main__.py``), keeping those that found something (``found/``).

The first byte of an input chooses the options, so that one reader is tried in many ways.
"""

import csv
import io
import tempfile
from collections.abc import Callable
from pathlib import Path

from ingestion.archives import ArchiveRefused, Limits, list_members, unpack
from ingestion.file_names import find_path_fault
from ingestion.mapping_parts import FixedWidth, JsonRecords
from ingestion.readers import read_sheet
from ingestion.sheet import ReadOptions, Sheet, UnreadableFile

MEMORY = Path("/dev/shm")  # noqa: S108 - tens of thousands of small files of made-up bytes
FOLDER = MEMORY if MEMORY.is_dir() else None
HEADINGS = ("code", "amount")
PLACES = FixedWidth.model_validate({"columns": {"code": {"start": 1, "width": 3}, "amount": {"start": 5, "width": 4}}})
LIMITS = Limits(members=20, bytes=1 << 20, ratio=50, small=1 << 16)
ENCODINGS = ("utf-8", "cp1252", "utf-16", "latin-1", "detect")
DELIMITERS = (",", "\t", ";", "|", "^", "detect")


def read_text(data: bytes) -> None:
    """Delimited text: whatever is read has as many rows as Python's reader finds below the headings."""
    choice, content = data[:1], data[1:]
    number = choice[0] if choice else 0
    options = ReadOptions(
        HEADINGS,
        ENCODINGS[number % 5],
        DELIMITERS[number // 5 % 6],
        notes="Note.*" if number % 7 == 0 else None,
        heading_rows=2 if number % 11 == 0 else 1,
        optional=("amount",) if number % 3 == 0 else (),
    )
    sheet = _read(content, options)
    if sheet is not None and (number % 5, number // 5 % 6) == (0, 0) and number % 7 and number % 11:
        _check_nothing_is_lost(content, sheet)


def read_fixed(data: bytes) -> None:
    """Text in fixed columns."""
    _read(data[1:], ReadOptions(HEADINGS, ENCODINGS[data[0] % 5] if data else "utf-8", fixed_width=PLACES))


def read_json(data: bytes) -> None:
    """JSON lines, lists and documents."""
    ways = (JsonRecords(), JsonRecords(records="d"), JsonRecords(explode="l"), JsonRecords(records="d", explode="l.m"))
    _read(data[1:], ReadOptions(HEADINGS, json=ways[data[0] % 4] if data else ways[0]))


def read_parquet(data: bytes) -> None:
    """Parquet."""
    _read(b"PAR1" + data, ReadOptions(HEADINGS))


def read_workbook(data: bytes) -> None:
    """Workbooks of today's form and the old one."""
    _read(data, ReadOptions(HEADINGS))


def read_archive(data: bytes) -> None:
    """Zip and gzip: nothing is written but the file that is asked for, and nothing past the limits."""
    suffix = ".gz" if data.startswith(b"\x1f\x8b") else ".zip"
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        path, target = Path(folder) / f"a.csv{suffix}", Path(folder) / "out"
        path.write_bytes(data)
        try:
            for member in list_members(path, LIMITS):
                assert find_path_fault(member.name) is None
                unpack(path, {target: member}, LIMITS)
                assert target.stat().st_size <= LIMITS.bytes
                target.unlink()
        except ArchiveRefused as refused:
            assert refused.message
            assert refused.what_to_do
        assert {each.name for each in Path(folder).iterdir()} == {path.name}


TARGETS: dict[str, Callable[[bytes], None]] = {
    "text": read_text,
    "fixed": read_fixed,
    "json": read_json,
    "parquet": read_parquet,
    "workbook": read_workbook,
    "archive": read_archive,
}


def _read(content: bytes, options: ReadOptions) -> Sheet | None:
    """A sheet whose rows hold together, or None where the file is refused by name."""
    with tempfile.NamedTemporaryFile(dir=FOLDER) as handle:
        handle.write(content)
        handle.flush()
        try:
            sheet = read_sheet(Path(handle.name), options)
            table = sheet.table
        except UnreadableFile as fault:
            assert fault.rule_id in ("D02", "Q01")
            assert fault.message
            assert fault.what_to_do
            return None
    assert table.num_columns == len(sheet.headings) + 2
    lines = table.column("line").to_pylist()
    assert lines == sorted(lines)
    assert all(line >= 1 for line in lines)
    table.validate(full=True)
    return sheet


def _check_nothing_is_lost(content: bytes, sheet: Sheet) -> None:
    """As many rows as stand below the headings, those apart that are remarked and those that are blank."""
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    below = list(_rows_below(text, sheet.heading_line or 0))
    told = sum(
        int(word)
        for remark in sheet.remarks
        for word in remark.message.split("; ")[-1].split()[:1]
        if "again" in remark.message
    )
    assert sheet.table.num_rows + told == len(below), "rows were lost"


def _rows_below(text: io.StringIO, line: int):
    """Rows that are not blank and begin below a line."""
    reader, begins = csv.reader(text), 1
    for cells in reader:
        if begins > line and any(map(str.strip, cells)):
            yield cells
        begins = reader.line_num + 1
