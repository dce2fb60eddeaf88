"""From a file's bytes to a table of text: every cell as it stands, with its line.

Belongs here: delimited text and workbooks, finding the row of headings, and refusing what is neither. Does not
belong here: what a cell means (``casting.py``).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ingestion.mapping import collapse
from ingestion.plain_text import first_lines, read_plain_rows, take_plain

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_BEFORE_HEADINGS = 30
BATCH_ROWS = 50_000
_WORKBOOK_STARTS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_LONGEST_CELL = 131_072


class UnreadableFile(Exception):
    """The file cannot be read as a table.

    Attributes:
        rule_id: the rule that refuses it.
        line: the line at fault, or None.
        message: what is wrong.
        what_to_do: what the sender does about it.
    """

    def __init__(self, rule_id: str, line: int | None, message: str, what_to_do: str):
        self.rule_id, self.line, self.message, self.what_to_do = rule_id, line, message, what_to_do
        super().__init__(f"{message}; {what_to_do}")


@dataclass(frozen=True)
class ReadOptions:
    """What a mapping says about the file's form.

    Attributes:
        headings: headings to look for; the row that holds at least half of them is the row of headings.
        encoding: encoding of a text file.
        delimiter: what separates the cells of a text file.
        sheet: name of a workbook's sheet; the first one when None.
        notes: regular expression of the notes below the data; None when there are none.
    """

    headings: tuple[str, ...]
    encoding: str = "utf-8"
    delimiter: str = ","
    sheet: str | None = None
    notes: str | None = None


@dataclass(frozen=True)
class Sheet:
    """One table of text.

    Attributes:
        title_lines: non-empty cells of each row above the headings, joined.
        headings: headings as they stand, blanks collapsed.
        heading_line: line of the headings.
        table: data rows: text columns ``c0`` … in the headings' order, ``line``, and ``cells``, the row's
            number of cells (0 where that is the number of headings).
    """

    title_lines: tuple[str, ...]
    headings: tuple[str, ...]
    heading_line: int
    table: pa.Table


NumberedRow = tuple[int, Sequence[str]]


def read_sheet(path: Path, options: ReadOptions) -> Sheet:
    """Read a file as a table of text; what the bytes are decides, not the name's ending.

    Raises:
        UnreadableFile: it is no table, or a damaged one.
    """
    with path.open("rb") as handle:
        start = handle.read(512)
    if not start:
        raise UnreadableFile("Q01", None, "the file is empty", "export it again and check its size before sending")
    if start.startswith(_WORKBOOK_STARTS):
        return _build_sheet(_workbook_rows(path, options.sheet), options)
    _refuse_other_forms(start)
    return _read_delimited(path, options)


def _refuse_other_forms(start: bytes) -> None:
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    forms = {
        b"%pdf": "a PDF document",
        b"<!doctype": "a web page, perhaps a login page",
        b"<html": "a web page, perhaps a login page",
        b"<?xml": "an XML document",
        b"\x1f\x8b": "a gzip archive",
        b"par1": "a Parquet file",
    }
    for signature, form in forms.items():
        if text.startswith(signature):
            raise UnreadableFile("D02", 1, f"the file is {form}, not a table", "export it as CSV or as a workbook")


def _read_delimited(path: Path, options: ReadOptions) -> Sheet:
    encoding = "utf-8-sig" if options.encoding.lower().replace("_", "-") in ("utf-8", "utf8") else options.encoding
    return _read_plain(path, encoding, options) or _read_carefully(path, encoding, options)


def _read_plain(path: Path, encoding: str, options: ReadOptions) -> Sheet | None:
    """The same sheet as the careful reader's for much less, or None: then that one reads it, or says what is wrong."""
    text = take_plain(path.read_bytes(), encoding, options.delimiter)
    if text is None:
        return None
    try:
        start = first_lines(text, ROWS_BEFORE_HEADINGS).decode()
        head = _find_headings(_delimited_rows(io.StringIO(start, newline=""), options.delimiter), options)
    except (UnicodeError, UnreadableFile):
        return None
    table = read_plain_rows(text, head.line, len(head.headings), options.delimiter, _LONGEST_CELL)
    return head.build_sheet(table, options.notes) if table is not None else None


def _read_carefully(path: Path, encoding: str, options: ReadOptions) -> Sheet:
    try:
        with path.open(encoding=encoding, newline="") as handle:
            return _build_sheet(_delimited_rows(handle, options.delimiter), options)
    except UnicodeError:
        raise UnreadableFile(
            "D02",
            _line_of_first_bad_byte(path, encoding),
            f"a character is not in the encoding {options.encoding}",
            f"save the file as {options.encoding} text and send it again",
        ) from None


def _line_of_first_bad_byte(path: Path, encoding: str) -> int | None:
    content = path.read_bytes()
    try:
        content.decode(encoding)
    except UnicodeDecodeError as error:
        before = content[: error.start].replace(b"\r\n", b"\n")
        return 1 + before.count(b"\n") + before.count(b"\r")
    except UnicodeError:
        return 1
    return None


