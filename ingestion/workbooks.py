"""Workbooks, old and new, as numbered rows of text.

Belongs here: opening one of today's form, and writing the cells of either as exact text. Does not belong here: opening
the old form (``old_workbooks.py``), finding the headings (``table_head.py``).

A workbook is a packed file that grows in memory to the rectangle around all its cells, so that a few kilobytes can ask
for more memory than there is: how far its cells reach is looked at before it is opened. The library gives an empty cell
for a formula that failed: such cells are found at the same look, and have the text that the program shows.
"""

from __future__ import annotations

import errno
import posixpath
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree

from ingestion.archives import DAMAGE
from ingestion.old_workbooks import START, check_sheets, damaged, read_old_tables
from ingestion.sheet import WHOLE_UP_TO, NumberedRow, UnreadableFile

MOST_CELLS = 50_000_000
"""Cells of the rectangle that a workbook's sheet may fill, empty ones included."""
MOST_BYTES = 2 << 30
"""Bytes that the parts of a workbook may unpack to."""

_NEW_START = b"PK\x03\x04"
STARTS = (_NEW_START, START)
_KNOWN_PARTS = {"xl/workbook.xml": True, "xl/workbook.bin": False, "content.xml": False}
"""By the part that tells a packed workbook's form, whether it is read: how far the others reach cannot be seen."""
_SHEET_PART = re.compile(r"xl/worksheets/[^/]+\.xml")
_CELL = re.compile(rb"""<(?:\w+:)?(?:c|row)\b[^<>]*?\sr=["']([A-Z]{0,3})([0-9]{1,10})["']""")
_FAILED = re.compile(
    rb"""<(?:\w+:)?c\s(?=[^<>]*\bt=["']e["'])(?=[^<>]*\br=["']([A-Z]{1,3})([0-9]{1,10})["'])[^<>]*>"""
    rb"""(?:\s*<(?:\w+:)?f\b[^<]*(?:</(?:\w+:)?f>)?)?(?:\s*<(?:\w+:)?v>([^<]*)<)?"""
)
"""A cell whose formula failed: its column, its row, and the text that is shown."""
_FAILED_TEXT = "#ERROR!"
_BLOCK = 1 << 20
_OVERLAP = 1 << 16
"""Bytes that are looked at twice: no cell is longer, its formula included."""
_LONGEST_LIST = 16 << 20
"""Bytes of a workbook's list of sheets: what is cut off there is damaged."""

Failed = dict[tuple[int, int], str]
"""The texts of cells whose formula failed, by row and column from 1."""


def read_workbook(path: Path, sheets: Sequence[str] = ()) -> Iterator[NumberedRow]:
    """The rows of a workbook's sheets, one below the other; of the first one when none is named.

    Lines are counted through all of them.

    Raises:
        UnreadableFile: it cannot be opened, or has no such sheet.
    """
    tables = read_old_tables(path, sheets) if _is_old(path) else _read_tables(path, sheets)
    for line, cells in enumerate(chain.from_iterable(tables), start=1):
        yield line, [cell if type(cell) is str else _cell_text(cell) for cell in cells]


def _is_old(path: Path) -> bool:
    """Whether a workbook is of the old form, whatever it is called."""
    with path.open("rb") as handle:
        return handle.read(len(START)) == START


def _read_tables(path: Path, sheets: Sequence[str]) -> list[list[list[Any]]]:
    from python_calamine import CalamineError, CalamineWorkbook

    failed = _look_into(path)
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        names = workbook.sheet_names
        check_sheets(sheets, names)
        return [
            _with_failed(workbook.get_sheet_by_name(name).to_python(skip_empty_area=False), failed.get(name, {}))
            for name in sheets or names[:1]
        ]
    except (CalamineError, IndexError) as error:
        raise damaged(type(error).__name__) from None


def _with_failed(table: list[list[Any]], failed: Failed) -> list[list[Any]]:
    for (row, column), text in failed.items():
        table[row - 1][column - 1] = text
    return table


