"""The typed rows of a file, made batch by batch: ``typed``, which all rules about rows look at.

Belongs here: reading each different text of a column once where a column has few, keeping the rows in memory or, when
they are many, in the database, which spills. Does not belong here: the SQL that reads a cell (``casting.py``).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from ingestion.rows_to_land import RowsToLand, StreamedRows
from ingestion.sheet import text_schema
from ingestion.sql_text import BLANKS, quote, trimmed

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from ingestion.casting import Casting

HELD_BYTES = 160 << 20
"""Typed rows that are held in memory; above, they go into the database."""
ROWS_WORTH_COMPARING = 20_000
"""Rows of a batch from which on it pays to look which texts a column has."""

FEW = 4
"""A column has few texts when each stands so often on average."""
_SAMPLE = 4096


class TypedRows:
    """The typed rows of one file.

    Attributes:
        connection: the database in which they are looked at.
        n_rows: how many source rows came.
        n_ignored: of them, those that the mapping is not about.
        is_spilled: whether they lie in the database.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, casting: Casting) -> None:
        self.n_rows = self.n_ignored = 0
        self.is_spilled = False
        self.connection, self._casting = connection, casting
        self._only: pa.Table | None = None
        self._held: list[pa.Table] = []
        self._names: list[str] = []

    def add(self, batch: pa.Table) -> None:
        """Read the cells of a batch of the sheet; those of a small first one when it is known whether more come."""
        self.n_rows += batch.num_rows
        if self.n_rows == batch.num_rows < ROWS_WORTH_COMPARING and not self._held:
            self._only = batch
            return
        if self._only is not None:
            self._held.append(self._read(self._only))
            self._only = None
        self._held.append(self._read(batch))
        if self.is_spilled or sum(table.nbytes for table in self._held) > HELD_BYTES:
            self._spill()

    def count(self, batch: pa.Table) -> None:
        """Count a batch of a file of which nothing will land."""
        self.n_rows += batch.num_rows

    def finish(self) -> None:
        """Create ``typed``: one row per source row that the mapping is about."""
        import pyarrow as pa

        more = ", ".join(["*", *self._casting.derived_parts()])
        if not self._held and not self.is_spilled:
            self._create_small(more)
            return
        if not self.is_spilled:
            self.connection.register("typed_rows", pa.concat_tables(self._held))
        self.connection.execute(f"CREATE TEMP VIEW typed AS SELECT {more} FROM typed_rows")

    def _create_small(self, more: str) -> None:
        """Read the cells of a file of few rows, or none, straight into a table, on which many queries cost little.

        There the database's optimizer costs more than it saves, for all that is asked of the file.
        """
        batch = self._only
        if batch is None:
            batch = text_schema(len(self._casting.sheet.headings)).empty_table()
        sql = f"SELECT {more} FROM ({self._reading(batch, ['line', 'cells', *self._every_part()])})"
        self.connection.execute("PRAGMA disable_optimizer")
        n_rows = self.connection.execute(f"CREATE TEMP TABLE typed AS {sql}").fetchall()[0][0]
        self.n_ignored, self._only = batch.num_rows - n_rows, None

    def to_land(self, spill_folder: str) -> RowsToLand:
        """The rows that land, once all rules have looked at them; those without pupils also in the source's order."""
        contract, rows = self._casting.contract, self._casting.landed_rows()
        same = self._casting.same_in_every_row
        schema = contract.arrow_schema()
        order = (*(name for name in contract.key if name not in same), "source_line")
        names = ", ".join(map(quote, schema.names))
        if self.is_spilled:
            return StreamedRows(self.connection, f"SELECT {names} FROM ({rows})", schema, order)
        read_by = order if contract.holds_people else ("source_line", "_row_number")
        sql = f"SELECT {names} FROM ({rows}) ORDER BY {', '.join(map(quote, read_by))}"
        table = self.connection.execute(sql).to_arrow_table().cast(schema)
        return RowsToLand(table, () if contract.holds_people else order, spill_folder)

    def _spill(self) -> None:
        import pyarrow as pa

        self.connection.register("typed_batch", pa.concat_tables(self._held))
        into = "INSERT INTO typed_rows BY NAME" if self.is_spilled else "CREATE TEMP TABLE typed_rows AS"
        self.connection.execute(f"{into} FROM typed_batch")
        self.connection.unregister("typed_batch")
        self._held.clear()
        self.is_spilled = True

    def _read(self, batch: pa.Table) -> pa.Table:
        """The batch's typed rows; each column as the same SQL gives it, whichever way it is made."""
        import pyarrow as pa

        casting = self._casting
        columns = {"line": batch.column("line"), "cells": batch.column("cells")}
        names = list(casting.mapping.columns)
        if casting.leaves_rows_out:
            columns = {}
        elif batch.num_rows >= ROWS_WORTH_COMPARING and _are_whole(batch):
            for place, read_here in self._by_place().items():
                columns |= self._read_few_texts(batch, place, read_here)
            names = [name for name in names if name not in columns and not self._keep_as_it_is(batch, name, columns)]
        parts = [*casting.row_parts(), *(part for name in names for part in casting.column_parts(name))]
        if parts or not columns:
            made = self._select(batch, parts if columns else ["line", "cells", *parts])
            columns |= dict(zip(made.column_names, made.columns, strict=True))
        self._names = self._names or list(columns)
        rows = pa.table(columns).select(self._names)
        self.n_ignored += batch.num_rows - rows.num_rows
        return rows

    def _by_place(self) -> dict[str, list[str]]:
        """Columns of the mapping by the one cell that each is made of."""
        found = defaultdict(list)
        for name in self._casting.mapping.columns:
            place = self._casting.sole_place(name)
            if place is not None:
                found[place].append(name)
        return found

    def _read_few_texts(self, batch: pa.Table, place: str, names: list[str]) -> dict[str, pa.Array]:
        """Columns made of a cell that has few different texts: each is read once; nothing when it has many."""
        import pyarrow as pa

        cells = _in_one(batch.column(place))
        if len(cells.slice(0, _SAMPLE).unique()) * FEW > _SAMPLE:
            return {}
        encoded = cells.dictionary_encode()
        texts = encoded.dictionary
        if len(texts) * FEW > len(cells):
            return {}
        zeros = pa.repeat(pa.scalar(0, pa.int32()), len(texts))
        source = pa.table({place: texts, "line": zeros, "cells": zeros})
        made = self._select(source, [part for name in names for part in self._casting.column_parts(name)])
        values = {name: _in_one(made.column(name)) for name in made.column_names}
        return {name: cells if made.equals(texts) else made.take(encoded.indices) for name, made in values.items()}

    def _keep_as_it_is(self, batch: pa.Table, name: str, columns: dict[str, Any]) -> bool:
        """Whether a text is read as what it is in every row; then it is a column."""
        place, compute = self._casting.sole_place(name), _functions()
        if place is None or self._casting.column_parts(name) != [f"nullif({place}, '') AS {quote(name)}"]:
            return False
        cells = batch.column(place)
        if not _is_trimmed(cells) or compute.min(compute.binary_length(cells)).as_py() == 0:
            return False
        columns[name] = cells
        return True

    def _every_part(self) -> list[str]:
        """SQL of all columns of ``typed`` that a row's own cells are made into."""
        names = self._casting.mapping.columns
        return [*self._casting.row_parts(), *(part for name in names for part in self._casting.column_parts(name))]

    def _select(self, source: pa.Table, parts: list[str]) -> pa.Table:
        return self.connection.execute(self._reading(source, parts)).to_arrow_table()

    def _reading(self, source: pa.Table, parts: list[str]) -> str:
        """SQL that reads a batch's cells; the batch is registered."""
        self.connection.register("source", source)
        places = [place for place in self._casting.places if place in source.column_names]
        cells = [place if _is_trimmed(source.column(place)) else f"{trimmed(place)} AS {place}" for place in places]
        trimmed_source = f"SELECT {', '.join(['line', 'cells', *cells])} FROM source"
        return f"SELECT {', '.join(parts)} FROM ({trimmed_source}){self._casting.chosen_rows()}"


def _are_whole(batch: pa.Table) -> bool:
    """Whether every row has as many cells as there are headings."""
    return _functions().max(batch.column("cells")).as_py() == 0


def _is_trimmed(cells: pa.ChunkedArray) -> bool:
    """Whether no cell has blanks around it; to see that is much cheaper than to trim."""
    compute = _functions()
    return compute.all(compute.equal(compute.utf8_trim(cells, characters=BLANKS), cells)).as_py() is not False


def _in_one(column: pa.ChunkedArray) -> pa.Array:
    import pyarrow as pa

    if column.num_chunks == 1:
        return column.chunk(0)
    whole = column.combine_chunks()
    return whole if isinstance(whole, pa.Array) else pa.concat_arrays(whole.chunks)


def _functions() -> Any:
    """pyarrow's functions, made when it is imported: a type checker does not see them."""
    from pyarrow import compute

    return compute
