"""The rows of a reading, in the order in which they land: held in memory, or taken from a database as they are needed.

Belongs here: the two ways to hold them, which give the same rows. Does not belong here: what makes them
(``typed_rows.py``), where they go (``landing.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ingestion.spill import scratch_database
from ingestion.sql_text import quote

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

NAME = "rows_to_land"
"""What a query calls them."""
BATCH_ROWS = 100_000
FEW_ROWS = 20_000
"""Below this DuckDB's optimizer costs more than all the rest of a query: there is one table and no join."""


class RowsToLand:
    """Rows held in memory.

    Attributes:
        is_streamed: whether they lie in a database until :meth:`close`.
    """

    is_streamed = False

    def __init__(self, table: pa.Table, order: Sequence[str] = (), spill_folder: str = "") -> None:
        """Hold rows.

        Args:
            table: the rows.
            order: columns by which they land; nothing where they are in that order.
            spill_folder: where a query about them may put what memory does not hold.
        """
        self._table, self._order, self._spill_folder = table, order, spill_folder

    @property
    def table(self) -> pa.Table:
        """All rows at once."""
        return self._table

    @property
    def n_rows(self) -> int:
        """How many there are."""
        return self._table.num_rows

    def batches(self) -> Iterator[pa.Table]:
        """The rows in the order in which they land, some at a time."""
        yield self._table.sort_by([(name, "ascending") for name in self._order]) if self._order else self._table

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query says about ``rows_to_land``."""
        with scratch_database(self._spill_folder).cursor() as connection:
            connection.register(NAME, self._table)
            if self.n_rows < FEW_ROWS:
                connection.execute("PRAGMA disable_optimizer")
            return connection.execute(sql).fetchall()

    def close(self) -> None:
        """Let go of the rows."""
        self._table = self._table.schema.empty_table()


class StreamedRows(RowsToLand):
    """Rows of a file larger than memory; they lie in a scratch database until :meth:`close`."""

    is_streamed = True

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, select: str, schema: pa.Schema, order: Sequence[str]
    ) -> None:
        self._connection, self._schema = connection, schema
        self._order_by = ", ".join(map(quote, order))
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {NAME} AS {select}")
        self._n_rows: int = self.query(f"SELECT count(*) FROM {NAME}")[0][0]

    @property
    def table(self) -> pa.Table:
        """All rows at once."""
        import pyarrow as pa

        return pa.concat_tables([self._schema.empty_table(), *self.batches()])

    @property
    def n_rows(self) -> int:
        """How many there are."""
        return self._n_rows

    def batches(self) -> Iterator[pa.Table]:
        """The rows in order, some at a time."""
        import pyarrow as pa

        rows = self._connection.execute(f"FROM {NAME} ORDER BY {self._order_by}").to_arrow_reader(BATCH_ROWS)
        for batch in rows:
            yield pa.Table.from_batches([batch]).cast(self._schema)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query says about ``rows_to_land``."""
        return self._connection.execute(sql).fetchall()

    def close(self) -> None:
        """Let go of the rows; what was spilled is removed."""
        self._connection.close()
