"""What is expected of each district: roster of district, extract and school year.

Belongs here: the expectation, from what a district has sent before and from what the collaborative says. Does not
belong here: what has come (``report_card.py``).

An extract that a district has sent in any year is expected of it in the newest year of its domain: the newest in which
any district has sent something of the domain. Reports that come after their year (contracts that keep vintages) are
expected once another district has sent that report for the year. ``expected_extracts.csv`` of a collaborative overrides
both: a row of one district before a row of all, ``none`` for what is no longer expected. Of a sender for many districts
nothing is expected but what that file says: a state stops and renames its reports.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from ingestion.configuration_table import DEFAULTS, read_table
from ingestion.contract import load_contracts, without_part
from ingestion.yaml_document import ConfigurationError

if TYPE_CHECKING:
    from ingestion.collaborative import Collaborative
    from ingestion.ledger import Row
    from reporting.report_card.card import Need

SENT_BEFORE = "sent before"
ASKED_FOR = "asked for in expected_extracts.csv"


@dataclass(frozen=True)
class ExpectedExtract:
    """A row of ``expected_extracts.csv``.

    Attributes:
        extract: the extract.
        need: ``required``, ``optional``, or ``none`` when it is not expected.
        district_id: of whom; of every district of the roster when left out.
        from_school_year: first school year.
        to_school_year: last school year.
        note: why, for people.
    """

    extract: str
    need: Literal["required", "optional", "none"]
    district_id: str | None = None
    from_school_year: int | None = None
    to_school_year: int | None = None
    note: str = ""

    def speaks_of(self, sender: str, extract: str, school_year: int) -> bool:
        """Whether the row is about that extract of that sender and year."""
        is_in_time = (self.from_school_year or 0) <= school_year <= (self.to_school_year or 9999)
        return self.extract == extract and self.district_id in (None, sender) and is_in_time


@dataclass(frozen=True, order=True)
class Expectation:
    """An extract that is expected of a sender for a school year, and why."""

    sender: str
    domain: str
    extract: str
    school_year: int
    need: Need
    why: str

    @property
    def slot(self) -> tuple[str, int]:
        """Extract and school year."""
        return self.extract, self.school_year


@dataclass(frozen=True)
class _Need:
    """A row of the product's ``extract_needs.csv``."""

    extract: str
    need: Literal["required", "optional"]


def expect(collaborative: Collaborative, deliveries: Sequence[Row]) -> list[Expectation]:
    """All that is expected of everybody, sorted.

    Args:
        collaborative: the roster, and what it asks for.
        deliveries: all deliveries of the ledger.
    """
    own = [row for row in deliveries if collaborative.district(row["sender"]) and row["school_year"]]
    newest, sent = _newest_years(own), _sent(own)
    senders = {row["sender"]: row for row in deliveries}
    found = []
    for sender in sorted({*senders, *collaborative.district_ids}):
        district = collaborative.district(sender)
        named = {row.extract for row in collaborative.expected_extracts if row.district_id in (None, sender)}
        for extract in sorted(sent.get(sender, set()) | (named if district or sender in senders else set())):
            year = newest.get(_clock(extract)) or max(newest.values(), default=None)
            if year is None or (district and not district.is_member(year)):
                continue
            need, why = _need(collaborative, sender, extract, year, is_sent=extract in sent.get(sender, set()))
            if need != "none":
                found.append(Expectation(sender, domain_of(extract), extract, year, need, why))
    return found


def find_expectation_faults(expected: Iterable[ExpectedExtract], senders: Sequence[str]) -> list[str]:
    """What is wrong with ``expected_extracts.csv``: districts and extracts that nobody knows."""
    known, contracts = set(senders), load_contracts()
    return [
        f"expected_extracts.csv:1:{column}: {unknown} is not known"
        for row in expected
        for column, unknown, is_known in (
            ("district_id", row.district_id, row.district_id is None or row.district_id in known),
            ("extract", row.extract, row.extract.split(".")[0] in contracts),
        )
        if not is_known
    ]


def domain_of(extract: str) -> str:
    """The domain of an extract's contract."""
    return load_contracts()[extract.split(".")[0]].domain


@cache
def default_needs() -> dict[str, Need]:
    """Whether the product takes an extract for required; one that is not named is optional.

    Raises:
        ConfigurationError: the product's own table does not hold, each fault with file, line and column.
    """
    faults: list[str] = []
    rows = read_table(DEFAULTS / "extract_needs.csv", _Need, ["extract"], faults)
    if faults:
        raise ConfigurationError(faults)
    return {row.extract: row.need for row in rows}


def _need(
    collaborative: Collaborative, sender: str, extract: str, school_year: int, *, is_sent: bool
) -> tuple[Literal["required", "optional", "none"], str]:
    asked = [row for row in collaborative.expected_extracts if row.speaks_of(sender, extract, school_year)]
    if asked:
        row = max(asked, key=lambda each: (each.district_id is not None, each.from_school_year or 0))
        if row.district_id is not None or collaborative.district(sender):
            return row.need, row.note or ASKED_FOR
    return (default_needs().get(extract, "optional"), SENT_BEFORE) if is_sent else ("none", "")


def _clock(extract: str) -> str:
    """What an extract's newest year is told by: its domain, or itself when it comes after its year."""
    contract = load_contracts()[extract.split(".")[0]]
    return without_part(extract) if contract.keeps_vintages else contract.domain


def _newest_years(own: Iterable[Row]) -> dict[str, int]:
    newest: dict[str, int] = defaultdict(int)
    for row in own:
        clock = _clock(row["extract"])
        newest[clock] = max(newest[clock], row["school_year"])
    return dict(newest)


def _sent(own: Iterable[Row]) -> dict[str, set[str]]:
    sent: dict[str, set[str]] = defaultdict(set)
    for row in own:
        sent[row["sender"]].add(without_part(row["extract"]))
    return dict(sent)
