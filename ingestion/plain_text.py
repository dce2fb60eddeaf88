"""Plain delimited text, read by pyarrow: a twentieth of what the careful reader costs.

Belongs here: telling that a file is plain, so that both readers give the same cells, and its rows. Does not belong
here: what is wrong with a file that is not (``readers.py`` reads it row by row, and says it).

Plain is: UTF-8 once decoded, one kind of line end, one line for each row, as many cells in each row as there are
headings, no NUL, and quotation marks only around whole cells.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_BLANKS = "".join(character for character in map(chr, range(0x3001)) if character.isspace())
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def take_plain(content: bytes, encoding: str, delimiter: str) -> bytes | None:
    """The content as UTF-8 without its mark, or None when it is not plain as far as characters go."""
    if encoding == "utf-8-sig":
        text = content.removeprefix(_BYTE_ORDER_MARK)
    else:
        try:
            text = content.decode(encoding).encode()
        except UnicodeError:
            return None
    carriage_returns = text.count(b"\r")
    one_line_end = carriage_returns in (0, text.count(b"\n")) and carriage_returns == text.count(b"\r\n")
    if not one_line_end or b"\0" in text or len(delimiter.encode()) != 1:
        return None
    return text if b'"' not in text or _is_simply_quoted(text, delimiter) else None


def read_plain_rows(text: bytes, heading_line: int, width: int, delimiter: str, longest_cell: int) -> pa.Table | None:
    """The rows below the headings as a :class:`~ingestion.readers.Sheet` holds them, or None when they are not plain.

    Args:
        text: what :func:`take_plain` gave.
        heading_line: line of the headings.
        width: number of headings.
        delimiter: what separates cells.
        longest_cell: bytes of the longest cell that a plain file may hold.
    """
    import pyarrow as pa
    from pyarrow import csv

    names = [f"c{number}" for number in range(width)]
    start = _start_of_line(text, heading_line)
    try:
        table = csv.read_csv(
            pa.BufferReader(memoryview(text)[start:]),
            csv.ReadOptions(column_names=names, skip_rows=1, use_threads=False),
            csv.ParseOptions(delimiter=delimiter, quote_char='"' if b'"' in text else False, newlines_in_values=False),
            csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
        )
    except pa.ArrowInvalid:
        return None
    n_lines = text.count(b"\n", start) + (not text.endswith(b"\n"))
    if table.num_rows != n_lines - 1 or _has_longer_cell(table, longest_cell):
        return None
    table = table.append_column("line", pa.arange(heading_line + 1, heading_line + n_lines).cast(pa.int32()))
    table = _without_blank_rows(table, names)
    return table.append_column("cells", pa.repeat(pa.scalar(0, pa.int32()), table.num_rows))


def first_lines(text: bytes, number: int) -> bytes:
    """The first lines of a text."""
    return text[: _start_of_line(text, number + 1)]


def _start_of_line(text: bytes, line: int) -> int:
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
