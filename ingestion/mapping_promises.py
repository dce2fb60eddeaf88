"""What a mapping promises of a file and its rows: how many, totals, identities, and what is known to break them.

Belongs here: their shape, as ``mappings/*.yaml`` writes it. Does not belong here: holding a file to them
(``control_totals.py``, ``identities.py``).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ingestion.mapping_parts import Part


class RowCount(Part):
    """How many data rows a whole file has."""

    min: int = Field(default=1, ge=0)
    max: int | None = None


class KnownGap(Part):
    """A difference between total row and rows that the publisher's figures have by themselves.

    Attributes:
        amount: total row less rows.
        reason: why, for people.
    """

    amount: Decimal = Field(strict=False)
    reason: str


class ControlTotal(Part):
    """What the file's total row must agree with (rule CT1).

    Attributes:
        weight: for a column of rates, the column to weigh with; without it the column is summed.
        tolerance: largest difference that rounding explains.
        known_gaps: by school year, a difference that is known and explained.
    """

    weight: str | None = None
    tolerance: Decimal = Field(ge=0, strict=False)
    known_gaps: dict[Annotated[str, Field(pattern=r"^\d{4}$")], KnownGap] = Field(default_factory=dict)


class KnownException(Part):
    """A row that is published although it breaks an identity.

    Attributes:
        entity_id: whose row it is.
        school_year: the row's year.
        largest_difference: how far the printed figure may be off, in its own unit; a row that is off by more fails.
        reason: what is known about it, for people.
    """

    entity_id: str
    school_year: int
    largest_difference: Decimal = Field(gt=0, strict=False)
    reason: str


class Identity(Part):
    """What the numbers of one row must be to each other (rule I01): a quotient, or a sum of parts.

    Attributes:
        value: the printed figure.
        numerator: of a quotient, what is divided.
        denominator: of a quotient, what it is divided by.
        parts: of a sum, what is added up.
        empty_parts: whether a row is compared in which a part is not reported.
        school_years: years in which it holds; every one when left out.
        denominator_rounding: how far the printed denominator may be from the one that was used.
        tolerance: largest difference that rounding of the other figures explains.
        holds_districts: whether a district is held whose row breaks it; otherwise the file's report card says so.
        exceptions: rows that are known to break it.
    """

    value: str
    numerator: str | None = None
    denominator: str | None = None
    parts: tuple[str, ...] = Field(default=(), strict=False)
    empty_parts: Literal["leave_the_row_out", "add_nothing"] = "leave_the_row_out"
    school_years: tuple[int, ...] = Field(default=(), strict=False)
    denominator_rounding: Decimal = Field(default=Decimal(0), ge=0, strict=False)
    tolerance: Decimal = Field(ge=0, strict=False)
    holds_districts: bool = True
    exceptions: tuple[KnownException, ...] = Field(default=(), strict=False)

    @model_validator(mode="after")
    def _is_one_kind(self) -> Self:
        is_quotient = self.numerator is not None and self.denominator is not None
        if is_quotient == bool(self.parts) or (self.numerator is None) != (self.denominator is None):
            raise ValueError("needs numerator and denominator, or parts")
        if self.parts and self.denominator_rounding:
            raise ValueError("denominator_rounding belongs to a quotient")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that it speaks of."""
        return (self.value, *filter(None, (self.numerator, self.denominator)), *self.parts)
