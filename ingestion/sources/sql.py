"""Extracts from a database: each slice becomes a file below the source's folder, always a full extract.

Belongs here: when everything is asked for and when only what is newer, and what is remembered of it. Does not belong
here: types (``sql_columns.py``), rows (``sql_rows.py``), files (``rows_file.py``, ``overlay.py``).

The file is in its place before the watermark is: a run that is killed between asks for some rows twice, which changes
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from ingestion.archive import hash_file
from ingestion.home import sync_folder
from ingestion.sources.configuration import SqlSource
from ingestion.sources.drop import make_folder
from ingestion.sources.memory import Memory
from ingestion.sources.outcomes import FileFault, FileFetch
from ingestion.sources.overlay import is_unique, lay_over
from ingestion.sources.rows_file import fingerprint, write_rows
from ingestion.sources.sql_columns import Plan, check_watermark, plan_extract, read_mark, write_mark
from ingestion.sources.sql_database import explain, open_database
from ingestion.sources.sql_extract import Slice, SqlExtract
from ingestion.sources.sql_rows import read_rows

if TYPE_CHECKING:
    import pyarrow as pa


def fetch_extracts(
    source: SqlSource, folder: Path, work: Path, memory: Memory, now: datetime, *, full: bool
) -> Iterator[FileFetch]:
    """Ask for every extract; one that fails costs the others nothing.

    Raises:
        SourceFault: the database cannot be used.
    """
    engine = open_database(source)
    pull = _Pull(source, engine, folder, work, memory, now, full)
    try:
        for extract in source.extracts:
            yield from pull.extract(extract)
    finally:
        engine.dispose()


@dataclass(frozen=True)
class _Pull:
    """One look at a database."""

    source: SqlSource
    engine: sa.Engine
    folder: Path
    work: Path
    memory: Memory
    now: datetime
    full: bool

    def extract(self, extract: SqlExtract) -> Iterator[FileFetch]:
        """The files of one extract, and the rows that none of them holds."""
        for one in extract.slices():
            yield self._guarded(self._shown(one.file), lambda connection, one=one: self._take(connection, extract, one))
        if extract.district_column or extract.year_column:
            left_out = self._guarded(self._shown(extract.file), lambda connection: _find_left_out(connection, extract))
            if left_out.message:
                yield left_out

    def _shown(self, file: str) -> str:
        return f"incoming/{self.source.source}/{file}"

    def _guarded(self, shown: str, take: Any) -> FileFetch:
        """Ask in a session of its own; an error of the database is an outcome."""
        import duckdb
        import psycopg

        connection = None
        try:
            with self.engine.connect() as connection:
                return FileFetch(shown, "fetched" if take(connection) else "unchanged")
        except FileFault as fault:
            return FileFetch(shown, fault.outcome, str(fault))
        except (SQLAlchemyError, psycopg.Error) as error:
            meaning = explain(error, is_connected=connection is not None)
            if not isinstance(meaning, FileFault):
                raise meaning from None
            return FileFetch(shown, "failed", str(meaning))
        except duckdb.Error as error:
            words = f"its newer rows cannot be laid over the last file ({type(error).__name__}): fetch it with --full"
            return FileFetch(shown, "failed", words)
        except OSError as error:
            return FileFetch(shown, "failed", f"it cannot be written here ({error.strerror})")

    def _take(self, connection: sa.Connection, extract: SqlExtract, one: Slice) -> bool:
        """Bring one slice's file up to date; whether it is another one now."""
        plan = plan_extract(connection, extract)
        target = self.folder / one.file
        known = self.memory.pulled(extract.extract, one.district_id, one.school_year)
        since = self._since(plan, known, target)
        draft = target.with_name(f".{target.name}.draft")
        make_folder(target.parent, self.folder.parent)
        try:
            newer = self._write_newer(connection, plan, one, since, target, draft) if since is not None else None
            written = newer or self._write_all(connection, plan, one, draft)
            is_new = written.n_rows is not None and _put(draft, target)
        finally:
            with suppress(FileNotFoundError):
                draft.unlink()
        mark = written.largest if written.is_unique else None
        self._remember(plan, one, known, target, mark, written.n_rows, is_full=newer is None)
        if not written.is_unique:
            words = (
                f"the key ({', '.join(extract.key)}) does not tell its rows apart: it came whole, and will every night"
            )
            raise FileFault(words, "fetched" if is_new else "unchanged")
        return is_new

    def _write_all(self, connection: sa.Connection, plan: Plan, one: Slice, draft: Path) -> _Written:
        """Write the draft from all rows."""
        marked = _Marked(plan.extract.watermark)
        rows = read_rows(connection, plan, plan.select(one), self.source.rows_at_once)
        n_rows = write_rows(draft, plan.schema, marked.watch(rows))
        is_as_it_should = not plan.extract.watermark or is_unique(draft, plan.extract.key, self.work)
        return _Written(n_rows, marked.largest, is_as_it_should)

    def _write_newer(
        self, connection: sa.Connection, plan: Plan, one: Slice, since: Any, target: Path, draft: Path
    ) -> _Written | None:
        """Write the draft from the last file and the rows since; None when their key repeats, and all are needed."""
        marked = _Marked(plan.extract.watermark, since)
        rows = read_rows(connection, plan, plan.select(one, since), self.source.rows_at_once)
        n_rows = self._lay_over(target, draft, plan, marked.watch(rows))
        if n_rows is not None and not is_unique(draft, plan.extract.key, self.work):
            return None
        return _Written(n_rows, marked.largest, is_unique=True)

    def _since(self, plan: Plan, known: dict[str, Any] | None, target: Path) -> Any:
        """The watermark to go on from; None when everything is to be asked for."""
        name = plan.extract.watermark
        if name is None:
            return None
        check_watermark(plan)
        if self.full or known is None or known["watermark"] is None or known["asked"] != plan.asked:
            return None
        is_due = (self.now - datetime.fromisoformat(known["full_at"])).days >= plan.extract.full_every_nights
        is_as_it_was = known["fingerprint"] == fingerprint(target)
        return read_mark(known["watermark"], plan.column(name).type) if is_as_it_was and not is_due else None

    def _lay_over(self, target: Path, draft: Path, plan: Plan, rows: Iterator[pa.RecordBatch]) -> int | None:
        """Write the draft from the last file and the rows since; None when these say nothing new."""
        since = self.work / "since.parquet"
        self.work.mkdir(parents=True, exist_ok=True)
        try:
            write_rows(since, plan.schema, rows)
            with lay_over(target, since, plan.extract.key, self.work) as overlay:
                return write_rows(draft, plan.schema, overlay.batches(plan.schema)) if overlay.n_changed else None
        finally:
            with suppress(FileNotFoundError):
                since.unlink()

    def _remember(
        self, plan: Plan, one: Slice, known: Any, target: Path, mark: Any, n_rows: int | None, *, is_full: bool
    ) -> None:
        self.memory.remember_pull(
            {
                "extract": plan.extract.extract,
                "district_id": one.district_id,
                "school_year": one.school_year,
                "watermark": write_mark(mark),
                "n_rows": known["n_rows"] if n_rows is None else n_rows,
                "file": one.file,
                "fingerprint": fingerprint(target),
                "asked": plan.asked,
                "full_at": self.now.isoformat() if is_full else known["full_at"],
                "pulled_at": self.now.isoformat(),
            }
        )


