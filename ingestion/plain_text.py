"""Plain delimited text, read by pyarrow in pieces: a twentieth of what the careful reader costs.

Belongs here: cutting a file into pieces of whole lines, telling that a piece is plain, so that both readers give the
same cells, and its rows. Does not belong here: what is wrong with a piece that is not (``readers.py`` reads from there
on row by row, and says it).

Plain is: UTF-8 once decoded, one kind of line end, one line for each row, as many cells in each row as there are
headings, no NUL, and quotation marks only around whole cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import pyarrow as pa

PIECE_SIZE = 8 << 20
"""Bytes of a UTF-8 file, characters of any other, that are read at once."""
UTF_8 = "utf-8-sig"

_LONGEST_LINE = 64 << 20
_BLANKS = "".join(character for character in map(chr, range(0x3001)) if character.isspace())
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class _NoLines(Exception):
    """The file has no line ends where lines should end."""


class Piece(NamedTuple):
    """Whole lines of a file.

    Attributes:
        text: them in UTF-8, without the file's mark; None when they are not plain.
        place: where they begin: in bytes of a UTF-8 file, in characters of any other.
        line: number of the first one.
    """

    text: bytes | None
    place: int
    line: int


def read_pieces(path: Path, encoding: str, delimiter: str) -> Iterator[Piece]:
    """The file in pieces, as long as they are plain; the first that is not is the last one given.

    Args:
        path: the file.
        encoding: its encoding; ``utf-8-sig`` for UTF-8.
        delimiter: what separates cells.
    """
    place, line = 0, 1
    try:
        for content in _cut(path, encoding):
            text = content if isinstance(content, bytes) else content.encode()
            if place == 0 and encoding == UTF_8:
                text = text.removeprefix(_BYTE_ORDER_MARK)
            if not _is_plain(text, delimiter):
                break
            yield Piece(text, place, line)
            place, line = place + len(content), line + text.count(b"\n")
        else:
            return
    except (UnicodeError, _NoLines):
        pass  # the careful reader says where
    yield Piece(None, place, line)


def _cut(path: Path, encoding: str) -> Iterator[bytes | str]:
    """The file's content in pieces that end where a line does; the last may lack its line end."""
    if encoding == UTF_8:
        with path.open("rb", buffering=0) as handle:
            yield from _pieces(iter(lambda: handle.read(PIECE_SIZE), b""), b"", b"\n")
    else:
        with path.open(encoding=encoding, newline="") as handle:
            yield from _pieces(iter(lambda: handle.read(PIECE_SIZE), ""), "", "\n")


def _pieces(blocks: Iterator[Any], nothing: Any, line_end: Any) -> Iterator[Any]:
    whole, rest = nothing, nothing
    for block in blocks:
        cut = block.rfind(line_end) + 1
        if cut:
            if whole:
                yield whole
            whole, rest = rest + block[:cut], block[cut:]
        else:
            rest += block
        if len(rest) > _LONGEST_LINE:
            raise _NoLines
    yield whole + rest


def _is_plain(text: bytes, delimiter: str) -> bool:
    """Whether whole lines are plain as far as characters go."""
    if b"\0" in text or len(delimiter.encode()) != 1:
        return False
    if b"\r" in text and not text.count(b"\r") == text.count(b"\n") == text.count(b"\r\n"):
        return False
    return b'"' not in text or _is_simply_quoted(text, delimiter)


def read_plain_rows(text: bytes, line: int, width: int, delimiter: str, longest_cell: int) -> pa.Table | None:
    """The rows of a plain piece as a :class:`~ingestion.readers.Sheet` holds them, or None when they are not plain.

    Args:
        text: whole lines.
        line: number of the first one.
        width: number of headings.
        delimiter: what separates cells.
        longest_cell: bytes of the longest cell that a plain file may hold.
    """
    import pyarrow as pa
    from pyarrow import csv

    names = [f"c{number}" for number in range(width)]
    n_lines = text.count(b"\n") + (not text.endswith(b"\n")) if text else 0
    try:
        table = csv.read_csv(
            pa.BufferReader(b"\n" + text),  # a first line to skip: what looks like a mark is a cell's
            csv.ReadOptions(column_names=names, skip_rows=1, use_threads=False, block_size=len(text) + 2),
            csv.ParseOptions(delimiter=delimiter, quote_char='"' if b'"' in text else False, newlines_in_values=False),
            csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
        )
    except pa.ArrowInvalid:
        return None
    if table.num_rows != n_lines or _has_longer_cell(table, longest_cell):
        return None
    table = table.append_column("line", pa.arange(line, line + n_lines).cast(pa.int32()))
    table = _without_blank_rows(table, names)
    return table.append_column("cells", pa.repeat(pa.scalar(0, pa.int32()), table.num_rows))


def start_of_line(text: bytes, line: int) -> int:
    """Where a line begins, counted from 1; the text's end when it has fewer."""
    start = 0
    for _ in range(line - 1):
        found = text.find(b"\n", start)
        if found < 0:
            return len(text)
        start = found + 1
    return start


def _is_simply_quoted(text: bytes, delimiter: str) -> bool:
    """Whether each quotation mark begins or ends a whole cell or stands doubled in one, and no such cell has lines.

    Nothing in the expression can match in two ways, so that it needs one pass and no way back.
    """
    separator = re.escape(delimiter.encode())
    cell = rb'(?:"(?:[^"\r\n]++|"")*+"|[^"\r\n' + separator + rb"]*+)"
    line = cell + rb"(?:" + separator + cell + rb")*+"
    return re.fullmatch(line + rb"(?:\r?\n" + line + rb")*+", text) is not None


def _has_longer_cell(table: pa.Table, longest: int) -> bool:
    compute = _functions()
    lengths = (compute.max(compute.binary_length(column)).as_py() for column in table.columns)
    return any(length is not None and length > longest for length in lengths)


def _without_blank_rows(table: pa.Table, names: list[str]) -> pa.Table:
    """The table without rows of blanks alone; few columns are looked at where the first ones are filled."""
    compute = _functions()
    is_blank = None
    for name in names:
        is_empty = compute.equal(compute.utf8_trim(table.column(name), _BLANKS), "")
        is_blank = is_empty if is_blank is None else compute.and_(is_blank, is_empty)
        if not compute.any(is_blank).as_py():
            return table
    return table.filter(compute.invert(is_blank))


def _functions() -> Any:
    """pyarrow's functions, made when it is imported: a type checker does not see them."""
    from pyarrow import compute

    return compute
