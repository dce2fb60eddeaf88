"""Building report cards: what a sender's deliveries come to.

Belongs here: a card for a sender and night, and for one delivery. Does not belong here: files that were only checked
(``report_card_check.py``), the questions to the ledger (``report_card_facts.py``), what rules found
(``report_card_rules.py``), the grade, the costs, or how a card looks (``reporting.report_card``).

A night's card speaks of the newest delivery of every extract that is expected, whenever it came, and of all that came
tonight: a sender's grade does not become better because nothing came.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from ingestion.contract import title_of, without_part
from ingestion.expected_extracts import Expectation, default_needs, domain_of
from ingestion.report_card_costs import find_costs, find_missing_columns
from ingestion.report_card_facts import Facts, Key, arrival_of
from ingestion.report_card_grade import Standing, grade
from ingestion.report_card_rules import CardRules, RuleText
from reporting.plain_text import count
from reporting.report_card.card import (
    CardFile,
    Decision,
    ExpectedLine,
    ReportCard,
    Rows,
    RuleLine,
    TrendLine,
    WaiverLine,
)

if TYPE_CHECKING:
    from ingestion.collaborative import Collaborative
    from ingestion.inbox_pass import FileOutcome
    from ingestion.ledger import Row

SILENT = ("missing", "header_only", "empty")
TREND_DAYS = 8


@dataclass(frozen=True)
class CardMaker:
    """What every card of a night is made of.

    Attributes:
        collaborative: roster, schools, mappings.
        facts: the ledger.
        rules: the rules' words by id.
        made_at: the night, UTC, ISO text.
    """

    collaborative: Collaborative
    facts: Facts
    rules: Mapping[str, RuleText]
    made_at: str

    @property
    def _findings(self) -> CardRules:
        return CardRules(self.facts, self.rules)

    def card_of_night(
        self, sender: str, expectations: Iterable[Expectation], tonight: Sequence[FileOutcome] = ()
    ) -> ReportCard:
        """The card of a sender: all that is expected of it, and all that came tonight."""
        newest = self.facts.newest.get(sender, {})
        came = [self.facts.deliveries[each.delivery_id] for each in tonight if each.delivery_id]
        if not came and self.collaborative.district(sender) is None:
            came = self._came_last(newest)
        lines = self.expected_lines(sender, expectations)
        known = {(line.extract, line.school_year) for line in lines}
        unexpected = {(row["extract"], row["school_year"]): row for row in came}
        lines += [self._unexpected(row) for key, row in sorted(unexpected.items(), key=str) if key not in known]
        keys = {(line.extract, line.school_year) for line in lines}
        wanted = [row for key, row in newest.items() if key in keys]
        rows = {row["delivery_id"]: row for row in [*wanted, *came]}
        files = [self._file(row) for row in sorted(rows.values(), key=lambda row: row["seq"], reverse=True)]
        files += [_unread(outcome) for outcome in tonight if outcome.outcome in ("no_mapping", "unreadable", "refused")]
        return self._card("night", sender, lines, files)

    @staticmethod
    def _came_last(newest: Mapping[Key, Row]) -> list[Row]:
        """What came on the last day on which something did: of a sender for many districts nothing is expected."""
        day = max((row["received_at"][:10] for row in newest.values()), default="")
        return [row for row in newest.values() if row["received_at"][:10] == day]

    def expected_lines(self, sender: str, expectations: Iterable[Expectation]) -> list[ExpectedLine]:
        """What is expected of a sender, and what came of it."""
        return [line for each in expectations for line in self._lines_of(sender, each)]

    def _lines_of(self, sender: str, one: Expectation) -> list[ExpectedLine]:
        """One line of an extract, or one of each of its parts that came."""
        newest = self.facts.newest.get(sender, {})
        came = [row for (extract, year), row in newest.items() if (without_part(extract), year) == one.slot]
        parts = [self._expected(replace(one, extract=row["extract"]), row) for row in came]
        return sorted(parts, key=lambda line: line.extract) or [self._expected(one, None)]

    def card_of_delivery(self, delivery_id: str) -> ReportCard:
        """The card of one delivery."""
        row = self.facts.deliveries[delivery_id]
        return self._card("delivery", row["sender"], [self._unexpected(row)], [self._file(row)])

    def _card(
        self, kind: Literal["night", "delivery"], sender: str, lines: Sequence[ExpectedLine], files: Sequence[CardFile]
    ) -> ReportCard:
        only = {files[0].delivery_id} if kind == "delivery" else None
        decisions = self._findings.decisions(sender, lines, only)
        held = [(each.domain, each.school_year) for each in decisions if each.state == "held"]
        known = self.collaborative.sender(sender)
        total = sum((file.rows for file in files), Rows())
        standing = sum_up(lines, files, decisions, admitted=self._anything_admitted(lines, only))
        return ReportCard(
            kind=kind,
            collaborative=self.collaborative.name,
            sender=sender,
            sender_name=known.name if known else sender,
            made_at=self.made_at,
            grade=grade(standing),
            why=explain(standing),
            rows=total,
            expected=tuple(lines),
            files=tuple(files),
            decisions=tuple(decisions),
            costs=(
                *find_costs(self.collaborative, sender, lines, files, held),
                *self._missing_columns(files),
            ),
            matches=self._findings.matches(sender, files),
            trend=self._trend(sender),
            waivers=waiver_lines(self.collaborative, sender),
        )

    def _expected(self, one: Expectation, delivery: Row | None) -> ExpectedLine:
        return ExpectedLine(
            extract=one.extract,
            title=title_of(one.extract),
            domain=delivery["domain"] if delivery else one.domain,
            school_year=one.school_year,
            need=one.need,
            why_expected=one.why,
            arrival=arrival_of(delivery),
            file_name=delivery["file_name"] if delivery else "",
            delivery_id=delivery["delivery_id"] if delivery else "",
            serves_through=self._serves_through(one.sender, one.extract, one.school_year),
        )

    def _unexpected(self, row: Row) -> ExpectedLine:
        """The line of a delivery that nobody had to send: a new extract, or an earlier year."""
        need = default_needs().get(without_part(row["extract"]), "optional")
        domain = domain_of(row["extract"])
        why = "came without being expected"
        return self._expected(Expectation(row["sender"], domain, row["extract"], row["school_year"], need, why), row)

    def _serves_through(self, sender: str, extract: str, school_year: int | None) -> str:
        """Through which day what serves goes; empty when nothing does."""
        return self.facts.serves_through.get(sender, {}).get((extract, school_year), "")

    def _file(self, row: Row) -> CardFile:
        return CardFile(
            file_name=row["file_name"],
            delivery_id=row["delivery_id"],
            extract=row["extract"],
            title=title_of(row["extract"]),
            school_year=row["school_year"],
            came_on=row["received_at"][:10],
            data_through=str(row["data_through"] or ""),
            arrival=arrival_of(row),
            rows=rows_of(row),
            rules=self._findings.of_file(row["delivery_id"]),
            difference=self.facts.differences.get(row["delivery_id"]),
            mapping=row["mapping_id"],
        )

    def _anything_admitted(self, lines: Sequence[ExpectedLine], only: Collection[str] | None) -> bool:
        if only is not None:
            return bool(self.facts.serving_deliveries & set(only))
        return any(line.serves_through for line in lines)

    def _missing_columns(self, files: Sequence[CardFile]) -> list[str]:
        mappings = {mapping.mapping_id: mapping for mapping in self.collaborative.mappings}
        found: list[str] = []
        for file in files:
            mapping = mappings.get(file.mapping)
            if mapping is not None and file.arrival in ("arrived", "with_refused_rows"):
                found += find_missing_columns(file, {name for row in mapping.rows for name in row} | set(mapping.every))
        return found

    def _trend(self, sender: str) -> tuple[TrendLine, ...]:
        """The last days on which something came, the newest first."""
        days: dict[str, list[Row]] = defaultdict(list)
        for row in (self.facts.deliveries[each] for each in self.facts.of_sender.get(sender, ())):
            days[row["received_at"][:10]].append(row)
        newest = sorted(days, reverse=True)[:TREND_DAYS]
        return tuple(
            TrendLine(
                day,
                len(days[day]),
                sum(row["state"] == "quarantined" for row in days[day]),
                sum((rows_of(row) for row in days[day]), Rows()),
            )
            for day in newest
        )


def waiver_lines(collaborative: Collaborative, sender: str) -> tuple[WaiverLine, ...]:
    """The waivers of a district, in the order of their rules."""
    day = collaborative.today()
    own = sorted((one for one in collaborative.waivers if one.district == sender), key=lambda one: one.rule)
    return tuple(WaiverLine(one.rule, one.domain, one.school_year, one.state(day), one.words(day)) for one in own)


def rows_of(row: Row) -> Rows:
    """A delivery's accounting."""
    counts = (row["rows_in"], row["rows_landed"], row["rows_rejected"], row["rows_duplicate"])
    return Rows(*counts, row.get("rows_ignored") or 0)