@dataclass(frozen=True)
class _Written:
    """A draft.

    Attributes:
        n_rows: its rows; None when nothing is new and there is no draft.
        largest: the largest value of the watermark.
        is_unique: whether the key tells its rows apart, where that is needed.
    """

    n_rows: int | None
    largest: Any
    is_unique: bool


class _Marked:
    """Passes batches on and keeps the largest value of the watermark."""

    def __init__(self, name: str | None, largest: Any = None) -> None:
        self._name = name
        self.largest = largest

    def watch(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The same batches, looked at."""
        import pyarrow.compute as pc

        for batch in batches:
            if self._name is not None:
                largest = pc.max(batch[self._name]).as_py()  # pyright: ignore[reportAttributeAccessIssue]
                self.largest = max((each for each in (largest, self.largest) if each is not None), default=None)
            yield batch


def _put(draft: Path, target: Path) -> bool:
    """Give a draft its name, unless the file there has the same bytes."""
    if target.exists() and target.stat().st_size == draft.stat().st_size and hash_file(target) == hash_file(draft):
        return False
    draft.replace(target)
    sync_folder(target.parent)
    return True


def _find_left_out(connection: sa.Connection, extract: SqlExtract) -> bool:
    """Refuse to lose rows in silence: what no slice takes is told, but for years that nobody asked for.

    Raises:
        FileFault: there is something.
    """
    plan = plan_extract(connection, extract)
    told: list[str] = []
    if extract.district_column:
        codes = sorted(connection.execute(plan.other_codes()).scalars())
        if codes:
            shown = f"{', '.join(codes[:5])}{' …' if len(codes) > 5 else ''}"
            told.append(f"rows of {len(codes)} codes that districts does not name were not taken: {shown}")
    for name in filter(None, (extract.district_column, extract.year_column)):
        n_empty = connection.execute(plan.count_empty(name)).scalar_one()
        if n_empty:
            told.append(f"{n_empty} rows with nothing in '{name}' were not taken")
    if told:
        raise FileFault("; ".join(told), "refused")
    return False
