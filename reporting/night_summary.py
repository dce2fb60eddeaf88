"""The short table that a night ends with.

Belongs here: its words and layout, for a terminal and as a record for machines. Does not belong here: finding out what
happened; callers hand it in as a :class:`NightSummary`, which holds no value of any record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from reporting.held import HeldLine
from reporting.plain_text import add_up, count, list_some, show, show_whole
from reporting.source_report import SourceLine, build_notes, describe_line

LISTED = 8
"""Names listed before the rest is only counted; the record for machines holds them all."""

INDENT = 2

Outcome = Literal["released", "nothing_to_build", "refused", "failed", "interrupted", "not_run"]

_OUTCOMES = {
    "released": ("released", "green"),
    "nothing_to_build": ("nothing to build", "green"),
    "refused": ("refused; the last release stays", "red"),
    "failed": ("failed; the last release stays", "red"),
    "interrupted": ("did not come to its end, or is still at work; the last release stays", "yellow"),
    "not_run": ("no night has run yet", "yellow"),
}
_DOOR_WORDS = {"passed": "green", "failed": "red", "could not run": "red", "not reached": "dim"}
_TARGET_WORDS = {
    "copied": ("has it", "green"),
    "pointed": ("has it", "green"),
    "in_place": ("has it", "green"),
    "failed": ("keeps what it had", "red"),
}
_REFUSED = {"quarantined", "unreadable", "refused"}
_FILE_WORDS = {
    "no_mapping": "no mapping yet",
    "quarantined": "refused as a whole",
    "refused": "not unpacked",
    "unreadable": "could not be read",
    "unchanged": "seen before",
    "duplicate": "same bytes as before",
}


@dataclass(frozen=True)
class FileLine:
    """What became of one file of the inbox.

    Attributes:
        relative_path: path below the inbox.
        outcome: ``landed``, ``unchanged``, ``duplicate``, ``quarantined``, ``unreadable`` or
            ``no_mapping``; of an archive ``unpacked`` or ``refused``.
        rows_in: data rows of the file; the three below add up to it.
        rows_landed: rows that landed.
        rows_rejected: rows refused.
        rows_duplicate: rows that repeat another one.
        message: what is wrong and what to do, where no rows were read.
        finding: the first thing that is wrong with a refused file: line, column, rule and what it is.
        hint: the command that says all that is wrong with it.
        rows_ignored: rows that its mapping is not about.
    """

    relative_path: str
    outcome: str
    rows_in: int = 0
    rows_landed: int = 0
    rows_rejected: int = 0
    rows_duplicate: int = 0
    message: str = ""
    finding: str = ""
    hint: str = ""
    rows_ignored: int = 0


@dataclass(frozen=True)
class DoorLine:
    """One door's result.

    Attributes:
        name: such as ``door 2``.
        result: ``passed``, ``failed``, ``could not run`` or ``not reached``.
        messages: what it said, in plain words.
    """

    name: str
    result: str
    messages: tuple[str, ...] = ()


@dataclass(frozen=True)
class RestatedLine:
    """Computed figures of a year that was over, which are others now than in the release before.

    Attributes:
        school_year: ending year.
        n_figures: how many of each metric.
    """

    school_year: int
    n_figures: Mapping[str, int]


@dataclass(frozen=True)
class TargetLine:
    """What became of the release on one target.

    Attributes:
        target: such as ``postgres``.
        outcome: ``copied``, ``pointed``, ``in_place`` or ``failed``.
        message: why it failed.
        note: what else there is to say of it.
    """

    target: str
    outcome: str
    message: str = ""
    note: str = ""


@dataclass(frozen=True)
class NightSummary:
    """One night, as far as people need to know it.

    Attributes:
        collaborative: its name.
        outcome: what the night came to.
        reason: why nothing new was released; empty when something was.
        rows_in: data rows of tonight's files; the three below add up to it.
        rows_landed: rows that landed.
        rows_rejected: rows refused.
        rows_duplicate: rows that repeat another one.
        n_districts_fresh: districts whose figures are fresh.
        held: what is held, and why.
        stale: districts whose figures are older than their domain allows.
        never_admitted: districts on the roster without any figures.
        off_roster: districts with admitted figures that are left out, as the roster no longer has them.
        waivers: rules that may fail in a district: which, where, until when, by whom and why.
        sources: the sources that were asked for deliveries.
        files: tonight's files.
        still_refused: files refused on an earlier night that nothing newer has replaced.
        doors: each door's result, in order.
        as_of: the day that the build stands for.
        build_id: the build; None when none was begun.
        release_id: the current release; None before the first.
        went_back_from: the newer release that somebody went back from to the current one; None when nobody did.
        publication: what became of a publication of computed figures that the calendar asked for; empty when of none.
        is_publication_short: whether it was refused, or figures were withheld from it.
        restated: figures of closed years that the release changed, by year.
        report_cards: what became of the report cards; empty when no night has made one.
        targets: where else the release is copied to.
        places: where the files lie: what it is, and its path.
        open_ui: the one line that opens the UI.
    """

    collaborative: str
    outcome: Outcome
    reason: str = ""
    rows_in: int = 0
    rows_landed: int = 0
    rows_rejected: int = 0
    rows_duplicate: int = 0
    n_districts_fresh: int = 0
    held: tuple[HeldLine, ...] = ()
    stale: tuple[str, ...] = ()
    never_admitted: tuple[str, ...] = ()
    off_roster: tuple[str, ...] = ()
    waivers: tuple[str, ...] = ()
    sources: tuple[SourceLine, ...] = ()
    files: tuple[FileLine, ...] = ()
    still_refused: tuple[FileLine, ...] = ()
    doors: tuple[DoorLine, ...] = ()
    as_of: str = ""
    build_id: str | None = None
    release_id: str | None = None
    went_back_from: str | None = None
    publication: str = ""
    is_publication_short: bool = False
    restated: tuple[RestatedLine, ...] = ()
    report_cards: str = ""
    targets: tuple[TargetLine, ...] = ()
    places: tuple[tuple[str, str], ...] = field(default=())
    open_ui: str = ""


def build_record(summary: NightSummary) -> dict[str, Any]:
    """The summary as values for JSON, with every name."""
    return {**asdict(summary), "places": dict(summary.places)}


def build_renderable(summary: NightSummary) -> RenderableType:
    """The summary for a terminal of any width: the table comes last; nothing is cut off, and no path is broken."""
    table = Table(box=box.SIMPLE, show_header=False, pad_edge=False, title=show(summary.collaborative, "bold"))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in _rows(summary):
        table.add_row(show(label), text)
    return Group(
        *build_notes(summary.sources), *_file_lines(summary), *_place_lines(summary), *_ui_line(summary), table
    )


def _rows(summary: NightSummary) -> list[tuple[str, Text]]:
    rows = [("outcome", _outcome(summary))]
    rows += _district_rows(summary)
    rows += [("waivers" if number == 0 else "", show(line, "yellow")) for number, line in enumerate(summary.waivers)]
    rows += [("sources" if number == 0 else "", describe_line(line)) for number, line in enumerate(summary.sources)]
    rows.append(("files", show(_count_files(summary))))
    rows.append(("rows", show(_accounting(summary))))
    rows += [(door.name, _door(door)) for door in summary.doors]
    if summary.publication:
        rows.append(("publication", show(summary.publication, "yellow" if summary.is_publication_short else "")))
    rows += [("restated" if number == 0 else "", _restated(line)) for number, line in enumerate(summary.restated)]
    rows += [("report cards", show(summary.report_cards))] if summary.report_cards else []
    rows.append(("release", _release(summary)))
    return rows + [("targets" if number == 0 else "", _target(line)) for number, line in enumerate(summary.targets)]


def _target(line: TargetLine) -> Text:
    words, style = _TARGET_WORDS[line.outcome]
    said = f": {line.message}; 'schoolstat releases copy' tries again, and so does the next night"
    note = f": {line.note}" if line.note else ""
    return Text.assemble(show(f"{line.target} "), show(words, style), show(said if line.message else note))


def _restated(line: RestatedLine) -> Text:
    n_of_all = sum(line.n_figures.values())
    metrics = list_some(sorted(line.n_figures), LISTED)
    return show(f"figures of {line.school_year} restated: {n_of_all} ({metrics})", "yellow")


def _release(summary: NightSummary) -> Text:
    release = show(summary.release_id or "none yet")
    if summary.went_back_from is None:
        return release
    return Text.assemble(release, show(f": gone back to by hand, from {summary.went_back_from}", "yellow"))


def _outcome(summary: NightSummary) -> Text:
    words, style = _OUTCOMES[summary.outcome]
    as_of = f", as of {summary.as_of}" if summary.as_of else ""
    reason = f": {summary.reason}" if summary.reason else ""
    return Text.assemble(show(words, style), show(as_of + reason))


def _district_rows(summary: NightSummary) -> list[tuple[str, Text]]:
    held = len({line.district_id for line in summary.held})
    parts = [f"{summary.n_districts_fresh:,} fresh", f"{held:,} held", f"{len(summary.stale):,} stale"]
    rows = [("districts", show(", ".join([*parts, f"{len(summary.never_admitted):,} never admitted"])))]
    rows += [("  held", _held(line)) for line in summary.held[:LISTED]]
    if len(summary.held) > LISTED:
        rows.append(("", show(f"and {len(summary.held) - LISTED:,} more")))
    if summary.stale:
        rows.append(("  stale", show(list_some(summary.stale, LISTED), "yellow")))
    if summary.never_admitted:
        rows.append(("  never admitted", show(list_some(summary.never_admitted, LISTED))))
    if summary.off_roster:
        names = list_some(summary.off_roster, LISTED)
        rows.append(("  off the roster", show(f"{names}: left out, as districts.csv has them no more", "yellow")))
    return rows


def _held(line: HeldLine) -> Text:
    why = line.reason if line.reason.startswith(line.rule_id) else f"{line.rule_id}: {line.reason}"
    return Text.assemble(show(f"{line.district_id} {line.domain} {line.school_year}", "yellow"), show(f": {why}"))


def _count_files(summary: NightSummary) -> str:
    return f"{count(len(summary.files), 'file')}: {_by_outcome(summary.files)}" if summary.files else "none arrived"


def _by_outcome(files: Iterable[FileLine]) -> str:
    by_outcome = Counter(file.outcome for file in files)
    return ", ".join(f"{n:,} {_FILE_WORDS.get(outcome, outcome)}" for outcome, n in sorted(by_outcome.items()))


def _file_lines(summary: NightSummary) -> list[RenderableType]:
    """Files that somebody should look at; the others are only counted."""
    unmapped = [file.relative_path for file in summary.files if file.outcome == "no_mapping"]
    shown = [file for file in summary.files if file.outcome in _REFUSED or (file.rows_rejected and not _is_old(file))]
    others = [file for file in summary.files if file not in shown and file.outcome != "no_mapping"]
    lines = [line for file in shown for line in _problem(file, _fate(file))]
    for file in summary.still_refused:
        lines += _problem(file, show("refused on an earlier night, and nothing newer has come", "red"))
    if unmapped:
        lines.append(show("no mapping yet:", "yellow"))
        lines += [show_whole(" " * INDENT + path) for path in unmapped[:LISTED]]
    if len(unmapped) > LISTED:
        lines.append(show(f"{' ' * INDENT}and {len(unmapped) - LISTED:,} more"))
    if lines and others:
        lines.append(show(f"{count(len(others), 'other file')}: {_by_outcome(others)}"))
    return lines


def _is_old(file: FileLine) -> bool:
    return file.outcome in ("unchanged", "duplicate")


def _problem(file: FileLine, fate: Text) -> list[RenderableType]:
    """A file, what became of it, the first thing that is wrong, and the command that tells all."""
    lines: list[RenderableType] = [show_whole(f"{file.relative_path}:"), Padding(fate, (0, 0, 0, INDENT))]
    if file.finding:
        lines.append(Padding(show(file.finding), (0, 0, 0, INDENT)))
    if file.hint:
        lines.append(show_whole(" " * INDENT + file.hint))
    return lines


def _fate(file: FileLine) -> Text:
    words = show(_FILE_WORDS.get(file.outcome, file.outcome), "red" if file.outcome in _REFUSED else "")
    if file.message:
        return Text.assemble(words, show(f": {file.message}"))
    accounting = add_up(file.rows_in, file.rows_landed, file.rows_rejected, file.rows_duplicate, file.rows_ignored)
    return Text.assemble(words, show(f", rows {accounting}"))


def _place_lines(summary: NightSummary) -> list[Text]:
    return [
        line for what, path in summary.places for line in (show(f"{what}:", "bold"), show_whole(" " * INDENT + path))
    ]


def _accounting(summary: NightSummary) -> str:
    ignored = sum(file.rows_ignored for file in summary.files)
    return add_up(summary.rows_in, summary.rows_landed, summary.rows_rejected, summary.rows_duplicate, ignored)


def _door(door: DoorLine) -> Text:
    said = ": " + "; ".join(door.messages) if door.messages else ""
    return Text.assemble(show(door.result, _DOOR_WORDS.get(door.result, "red")), show(said))


def _ui_line(summary: NightSummary) -> list[Text]:
    return [show_whole(f"To look at it: {summary.open_ui}")] if summary.open_ui else []
