"""Headings as the mapping writes them: other capitals do not matter, and a column that may be absent is empty.

Belongs here: what is done about headings before anybody compares them. Does not belong here: refusing a file for them
(``headings.py``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ingestion.sheet import ReadOptions, Remark, Sheet, text_schema

if TYPE_CHECKING:
    import pyarrow as pa


def settle_headings(sheet: Sheet, options: ReadOptions) -> Sheet:
    """The sheet with the wanted headings written as wanted, and with those columns that may be absent and are."""
    headings = _as_wanted(sheet.headings, options.headings)
    changed = sum(before != after for before, after in zip(sheet.headings, headings, strict=True))
    if changed:
        message = f"{changed} headings have other capitals than the mapping writes; they were taken for the same"
        sheet.remarks.append(Remark("passed", sheet.heading_line, message))
    absent = [heading for heading in dict.fromkeys(options.optional) if heading not in headings]
    for heading in absent:
        message = f"the column '{heading}' is not there; all its cells count as empty"
        what_to_do = "send it if the data are at hand: what it feeds cannot be computed without"
        sheet.remarks.append(Remark("warning", sheet.heading_line, message, what_to_do))
    if not changed and not absent:
        return sheet
    batches = _with_empty_columns(sheet.batches, len(headings), len(absent)) if absent else sheet.batches
    return replace(sheet, headings=(*headings, *absent), batches=batches)


def fold(heading: str) -> str:
    """A heading as it is compared where capitals do not matter."""
    return heading.casefold()


def _as_wanted(headings: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
    """Each heading as it is wanted, where it is plain which one is meant."""
    present = Counter(fold(heading) for heading in headings)
    spelled: dict[str, set[str]] = {}
    for heading in wanted:
        spelled.setdefault(fold(heading), set()).add(heading)

    def settle(heading: str) -> str:
        candidates = spelled.get(fold(heading), set())
        is_plain = len(candidates) == 1 and present[fold(heading)] == 1 and heading not in candidates
        return next(iter(candidates)) if is_plain else heading

    return tuple(map(settle, headings))


def _with_empty_columns(batches: Iterator[pa.Table], width: int, more: int) -> Iterator[pa.Table]:
    import pyarrow as pa

    schema = text_schema(width + more)
    for batch in batches:
        nothing = pa.repeat(pa.scalar("", pa.string()), batch.num_rows)
        columns = [*batch.columns[:width], *[nothing] * more, *batch.columns[width:]]
        yield pa.table(columns, schema=schema)
