"""A report card for a terminal of any width.

Belongs here: its lines. Does not belong here: what stands on a card, and the lines about single files before they are
sent (``reporting.check_report``).
"""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from reporting.plain_text import count, list_some, show
from reporting.report_card import words
from reporting.report_card.card import CardFile, ReportCard, RuleLine

STYLES = {"A": "bold green", "B": "bold green", "C": "bold yellow", "D": "bold red", "F": "bold red"}
WAIVER_STYLES = {"live": "yellow", "expired": "red", "not_yet": ""}
_TONES = {"good": "green", "fair": "yellow", "bad": "red"}
DISTRICTS_NAMED = 8

Line = tuple[int, Text]


def build_renderable(card: ReportCard, *, with_files: bool = True) -> RenderableType:
    """The card, nothing cut off.

    Args:
        card: the card.
        with_files: whether what is wrong within each file is told; not when that has been said already.
    """
    return Group(*(Padding(text, (0, 0, 0, indent)) for indent, text in _lines(card, with_files=with_files)))


def render_lines(card: ReportCard, *, with_files: bool = True) -> list[str]:
    """The card as lines of plain text."""
    return [" " * indent + text.plain for indent, text in _lines(card, with_files=with_files)]


def _lines(card: ReportCard, *, with_files: bool) -> list[Line]:
    lines = [
        (0, Text.assemble(show(words.title(card), "bold"), show(f" ({card.sender})"))),
        (0, Text.assemble(show(f"grade {card.grade}", STYLES[card.grade]), show(f": {'; '.join(card.why)}"))),
        (0, show(f"rows: {words.add_up(card.rows)}")),
        (0, show(f"expected and arrived: {words.expected_and_came(card)}")),
    ]
    for line in card.expected:
        state, tone = words.arrival(card, line)
        about = f"{line.title} {line.school_year or ''} ({line.need}): "
        named = f", {line.file_name}" if line.file_name else ""
        lines.append((2, Text.assemble(show(about), show(state, _TONES[tone]), show(named))))
    if with_files:
        lines += [line for file in card.files for line in _file(file)]
    for one in card.decisions:
        style = {"admitted": "green", "not_judged": "yellow"}.get(one.state, "red")
        whom = f" ({count(len(one.districts), 'district')}: {list_some(one.districts, DISTRICTS_NAMED)})"
        named = f" {one.file_name}" if one.file_name else ""
        about = f"{one.domain} {one.school_year or ''}{named}{whom if one.districts else ''}: "
        lines.append((0, Text.assemble(show(about), show(words.DECISIONS[one.state], style))))
        lines += [line for rule in one.rules if one.state == "held" for line in _rule(rule)]
    for one in card.waivers:
        lines.append((0, Text.assemble(show("waiver: ", "bold"), show(words.waiver(one), WAIVER_STYLES[one.state]))))
    lines += [(0, Text.assemble(show("cost: ", "bold"), show(each))) for each in card.costs]
    lines += [line for rule in card.matches if rule.n_failed for line in _rule(rule)]
    return lines


def _file(file: CardFile) -> list[Line]:
    tone = _TONES[words.TONES.get(file.arrival, "bad")]
    lines = [(0, Text.assemble(show(file.file_name, "bold"), show(": "), show(words.ARRIVALS[file.arrival], tone)))]
    if file.extract:
        lines.append((2, show(words.add_up(file.rows))))
    if file.difference:
        lines.append((2, show(f"correction: {words.difference(file.difference)}")))
    return lines + [line for rule in file.rules for line in _rule(rule, file)]


def _rule(rule: RuleLine, file: CardFile | None = None) -> list[Line]:
    style = "red" if rule.severity == "error" else "yellow"
    found = f" ({words.counts(rule)})" if rule.n_checked else ""
    lines = [(2, Text.assemble(show(rule.rule_id, style), show(f" {rule.message}{found}")))]
    lines += [
        (4, show(f"{words.place(file, place)}{f': {place.reason}' if place.reason != rule.message else ''}"))
        for place in rule.places
        if place.line or place.column
    ]
    return [*lines, (4, show(f"what to do: {rule.what_to_do}"))] if rule.what_to_do else lines
