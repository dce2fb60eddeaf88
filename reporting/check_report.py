"""What checking files has shown, for the person who sends them.

Belongs here: the words and the layout of that report, as lines of text, for a terminal, and as a record for machines.
Does not belong here: reading or judging a file. Callers hand in what they found; a reading of ``ingestion`` fits
:func:`describe_reading` as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from reporting.plain_text import add_up, clean, count, show

REFUSED_ROWS_SHOWN = 20
"""Refused rows listed for one file in text; the record for machines holds them all."""

_VERDICTS = {
    "accepted": ("would land whole", "green"),
    "accepted_with_rejects": ("would land without the refused rows", "yellow"),
    "quarantined": ("would be refused as a whole", "red"),
    "refused": ("would not be unpacked", "red"),
    "no_mapping": ("no mapping yet: nothing would happen", "yellow"),
}


@dataclass(frozen=True)
class FindingLine:
    """What one rule said about one file.

    Attributes:
        rule_id: the quality rule.
        severity: ``error``, ``warning`` or ``passed``.
        line: line to blame, if there is one.
        column: heading of the column to blame; empty when there is none.
        message: what was found, without any value of the file.
        what_to_do: what the sender does about it.
        n_checked: how many things the rule looked at.
        n_failed: how many of them failed.
    """

    rule_id: str
    severity: str
    line: int | None
    column: str
    message: str
    what_to_do: str
    n_checked: int
    n_failed: int


@dataclass(frozen=True)
class RefusedRow:
    """Why one row of the file was refused: where it stands, and the reason in plain words."""

    line: int
    column: str
    rule_id: str
    reason: str


@dataclass(frozen=True)
class CheckedFile:
    """One file and all that was found.

    Attributes:
        relative_path: the file, as the person named it.
        outcome: ``accepted``, ``accepted_with_rejects``, ``quarantined`` or ``no_mapping``; of an archive that is not
            unpacked ``refused``.
        mapping: name of the mapping that fits; empty when none does.
        extract: what the file was read as.
        sender: who sends it.
        school_year: ending year, when it is known.
        vintage: which publication of the figures it is.
        rows_in: data rows of the file; the three below add up to it.
        rows_landed: rows that would land.
        rows_rejected: rows that would be refused.
        rows_duplicate: rows that repeat another one.
        findings: what each rule said.
        refused_rows: each refused row and why.
        rows_ignored: rows that the mapping is not about.
    """

    relative_path: str
    outcome: str
    mapping: str = ""
    extract: str = ""
    sender: str = ""
    school_year: int | None = None
    vintage: str = ""
    rows_in: int = 0
    rows_landed: int = 0
    rows_rejected: int = 0
    rows_duplicate: int = 0
    findings: tuple[FindingLine, ...] = ()
    refused_rows: tuple[RefusedRow, ...] = ()
    rows_ignored: int = 0

    @property
    def verdict(self) -> str:
        """What would happen to the file, in words."""
        return _VERDICTS[self.outcome][0] if self.outcome in _VERDICTS else self.outcome

    @property
    def problems(self) -> tuple[FindingLine, ...]:
        """Findings that somebody should read."""
        return tuple(finding for finding in self.findings if finding.severity != "passed")


def describe_reading(reading: Any) -> CheckedFile:
    """Take from a reading (``ingestion.findings.Reading``, which this room does not import) what the report shows."""
    return CheckedFile(
        relative_path=reading.relative_path,
        outcome=reading.state,
        mapping=reading.mapping.mapping_id,
        extract=reading.extract,
        sender=reading.sender,
        school_year=reading.school_year,
        vintage=reading.vintage,
        rows_in=reading.rows_in,
        rows_landed=reading.rows_landed,
        rows_rejected=reading.rows_rejected,
        rows_duplicate=reading.rows_duplicate,
        rows_ignored=reading.rows_ignored,
        findings=tuple(map(_as_line, reading.findings)),
        refused_rows=tuple(RefusedRow(row.line, row.column, row.rule_id, row.reason) for row in reading.rejects),
    )


def describe_refused_archive(name: str, finding: Any) -> CheckedFile:
    """What the report shows of an archive that is not unpacked."""
    return CheckedFile(relative_path=name, outcome="refused", findings=(_as_line(finding),))


def _as_line(finding: Any) -> FindingLine:
    """A finding (``ingestion.findings.Finding``, which this room does not import) as the report shows it."""
    return FindingLine(**{each.name: getattr(finding, each.name) for each in fields(FindingLine)})


def render_lines(files: Sequence[CheckedFile]) -> list[str]:
    """The report as lines of plain text."""
    return [" " * indent + text.plain for text, indent in _lines(files)]


def build_renderable(files: Sequence[CheckedFile]) -> RenderableType:
    """The report for a terminal of any width; nothing is cut off."""
    return Group(*(Padding(text, (0, 0, 0, indent)) for text, indent in _lines(files)))


def build_record(files: Sequence[CheckedFile]) -> dict[str, Any]:
    """The report as values for JSON, with every refused row."""
    return {
        "files": [{**asdict(file), "verdict": file.verdict} for file in files],
        "n_files": len(files),
        "n_refused": sum(file.outcome in ("quarantined", "refused") for file in files),
        "n_without_mapping": sum(file.outcome == "no_mapping" for file in files),
    }


def _lines(files: Iterable[CheckedFile]) -> list[tuple[Text, int]]:
    lines: list[tuple[Text, int]] = []
    for file in files:
        lines += [_line(0, _headline(file))]
        if file.outcome == "no_mapping":
            lines += [_line(2, show("what to do: check the file's name, or ask for a mapping for this report"))]
            continue
        lines += [_line(2, show(part)) for part in _arrived(file)]
        for finding in file.problems:
            lines += _finding_lines(file, finding)
        lines += _refused_row_lines(file)
        if not file.problems:
            lines += [_line(2, show(f"{count(len(file.findings), 'check')} passed", "green"))]
    return lines


def _headline(file: CheckedFile) -> Text:
    style = _VERDICTS.get(file.outcome, ("", "red"))[1]
    return Text.assemble(show(file.relative_path, "bold"), ": ", show(file.verdict, style))


def _arrived(file: CheckedFile) -> list[str]:
    year = f"school year {file.school_year}" if file.school_year else "school year not known"
    vintage = f", vintage {file.vintage}" if file.vintage else ""
    return [
        f"read as {file.extract} (mapping {file.mapping}) from {file.sender}, {year}{vintage}",
        "rows: " + add_up(file.rows_in, file.rows_landed, file.rows_rejected, file.rows_duplicate, file.rows_ignored),
    ]


def _finding_lines(file: CheckedFile, finding: FindingLine) -> list[tuple[Text, int]]:
    style = "red" if finding.severity == "error" else "yellow"
    failed = f" ({finding.n_failed:,} of {finding.n_checked:,})" if finding.n_checked else ""
    lines = [
        _line(
            2,
            show(f"{_place(file, finding.line, finding.column)}: "),
            show(f"{finding.severity} {finding.rule_id}", style),
            show(f": {finding.message}{failed}"),
        )
    ]
    return [*lines, _line(4, show(f"what to do: {finding.what_to_do}"))] if finding.what_to_do else lines


def _refused_row_lines(file: CheckedFile) -> list[tuple[Text, int]]:
    lines = [
        _line(2, show(f"{_place(file, row.line, row.column)}: "), show(row.rule_id, "red"), show(f": {row.reason}"))
        for row in file.refused_rows[:REFUSED_ROWS_SHOWN]
    ]
    left_out = len(file.refused_rows) - len(lines)
    if left_out > 0:
        lines.append(_line(2, show(f"and {count(left_out, 'more refusal')}; --json lists them all")))
    return lines


def _place(file: CheckedFile, line: int | None, column: str) -> str:
    parts = [file.relative_path, str(line) if line else "", column]
    return ":".join(clean(part) for part in parts if part)


def _line(indent: int, *parts: Text) -> tuple[Text, int]:
    return Text.assemble(*parts, overflow="fold"), indent
