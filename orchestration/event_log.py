"""Dagster's own SQLite event log, that opens its files once instead of once for every event.

Dagster makes a new engine for each statement, and asks the file anew what SQLite it speaks to: half of what a night's
events cost. Here the cross-run index stays open, and the run at work keeps its engine. Files, tables, one transaction an
event and its write to disk are Dagster's, so either can be used on a home. A run's file is still closed after each event:
the UI follows a run by the changes of that file.

Belongs here: which connection a statement gets. Does not belong here: what is stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, NullPool, create_engine

SECONDS_TO_WAIT = 30
"""As long as Dagster waits for another writer."""

FOLDER = Path("history") / "runs"
"""Where Dagster keeps the event log below its home, if nothing else is said."""


class KeptEventLog(SqliteEventLogStorage):
    """The event log of ``dagster.yaml``: ``base_dir`` is Dagster's home."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> KeptEventLog:
        """Open the log of a home."""
        return cls(str(Path(config_value["base_dir"]) / FOLDER), inst_data)

    def index_connection(self) -> AbstractContextManager[Connection]:
        """A transaction on the index of all runs; its one connection stays open, and threads take turns."""
        return self._begin(INDEX_SHARD_NAME, super().index_connection(), pool_size=1, max_overflow=0)

    def run_connection(self, run_id: str | None = None) -> AbstractContextManager[Connection]:
        """A transaction on one run's file."""
        for other in self._engines.keys() - {run_id, INDEX_SHARD_NAME}:
            self._engines.pop(other, None)
        return self._begin(str(run_id), super().run_connection(run_id), poolclass=NullPool)

    @contextmanager
    def _begin(self, shard: str, first: AbstractContextManager[Connection], **pool: Any) -> Iterator[Connection]:
        engine = self._engines.get(shard)
        if engine is None:
            with first:  # Dagster makes the file and its tables
                pass
            wait = {"timeout": SECONDS_TO_WAIT}
            engine = create_engine(self.conn_string_for_shard(shard), connect_args=wait, **pool)
            engine = self._engines.setdefault(shard, engine)
        with engine.begin() as connection:
            yield connection

    def wipe(self) -> None:
        """Remove all events; the runs' files go."""
        super().wipe()
        self._close()

    def dispose(self) -> None:
        """Close what is open."""
        super().dispose()
        self._close()

    def _close(self) -> None:
        while self._engines:
            self._engines.popitem()[1].dispose()
