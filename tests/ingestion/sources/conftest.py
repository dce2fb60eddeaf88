from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from ingestion.home import Home
from ingestion.ledger import Ledger, open_ledger
from ingestion.sources.configuration import load_sources
from ingestion.sources.fetch import fetch_sources
from ingestion.sources.outcomes import SourceOutcome

BEGIN = datetime(2026, 1, 12, 4, tzinfo=UTC)


@dataclass
class Fetching:
    """A home whose sources are fetched at times that the test says."""

    home: Home
    ledger: Ledger
    folder: object
    districts: tuple[str, ...] = ("00490000", "00350000")
    now: datetime = field(default=BEGIN)

    def load(self, *sources: dict):
        """The sources, by way of the file."""
        (self.folder / "sources.yaml").write_text(yaml.safe_dump({"sources": list(sources)}), encoding="utf-8")
        faults: list[str] = []
        loaded = load_sources(self.folder, self.districts, faults)
        assert faults == []
        return loaded

    def fetch_all(self, sources: Sequence, **options) -> tuple[SourceOutcome, ...]:
        """One night."""
        return fetch_sources(self.home, self.ledger, sources, clock=lambda: self.now, **options)

    def fetch(self, source: dict, **options) -> SourceOutcome:
        """One night with one source."""
        return self.fetch_all(self.load(source), **options)[0]

    def wait(self, **time) -> None:
        """Let time pass."""
        self.now += timedelta(**time)

    def arrived(self) -> dict[str, bytes]:
        """What lies in ``HOME/incoming``, drafts too, by its path."""
        files = (path for path in self.home.incoming.rglob("*") if path.is_file())
        return {path.relative_to(self.home.incoming).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def fetching(tmp_path):
    home = Home(tmp_path / "home").ensure()
    ledger = open_ledger(home)
    (tmp_path / "ours").mkdir()
    yield Fetching(home, ledger, tmp_path / "ours")
    ledger.close()


def words(outcome: SourceOutcome) -> dict[str, str]:
    """Each file's outcome by its name."""
    return {file.path.rsplit("/", 1)[-1]: file.outcome for file in outcome.files}
