"""Workbooks of the old form (`.xls`), which no library at hand writes: one sheet of texts, numbers, days and
failed formulas.

The records are those of [MS-XLS], in the smallest compound file that [MS-CFB] knows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from struct import pack

FREE, END, FAT_SECTOR = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
GENERAL, DAY = 0, 14
STREAM = 4096
"""Bytes of the workbook: a smaller stream would be kept in another way."""


@dataclass(frozen=True)
class Failed:
    """A cell whose formula, one divided by zero, gave an error: 7 is `#DIV/0!`, 42 is `#N/A`."""

    code: int


@dataclass(frozen=True)
class Day:
    """A number that is shown as a day."""

    days: float


Cell = str | float | bool | Failed | Day


def write_old_workbook(path: Path, rows: Sequence[Sequence[Cell]]) -> Path:
    """Write rows as the only sheet of a workbook."""
    named = pack("<IBBBB", 0, 0, 0, 4, 0) + b"Data"
    forms = b"".join(_record(0xE0, pack("<HHH", 0, form, 0) + bytes(14)) for form in (GENERAL, DAY))
    start = len(_begin(0x05)) + len(forms) + len(_record(0x85, named)) + len(_END)
    named = pack("<I", start) + named[4:]
    cells = [_cell(line, column, cell) for line, row in enumerate(rows) for column, cell in enumerate(row)]
    stream = b"".join([_begin(0x05), forms, _record(0x85, named), _END, _begin(0x10), *cells, _END])
    path.write_bytes(_compound(stream.ljust(STREAM, b"\0")))
    return path


def _record(kind: int, content: bytes) -> bytes:
    return pack("<HH", kind, len(content)) + content


def _begin(what: int) -> bytes:
    return _record(0x809, pack("<HHHHII", 0x600, what, 0, 0, 0, 0))


_END = _record(0x0A, b"")


def _cell(line: int, column: int, cell: Cell) -> bytes:
    place = pack("<HHH", line, column, isinstance(cell, Day))
    if isinstance(cell, bool):
        return _record(0x205, place + pack("<BB", cell, 0))
    if isinstance(cell, str):
        return _record(0x204, place + pack("<HB", len(cell), 0) + cell.encode("latin-1"))
    if isinstance(cell, Failed):
        formula = b"\x1e\x01\x00\x1e\x00\x00\x06"  # 1, 0, divide
        value = pack("<BBBBHH", 2, 0, cell.code, 0, 0, 0xFFFF)
        return _record(0x06, place + value + pack("<HIH", 0, 0, len(formula)) + formula)
    return _record(0x203, place + pack("<d", cell.days if isinstance(cell, Day) else cell))


def _compound(stream: bytes) -> bytes:
    """A compound file: its head, the list of sectors, the directory, and the stream in the sectors after them."""
    sectors = len(stream) // 512
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += pack("<9I", 0, 1, 1, 0, STREAM, END, 0, END, 0) + pack("<109I", 0, *[FREE] * 108)
    chain = [FAT_SECTOR, END, *range(3, sectors + 2), END]
    directory = _entry("Root Entry", 5, 1, END, 0) + _entry("Workbook", 2, FREE, 2, len(stream))
    return head + pack("<128I", *chain, *[FREE] * (128 - len(chain))) + directory.ljust(512, b"\0") + stream


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = name.encode("utf-16-le")
    tree = pack("<BBIII", kind, 1, FREE, FREE, child)
    return text.ljust(64, b"\0") + pack("<H", len(text) + 2) + tree + bytes(36) + pack("<IQ", start, size)
