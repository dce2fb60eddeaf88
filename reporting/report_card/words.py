"""The words that every form of a report card uses.

Belongs here: what a state is called, how a place, an accounting and a title are written. Does not belong here: layout.
"""

from __future__ import annotations

from reporting.plain_text import clean, count
from reporting.report_card.card import (
    CardFile,
    Difference,
    ExpectedLine,
    Place,
    ReportCard,
    Rows,
    RuleLine,
    WaiverLine,
)

ARRIVALS = {
    "arrived": "arrived",
    "with_refused_rows": "arrived, some rows refused",
    "refused": "refused as a whole",
    "header_only": "headings without rows",
    "empty": "empty file",
    "missing": "missing",
    "no_mapping": "no mapping for this name",
    "unreadable": "could not be opened",
}
TONES = {"arrived": "good", "with_refused_rows": "fair"}
"""How an arrival looks; every other one is bad."""

DECISIONS = {
    "admitted": "admitted",
    "held": "held: what was admitted before stays",
    "refused": "refused before it came to door 1",
    "not_judged": "not judged yet: door 1 compares it with everything else at night",
}
GRADES = {
    "A": "all expected domains admitted, no file refused, at most 0.1 % of rows refused",
    "B": "as A, with at most 1 % of rows refused",
    "C": "at most 5 % of rows refused, or an optional extract missing",
    "D": "a required extract missing, a domain held, a file refused, or more than 5 % of rows refused",
    "F": "nothing admitted",
}
MATCHES = {
    "Q04": "Rows without what they belong to (pupil, calendar, enrolment, account, school)",
    "Q13": "Pupils of whom two districts say different things",
    "Q12": "Pupils who left without a trace, or are in two districts at once",
    "Q20": "Pupils whom another district has on the same day of instruction",
}
KINDS = {"night": "Report card", "delivery": "Report card of one file", "check": "Report card before sending"}


def title(card: ReportCard) -> str:
    """What a card is called."""
    return f"{KINDS[card.kind]}: {card.sender_name}"


def night(card: ReportCard) -> str:
    """When a card was made, to the minute."""
    return f"{card.made_at[:10]} {card.made_at[11:16]} UTC"


def add_up(rows: Rows) -> str:
    """The accounting of rows; an equation that does not hold is shown as one that does not."""
    parts = [(rows.landed, "landed"), (rows.rejected, "rejected"), (rows.duplicate, "duplicate")]
    sign = "=" if rows.rows_in == sum(number for number, _ in parts) else "≠"
    besides = f"; {count(rows.ignored, 'more row')} of the file about something else" if rows.ignored else ""
    return f"{rows.rows_in:,} in {sign} " + " + ".join(f"{number:,} {word}" for number, word in parts) + besides


def place(file: CardFile | None, one: Place) -> str:
    """``file:line:column``."""
    parts = [file.file_name if file else "", str(one.line) if one.line else "", one.column]
    return ":".join(clean(part) for part in parts if part)


def counts(rule: RuleLine) -> str:
    """How often a rule found something."""
    return f"{rule.n_failed:,} of {rule.n_checked:,}" if rule.n_checked else ""


def difference(one: Difference) -> str:
    """What a correction changed."""
    changed = f"{one.rows_added:,} added, {one.rows_changed:,} changed, {one.rows_removed:,} removed"
    return f"{changed} against delivery {one.earlier_delivery_id}"


def expected_and_came(card: ReportCard) -> str:
    """How much of what was expected has come."""
    expected = [line for line in card.expected if line.arrival != "missing"]
    return f"{len(expected):,} of {count(len(card.expected), 'extract')} came"


def held(card: ReportCard) -> set[tuple[str, int | None]]:
    """Domains and years that are held."""
    return {(one.domain, one.school_year) for one in card.decisions if one.state == "held"}


def arrival(card: ReportCard, line: ExpectedLine) -> tuple[str, str]:
    """What became of an expected extract, and how that looks: what came in a domain that is held is held."""
    words, tone = ARRIVALS[line.arrival], TONES.get(line.arrival, "bad")
    if line.arrival in TONES and (line.domain, line.school_year) in held(card):
        return f"{words}, held", "bad"
    return words, tone


def waiver(one: WaiverLine) -> str:
    """What a waiver is about, and until when, by whom and why."""
    about = f"{one.rule_id} {one.domain or ''} {one.school_year or ''}"
    return f"{' '.join(about.split())}: {one.text}"


def urgent(card: ReportCard) -> list[tuple[str, RuleLine]]:
    """What somebody should do something about: errors of files, then what holds a domain; each once."""
    found = [
        (f"{file.file_name}:{rule.places[0].line}" if rule.places and rule.places[0].line else file.file_name, rule)
        for file in card.files
        for rule in file.rules
        if rule.severity == "error"
    ]
    told = {(rule.rule_id, rule.message) for _, rule in found}
    for one in card.decisions:
        about = f"{one.domain} {one.school_year or ''}".strip()
        new = [rule for rule in one.rules if one.state == "held" and (rule.rule_id, rule.message) not in told]
        found += [(about, rule) for rule in new]
    return found
