"""From numbered rows to a sheet: the row of headings, found by content, and what is not data below it.

Belongs here: titles, headings over several rows, headings that are repeated where a page of the report ends, notes at
the end, rows with another number of cells. Does not belong here: where the rows come from (``readers.py``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from ingestion.mapping_parts import collapse
from ingestion.settled_headings import fold
from ingestion.sheet import NumberedRow, ReadOptions, Remark, Sheet, UnreadableFile, text_schema

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_BEFORE_HEADINGS = 30
BATCH_ROWS = 50_000
_MOST_LINES_SHOWN = 5


class Head(NamedTuple):
    """What stands above the data.

    Attributes:
        title_lines: non-empty cells of each row above the headings, joined.
        headings: one for each column; without those past the last that says something.
        line: line of the headings, the last where they have several rows; 0 where the file has none.
        rows: the rows of titles and headings as they stand.
        n_heading_rows: how many of ``rows``, at their end, are headings.
        is_on_each_sheet: whether the headings are expected again, on the next sheet of a workbook.
    """

    title_lines: tuple[str, ...]
    headings: tuple[str, ...]
    line: int
    rows: tuple[Sequence[str], ...]
    n_heading_rows: int
    is_on_each_sheet: bool = False

    def build_sheet(self, batches: Iterator[pa.Table], notes: str | None, remarks: Sequence[Remark] = ()) -> Sheet:
        """The sheet with these data, without the notes at their end and without headings between them."""
        said = list(remarks)
        rows = _without_page_ends(batches, self, notes, said)
        return Sheet(self.title_lines, self.headings, self.line or None, rows, said)


def build_sheet(rows: Iterator[NumberedRow], options: ReadOptions, remarks: Sequence[Remark] = ()) -> Sheet:
    """The sheet that numbered rows are."""
    head = find_head(rows, options)
    return head.build_sheet(text_batches(rows, len(head.headings)), options.notes, remarks)


def find_head(rows: Iterator[NumberedRow], options: ReadOptions) -> Head:
    """Take the rows down to the headings; what is left of them is data. Of a file without headings, it all is.

    Raises:
        UnreadableFile: the headings stand in none of the first rows (rule D02).
    """
    if options.given_headings:
        return Head((), options.given_headings, 0, (), 0)
    above: list[NumberedRow] = []
    required = [heading for heading in options.headings if heading not in options.optional]
    is_heading = _heading_test(required or options.headings)
    for line, cells in islice(rows, ROWS_BEFORE_HEADINGS):
        above.append((line, cells))
        headings = _joined([each for _, each in above[-options.heading_rows :]])
        if len(above) >= options.heading_rows and is_heading(headings):
            return _describe_head(above, headings, options)
    over = f" over {options.heading_rows} rows" if options.heading_rows > 1 else ""
    raise UnreadableFile(
        "D02",
        above[0][0] if above else None,
        f"none of the first {ROWS_BEFORE_HEADINGS} lines holds the headings {', '.join(options.headings)}{over}",
        "send the file with its row of headings, as exported, separated as declared",
    )


def count_headings(rows: Iterator[NumberedRow], options: ReadOptions) -> int:
    """How many of the wanted headings the head of these rows has; 0 when no head is found."""
    try:
        return len(set(map(fold, options.headings)) & set(map(fold, find_head(rows, options).headings)))
    except UnreadableFile:
        return 0


def text_batches(rows: Iterator[NumberedRow], width: int) -> Iterator[pa.Table]:
    """The rows as a sheet's batches, blank ones left out."""
    import pyarrow as pa

    schema = text_schema(width)
    data = (numbered for numbered in rows if any(map(str.strip, numbered[1])))
    while batch := list(islice(data, BATCH_ROWS)):
        cells = [_fit(row, width) for _, row in batch]
        columns = [pa.array(column, pa.string()) for column in zip(*cells, strict=True)]
        lines = pa.array([line for line, _ in batch], pa.int32())
        counts = pa.array([_surplus(row, width) for _, row in batch], pa.int32())
        yield pa.table([*columns, lines, counts], schema=schema)


def _joined(rows: Sequence[Sequence[str]]) -> list[str]:
    """The headings that rows above each other make: what stands in one column, joined by a blank."""
    width = max(map(len, rows))
    return [collapse(" ".join(row[place] for row in rows if place < len(row))) for place in range(width)]


def _heading_test(wanted: Sequence[str]) -> Callable[[Sequence[str]], bool]:
    needed = set(map(fold, wanted))
    return lambda headings: 2 * len(needed.intersection(map(fold, headings))) >= len(needed)


