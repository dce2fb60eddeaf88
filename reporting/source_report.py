"""What became of the sources that deliveries are fetched from.

Belongs here: its words and layout, for a terminal and as a record for machines; the night's summary shows the same
lines. Does not belong here: finding out what happened. No value of any row and no secret is handed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from reporting.plain_text import count, show, show_whole

LISTED = 8
"""Files listed before the rest is only counted; the record for machines holds them all."""

WELL = ("fetched", "nothing_new")
_WORDS = {
    "nothing_new": "nothing new",
    "unreachable": "cannot be reached",
    "refused": "refused to let us in",
    "failed": "broke off",
    "timed_out": "did not answer in time",
    "unknown_host_key": "shows a key that is not known",
    "not_configured": "lacks something here",
    "never": "not asked yet",
}


@dataclass(frozen=True)
class FileNote:
    """A file of a source that somebody should know of: it waits, was refused or could not be read."""

    path: str
    outcome: str
    message: str


@dataclass(frozen=True)
class SourceLine:
    """One source and how it fared.

    Attributes:
        source: its name.
        kind: ``folder``, ``sftp``, ``s3`` or ``sql``.
        outcome: ``fetched``, ``nothing_new``, why nothing could be had, or ``never``.
        message: what is wrong and what to do.
        n_fetched: files that are new.
        n_waiting: files that are not complete yet.
        files: files to know of.
        ended_at: when it was last asked.
        succeeded_at: when it last answered.
        marks: how far each extract of a database was read.
    """

    source: str
    kind: str
    outcome: str
    message: str = ""
    n_fetched: int = 0
    n_waiting: int = 0
    files: tuple[FileNote, ...] = ()
    ended_at: str = ""
    succeeded_at: str = ""
    marks: tuple[dict[str, Any], ...] = ()


def build_record(lines: Iterable[SourceLine]) -> dict[str, Any]:
    """The lines as values for JSON."""
    return {"sources": [asdict(line) for line in lines]}


def build_renderable(lines: Sequence[SourceLine]) -> RenderableType:
    """The sources for a terminal: what to look at first, the table last."""
    if not lines:
        return show("no sources: write sources.yaml beside collaborative.yaml")
    table = Table(box=box.SIMPLE, pad_edge=False)
    for heading in ("source", "kind", "last outcome", "fetched", "waiting", "last asked", "last answered"):
        table.add_column(heading, overflow="fold")
    for line in lines:
        times = (show(text[:16].replace("T", " ")) for text in (line.ended_at, line.succeeded_at))
        numbers = (show(f"{number:,}") for number in (line.n_fetched, line.n_waiting))
        table.add_row(show(line.source, "bold"), show(line.kind), _word(line.outcome), *numbers, *times)
    return Group(*build_notes(lines), *_mark_lines(lines), table)


def describe_line(line: SourceLine) -> Text:
    """One source in a few words."""
    counted = f": {count(line.n_fetched, 'file')}" if line.n_fetched else ""
    waiting = f", {line.n_waiting:,} waiting" if line.n_waiting else ""
    n_lost = sum(file.outcome in ("refused", "failed") for file in line.files)
    lost = show(f", {count(n_lost, 'file')} not taken", "red") if n_lost else ""
    return Text.assemble(show(f"{line.source} "), _word(line.outcome), show(counted + waiting), lost)


def build_notes(lines: Iterable[SourceLine]) -> list[RenderableType]:
    """What somebody should look at: sources that failed, and files that did not come."""
    notes: list[RenderableType] = []
    for line in lines:
        if line.message:
            notes += [show_whole(f"{line.source}:"), Padding(show(line.message, "red"), (0, 0, 0, 2))]
        for file in line.files[:LISTED]:
            style = "" if file.outcome == "waiting" else "red"
            notes += [
                show_whole(f"{file.path}:"),
                Padding(show(f"{file.outcome}: {file.message}", style), (0, 0, 0, 2)),
            ]
        if len(line.files) > LISTED:
            notes.append(show(f"and {len(line.files) - LISTED:,} more of {line.source}"))
    return notes


def _mark_lines(lines: Iterable[SourceLine]) -> list[RenderableType]:
    marks = [(line.source, mark) for line in lines for mark in line.marks]
    if not marks:
        return []
    table = Table(box=box.SIMPLE, pad_edge=False)
    for heading in ("source", "extract", "district", "year", "rows", "watermark", "whole on", "pulled on"):
        table.add_column(heading, overflow="fold")
    for source, mark in marks:
        cells = (mark["extract"], mark["district_id"], mark["school_year"] or "", f"{mark['n_rows']:,}")
        dates = (mark["full_at"][:10], mark["pulled_at"][:10])
        table.add_row(*(show(cell) for cell in (source, *cells, mark["watermark"] or "", *dates)))
    return [table]


def _word(outcome: str) -> Text:
    return show(_WORDS.get(outcome, outcome), "green" if outcome in WELL else "yellow" if outcome == "never" else "red")
