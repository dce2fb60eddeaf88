"""The one resource: a home with its collaborative and its ledger.

Belongs here: turning run configuration and the environment into opened rooms, at run time only.
Does not belong here: what a step does with them (``steps.py``).
"""

import logging
import sqlite3
import traceback
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import dagster as dg
from pydantic import PrivateAttr

from expectations.quality_page import page_path, write_quality_page
from ingestion.configuration import load_collaborative
from ingestion.home import Home
from ingestion.ledger import open_ledger
from ingestion.settings import resolve_collaborative, resolve_home, resolve_inbox
from orchestration.warehouse import Warehouse

logger = logging.getLogger(__name__)

EVENTS = Path("history") / "runs"
"""Where Dagster keeps events, below its home, unless told of another storage: a file for each run, and an index."""


class WarehouseResource(dg.ConfigurableResource):
    """Opens the warehouse that a run works on; an empty field means "from the environment".

    Attributes:
        home: state folder (``SCHOOLSTAT_HOME``).
        collaborative: configuration folder (``SCHOOLSTAT_COLLABORATIVE``).
        inbox: folder where deliveries arrive (``SCHOOLSTAT_INBOX``).
    """

    home: str = ""
    collaborative: str = ""
    inbox: str = ""
    _is_executing: bool = PrivateAttr(default=False)
    _opened: Warehouse | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Generator["WarehouseResource", None, None]:
        """Hold the home for as long as this process executes the run: all its steps, with the usual executor.

        All of them work by the configuration that the first of them read.
        """
        home = self.resolved_home()
        events = home.dagster / EVENTS
        with home.lock(), _held_open(events / "index.db"), _held_open(events / f"{context.run_id}.db"):
            self._is_executing = True
            try:
                yield self
            finally:
                self._is_executing = False
                self._close()

    def _close(self) -> None:
        """Write the quality page, whatever the run came to, and close the ledger; a page fails no night."""
        opened, self._opened = self._opened, None
        if opened is not None:
            with closing(opened.ledger) as ledger:
                try:
                    write_quality_page(opened.home, ledger, opened.collaborative)
                except Exception as error:  # what was released is released; its words could quote what a file says
                    name, where = type(error).__name__, "".join(traceback.format_tb(error.__traceback__))
                    page = page_path(opened.home)
                    logger.error("%s was not written (unexpected %s) and stays as it was\n%s", page, name, where)

    def resolved_home(self) -> Home:
        """The home, not yet opened."""
        return resolve_home(self.home)

    def resolved_inbox(self) -> Path:
        """The folder where deliveries arrive."""
        return resolve_inbox(self.resolved_home(), self.inbox)

    def open(self) -> Warehouse:
        """Open home, configuration and ledger.

        Raises:
            ConfigurationError: the collaborative's files do not validate.
            HomeError: the home serves another collaborative.
        """
        opened = self._opened or self._open()
        self._opened = opened if self._is_executing else None
        return opened

    def _open(self) -> Warehouse:
        home = self.resolved_home()
        collaborative = load_collaborative(resolve_collaborative(home, self.collaborative))
        home.claim(collaborative.id, collaborative.folder, resolve_inbox(home, self.inbox))
        return Warehouse(
            home=home,
            collaborative=collaborative,
            ledger=open_ledger(home),
            inbox=self.resolved_inbox(),
        )


@contextmanager
def _held_open(path: Path) -> Iterator[None]:
    """Hold a SQLite file open while others write to it, if it is there.

    Dagster closes its files after each event, and whenever the last one closes such a file SQLite copies its
    write-ahead log back into it: a fifth of what an event costs. With one more reader that is done now and then.
    """
    if not path.exists():
        yield
        return
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("select count(*) from sqlite_master").fetchall()
        yield
