"""Workbooks, old and new, as numbered rows of text.

Belongs here: opening one and writing its cells as exact text. Does not belong here: finding the headings
(``table_head.py``).

A workbook is a packed file that grows in memory to the rectangle around all its cells, so that a few kilobytes can ask
for more memory than there is: how far its cells reach is looked at before it is opened.
"""

from __future__ import annotations

import errno
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import IO, Any

from ingestion.archives import DAMAGE
from ingestion.sheet import NumberedRow, UnreadableFile

MOST_CELLS = 50_000_000
"""Cells of the rectangle that a workbook's sheet may fill, empty ones included."""
MOST_BYTES = 2 << 30
"""Bytes that the parts of a workbook may unpack to."""

_NEW_START, _OLD_START = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
STARTS = (_NEW_START, _OLD_START)
_KNOWN_PARTS = {"xl/workbook.xml": True, "xl/workbook.bin": False, "content.xml": False}
"""By the part that tells a packed workbook's form, whether it is read: how far the others reach cannot be seen."""
_SHEET_PART = re.compile(r"xl/worksheets/[^/]+\.xml")
_CELL = re.compile(rb"""<(?:\w+:)?(?:c|row)\b[^>]*?\sr=["']([A-Z]{0,3})([0-9]{1,10})["']""")
_BLOCK = 1 << 20
_OVERLAP = 200


def read_workbook(path: Path, sheets: Sequence[str] = ()) -> Iterator[NumberedRow]:
    """The rows of a workbook's sheets, one below the other; of the first one when none is named.

    Lines are counted through all of them.

    Raises:
        UnreadableFile: it cannot be opened, or has no such sheet.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    _check_size(path)
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        names = workbook.sheet_names
        for missing in (name for name in sheets if name not in names):
            raise UnreadableFile(
                "D02",
                None,
                f"the workbook has no sheet '{missing}'",
                "keep the sheet's name as the sender's export has it",
            )
        tables = [workbook.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in sheets or names[:1]]
    except (CalamineError, IndexError) as error:
        raise _damaged(type(error).__name__) from None
    for line, cells in enumerate(chain.from_iterable(tables), start=1):
        yield line, [cell if type(cell) is str else _cell_text(cell) for cell in cells]


def _damaged(why: str) -> UnreadableFile:
    message = f"the workbook cannot be opened ({why})"
    return UnreadableFile("D02", None, message, "open it, save it anew and send it again")


def _check_size(path: Path) -> None:
    """Refuse a workbook of today's form that is none, or that would fill the memory."""
    with path.open("rb") as handle:
        if not handle.read(len(_NEW_START)).startswith(_NEW_START):
            return
    try:
        with zipfile.ZipFile(path) as parts:
            _check_form(set(parts.namelist()))
            _check_parts(parts)
    except DAMAGE as error:
        raise _damaged(type(error).__name__) from None
    except OSError as error:
        if error.errno not in (None, errno.EINVAL):
            raise
        raise _damaged(type(error).__name__) from None


def _check_form(names: set[str]) -> None:
    is_read = [is_read for part, is_read in _KNOWN_PARTS.items() if part in names]
    if not is_read:
        message = "the file is a zip archive, not a table"
        raise UnreadableFile("D02", None, message, "name it .zip, or send the file that it holds")
    if not any(is_read):
        message = "the workbook is of a form that is not read"
        raise UnreadableFile("D02", None, message, "save it as .xlsx and send it again")


def _check_parts(parts: zipfile.ZipFile) -> None:
    if sum(part.file_size for part in parts.infolist()) > MOST_BYTES:
        message = f"the workbook unpacks to more than {MOST_BYTES >> 30} GiB"
        raise UnreadableFile("D02", None, message, "send the table as CSV")
    for part in parts.infolist():
        if _SHEET_PART.fullmatch(part.filename):
            with parts.open(part) as handle:
                rows, columns = _reach(handle)
            if rows * columns > MOST_CELLS:
                message = f"a sheet of the workbook reaches to row {rows} and column {columns}, mostly empty"
                what_to_do = "delete the cells far below or beside the table, or send the table as CSV"
                raise UnreadableFile("D02", None, message, what_to_do)


def _reach(handle: IO[bytes]) -> tuple[int, int]:
    """The last row and the last column in which a sheet has a cell."""
    rows = columns = 0
    rest = b""
    while block := handle.read(_BLOCK):
        text = rest + block
        found = _CELL.findall(text)
        rows = max([rows, *(int(row) for _, row in found)])
        columns = max([columns, *map(_column_number, {column for column, _ in found})])
        rest = text[-_OVERLAP:]
    return rows, columns


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


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
