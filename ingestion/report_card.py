"""Building report cards: what a sender's deliveries come to.

Belongs here: a card for a sender and night, for one delivery, and for files that were only checked. Does not belong
here: the questions to the ledger (``report_card_facts.py``), the grade, the costs, or how a card looks
(``reporting.report_card``).

A night's card speaks of the newest delivery of every extract that is expected, whenever it came, and of all that came
tonight: a sender's grade does not become better because nothing came.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from ingestion.contract import load_contracts
from ingestion.expected_extracts import Expectation, default_needs, domain_of
from ingestion.report_card_costs import find_costs, find_missing_columns
from ingestion.report_card_facts import TWO_DISTRICTS, Facts, arrival_of
from ingestion.report_card_grade import Standing, grade
from reporting.plain_text import count
from reporting.report_card.card import (
    CardFile,
    Decision,
    ExpectedLine,
    Place,
    ReportCard,
    Rows,
    RuleLine,
    TrendLine,
)

if TYPE_CHECKING:
    from ingestion.collaborative import Collaborative
    from ingestion.findings import Reading
    from ingestion.inbox import FileOutcome
    from ingestion.ledger import Row

MATCHING_RULES = ("Q04", "Q13")
"""Rules about rows that match nothing: without a pupil, a calendar or an account, and pupils whom two districts say
different things of."""

SILENT = ("missing", "header_only", "empty")
TREND_DAYS = 8


class RuleText(NamedTuple):
    """A rule in the registry's words: why it is there, and what to do."""

    why: str
    what_to_do: str


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

    def card_of_night(
        self, sender: str, expectations: Iterable[Expectation], tonight: Sequence[FileOutcome] = ()
    ) -> ReportCard:
        """The card of a sender: all that is expected of it, and all that came tonight."""
        newest = self.facts.newest.get(sender, {})
        came = [self.facts.deliveries[each.delivery_id] for each in tonight if each.delivery_id]
        lines = [self._expected(each, newest.get((each.extract, each.school_year))) for each in expectations]
        known = {(line.extract, line.school_year) for line in lines}
        unexpected = {(row["extract"], row["school_year"]): row for row in came}
        lines += [self._unexpected(row) for key, row in sorted(unexpected.items(), key=str) if key not in known]
        keys = {(line.extract, line.school_year) for line in lines}
        wanted = [row for key, row in newest.items() if key in keys]
        rows = {row["delivery_id"]: row for row in [*wanted, *came]}
        files = [self._file(row) for row in sorted(rows.values(), key=lambda row: row["seq"], reverse=True)]
        files += [_unread(outcome) for outcome in tonight if outcome.outcome in ("no_mapping", "unreadable")]
        return self._card("night", sender, lines, files)

    def card_of_delivery(self, delivery_id: str) -> ReportCard:
        """The card of one delivery."""
        row = self.facts.deliveries[delivery_id]
        return self._card("delivery", row["sender"], [self._unexpected(row)], [self._file(row)])

    def _card(
        self, kind: Literal["night", "delivery"], sender: str, lines: Sequence[ExpectedLine], files: Sequence[CardFile]
    ) -> ReportCard:
        only = {files[0].delivery_id} if kind == "delivery" else None
        decisions = self._decisions(sender, lines, only)
        held = [(each.domain, each.school_year) for each in decisions if each.state == "held"]
        known = self.collaborative.sender(sender)
        total = sum((file.rows for file in files), Rows())
        standing = _standing(lines, decisions, total, admitted=self._anything_admitted(lines, only))
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
            matches=self._matches(sender, files),
            trend=self._trend(sender),
        )

    def _expected(self, one: Expectation, delivery: Row | None) -> ExpectedLine:
        contract = load_contracts()[one.extract.split(".")[0]]
        return ExpectedLine(
            extract=one.extract,
            title=contract.title if not contract.holds_many_reports else one.extract.split(".")[-1],
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
        need = default_needs().get(row["extract"], "optional")
        domain = domain_of(row["extract"])
        why = "came without being expected"
        return self._expected(Expectation(row["sender"], domain, row["extract"], row["school_year"], need, why), row)

    def _serves_through(self, sender: str, extract: str, school_year: int | None) -> str:
        """Through which day what serves goes; empty when nothing does."""
        return self.facts.serves_through.get(sender, {}).get((extract, school_year), "")

    def _file(self, row: Row) -> CardFile:
        contract = load_contracts()[row["contract"]]
        title = contract.title if not contract.holds_many_reports else row["extract"].split(".")[-1]
        return CardFile(
            file_name=row["file_name"],
            delivery_id=row["delivery_id"],
            extract=row["extract"],
            title=title,
            school_year=row["school_year"],
            came_on=row["received_at"][:10],
            data_through=str(row["data_through"] or ""),
            arrival=arrival_of(row),
            rows=rows_of(row),
            rules=self._rules(row["delivery_id"]),
            difference=self.facts.differences.get(row["delivery_id"]),
            mapping=row["mapping_id"],
        )

    def _rules(self, delivery_id: str) -> tuple[RuleLine, ...]:
        """What rules found in a file, errors first, each with its first places."""
        lines = []
        for row in self.facts.found_in(delivery_id):
            rule_id = row["rule_id"]
            places = self.facts.places(delivery_id, rule_id) if row["scope"] == "row" else ()
            if not places and row["line"]:
                places = (Place(row["line"], row["column_name"] or "", row["message"] or ""),)
            severity = "warning" if row["severity"] == "warning" else "error"
            words = self.rules.get(rule_id, RuleText("", ""))
            message = row["message"] or words.why
            what_to_do = row["what_to_do"] or words.what_to_do
            lines.append(
                RuleLine(rule_id, severity, int(row["n_failed"]), int(row["n_checked"]), message, what_to_do, places)
            )
        return tuple(sorted(lines, key=lambda line: line.severity))

    def _decisions(self, sender: str, lines: Sequence[ExpectedLine], only: Collection[str] | None) -> list[Decision]:
        """Door 1's decision on each domain and year of the card, and files that were refused before it."""
        by_key: dict[tuple[str, int | None], dict[tuple[str, str], set[str]]] = defaultdict(lambda: defaultdict(set))
        years = {(line.domain, line.school_year) for line in lines}
        deliveries = self.facts.of_sender.get(sender, ()) if only is None else only
        for row in (row for each in deliveries for row in self.facts.decisions.get(each, ())):
            if (row["domain"], row["school_year"]) in years or (row["domain"], None) in years:
                state = "admitted" if row["decision"] == "admitted" else "held"
                by_key[row["domain"], row["school_year"]][state, row["rule_id"] or ""].add(row["district_id"])
        found = [
            Decision(domain, year, state, _others(districts, sender), self._holding(domain, year, rule_ids, lines))  # pyright: ignore[reportArgumentType]
            for (domain, year), decided in sorted(by_key.items(), key=str)
            for (state, rule_ids), districts in sorted(decided.items(), reverse=True)
            if state == "held" or not any(other == "held" for other, _ in decided) or len(districts) > 1
        ]
        refused = [line for line in lines if line.arrival in ("refused", "header_only", "empty")]
        return found + [
            Decision(line.domain, line.school_year, "refused", rules=self._errors(line.delivery_id)) for line in refused
        ]

    def _errors(self, delivery_id: str) -> tuple[RuleLine, ...]:
        return tuple(line for line in self._rules(delivery_id) if line.severity == "error")

    def _holding(
        self, domain: str, school_year: int | None, rule_ids: str, lines: Sequence[ExpectedLine]
    ) -> tuple[RuleLine, ...]:
        """Every rule that holds a domain, with what it found in the deliveries of the domain."""
        names = [name for name in rule_ids.split(", ") if name]
        deliveries = [
            line.delivery_id
            for line in lines
            if line.domain == domain and line.school_year in (None, school_year) and line.delivery_id
        ]
        found: dict[tuple[str, str], RuleLine] = {}
        for line in (line for each in deliveries for line in self._rules(each) if line.rule_id in names):
            found.setdefault((line.rule_id, line.message), line)
        told = {rule_id for rule_id, _ in found}
        rest = [self._untold(name) for name in names if name not in told]
        return (*found.values(), *rest)

    def _untold(self, rule_id: str) -> RuleLine:
        """A rule that holds although nothing of the domain's own files says so: another door, or a decision by hand."""
        words = self.rules.get(rule_id, RuleText("a newer delivery of the same slot came before this one", ""))
        return RuleLine(rule_id, "error", 0, 0, words.why, words.what_to_do)

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

    def _matches(self, sender: str, files: Sequence[CardFile]) -> tuple[RuleLine, ...]:
        """Unmatched and doubtful rows: how many, and where."""
        found = []
        ids = [file.delivery_id for file in files if file.delivery_id]
        for rule_id in MATCHING_RULES:
            told = [(file, line) for file in files for line in file.rules if line.rule_id == rule_id and line.n_failed]
            n_failed, n_checked = sum(line.n_failed for _, line in told), self.facts.checked_in(ids, rule_id)
            places = tuple(place for _, line in told for place in line.places)
            message = "; ".join(f"{file.file_name}: {line.message}" for file, line in told)
            words = self.rules.get(rule_id, RuleText("", ""))
            if n_checked:
                found.append(RuleLine(rule_id, "warning", n_failed, n_checked, message, words.what_to_do, places))
        in_two = self.facts.in_two_districts.get(sender)
        if in_two:
            words = self.rules.get(TWO_DISTRICTS, RuleText("", ""))
            counts = (int(in_two["n_failed"]), int(in_two["n_checked"]))
            found.append(RuleLine(TWO_DISTRICTS, "warning", *counts, words.why, words.what_to_do))
        return tuple(found)

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


def card_of_check(
    collaborative: Collaborative,
    sender: str,
    readings: Sequence[Reading],
    made_at: str,
    missing: Iterable[ExpectedLine],
) -> ReportCard:
    """The card of files that were checked before they are sent; door 1 has not judged them.

    Args:
        collaborative: roster and schools.
        sender: whose files they are.
        readings: what reading them has found.
        made_at: now, UTC, ISO text.
        missing: what else is expected of the sender.
    """
    files = [_checked(reading) for reading in readings]
    came = [_line_of(reading, file) for reading, file in zip(readings, files, strict=True)]
    keys = {(line.extract, line.school_year) for line in came}
    lines = [*came, *(line for line in missing if (line.extract, line.school_year) not in keys)]
    total = sum((file.rows for file in files), Rows())
    would_land = any(file.rows.landed for file in files)
    decisions = [
        Decision(domain, year, "not_judged")
        for domain, year in sorted({(line.domain, line.school_year) for line in came}, key=str)
    ]
    standing = _standing(lines, decisions, total, admitted=would_land)
    standing = replace(standing, gates_failed=sum(file.arrival == "refused" for file in files))
    known = collaborative.sender(sender)
    return ReportCard(
        kind="check",
        collaborative=collaborative.name,
        sender=sender,
        sender_name=known.name if known else sender,
        made_at=made_at,
        grade=grade(standing),
        why=explain(standing),
        rows=total,
        expected=tuple(lines),
        files=tuple(files),
        decisions=tuple(decisions),
        costs=find_costs(collaborative, sender, lines, files, ()),
    )


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
        (standing.gates_failed, "file", "refused as a whole"),
    ]
    said = [f"{count(number, what)} {how}" for number, what, how in facts if number]
    if not standing.anything_admitted:
        said.insert(0, "nothing is admitted")
    share = f" ({standing.rows_rejected / standing.rows_in:.2%})" if standing.rows_in else ""
    return (*said, f"{standing.rows_rejected:,} of {count(standing.rows_in, 'row')} refused{share}")


