"""Pupils in a file: whose ids are exchanged for surrogates, and whose rows are refused (rule Q13).

Belongs here: what is handed to the vault, and what comes back. Does not belong here: what the vault keeps of it
(``vault.py``), other reasons to refuse a row (``row_rules.py``).

No cell is quoted: a line and a heading say enough to whoever holds the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingestion.casting import Casting, surrogates_of
from ingestion.row_rules import PUPIL_RULE
from ingestion.sql_text import quote

if TYPE_CHECKING:
    import duckdb

    from ingestion.vault import Vault

_ASK_BOTH = "find out which is right, correct it where it is wrong, and send the whole file again"
_DISPUTED = {
    "district": f"another district states another birth date or sex for the same state id; {_ASK_BOTH}",
    "file": f"another row of the file states another birth date or sex for the same state id; {_ASK_BOTH}",
}


def reject_disputed(connection: duckdb.DuckDBPyConnection, casting: Casting, vault: Vault) -> int | None:
    """Refuse rows whose state id is another pupil's elsewhere: how many; None when there is nothing to compare.

    What the file states is kept by :meth:`~ingestion.vault.Vault.keep_statements` alone.
    """
    personal = {column.personal: name for name, column in casting.mapping.columns.items() if column.personal}
    state_id = next((name for name, kind in casting.pseudonyms.items() if kind == "state_student_id"), None)
    if not personal or state_id is None:
        return None
    columns = [
        f"CAST({quote(personal[kind]) if kind in personal else 'NULL'} AS VARCHAR) AS {kind}"
        for kind in ("birth_date", "sex")
    ]
    stated = connection.execute(
        f"SELECT line, _district_id AS district_id, {casting.school_year}::INTEGER AS school_year, "
        f"{quote(state_id)} AS id, {', '.join(columns)} FROM good"
    ).to_arrow_table()
    heading = casting.mapping.heading(state_id)
    disputed = vault.find_disputed(stated)
    for line, where in disputed:
        connection.execute("INSERT INTO rejects VALUES (?, ?, ?, ?)", (line, heading, PUPIL_RULE, _DISPUTED[where]))
    return len(disputed)


def create_surrogates(connection: duckdb.DuckDBPyConnection, casting: Casting, vault: Vault) -> None:
    """Create the table of surrogates for each source column that holds ids of pupils."""
    for name, kind in casting.pseudonyms.items():
        ids = connection.execute(
            f"SELECT DISTINCT _district_id AS district_id, {quote(name)} AS id FROM good WHERE id IS NOT NULL"
        ).to_arrow_table()
        connection.register(surrogates_of(name), vault.find_surrogates(kind, ids))
