"""SQL over landed files: what a build and the rules of door 1 read.

Belongs here: the select over the files of a contract's slots, also when there are none. Does not belong here: which
slots these are (``selection.py``, ``candidates.py``).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.contract_versions import names_before
from ingestion.home import Home
from ingestion.landing import copy_path, slot_path
from ingestion.ledger import Row
from ingestion.sql_text import literal, quote

if TYPE_CHECKING:
    from ingestion.contract import Contract

_SLOT_TYPES = {"district_id": "VARCHAR", "school_year": "INTEGER", "delivery_id": "VARCHAR", "source_line": "INTEGER"}


def landing_columns(contract: Contract) -> dict[str, str]:
    """The columns of a contract's landed rows in order, with their SQL types."""
    types = _SLOT_TYPES | {column.name: column.sql_type for column in contract.columns}
    return {name: types[name] for name in contract.landing_schema().names}


def select_landed(home: Home, contract: Contract, slots: Iterable[Row], chosen: str) -> str:
    """A select over landed rows; without slots it gives no rows, of the same types.

    Of a delivery that is kept whole the copy is read, one file for all districts, and of that the slots in question.

    Args:
        home: the home.
        contract: the contract.
        slots: its slots (``district_id, school_year, delivery_id``).
        chosen: name of a table that holds those slots, beside others perhaps.
    """
    home, slots = Home(home.path.resolve()), list(slots)
    copies = {name: copy_path(home, name) for name in sorted({slot["delivery_id"] for slot in slots})}
    copies = {name: path for name, path in copies.items() if path.is_file()}
    single = [
        slot_path(home, contract.name, slot["school_year"], slot["district_id"], slot["delivery_id"])
        for slot in slots
        if slot["delivery_id"] not in copies
    ]
    selects = []
    for names, paths in _by_columns(contract, copies.values()).items():
        in_question = f"semi join {chosen} using (district_id, school_year, delivery_id)"
        selects.append(f"select {_columns_of(contract, names)} from {_read(paths)} {in_question}")
    for names, paths in _by_columns(contract, single).items():
        selects.append(f"select {_columns_of(contract, names)} from {_read(paths)}")
    return " union all ".join(selects) or _select_nothing(contract)


def _by_columns(contract: Contract, paths: Iterable[Path]) -> dict[frozenset[str], list[Path]]:
    """Files by the columns that they hold: a file that landed for an earlier version of the contract lacks some."""
    found: dict[frozenset[str], list[Path]] = {}
    now = frozenset(landing_columns(contract))
    for path in paths:
        found.setdefault(_column_names(path) if contract.changes else now, []).append(path)
    return found


@cache
def _column_names(path: Path) -> frozenset[str]:
    """The columns of a landed file, which is never edited."""
    import pyarrow.parquet as pq

    return frozenset(pq.read_schema(path).names)


def _columns_of(contract: Contract, names: frozenset[str]) -> str:
    """SQL of the contract's columns from files with these columns; what they do not have is NULL."""
    parts = []
    for name, sql_type in landing_columns(contract).items():
        known = [then for then in (name, *names_before(contract, name)) if then in names]
        source = quote(known[0]) if known else f"cast(null as {sql_type})"
        parts.append(source if source == quote(name) else f"{source} as {quote(name)}")
    return ", ".join(parts)


def _read(paths: Iterable[Path]) -> str:
    files = ", ".join(literal(str(path)) for path in paths)
    return f"read_parquet([{files}], hive_partitioning = false)"


def _select_nothing(contract: Contract) -> str:
    columns = landing_columns(contract).items()
    nothing = ", ".join(f"cast(null as {sql_type}) as {quote(name)}" for name, sql_type in columns)
    return f"select {nothing} where false"
