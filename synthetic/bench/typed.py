"""``python -m synthetic.bench.typed INBOX OUT TYPES``: each delivered file as typed Parquet, by DuckDB alone.

The floor of landing: ``read_csv`` is told the types that the files' contracts give, and writes what it reads. Nothing
is checked, sorted, hashed or recorded, and a cell that is not of its type ends the run.

Belongs here: which types those are, and that SQL. Does not belong here: what is counted from the files (``bare.py``).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from ingestion.contract import Contract
    from ingestion.mapping import Mapping

Types = dict[str, dict[str, str]]
"""Of each file below the inbox, the SQL type of each heading."""
_ISO = "%Y-%m-%d"


def find_types(collaborative_folder: Path, inbox: Path) -> Types:
    """The types of all files of the inbox for which a mapping is meant."""
    from ingestion.configuration import load_collaborative
    from ingestion.contract import load_contracts
    from ingestion.mapping import find_mapping

    mappings, found = load_collaborative(collaborative_folder).mappings, {}
    for path in sorted(inbox.rglob("*.csv")):
        relative_path = path.relative_to(inbox).as_posix()
        mapping = find_mapping(mappings, relative_path)
        if mapping is not None:
            with path.open(encoding="utf-8") as lines:
                headings = lines.readline().rstrip("\r\n").split(",")
            types = _types(mapping, load_contracts()[mapping.contract])
            found[relative_path] = {heading: types.get(heading, "VARCHAR") for heading in headings}
    return found


def _types(mapping: Mapping, contract: Contract) -> dict[str, str]:
    """The type of each heading: that of the column that it lands in, where the cell is written as SQL reads it."""
    types = {}
    sources = {**mapping.every, **mapping.rows[0]}
    for target in contract.columns:
        name = getattr(sources.get(target.name), "column", None)
        column = mapping.columns.get(name) if name else None
        if column is None or target.pseudonym:
            continue
        is_plain = not column.codes and not any({**mapping.markers, **column.markers}) and column.date_format == _ISO
        if is_plain and column.type in ("number", "date", "boolean"):
            types[column.heading] = target.sql_type
    return types


def write_typed(connection: duckdb.DuckDBPyConnection, path: Path, types: dict[str, str], target: Path) -> None:
    """One file as Parquet."""
    columns = ", ".join(f"'{heading}': '{sql_type}'" for heading, sql_type in types.items())
    connection.execute(
        f"copy (from read_csv('{path}', header = true, delim = ',', quote = '\"', columns = {{{columns}}}))"
        f" to '{target}' (format parquet, compression zstd)"
    )


def run(inbox: Path, out: Path, types: Types) -> None:
    """All files, one after the other."""
    connection = duckdb.connect(config={"threads": 2})
    for number, (relative_path, columns) in enumerate(types.items()):
        write_typed(connection, inbox / relative_path, columns, out / f"{number}.parquet")


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]), json.loads(Path(sys.argv[3]).read_text(encoding="utf-8")))