def _describe_head(above: list[NumberedRow], headings: list[str], options: ReadOptions) -> Head:
    titles = (cells for _, cells in above[: -options.heading_rows] if any(map(str.strip, cells)))
    title_lines = tuple(collapse(" ".join(cells)) for cells in titles)
    last = max(number for number, heading in enumerate(headings, start=1) if heading)
    rows = tuple(cells for _, cells in above)
    return Head(title_lines, tuple(headings[:last]), above[-1][0], rows, options.heading_rows, len(options.sheets) > 1)


def _without_page_ends(
    batches: Iterator[pa.Table], head: Head, notes: str | None, remarks: list[Remark]
) -> Iterator[pa.Table]:
    """The batches without notes at the end of the data and without heads that are repeated; what went is remarked.

    The last rows of a batch wait for the next one as long as only that tells what they are.
    """
    import pyarrow as pa

    others = {tuple(_fit(row, len(head.headings))) for row in head.rows[:-1]}
    dropped: list[int] = []
    waiting: list[pa.Table] = []
    for batch in batches:
        table = pa.concat_tables([*waiting, batch])
        kept = table.num_rows
        while kept and _is_of_a_page_end(table, kept - 1, others, notes):
            kept -= 1
        waiting = [table.slice(kept)] if kept < table.num_rows else []
        yield _without_repeated_heads(table.slice(0, kept), head, notes, dropped)
    if waiting:
        yield _without_notes(pa.concat_tables(waiting), notes)
    if dropped:
        shown = ", ".join(map(str, dropped[:_MOST_LINES_SHOWN])) + (", …" if len(dropped) > _MOST_LINES_SHOWN else "")
        message = f"the headings stand again between the data; {len(dropped)} rows are no data for that (lines {shown})"
        severity = "passed" if head.is_on_each_sheet else "warning"
        remarks.append(Remark(severity, dropped[0], message, "nothing, if the report is printed in pages"))


def _without_notes(table: pa.Table, notes: str | None) -> pa.Table:
    """The table without the notes at its end; a row between data is data, whatever it says."""
    n_rows = table.num_rows
    while notes is not None and n_rows and re.fullmatch(notes, _row_text(table, n_rows - 1)):
        n_rows -= 1
    return table.slice(0, n_rows)


def _row_text(table: pa.Table, number: int) -> str:
    return collapse(" ".join(_row(table, number)))


def _row(table: pa.Table, number: int) -> tuple[str, ...]:
    return tuple(table.slice(number, 1).drop_columns(["line", "cells"]).to_pylist()[0].values())


def _without_repeated_heads(table: pa.Table, head: Head, notes: str | None, lines: list[int]) -> pa.Table:
    """The table without the rows in which the head stands again, as at the top of each page of a printed report.

    The row must be the last row of headings, cell by cell; with it go the other rows of the head and the notes that
    stand directly above it. Their lines are added to ``lines``.
    """
    if not head.rows:
        return table
    width = len(head.headings)
    last = tuple(_fit(head.rows[-1], width))
    found = _rows_equal_to(table, last)
    if not found:
        return table
    others = {tuple(_fit(row, width)) for row in head.rows[:-1]}
    dropped: set[int] = set()
    for number in found:
        dropped.add(number)
        above = number - 1
        while above >= 0 and above not in dropped and _is_of_a_page_end(table, above, others, notes):
            dropped.add(above)
            above -= 1
    lines += table.column("line").take(sorted(dropped)).to_pylist()
    return table.filter([number not in dropped for number in range(table.num_rows)])


def _is_of_a_page_end(table: pa.Table, number: int, others: set[tuple[str, ...]], notes: str | None) -> bool:
    if not others and notes is None:
        return False
    row = _row(table, number)
    return row in others or (notes is not None and re.fullmatch(notes, collapse(" ".join(row))) is not None)


def _rows_equal_to(table: pa.Table, cells: Sequence[str]) -> list[int]:
    """Numbers of the rows that are exactly these cells; mostly the first column says that there are none."""
    compute = _functions()
    mask = compute.equal(table.column("cells"), 0)
    for number, cell in enumerate(cells):
        mask = compute.and_(mask, compute.equal(table.column(f"c{number}"), cell))
        if not compute.any(mask).as_py():
            return []
    return compute.indices_nonzero(mask).to_pylist()


def _fit(row: Sequence[str], width: int) -> Sequence[str]:
    return row if len(row) == width else [*row[:width], *[""] * (width - len(row))]


def _surplus(row: Sequence[str], width: int) -> int:
    """The row's number of cells where it differs from the headings'; empty cells past the last heading do not count."""
    if len(row) == width or (len(row) > width and not any(map(str.strip, row[width:]))):
        return 0
    return len(row)


def _functions() -> Any:
    """pyarrow's functions, made when it is imported: a type checker does not see them."""
    from pyarrow import compute

    return compute