def explain(standing: Standing) -> tuple[str, ...]:
    """What a grade follows from, in words."""
    facts = [
        (standing.required_missing, "required extract", "missing or without a row"),
        (standing.optional_missing, "optional extract", "missing or without a row"),
        (standing.domains_held, "domain", "held"),
        (standing.files_refused, "file", "refused as a whole"),
    ]
    said = [f"{count(number, what)} {how}" for number, what, how in facts if number]
    if not standing.anything_admitted:
        said.insert(0, "nothing is admitted")
    share = f" ({standing.rows_rejected / standing.rows_in:.2%})" if standing.rows_in else ""
    return (*said, f"{standing.rows_rejected:,} of {count(standing.rows_in, 'row')} refused{share}")


def sum_up(
    lines: Sequence[ExpectedLine], files: Sequence[CardFile], decisions: Sequence[Decision], *, admitted: bool
) -> Standing:
    """What a card's grade is made of; a file that could not be opened stands on no line of what is expected."""
    silent = [line for line in lines if line.arrival in SILENT]
    rows = sum((file.rows for file in files), Rows())
    unread = [file for file in files if file.arrival == "unreadable"]
    return Standing(
        rows_in=rows.rows_in,
        rows_rejected=rows.rejected,
        required_missing=sum(line.need == "required" for line in silent),
        optional_missing=sum(line.need == "optional" for line in silent),
        domains_held=len({(each.domain, each.school_year) for each in decisions if each.state == "held"}),
        files_refused=sum(line.arrival == "refused" for line in lines) + len(unread),
        anything_admitted=admitted,
    )


def _unread(outcome: FileOutcome) -> CardFile:
    """A file that no mapping is meant for, or that could not be opened; an archive that was refused."""
    arrival = "no_mapping" if outcome.outcome == "no_mapping" else "unreadable"
    what_to_do = "rename the file as agreed, or ask for a mapping for this report" if arrival == "no_mapping" else ""
    rule = RuleLine("", "error", 1, 1, outcome.message, what_to_do)
    return CardFile(outcome.relative_path, "", "", "", None, "", "", arrival, Rows(), (rule,))
