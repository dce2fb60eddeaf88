"""SQL over landed files: what a build and the rules of door 1 read.

Belongs here: the select over a list of Parquet files with a contract's columns, also when the list is empty.
Does not belong here: which files these are (``selection.py``, ``admission.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingestion.contract import Contract

_SLOT_TYPES = {"district_id": "VARCHAR", "school_year": "INTEGER", "delivery_id": "VARCHAR", "source_line": "INTEGER"}


def quote(identifier: str) -> str:
    """An identifier, quoted for SQL."""
    return '"' + identifier.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """A text, quoted for SQL."""
    return "'" + text.replace("'", "''") + "'"


def landing_columns(contract: Contract) -> dict[str, str]:
    """The columns of a contract's landed rows in order, with their SQL types."""
    types = _SLOT_TYPES | {column.name: column.sql_type for column in contract.columns}
    return {name: types[name] for name in contract.landing_schema().names}


def select_landed(contract: Contract, paths: Sequence[Path]) -> str:
    """A select over landed files; without files it gives no rows, of the same types."""
    columns = landing_columns(contract)
    if not paths:
        nothing = ", ".join(f"cast(null as {sql_type}) as {quote(name)}" for name, sql_type in columns.items())
        return f"select {nothing} where false"
    named = ", ".join(quote(name) for name in columns)
    files = ", ".join(quote_text(str(path)) for path in paths)
    return f"select {named} from read_parquet([{files}], hive_partitioning = false)"