def _standing(lines: Sequence[ExpectedLine], decisions: Sequence[Decision], rows: Rows, *, admitted: bool) -> Standing:
    silent = [line for line in lines if line.arrival in SILENT]
    return Standing(
        rows_in=rows.rows_in,
        rows_rejected=rows.rejected,
        required_missing=sum(line.need == "required" for line in silent),
        optional_missing=sum(line.need == "optional" for line in silent),
        domains_held=len({(each.domain, each.school_year) for each in decisions if each.state == "held"}),
        gates_failed=sum(line.arrival == "refused" for line in lines),
        anything_admitted=admitted,
    )


def _others(districts: Collection[str], sender: str) -> tuple[str, ...]:
    """Whom a decision is about, unless it is the sender itself."""
    return () if set(districts) == {sender} else tuple(sorted(districts))


def _unread(outcome: FileOutcome) -> CardFile:
    """A file that no mapping is meant for, or that could not be opened."""
    arrival = "no_mapping" if outcome.outcome == "no_mapping" else "unreadable"
    what_to_do = "rename the file as agreed, or ask for a mapping for this report" if arrival == "no_mapping" else ""
    rule = RuleLine("", "error", 1, 1, outcome.message, what_to_do)
    return CardFile(outcome.relative_path, "", "", "", None, "", "", arrival, Rows(), (rule,))


