"""The vault: where an id of a pupil becomes a surrogate, and nowhere else.

Belongs here: surrogates, each minted once, and what districts stated about a pupil (rule Q13), both under keyed hashes.
Does not belong here: the secret (``pseudonym_key.py``), which rows are refused (``pupil_rules.py``).

DuckDB can encrypt a file, but not securely without an extension that has to be downloaded: the file is protected by its
mode, and by holding neither ids nor the secret. Hashes are kept with 128 of their 256 bits.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.contract import Pseudonym
from ingestion.home import Home
from ingestion.pseudonym_key import PseudonymKey, PseudonymKeyError, hmac_sql, load_key, load_previous_key, make_key

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

KINDS: dict[Pseudonym, str] = {
    "student_local_id": "local",
    "state_student_id": "state",
    "staff_local_id": "staff",
    "respondent_id": "respondent",
}
"""What the vault calls each kind of id. A state id is one pupil's in every district, so it belongs to none."""

_TABLES = """
CREATE TABLE IF NOT EXISTS pseudonym(
    key_id VARCHAR NOT NULL, kind VARCHAR NOT NULL, district_id VARCHAR NOT NULL, digest UUID NOT NULL,
    surrogate BIGINT NOT NULL
);
CREATE TABLE IF NOT EXISTS statement(
    key_id VARCHAR NOT NULL, district_id VARCHAR NOT NULL, school_year INTEGER NOT NULL, digest UUID NOT NULL,
    birth_date UUID, sex UUID
);
"""
_UNKNOWN = """NOT EXISTS (
    FROM pseudonym AS known WHERE known.key_id = $key_id AND known.kind = $kind
        AND known.district_id = owner AND known.digest = asked.digest
)"""


