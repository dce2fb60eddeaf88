"""Fetching from all sources, one after the other; one that fails costs the others nothing.

Belongs here: the order, each source's outcome, and remembering it. Does not belong here: how a kind of source is
reached.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

from ingestion.destroyed_arrivals import destroyed_arrivals
from ingestion.home import Home
from ingestion.ledger import Ledger
from ingestion.sources.configuration import AnySource, Drop, FolderSource, S3Source, SftpSource, SqlSource
from ingestion.sources.drop import Place, fetch_files, make_folder
from ingestion.sources.memory import Memory, utc_now
from ingestion.sources.outcomes import FileFetch, SourceFault, SourceOutcome
from ingestion.yaml_document import ConfigurationError

logger = logging.getLogger(__name__)


def fetch_sources(
    home: Home,
    ledger: Ledger,
    sources: Sequence[AnySource],
    *,
    only: Collection[str] | None = None,
    full: bool = False,
    clock: Callable[[], datetime] = utc_now,
) -> tuple[SourceOutcome, ...]:
    """Fetch what is complete and new into ``HOME/incoming``.

    Args:
        home: the home; the caller holds its lock.
        ledger: the ledger, which remembers what was seen.
        sources: the collaborative's sources.
        only: only these; all when None.
        full: databases are asked for everything, whatever the watermark.
        clock: the time of a look.

    Raises:
        ConfigurationError: ``only`` names an unknown source.
    """
    unknown = sorted(set(only or ()) - {source.source for source in sources})
    if unknown:
        raise ConfigurationError([f"--source {', '.join(unknown)}: sources.yaml has no such source"])
    wanted = [source for source in sources if only is None or source.source in only]
    return tuple(_fetch(home, ledger, source, clock(), full=full) for source in wanted)


def _fetch(home: Home, ledger: Ledger, source: AnySource, now: datetime, *, full: bool) -> SourceOutcome:
    memory = Memory(ledger, source.source, destroyed_arrivals(home))
    folder = home.incoming / source.source
    files: list[FileFetch] = []
    try:
        make_folder(folder, home.path)
        for file in _files(source, folder, home.work, memory, now, full=full):
            files.append(file)  # one by one: what came before a fault is kept
    except SourceFault as fault:
        outcome = SourceOutcome(source.source, source.kind, fault.outcome, tuple(files), str(fault))
    except Exception as error:  # whatever it is, the other sources and the night go on
        outcome = SourceOutcome(source.source, source.kind, "failed", tuple(files), _log_unexpected(source, error))
    else:
        is_new = any(file.outcome == "fetched" for file in files)
        outcome = SourceOutcome(source.source, source.kind, "fetched" if is_new else "nothing_new", tuple(files))
    memory.remember_run(outcome, now)
    return outcome


def _log_unexpected(source: AnySource, error: Exception) -> str:
    """Log where an error that nobody foresaw came from, without its text, which may hold a value; what to say of it."""
    name, where = type(error).__name__, "".join(traceback.format_tb(error.__traceback__))
    logger.error("source %s: unexpected %s\n%s", source.source, name, where)
    return f"an unexpected error ({name}); it is tried again next time, and the log says where it came from"


def _files(
    source: AnySource, folder: Path, work: Path, memory: Memory, now: datetime, *, full: bool
) -> Iterator[FileFetch]:
    if isinstance(source, SqlSource):
        from ingestion.sources.sql import fetch_extracts

        yield from fetch_extracts(source, folder, work, memory, now, full=full)
        return
    with closing(_open(source)) as place:
        yield from fetch_files(source, place, folder, memory, now)


def _open(source: Drop) -> Place:
    if isinstance(source, SftpSource):
        from ingestion.sources.sftp import SftpPlace

        return SftpPlace(source)
    if isinstance(source, S3Source):
        from ingestion.sources.s3 import S3Place

        return S3Place(source)
    if isinstance(source, FolderSource):
        from ingestion.sources.folder import FolderPlace

        return FolderPlace(source)
    raise TypeError(f"no way to open a source of kind {source.kind}")
