"""A report card as CSV: one row for each thing that the page says, for a spreadsheet.

Belongs here: the columns and their order. Does not belong here: what stands on a card.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from reporting.plain_text import clean, spreadsheet_cell
from reporting.report_card import words
from reporting.report_card.card import CardFile, ReportCard, Rows, RuleLine

COLUMNS: tuple[str, ...] = (
    "section",
    "sender",
    "school_year",
    "domain",
    "extract",
    "state",
    "file",
    "line",
    "column",
    "rule",
    "n_failed",
    "n_checked",
    "rows_in",
    "rows_landed",
    "rows_rejected",
    "rows_duplicate",
    "rows_ignored",
    "text",
    "what_to_do",
)


def render_csv(card: ReportCard) -> str:
    """The card as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for row in _rows(card):
        writer.writerow({name: _cell(value) for name, value in {"sender": card.sender, **row}.items()})
    return text.getvalue()


def _rows(card: ReportCard) -> Iterator[dict[str, Any]]:
    yield {"section": "grade", "state": card.grade, "text": "; ".join(card.why), **_counts(card.rows)}
    for line in card.expected:
        yield {
            "section": "expected",
            "school_year": line.school_year,
            "domain": line.domain,
            "extract": line.extract,
            "state": line.arrival,
            "file": line.file_name,
            "text": f"{line.need}; {line.why_expected}; serves through {line.serves_through or 'nothing'}",
        }
    for file in card.files:
        yield from _file(file)
    for one in card.decisions:
        about = {"school_year": one.school_year, "domain": one.domain}
        yield {"section": "door_1", **about, "state": one.state, "text": ", ".join(one.districts)}
        for rule in one.rules:
            yield {"section": "door_1_rule", **about, **_rule(rule)}
    for one in card.waivers:
        about = {"school_year": one.school_year, "domain": one.domain}
        yield {"section": "waiver", **about, "rule": one.rule_id, "state": one.state, "text": one.text}
    yield from ({"section": "cost", "text": text} for text in card.costs)
    yield from ({"section": "matching", **_rule(rule)} for rule in card.matches)
    for day in card.trend:
        yield {"section": "trend", "text": day.came_on, "n_checked": day.n_files, "n_failed": day.n_refused} | _counts(
            day.rows
        )


def _file(file: CardFile) -> Iterator[dict[str, Any]]:
    about = {"school_year": file.school_year, "extract": file.extract, "file": file.file_name}
    text = words.difference(file.difference) if file.difference else ""
    yield {"section": "file", **about, "state": file.arrival, "text": text, **_counts(file.rows)}
    for rule in file.rules:
        yield {"section": "rule", **about, **_rule(rule)}
        for place in rule.places:
            where = {"line": place.line, "column": place.column, "text": place.reason}
            yield {"section": "place", **about, "rule": rule.rule_id, **where}


def _rule(rule: RuleLine) -> dict[str, Any]:
    return {
        "rule": rule.rule_id,
        "state": rule.severity,
        "n_failed": rule.n_failed,
        "n_checked": rule.n_checked,
        "text": rule.message,
        "what_to_do": rule.what_to_do,
    }


def _counts(rows: Rows) -> dict[str, int]:
    return {
        "rows_in": rows.rows_in,
        "rows_landed": rows.landed,
        "rows_rejected": rows.rejected,
        "rows_duplicate": rows.duplicate,
        "rows_ignored": rows.ignored,
    }


def _cell(value: Any) -> Any:
    return spreadsheet_cell(clean(value))
