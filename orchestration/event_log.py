"""Dagster's event log of a home: its own SQLite storage, with one engine for each file.

Belongs here: how Dagster's process opens its own files. Does not belong here: which events there are.

Dagster's storage makes an engine for each statement, and SQLAlchemy with it compiles the statement anew: for some six
hundred events a night that cost half of what Dagster costs at all. Here what comes as one batch is one transaction.
For an asset's last materialization, asked for some four hundred times a night, it looked three times at its table's
columns, and for events of older versions.
Files and tables are those of Dagster's class: what was written with either is read with the other.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from dagster import AssetKey, EventLogEntry, EventLogRecord
from dagster._core.storage.event_log import SqliteEventLogStorage  # noqa: TID251 - by this path dagster.yaml names it
from dagster._serdes import deserialize_value
from sqlalchemy.pool import NullPool

INDEX = "index"
BUSY_SECONDS = 30


class KeptEngines(SqliteEventLogStorage):
    """The event log below a folder, which is ``DAGSTER_HOME``."""

    def __init__(self, base_dir: str, inst_data: Any = None) -> None:
        self._engines: dict[str, sa.Engine] = {}
        self._tables: set[str] = set()
        self._columns: set[str] = set()
        self._indexes: set[str] = set()
        self._batch: dict[str, sa.Connection] = {}
        self._one_at_a_time = threading.RLock()
        super().__init__(str(Path(base_dir) / "history" / "runs"), inst_data)

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> "KeptEngines":
        """As Dagster makes it from ``dagster.yaml``."""
        return cls(inst_data=inst_data, **config_value)

    def run_connection(self, run_id: str | None = None) -> AbstractContextManager[sa.Connection]:
        """A connection to the file of a run."""
        return self._connected(str(run_id)) if run_id in self._engines else self._first(str(run_id))

    def index_connection(self) -> AbstractContextManager[sa.Connection]:
        """A connection to the index of all runs."""
        return self._connected(INDEX) if INDEX in self._engines else self._first(INDEX)

    def has_table(self, table_name: str) -> bool:
        """Whether a table is there; none is ever dropped."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def has_secondary_index(self, name: str) -> bool:
        """Whether a migration was completed; none is ever taken back."""
        if name not in self._indexes and super().has_secondary_index(name):
            self._indexes.add(name)
        return name in self._indexes

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store all of them or none."""
        shards = {INDEX, *(event.run_id for event in events)}
        for shard in shards - self._engines.keys():
            with self._first(shard):
                pass
        with self._one_at_a_time, ExitStack() as stack:
            self._batch.update({shard: stack.enter_context(self._connected(shard)) for shard in shards})
            stack.callback(self._batch.clear)
            super().store_event_batch(events)

    def wipe(self) -> None:
        """Remove all events and the runs' files, which are made anew when one is asked for."""
        super().wipe()
        self._engines.clear()

    def _has_asset_key_col_on_connection(self, conn: sa.Connection, column_name: str) -> bool:
        if column_name not in self._columns and super()._has_asset_key_col_on_connection(conn, column_name):
            self._columns.add(column_name)
        return column_name in self._columns

    def _get_latest_materialization_records(
        self, raw_asset_rows: Sequence[Mapping[str, Any]]
    ) -> Mapping[AssetKey, EventLogRecord | None]:
        """As Dagster's; where each row holds the record itself, and no asset was wiped, no event is looked for."""
        found: dict[AssetKey, EventLogRecord | None] = {}
        for row in raw_asset_rows:
            key = AssetKey.from_db_string(row["asset_key"])
            held = deserialize_value(row["last_materialization"]) if row["last_materialization"] else None
            if key is None or row["asset_details"] or not isinstance(held, EventLogRecord):
                return super()._get_latest_materialization_records(raw_asset_rows)
            found[key] = held
        return found

    @contextmanager
    def _first(self, shard: str) -> Iterator[sa.Connection]:
        """Dagster's own way, which makes the tables where they are missing."""
        with self._connect(shard) as connection:
            yield connection
        place, timeout = self.conn_string_for_shard(shard), {"timeout": BUSY_SECONDS}
        self._engines[shard] = sa.create_engine(place, poolclass=NullPool, connect_args=timeout)

    @contextmanager
    def _connected(self, shard: str) -> Iterator[sa.Connection]:
        with self._one_at_a_time, ExitStack() as stack:
            yield self._batch.get(shard) or stack.enter_context(self._engines[shard].begin())