class Vault:
    """Surrogates of one home, under one secret; while a rotation lasts, under the one before it too."""

    def __init__(
        self, folder: Path | None, key: PseudonymKey, previous: PseudonymKey | None = None, *, is_in_use: bool = False
    ) -> None:
        self._folder = folder
        self._key = key
        self._previous = previous
        self._is_in_use = is_in_use
        self._recent: dict[Pseudonym, pa.Table] = {}

    @property
    def key_id(self) -> str:
        """Names the secret: a new one makes new deliveries, so that ids arrive again."""
        return self._key.key_id

    @property
    def spill_folder(self) -> str:
        """Where a query over pupils' cells may put what memory does not hold; empty for nowhere."""
        return str(self._folder / "spill") if self._folder else ""

    def find_surrogates(self, kind: Pseudonym, ids: pa.Table) -> pa.Table:
        """Surrogates of ids, minted where there is none yet; they are on disk when this returns.

        Args:
            kind: what sort of id.
            ids: ``district_id`` and ``id``, each pair once; the district is left out of account for a state id.

        Returns:
            ``district_id``, ``id``, ``surrogate``; perhaps with more ids than these, of the file before.
        """
        recent = self._recent.get(kind)
        if recent is not None and not ids.num_rows - _count_common(ids, recent):
            return recent
        self._recent[kind] = found = self._find_or_mint(kind, ids)
        return found

    def _find_or_mint(self, kind: Pseudonym, ids: pa.Table) -> pa.Table:
        connection = self._connection
        named = {"key_id": self.key_id, "kind": KINDS[kind]}
        owner = "''" if kind == "state_student_id" else "district_id"
        connection.register("ids", ids)
        connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE asked AS
            SELECT district_id, id, {owner} AS owner, {_digest("$kind", owner, "id")} AS digest FROM ids""",
            {"kind": named["kind"], **self._key.parameters},
        )
        connection.unregister("ids")
        self._carry_over(named)
        self._mint(named)
        found = connection.execute(
            """SELECT asked.district_id, asked.id, pseudonym.surrogate FROM asked
            JOIN pseudonym ON pseudonym.district_id = asked.owner AND pseudonym.digest = asked.digest
            WHERE pseudonym.key_id = $key_id AND pseudonym.kind = $kind""",
            named,
        ).to_arrow_table()
        connection.execute("DROP TABLE asked")
        return found

    def find_disputed(self, stated: pa.Table) -> list[tuple[int, str]]:
        """Lines whose state id has another birth date or sex elsewhere (rule Q13), with where: ``district``, ``file``.

        Nothing is kept before :meth:`keep_statements`.

        Args:
            stated: ``line``, ``district_id``, ``school_year``, ``id``, and the texts ``birth_date`` and ``sex``;
                the last three may be NULL.
        """
        connection = self._connection
        connection.register("rows", stated)
        connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE stated AS
            SELECT line, district_id, school_year, {_digest("'state'", "''", "id")} AS digest,
                {_digest("'birth_date'", "id", "birth_date")} AS birth_date, {_digest("'sex'", "id", "sex")} AS sex
            FROM rows""",
            self._key.parameters,
        )
        connection.unregister("rows")
        return connection.execute(
            """WITH doubled AS (
                SELECT digest FROM stated GROUP BY digest
                HAVING min(birth_date) <> max(birth_date) OR min(sex) <> max(sex)
            )
            SELECT line, 'file' FROM stated JOIN doubled USING (digest)
            UNION
            SELECT stated.line, 'district' FROM stated JOIN statement AS other USING (digest)
            WHERE other.key_id = $key_id AND other.district_id <> stated.district_id
                AND (other.birth_date <> stated.birth_date OR other.sex <> stated.sex)
            ORDER BY ALL""",
            {"key_id": self.key_id},
        ).fetchall()

    def keep_statements(self) -> None:
        """Keep what the file of the last :meth:`find_disputed` states, in place of all that its slots stated before.

        A slot is a district's school year: an id that the new file no longer names is nobody's statement any more.
        What is disputed is kept too: both districts are told, until they agree.
        """
        named = {"key_id": self.key_id}
        with self._one_step() as connection:
            connection.execute(
                """DELETE FROM statement WHERE key_id = $key_id
                AND (district_id, school_year) IN (SELECT district_id, school_year FROM stated)""",
                named,
            )
            connection.execute(
                """INSERT INTO statement SELECT $key_id, district_id, school_year, digest, max(birth_date), max(sex)
                FROM stated WHERE digest IS NOT NULL GROUP BY ALL""",
                named,
            )
            connection.execute("DROP TABLE stated")

    def open(self) -> None:
        """Open the file now, making it where there is none."""
        _ = self._connection

    def close(self) -> None:
        """Close the file, if it was opened."""
        connection = self.__dict__.pop("_connection", None)
        if connection is not None:
            connection.close()

    @cached_property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        import duckdb

        database = str(self._folder / "vault.duckdb") if self._folder else ":memory:"
        connection = duckdb.connect(database, config={"threads": 1, "temp_directory": self.spill_folder})
        connection.execute(_TABLES)
        self._check_key(connection)
        self._close_to_others()
        return connection

    def _check_key(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Refuse a vault that was lost, and a secret that it does not know: every pupil would get a second surrogate.

        Raises:
            PseudonymKeyError: the vault is empty although pupils have landed, or was made with other secrets only.
        """
        known = {row[0] for row in connection.execute("SELECT DISTINCT key_id FROM pseudonym").fetchall()}
        if self._is_in_use and not known:
            connection.close()
            raise PseudonymKeyError(
                f"{self._folder}/vault.duckdb holds no pupil although files about pupils have landed: every pupil "
                "would get a second surrogate; restore the vault from its backup, as the runbook says"
            )
        given = {key.key_id for key in (self._key, self._previous) if key}
        if known and not known & given:
            connection.close()
            raise PseudonymKeyError(
                f"the vault was made with another pseudonym key (key id {', '.join(sorted(known))}) than the one given "
                f"(key id {', '.join(sorted(given))}): give that one back, or both of them, as the runbook says"
            )

    def _carry_over(self, named: dict[str, Any]) -> None:
        """While a rotation lasts, give ids that the secret before knows the same surrogate under the new one."""
        if self._previous is None or self._previous.key_id == self.key_id:
            return
        with self._one_step() as connection:
            connection.execute(
                f"""INSERT INTO pseudonym
                SELECT DISTINCT $key_id, $kind, owner, asked.digest, old.surrogate FROM asked
                JOIN pseudonym AS old ON old.district_id = owner AND old.digest = {_digest("$kind", "owner", "id")}
                WHERE old.key_id = $old_key_id AND old.kind = $kind AND {_UNKNOWN}""",
                {**named, "old_key_id": self._previous.key_id, **self._previous.parameters},
            )

    def _mint(self, named: dict[str, Any]) -> None:
        """Mint surrogates for ids that have none, in the order of their digests: not in that of a file's rows."""
        connection = self._connection
        fresh = f"SELECT DISTINCT owner, digest FROM asked WHERE {_UNKNOWN} ORDER BY owner, digest"
        n_fresh = _one_number(connection, f"CREATE OR REPLACE TEMP TABLE fresh AS {fresh}", named)
        if n_fresh:
            self._draw(n_fresh)
            with self._one_step():
                connection.execute(
                    """INSERT INTO pseudonym
                    SELECT $key_id, $kind, owner, digest, surrogate FROM fresh POSITIONAL JOIN drawn""",
                    named,
                )
            connection.unregister("drawn")
        connection.execute("DROP TABLE fresh")

    def _draw(self, number: int) -> None:
        """Register that many random numbers as ``drawn``: no two alike, and none that is in use."""
        clashes = """SELECT count(*) - count(DISTINCT surrogate)
            + (SELECT count(*) FROM pseudonym SEMI JOIN drawn USING (surrogate)) FROM drawn"""
        while True:
            self._connection.register("drawn", draw_numbers(number))
            if _one_number(self._connection, clashes) == 0:
                return

    @contextmanager
    def _one_step(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Changes that are on disk together, or not at all."""
        connection = self._connection
        connection.execute("BEGIN")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
        self._close_to_others()

    def _close_to_others(self) -> None:
        """Let nobody but the owner read the file and its journal."""
        for path in self._folder.glob("vault.duckdb*") if self._folder else ():
            path.chmod(0o600)


def open_vault(home: Home, *, is_in_use: bool = False) -> Vault:
    """The home's vault, with the secrets of the environment or of the home; its file is opened when first needed.

    Args:
        home: the home.
        is_in_use: pupils have landed with surrogates of the vault, so that an empty one is a lost one.

    Raises:
        PseudonymKeyError: a secret cannot be read.
    """
    home.vault.mkdir(parents=True, exist_ok=True, mode=0o700)
    home.vault.chmod(0o700)
    return Vault(home.vault, load_key(home.vault), load_previous_key(), is_in_use=is_in_use)


def open_throwaway_vault() -> Vault:
    """A vault in memory with a secret of its own, for looking at a file without keeping anything."""
    return Vault(None, make_key())


def draw_numbers(number: int) -> pa.Table:
    """Random numbers of 63 bits, from the system's source."""
    import pyarrow as pa
    import pyarrow.compute as pc

    drawn = pa.Array.from_buffers(pa.int64(), number, [None, pa.py_buffer(os.urandom(8 * number))])
    return pa.table({"surrogate": pc.bit_wise_and(drawn, pa.scalar(2**63 - 1, pa.int64()))})  # pyright: ignore[reportAttributeAccessIssue]


def _count_common(ids: pa.Table, known: pa.Table) -> int:
    """How many of the ids, all of one district, are known."""
    import pyarrow.compute as pc

    districts = {*ids.column("district_id").unique().to_pylist(), *known.column("district_id").unique().to_pylist()}
    if len(districts) > 1:
        return 0
    return pc.sum(pc.is_in(ids.column("id"), value_set=known.column("id").combine_chunks())).as_py() or 0  # pyright: ignore[reportAttributeAccessIssue]


def _digest(*parts: str) -> str:
    """SQL of the keyed hash of texts, one after the other; NULL when the last one is."""
    return f"CAST(left({hmac_sql(' || chr(31) || '.join(parts))}, 32) AS UUID)"


def _one_number(connection: duckdb.DuckDBPyConnection, query: str, named: dict[str, Any] | None = None) -> int:
    """The number that a query gives; of one that creates a table, that of its rows."""
    row = connection.execute(query, named).fetchone()
    return row[0] if row else 0