def _delimited_rows(handle: Iterable[str], delimiter: str) -> Iterator[NumberedRow]:
    """Rows with the line on which each begins; a cell may hold line ends of its own."""
    reader = csv.reader(_without_nul(handle), delimiter=delimiter, strict=True)
    csv.field_size_limit(_LONGEST_CELL)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableFile(
            "D02",
            line,
            f"the row that begins on line {line} cannot be split into cells ({error})",
            "look for a quotation mark that is never closed, or a file that was cut off, and export it again",
        ) from None


def _without_nul(lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if "\0" in line:
            raise UnreadableFile(
                "D02", number, f"line {number} holds NUL bytes", "the file was damaged on its way; export it again"
            )
        yield line


def _workbook_rows(path: Path, sheet: str | None) -> Iterator[NumberedRow]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_path(str(path))
        names = workbook.sheet_names
        if sheet is not None and sheet not in names:
            raise UnreadableFile(
                "D02",
                None,
                f"the workbook has no sheet '{sheet}'",
                "keep the sheet's name as the sender's export has it",
            )
        rows = workbook.get_sheet_by_name(sheet or names[0]).to_python(skip_empty_area=False)
    except (CalamineError, IndexError) as error:
        raise UnreadableFile(
            "D02",
            None,
            f"the workbook cannot be opened ({type(error).__name__})",
            "open it, save it anew and send it again",
        ) from None
    for line, cells in enumerate(rows, start=1):
        yield line, [cell if type(cell) is str else _cell_text(cell) for cell in cells]


def _cell_text(cell: Any) -> str:
    """A workbook's cell as exact text: whole numbers without a point, dates as ISO."""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else format(Decimal(repr(cell)), "f")
    if isinstance(cell, (datetime, date, time)):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return "" if cell is None else str(cell)


class _Head(NamedTuple):
    """What stands above the data."""

    title_lines: tuple[str, ...]
    headings: tuple[str, ...]
    line: int

    def build_sheet(self, table: pa.Table, notes: str | None) -> Sheet:
        """The sheet with these data, without the notes at their end."""
        return Sheet(*self, _without_notes(table, notes))


def _build_sheet(rows: Iterator[NumberedRow], options: ReadOptions) -> Sheet:
    head = _find_headings(rows, options)
    return head.build_sheet(_text_table(rows, len(head.headings)), options.notes)


def _find_headings(rows: Iterator[NumberedRow], options: ReadOptions) -> _Head:
    """Take the rows down to the headings; what is left of them is data."""
    above: list[NumberedRow] = []
    is_heading = _heading_test(options.headings)
    for line, cells in islice(rows, ROWS_BEFORE_HEADINGS):
        if is_heading(cells):
            titles = tuple(collapse(" ".join(each)) for _, each in above if any(map(str.strip, each)))
            return _Head(titles, _without_trailing_blanks([collapse(cell) for cell in cells]), line)
        above.append((line, cells))
    raise UnreadableFile(
        "D02",
        above[0][0] if above else None,
        f"none of the first {ROWS_BEFORE_HEADINGS} lines holds the headings {', '.join(options.headings)}",
        "send the file with its row of headings, as exported, separated as declared",
    )


def _without_notes(table: pa.Table, notes: str | None) -> pa.Table:
    """The table without the notes at its end; a row between data is data, whatever it says."""
    if notes is None:
        return table
    n_rows = table.num_rows
    while n_rows and re.fullmatch(notes, _row_text(table, n_rows - 1)):
        n_rows -= 1
    return table.slice(0, n_rows)


def _row_text(table: pa.Table, number: int) -> str:
    cells = table.slice(number, 1).drop_columns(["line", "cells"]).to_pylist()[0].values()
    return collapse(" ".join(cells))


def _without_trailing_blanks(headings: list[str]) -> tuple[str, ...]:
    last = max(number for number, heading in enumerate(headings, start=1) if heading)
    return tuple(headings[:last])


def _heading_test(wanted: Sequence[str]) -> Callable[[Sequence[str]], bool]:
    needed = set(wanted)
    return lambda cells: 2 * len(needed & {collapse(cell) for cell in cells}) >= len(needed)


def _text_table(rows: Iterator[NumberedRow], width: int) -> pa.Table:
    import pyarrow as pa

    schema = pa.schema(
        [pa.field(f"c{number}", pa.string()) for number in range(width)]
        + [pa.field("line", pa.int32()), pa.field("cells", pa.int32())]
    )
    data = (numbered for numbered in rows if any(map(str.strip, numbered[1])))
    batches = []
    while batch := list(islice(data, BATCH_ROWS)):
        cells = [_fit(row, width) for _, row in batch]
        columns = [pa.array(column, pa.string()) for column in zip(*cells, strict=True)]
        lines = pa.array([line for line, _ in batch], pa.int32())
        counts = pa.array([_surplus(row, width) for _, row in batch], pa.int32())
        batches.append(pa.record_batch([*columns, lines, counts], schema=schema))
    return pa.Table.from_batches(batches, schema=schema)


def _fit(row: Sequence[str], width: int) -> Sequence[str]:
    return row if len(row) == width else [*row[:width], *[""] * (width - len(row))]


def _surplus(row: Sequence[str], width: int) -> int:
    """The row's number of cells where it differs from the headings'; empty cells past the last heading do not count."""
    if len(row) == width or (len(row) > width and not any(map(str.strip, row[width:]))):
        return 0
    return len(row)
