"""Whom staff are counted against, and which licences count: tables of the configuration about staff.

Belongs here: the records of the tables, what must hold between them, and what is written out of them. Does not belong
here: reading them (``term_table.py``) and the figures (dbt).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from ingestion.metric_dictionary import metric_definitions
from ingestion.term_table import Terms, TermTable

if TYPE_CHECKING:
    from ingestion.collaborative import Period


@dataclass(frozen=True)
class StaffRatio:
    """One role that pupils are counted against; a metric may have several.

    Attributes:
        metric_id: the metric, such as pupils to a nurse.
        role: as the extract of assignments writes it.
        is_counted: False takes a role out again that the product counts.
        note: why, for people.
    """

    metric_id: str
    role: str
    is_counted: bool = True
    note: str = ""


@dataclass(frozen=True)
class LicenceType:
    """One kind of licence, and whether a teacher who has it has a full one."""

    licence_type: str
    is_full: bool
    note: str = ""


@dataclass(frozen=True)
class InFieldShare:
    """From one school year on, the least share of a teacher's assignments in field; it holds until the next row."""

    from_school_year: int
    share: Decimal
    note: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1 or self.share != round(self.share, 6):
            raise ValueError("share must be above 0 and at most 1, with at most six digits after the point")


@dataclass(frozen=True)
class ShareInYear:
    """The share that holds in one school year."""

    school_year: int
    share: Decimal


def find_staff_faults(terms: Terms) -> Iterator[str]:
    """What is wrong between the tables and the metrics, as ``file:line:column: message``."""
    for metric_id in sorted({row.metric_id for row in terms["staff_ratios"]} - metric_definitions().keys()):
        yield f"staff_ratios.csv:1:metric_id: {metric_id} is no metric of the product"


def _counted(rows: Sequence[StaffRatio], _state: str, _years: Mapping[int, Period]) -> Iterator[StaffRatio]:
    """The roles that no row took out."""
    yield from (row for row in rows if row.is_counted)


def _shares(rows: Sequence[InFieldShare], _state: str, years: Mapping[int, Period]) -> Iterator[ShareInYear]:
    """The share of each school year."""
    for year in sorted(years):
        held = [row.share for row in rows if row.from_school_year <= year]
        if held:
            yield ShareInYear(year, held[-1])


STAFF_TABLES = {
    "staff_ratios": TermTable(StaffRatio, ("metric_id", "role"), left_out=("is_counted", "note"), write_out=_counted),
    "licence_types": TermTable(LicenceType, ("licence_type",)),
    "in_field_shares": TermTable(InFieldShare, ("from_school_year",), write_out=_shares, written_type=ShareInYear),
}
"""The tables about staff, by name."""