def _checked(reading: Reading) -> CardFile:
    return CardFile(
        file_name=reading.file_name,
        delivery_id="",
        extract=reading.extract,
        title=reading.contract.title,
        school_year=reading.school_year,
        came_on="",
        data_through=str(reading.data_through or ""),
        arrival=arrival_of({"content": reading.content, "state": reading.state}),
        rows=Rows(
            reading.rows_in,
            reading.rows_landed,
            reading.rows_rejected,
            reading.rows_duplicate,
            getattr(reading, "rows_ignored", 0),
        ),
        rules=tuple(
            RuleLine(
                f.rule_id, f.severity, f.n_failed, f.n_checked, f.message, f.what_to_do, _places(reading, f.rule_id)
            )
            for f in reading.findings
            if f.severity != "passed"
        ),
        mapping=reading.mapping.mapping_id,
    )


def _places(reading: Reading, rule_id: str) -> tuple[Place, ...]:
    own = (reject for reject in reading.rejects if reject.rule_id == rule_id)
    return tuple(Place(reject.line, reject.column, reject.reason) for reject, _ in zip(own, range(10), strict=False))


def _line_of(reading: Reading, file: CardFile) -> ExpectedLine:
    need = default_needs().get(reading.extract, "optional")
    year = reading.school_year
    return ExpectedLine(
        reading.extract, file.title, reading.domain, year, need, "checked now", file.arrival, reading.file_name
    )
