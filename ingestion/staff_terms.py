"""Whom staff are counted against, and which licences count: tables of the configuration about staff.

Belongs here: the records of the tables, what must hold between them, and their compiled form. Does not belong here: the
figures (dbt).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.configuration_table import read_with_defaults
from ingestion.metric_dictionary import metric_definitions

if TYPE_CHECKING:
    import pyarrow as pa


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
class StaffTerms:
    """The tables about staff."""

    ratios: tuple[StaffRatio, ...] = ()
    licences: tuple[LicenceType, ...] = ()
    in_field: tuple[InFieldShare, ...] = ()


def read_staff_terms(folder: Path, faults: list[str]) -> StaffTerms:
    """Read the tables of a collaborative's folder over the product's own."""
    terms = StaffTerms(
        ratios=read_with_defaults(folder / "staff_ratios.csv", StaffRatio, ["metric_id", "role"], faults),
        licences=read_with_defaults(folder / "licence_types.csv", LicenceType, ["licence_type"], faults),
        in_field=read_with_defaults(folder / "in_field_shares.csv", InFieldShare, ["from_school_year"], faults),
    )
    faults.extend(_find_faults(terms))
    return terms


def _find_faults(terms: StaffTerms) -> Iterator[str]:
    for metric_id in sorted({row.metric_id for row in terms.ratios} - metric_definitions().keys()):
        yield f"staff_ratios.csv:1:metric_id: {metric_id} is no metric of the product"


def build_staff_tables(terms: StaffTerms, school_years: Collection[int]) -> dict[str, list[dict[str, Any]]]:
    """The rows that dbt reads; a share that changes over time is written out for each school year."""
    return {
        "staff_ratios": [{"metric_id": row.metric_id, "role": row.role} for row in terms.ratios if row.is_counted],
        "licence_types": [{"licence_type": row.licence_type, "is_full": row.is_full} for row in terms.licences],
        "in_field_shares": [
            {"school_year": year, "share": rows[-1].share}
            for year in sorted(school_years)
            if (rows := [row for row in terms.in_field if row.from_school_year <= year])
        ],
    }


def staff_columns() -> dict[str, dict[str, pa.DataType]]:
    """Each table's columns."""
    import pyarrow as pa

    return {
        "staff_ratios": {"metric_id": pa.string(), "role": pa.string()},
        "licence_types": {"licence_type": pa.string(), "is_full": pa.bool_()},
        "in_field_shares": {"school_year": pa.int32(), "share": pa.decimal128(18, 6)},
    }
