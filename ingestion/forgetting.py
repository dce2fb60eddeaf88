"""The vault forgets: surrogates that no landed row holds any more, and what a destroyed district stated.

Belongs here: which entries go, and writing the vault's file anew without them. Does not belong here: which landed rows
go (``destruction.py``), and what the vault is for (``vault.py``).

An entry of the district goes when nothing landed holds its surrogate any more. So does one of a state id, whoever sent
it: a pupil whom another district has sent too keeps the surrogate, one whom nobody has sent any more gets a new one if
the id ever comes again. The file is written anew, as DuckDB leaves deleted rows in it until it needs the place.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.contract import Contract, load_contracts
from ingestion.contract_versions import names_before
from ingestion.destruction import Scope
from ingestion.home import Home, sync_folder
from ingestion.sql_text import literal, quote

if TYPE_CHECKING:
    import duckdb

MEMORY = "1GB"
NAME = "vault.duckdb"
TABLES = ("pseudonym", "statement")


def count_entries(home: Home, scope: Scope) -> dict[str, int]:
    """Entries of all, and those that are under the district's name."""
    if not (home.vault / NAME).is_file():
        return {}
    with _opened(home) as connection:
        counts = {f"{table}s": _count(connection, f"from old.{table}") for table in TABLES}
        for table in TABLES:
            owned = f"from old.{table} where district_id = {literal(scope.district_id)}"
            counts[f"{table}s_of_district"] = _count(connection, owned)
        return counts


def forget(home: Home, scope: Scope) -> dict[str, int]:
    """Write the vault anew without what is not needed any more; gives how many entries are left of each table."""
    if not (home.vault / NAME).is_file():
        return {}
    draft = home.vault / f".{NAME}.draft"
    for path in (draft, Path(f"{draft}.wal")):
        path.unlink(missing_ok=True)
    owners = f"district_id not in ({literal(scope.district_id)}, '')"
    with _opened(home) as connection:
        connection.execute(f"create temp table held as {_select_held(home)}")
        connection.execute(f"attach {literal(str(draft))} as new")
        connection.execute("copy from database old to new (schema)")
        connection.execute(f"insert into new.pseudonym from old.pseudonym where {owners} or surrogate in (from held)")
        connection.execute(f"insert into new.statement from old.statement where not ({scope.condition})")
        left = {f"{table}s": _count(connection, f"from new.{table}") for table in TABLES}
        connection.execute("checkpoint new")
    draft.chmod(0o600)
    with draft.open("rb") as handle:
        os.fsync(handle.fileno())
    draft.replace(home.vault / NAME)
    sync_folder(home.vault)
    return left


@contextmanager
def _opened(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the vault attached as ``old``, read-only unless a journal must be taken in first."""
    import duckdb

    path = home.vault / NAME
    if Path(f"{path}.wal").exists():
        duckdb.connect(str(path)).close()
    config = {"threads": 1, "memory_limit": MEMORY, "temp_directory": str(home.vault / "spill")}
    with duckdb.connect(config=config) as connection:
        connection.execute(f"attach {literal(str(path))} as old (read_only)")
        yield connection


def _select_held(home: Home) -> str:
    """SQL of every surrogate that a landed row holds, once."""
    parts = [part for contract in load_contracts().values() for part in _surrogates_of(home, contract)]
    return " union ".join(parts or ["select null::bigint as surrogate where false"])


def _surrogates_of(home: Home, contract: Contract) -> Iterator[str]:
    """One select for each column of surrogates and each set of files that have it."""
    import pyarrow.parquet as pq

    by_columns: dict[tuple[str, ...], list[Path]] = {}
    for path in sorted((home.landing / contract.name).glob("*/*/[!.]*.parquet")) if contract.holds_people else ():
        by_columns.setdefault(tuple(pq.read_schema(path).names), []).append(path)
    wanted = [column.name for column in contract.columns if column.pseudonym]
    wanted += [then for name in wanted for then in names_before(contract, name)]
    for columns, paths in by_columns.items():
        files = ", ".join(literal(str(path)) for path in paths)
        for name in wanted:
            if name in columns:
                yield (
                    f"select distinct {quote(name)}::bigint as surrogate "
                    f"from read_parquet([{files}], hive_partitioning = false) where {quote(name)} is not null"
                )


def _count(connection: duckdb.DuckDBPyConnection, source: str) -> int:
    return connection.execute(f"select count(*) {source}").fetchall()[0][0]
