"""Which school year a row is of, in a file that is of many.

Belongs here: reading a year, and the SQL for files whose rows say theirs or that have years side by side. Does not
belong here: the year of a file as a whole (``delivery_facts.py``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from ingestion.sql_text import literal

_FORMS = re.compile(r"(?P<whole>\d{4})|(?P<first>\d{4})-(?P<next>\d{2}|\d{4})|(?P<short>\d{2})")
_CENTURY = 2000


def ending_year(text: str) -> int | None:
    """``2020``, ``2019-20``, ``2019-2020`` and ``20`` are all the year that ends in 2020."""
    found = _FORMS.fullmatch(text)
    if found is None:
        return None
    if found["short"]:
        return _CENTURY + int(found["short"])
    if found["whole"]:
        return int(found["whole"])
    year = int(found["first"]) + 1
    return year if found["next"] in (str(year), f"{year % 100:02}") else None


def year_of_cell(cell: str, years: Iterable[int]) -> str:
    """SQL of the school year that a cell says, as it may be written; NULL unless it is one of the years."""
    whens = []
    for year in years:
        forms = (str(year), f"{year - 1}-{year % 100:02}", f"{year - 1}-{year}")
        whens.append(f"WHEN {cell} IN ({', '.join(map(literal, forms))}) THEN {year}")
    return f"CASE {' '.join(whens)} END" if whens else "NULL::INTEGER"


def in_its_year(years: Iterable[int], is_said_by_the_row: bool, condition: Callable[[int], str]) -> str:
    """SQL of a condition that depends on the school year: the row's own, or every one that the file is of."""
    if is_said_by_the_row:
        whens = " ".join(f"WHEN {year} THEN {condition(year)}" for year in years)
        return f"CASE _school_year {whens} END" if whens else "NULL::BOOLEAN"
    return " AND ".join(f"({condition(year)})" for year in years)