def _look_into(path: Path) -> dict[str, Failed]:
    """The cells that failed, by sheet.

    Raises:
        UnreadableFile: a workbook of today's form is none, or would fill the memory.
    """
    with path.open("rb") as handle:
        if not handle.read(len(_NEW_START)).startswith(_NEW_START):
            return {}
    try:
        with zipfile.ZipFile(path) as parts:
            _check_form(set(parts.namelist()))
            return _named(parts, _check_parts(parts))
    except (*DAMAGE, ElementTree.ParseError) as error:
        raise damaged(type(error).__name__) from None
    except OSError as error:
        if error.errno not in (None, errno.EINVAL):
            raise
        raise damaged(type(error).__name__) from None


def _check_form(names: set[str]) -> None:
    is_read = [is_read for part, is_read in _KNOWN_PARTS.items() if part in names]
    if not is_read:
        message = "the file is a zip archive, not a table"
        raise UnreadableFile("D02", None, message, "name it .zip, or send the file that it holds")
    if not any(is_read):
        message = "the workbook is of a form that is not read"
        raise UnreadableFile("D02", None, message, "save it as .xlsx and send it again")


def _check_parts(parts: zipfile.ZipFile) -> dict[str, Failed]:
    """The cells that failed, by part."""
    if sum(part.file_size for part in parts.infolist()) > MOST_BYTES:
        message = f"the workbook unpacks to more than {MOST_BYTES >> 30} GiB"
        raise UnreadableFile("D02", None, message, "send the table as CSV")
    all_failed: dict[str, Failed] = {}
    for part in parts.infolist():
        if _SHEET_PART.fullmatch(part.filename):
            with parts.open(part) as handle:
                rows, columns, failed = _reach(handle)
            if rows * columns > MOST_CELLS:
                message = f"a sheet of the workbook reaches to row {rows} and column {columns}, mostly empty"
                what_to_do = "delete the cells far below or beside the table, or send the table as CSV"
                raise UnreadableFile("D02", None, message, what_to_do)
            if failed:
                all_failed[part.filename] = failed
    return all_failed


def _named(parts: zipfile.ZipFile, failed: dict[str, Failed]) -> dict[str, Failed]:
    """The same by the sheets' names."""
    if not failed:
        return {}
    links = _list(parts, "xl/_rels/workbook.xml.rels")
    targets = {link.get("Id"): posixpath.join("/xl", link.get("Target", "")).lstrip("/") for link in links}
    sheets = _list(parts, "xl/workbook.xml").iterfind("{*}sheets/{*}sheet")
    ids = {sheet.get("name", ""): [value for key, value in sheet.items() if key.endswith("}id")] for sheet in sheets}
    return {name: failed.get(targets.get(found[0], ""), {}) for name, found in ids.items() if found}


def _list(parts: zipfile.ZipFile, name: str) -> ElementTree.Element:
    """A short part as it is; the parser reads nothing from elsewhere, and stops when entities grow."""
    with parts.open(name) as handle:
        return ElementTree.fromstring(handle.read(_LONGEST_LIST))  # noqa: S314 - see above


def _reach(handle: IO[bytes]) -> tuple[int, int, Failed]:
    """The last row and the last column in which a sheet has a cell, and the cells that failed."""
    rows = columns = 0
    failed: Failed = {}
    rest = b""
    while block := handle.read(_BLOCK):
        text = rest + block
        found = _CELL.findall(text)
        rows = max([rows, *(int(row) for _, row in found)])
        columns = max([columns, *map(_column_number, {column for column, _ in found})])
        for column, row, shown in _FAILED.findall(text) if b'"e"' in text or b"'e'" in text else ():
            place = int(row), _column_number(column)
            failed[place] = shown.decode() or failed.get(place, _FAILED_TEXT)
        rest = text[-_OVERLAP:]
    return rows, columns, failed


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _cell_text(cell: Any) -> str:
    """A workbook's cell as exact text: whole numbers without a point, dates as ISO.

    A number too large to be one whole number has an exponent, which no number and no code takes.
    """
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        if abs(cell) >= WHOLE_UP_TO:
            return f"{Decimal(repr(cell)):E}"
        return str(int(cell)) if cell.is_integer() else format(Decimal(repr(cell)), "f")
    if isinstance(cell, (datetime, date, time)):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return "" if cell is None else str(cell)
