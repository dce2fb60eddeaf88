"""Small tables of figures for the tests of what others can work out."""

from __future__ import annotations

from typing import Literal

from expectations.disclosure.cells import MICRO, Figure, Key

GROUPS = {
    "female": "sex",
    "male": "sex",
    "nonbinary": "sex",
    "asian": "race",
    "hispanic": "race",
    "white": "race",
    "low_income": "income",
}


def key_of(entity: str = "S1", group: str = "all", district: str = "D1", breakdown: str = "all") -> Key:
    """The key of a school's, a district's (``D1``) or the collaborative's (``_all``) figure."""
    kind = "collaborative" if entity == "_all" else "district" if entity == district else "school"
    return Key("_all" if entity == "_all" else district, kind, entity, 2026, "year", group, breakdown, ("M", "v"))


def count(n: int, entity: str = "S1", group: str = "all", district: str = "D1", breakdown: str = "all") -> Figure:
    """So many pupils; fewer than ten are hidden."""
    key = key_of(entity, group, district, breakdown)
    return Figure(key, "f", GROUPS.get(group, group), "count", n * MICRO, n * MICRO, is_primary=n < 10)


def rate(
    x: int,
    n: int,
    entity: str = "S1",
    group: str = "all",
    district: str = "D1",
    kind: Literal["rate", "amount"] = "rate",
    coded: int | None = None,
) -> Figure:
    """So many of so many; few pupils and few in or outside of the numerator are hidden, ``coded`` is "at most"."""
    few = n < 10 or (coded is None and kind == "rate" and (x < 6 or n - x < 6))
    bounds = None if coded is None else (0, coded * MICRO)
    key = key_of(entity, group, district)
    return Figure(key, "f", GROUPS.get(group, group), kind, x * MICRO, n * MICRO, is_primary=few, coded=bounds)
