"""What rules found in a sender's files, and what door 1 decided by it, in the words of a report card.

Belongs here: a file's rules with their first places, the decisions, rows that match nothing. Does not belong here: the
questions to the ledger (``report_card_facts.py``), or what else stands on a card (``report_card.py``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ingestion.report_card_facts import TWO_DISTRICTS, Facts
from reporting.report_card.card import CardFile, Decision, ExpectedLine, Place, RuleLine

if TYPE_CHECKING:
    from ingestion.ledger import Row

MATCHING_RULES = ("Q04", "Q13")
"""Rules about rows that match nothing: without a pupil, a calendar or an account, and pupils whom two districts say
different things of."""


class RuleText(NamedTuple):
    """A rule in the registry's words: why it is there, and what to do."""

    why: str
    what_to_do: str


@dataclass(frozen=True)
class CardRules:
    """What rules say of a sender's files and domains.

    Attributes:
        facts: the ledger.
        texts: the rules' words by id.
    """

    facts: Facts
    texts: Mapping[str, RuleText]

    def of_file(self, delivery_id: str) -> tuple[RuleLine, ...]:
        """What reading a file found, errors first, each with its first places."""
        found = (row for row in self.facts.found_in(delivery_id) if row["severity"])
        return tuple(sorted((self._rule(row, delivery_id) for row in found), key=lambda line: line.severity))

    def decisions(self, sender: str, lines: Sequence[ExpectedLine], only: Collection[str] | None) -> list[Decision]:
        """Door 1's decision on each domain and year of the card, and files that were refused before it."""
        by_key: dict[tuple[str, int | None], dict[tuple[str, str], list[Row]]] = defaultdict(lambda: defaultdict(list))
        years = {(line.domain, line.school_year) for line in lines}
        deliveries = self.facts.of_sender.get(sender, ()) if only is None else only
        for row in (row for each in deliveries for row in self.facts.decisions.get(each, ())):
            if (row["domain"], row["school_year"]) in years or (row["domain"], None) in years:
                state = "admitted" if row["decision"] == "admitted" else "held"
                by_key[row["domain"], row["school_year"]][state, row["rule_id"] or ""].append(row)
        found = []
        for (domain, year), decided in sorted(by_key.items(), key=str):
            for (state, rule_ids), rows in sorted(decided.items(), reverse=True):
                districts = {row["district_id"] for row in rows}
                if state == "held":
                    rules = self._holding(rule_ids, {row["delivery_id"] for row in rows})
                    found.append(Decision(domain, year, "held", _others(districts, sender), rules))
                elif len(decided) == 1 or districts != {sender}:
                    found.append(Decision(domain, year, "admitted", _others(districts, sender)))
        return found + [
            Decision(line.domain, line.school_year, "refused", (), self._errors(line.delivery_id), line.file_name)
            for line in lines
            if line.arrival in ("refused", "header_only", "empty")
        ]

    def matches(self, sender: str, files: Sequence[CardFile]) -> tuple[RuleLine, ...]:
        """Unmatched and doubtful rows: how many, and where."""
        read = [file.delivery_id for file in files if file.delivery_id]
        judged = self._judged_last(read)
        found = []
        for rule_id in MATCHING_RULES:
            n_failed, n_checked = self.facts.count_of(rule_id, read, judged)
            told = [(file, line) for file in files for line in file.rules if line.rule_id == rule_id and line.n_failed]
            messages = [f"{file.file_name}: {line.message}" for file, line in told]
            messages += [
                row["message"]
                for each in judged
                for row in self.facts.found_in(each)
                if row["rule_id"] == rule_id and not row["severity"] and row["message"]
            ]
            places = tuple(place for _, line in told for place in line.places)
            what_to_do = self.texts.get(rule_id, RuleText("", "")).what_to_do
            if n_checked:
                found.append(RuleLine(rule_id, "warning", n_failed, n_checked, "; ".join(messages), what_to_do, places))
        return (*found, *self._in_two_districts(sender))

    def _rule(self, row: Row, delivery_id: str) -> RuleLine:
        rule_id, words = row["rule_id"], self.texts.get(row["rule_id"], RuleText("", ""))
        places = self.facts.places(delivery_id, rule_id) if row["scope"] == "row" else ()
        if not places and row["line"]:
            places = (Place(row["line"], row["column_name"] or "", row["message"] or ""),)
        return RuleLine(
            rule_id,
            "warning" if row["severity"] == "warning" else "error",
            int(row["n_failed"]),
            int(row["n_checked"]),
            row["message"] or words.why,
            row["what_to_do"] or words.what_to_do,
            places,
        )

    def _errors(self, delivery_id: str) -> tuple[RuleLine, ...]:
        return tuple(line for line in self.of_file(delivery_id) if line.severity == "error")

    def _holding(self, rule_ids: str, deliveries: Collection[str]) -> tuple[RuleLine, ...]:
        """Every rule that holds a domain, with what it found when the newest of the held deliveries was judged."""
        names = [name for name in rule_ids.split(", ") if name]
        newest = max(deliveries, key=lambda each: self.facts.deliveries[each]["seq"])
        found = [self._rule(row, newest) for row in self.facts.found_in(newest) if row["rule_id"] in names]
        told = {line.rule_id for line in found}
        return (*found, *(self._untold(name) for name in names if name not in told))

    def _untold(self, rule_id: str) -> RuleLine:
        """A rule that holds although nothing of the domain's own files says so: another door, or a decision by hand."""
        words = self.texts.get(rule_id, RuleText("a newer delivery of the same slot came before this one", ""))
        return RuleLine(rule_id, "error", 0, 0, words.why, words.what_to_do)

    def _in_two_districts(self, sender: str) -> Iterable[RuleLine]:
        """What door 2 last found of pupils whom another district has too, and of which school years."""
        for rule_id in TWO_DISTRICTS:
            rows = self.facts.in_two_districts.get((sender, rule_id), [])
            if rows:
                words = self.texts.get(rule_id, RuleText("", ""))
                n_failed, n_checked = (sum(int(row[name]) for row in rows) for name in ("n_failed", "n_checked"))
                years = sorted({row["school_year"] for row in rows if row["school_year"] and row["n_failed"]})
                message = words.why + (f" School years: {', '.join(map(str, years))}." if years else "")
                yield RuleLine(rule_id, "warning", n_failed, n_checked, message, words.what_to_do)

    def _judged_last(self, delivery_ids: Iterable[str]) -> list[str]:
        """Of each domain and year the delivery with which it was judged last; a refused one was not."""
        rows = [self.facts.deliveries[each] for each in delivery_ids]
        judged = sorted((row for row in rows if row["state"] != "quarantined"), key=lambda row: row["seq"])
        return list({(row["domain"], row["school_year"]): row["delivery_id"] for row in judged}.values())


def _others(districts: Collection[str], sender: str) -> tuple[str, ...]:
    """Whom a decision is about, unless it is the sender itself."""
    return () if set(districts) == {sender} else tuple(sorted(districts))
