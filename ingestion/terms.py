"""The tables of terms: by which lines, windows, roles and marks a collaborative counts.

Belongs here: all of these tables together. Does not belong here: their records (``pupil_terms.py``,
``staff_terms.py``, ``support_terms.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.pupil_terms import PUPIL_TABLES, find_pupil_faults
from ingestion.staff_terms import STAFF_TABLES, find_staff_faults
from ingestion.support_terms import SUPPORT_TABLES, find_support_faults
from ingestion.term_table import Terms

if TYPE_CHECKING:
    import pyarrow as pa

    from ingestion.collaborative import Period

_TABLES = PUPIL_TABLES | STAFF_TABLES | SUPPORT_TABLES


def read_terms(folder: Path, faults: list[str]) -> Terms:
    """Read the tables of a collaborative's folder over the product's own."""
    return {name: table.read(folder / f"{name}.csv", faults) for name, table in _TABLES.items()}


def find_term_faults(terms: Terms, years: Mapping[int, Period]) -> Iterator[str]:
    """What is wrong between rows, or in one of the school years, as ``file:line:column: message``."""
    yield from find_pupil_faults(terms, years)
    yield from find_staff_faults(terms)
    yield from find_support_faults(terms, years)


def build_term_tables(terms: Terms, state: str, years: Mapping[int, Period]) -> dict[str, list[dict[str, Any]]]:
    """The rows of each table that dbt reads.

    Args:
        terms: the tables.
        state: the collaborative's.
        years: the whole year of each school year.
    """
    return {name: table.compile(terms.get(name, ()), state, years) for name, table in _TABLES.items()}


def term_columns() -> dict[str, dict[str, pa.DataType]]:
    """The columns of each table that dbt reads."""
    return {name: table.columns() for name, table in _TABLES.items()}
