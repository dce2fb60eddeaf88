"""What must come out of a district's ledger: worked out here with Decimal and fractions, without the product's SQL.

Belongs here: each school's own and allocated dollars to the cent, and the ledger by treatment. Does not belong here:
the lines themselves (``ledger_lines.py``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from synthetic.chart import INCLUDE, OUT_OF_DISTRICT, UNMAPPED, Account
from synthetic.stream import Ints
from synthetic.truth import SchoolTruth

CENT = Decimal("0.01")
PERSONNEL = ("1", "2")
"""First digits of objects that are pay and benefits."""


@dataclass
class SchoolSpending:
    """One school's dollars: keys are (site or central, source, personnel or not)."""

    parts: dict[tuple[str, str, bool], Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def total(self, place: str | None = None, federal: bool | None = None, personnel: bool | None = None) -> Decimal:
        """Dollars of the parts asked for; None asks for both."""
        wanted = (
            amount
            for (at, source, is_personnel), amount in self.parts.items()
            if place in (None, at) and federal in (None, source == "federal") and personnel in (None, is_personnel)
        )
        return sum(wanted, Decimal(0))


def add_up_ledger(chart: Sequence[Account], cents: Ints) -> dict[str, Decimal]:
    """Dollars of all expenditure by treatment; what is not mapped has the treatment ''."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for account, amount in zip(chart, cents.tolist(), strict=True):
        if not account.is_revenue:
            found[account.line.treatment] += amount * CENT
    return dict(found)


def spend_on_schools(
    chart: Sequence[Account],
    cents: Ints,
    schools: Sequence[SchoolTruth],
    by_source: bool = True,
    weights: Mapping[str, Sequence[Fraction]] | None = None,
) -> list[SchoolSpending]:
    """Each school's own dollars and its share of the central ones, to the cent.

    Args:
        chart: the district's accounts.
        cents: what was booked on each.
        schools: membership of each school, none of them silent.
        by_source: allocate federal, state and local money each by itself, else state and local together.
        weights: by pool, what it is shared in proportion to; membership where left out.
    """
    found = [SchoolSpending() for _ in schools]
    central: dict[tuple[str, str, bool], int] = defaultdict(int)
    for account, amount in zip(chart, cents.tolist(), strict=True):
        if account.is_revenue or account.line.treatment != INCLUDE:
            continue
        source = account.line.source if by_source or account.line.source == "federal" else "other"
        is_personnel = account.line.nces_object.startswith(PERSONNEL)
        if account.school is None:
            central[account.line.pool, source, is_personnel] += amount
        else:
            found[account.school].parts["site", source, is_personnel] += amount * CENT
    members = [Fraction(school.days_enrolled, school.days_in_session) for school in schools]
    for (pool, source, is_personnel), amount in central.items():
        parts = split_by_largest_remainder(amount, (weights or {}).get(pool, members))
        for school, part in zip(found, parts, strict=True):
            school.parts["central", source, is_personnel] += part * CENT
    return found


def split_by_largest_remainder(cents: int, weights: Sequence[Fraction]) -> list[int]:
    """Whole cents by weight; those left over go to the largest remainders, among equals to the first."""
    whole = sum(weights, Fraction(0))
    exact = [cents * weight / whole for weight in weights]
    parts = [each.numerator // each.denominator for each in exact]
    order = sorted(range(len(exact)), key=lambda at: (parts[at] - exact[at], at))
    for at in order[: cents - sum(parts)]:
        parts[at] += 1
    return parts


def excluded(by_treatment: dict[str, Decimal]) -> Decimal:
    """Dollars that are excluded with a reason."""
    kept = (INCLUDE, OUT_OF_DISTRICT, UNMAPPED)
    return sum((amount for treatment, amount in by_treatment.items() if treatment not in kept), Decimal(0))
