"""Where one collaborative's state lives on disk.

Belongs here: the folder layout below ``SCHOOLSTAT_HOME``, the lock that keeps two nights apart, the
record of which collaborative a home serves. Does not belong here: what the files hold.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

ALL_DISTRICTS = "_all"
"""Reserved ``district_id`` of rows about a state, a network or the whole collaborative."""

INCOMING = "incoming"
"""The folder of what sources brought, and the first part of such a file's path."""

_HELD: set[str] = set()
"""Homes that this process holds: a night holds its home from the first step to the last."""


class HomeError(Exception):
    """The home cannot be used as asked: it serves another collaborative, or was never set up."""


class HomeBusy(Exception):
    """Another process is working on this home."""


@dataclass(frozen=True)
class Home:
    """Paths of one home; nothing is created before :meth:`ensure`.

    Attributes:
        path: the folder, normally ``SCHOOLSTAT_HOME``.
    """

    path: Path

    @property
    def archive(self) -> Path:
        """Raw files as received; restricted."""
        return self.path / "archive"

    @property
    def vault(self) -> Path:
        """Surrogates of pupils, and the secret unless it is kept elsewhere; restricted."""
        return self.path / "vault"

    @property
    def landing(self) -> Path:
        """Typed Parquet, one file per delivery and slot; never edited."""
        return self.path / "landing"

    @property
    def incoming(self) -> Path:
        """What was fetched from sources, one folder each; it is read like the inbox."""
        return self.path / INCOMING

    @property
    def ledger_path(self) -> Path:
        """The ledger's SQLite file."""
        return self.path / "ledger.db"

    @property
    def configuration(self) -> Path:
        """Compiled configuration, one folder per hash."""
        return self.path / "configuration"

    @property
    def work(self) -> Path:
        """The build in progress."""
        return self.path / "work"

    @property
    def spill(self) -> Path:
        """What memory does not hold of a file that is being read; there only while one is."""
        return self.work / "spill"

    @property
    def build_file(self) -> Path:
        """The one fixed path at which dbt builds (dbt parses anew when its profile changes)."""
        return self.work / "warehouse.duckdb"

    @property
    def builds(self) -> Path:
        """Finished builds with their receipts, one folder per build id."""
        return self.path / "builds"

    @property
    def publications(self) -> Path:
        """What others have seen of computed figures, one folder for each publication; restricted."""
        return self.path / "publications"

    @property
    def certificates(self) -> Path:
        """What was destroyed, when, and who asked for it, one folder for each time; restricted."""
        return self.path / "certificates"

    @property
    def releases(self) -> Path:
        """Releases, one folder each, and the ``current`` link."""
        return self.path / "releases"

    @property
    def current_release(self) -> Path:
        """The link that says which release readers get."""
        return self.releases / "current"

    def rolled_back(self) -> list[str]:
        """Builds that somebody went back from: they are not released again by a night with the same inputs."""
        path = self.releases / "rolled_back.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []

    def set_rolled_back(self, build_ids: list[str]) -> None:
        """Replace the list of builds that somebody went back from."""
        write_atomically(self.releases / "rolled_back.json", json.dumps(build_ids) + "\n")

    @property
    def dagster(self) -> Path:
        """Dagster's own storage (``DAGSTER_HOME``)."""
        return self.path / "dagster"

    @property
    def dbt(self) -> Path:
        """dbt's target and log folders."""
        return self.path / "dbt"

    @property
    def dbt_target(self) -> Path:
        """dbt's artefacts: manifest, compiled SQL."""
        return self.dbt / "target"

    @property
    def dbt_logs(self) -> Path:
        """dbt's log file."""
        return self.dbt / "logs"

    def build_folder(self, build_id: str) -> Path:
        """Folder of one finished build."""
        return self.builds / build_id

    def ensure(self) -> Home:
        """Create the folders; those that may hold raw values or a row for each pupil are closed to other users."""
        for folder in (self.configuration, self.releases):
            folder.mkdir(parents=True, exist_ok=True)
        restricted_folders = (self.archive, self.incoming, self.landing, self.work, self.builds, self.publications)
        for restricted in (*restricted_folders, self.dagster, self.dbt):
            restricted.mkdir(parents=True, exist_ok=True)
            restricted.chmod(0o700)
        return self

    def claim(self, collaborative_id: str, collaborative_path: Path, inbox: Path | None = None) -> None:
        """Record that this home serves ``collaborative_id``, and where its deliveries arrive.

        Args:
            collaborative_id: the collaborative.
            collaborative_path: its configuration folder.
            inbox: its inbox; None keeps the one recorded before.

        Raises:
            HomeError: the home already serves another collaborative.
        """
        self.ensure()
        served = self.served()
        if served and served[0] != collaborative_id:
            raise HomeError(
                f"{self.path} serves the collaborative '{served[0]}', not '{collaborative_id}': one home is one "
                "collaborative. Set SCHOOLSTAT_HOME to another folder."
            )
        arrives = inbox.resolve() if inbox else self.recorded_inbox()
        record = {"collaborative_id": collaborative_id, "collaborative_path": str(collaborative_path.resolve())}
        record |= {"inbox": str(arrives)} if arrives else {}
        write_atomically(self.path / "home.json", json.dumps(record, indent=2) + "\n")

    def served(self) -> tuple[str, Path] | None:
        """The collaborative this home serves (its id and folder), or None."""
        content = self._record()
        return (content["collaborative_id"], Path(content["collaborative_path"])) if content else None

    def recorded_inbox(self) -> Path | None:
        """Where the last night's deliveries arrived, or None."""
        inbox = self._record().get("inbox")
        return Path(inbox) if inbox else None

    def _record(self) -> dict[str, str]:
        record = self.path / "home.json"
        return json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the home for this process; what already holds it may take it again.

        Raises:
            HomeBusy: another process holds it; the message names its process id.
        """
        key = str(self.path)
        if key in _HELD:
            yield
            return
        self.work.mkdir(parents=True, exist_ok=True)
        with (self.work / "lock").open("a+", encoding="utf-8") as handle:
            self._take(handle)
            _HELD.add(key)
            try:
                yield
            finally:
                _HELD.discard(key)
                handle.truncate(0)

    def _take(self, handle: TextIO) -> None:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            holder = handle.read().strip() or "unknown"
            raise HomeBusy(
                f"another run (process {holder}) is working on {self.path}; try again when it has ended"
            ) from None
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()


def write_atomically(path: Path, text: str) -> None:
    """Write ``text`` so that a reader sees the old file or the new one, also after a crash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    with draft.open("w", encoding="utf-8") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to disk, so that a rename survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
