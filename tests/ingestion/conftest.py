import pytest

from ingestion.findings import Reading
from tests.ingestion.card_nights import open_nights
from tests.ingestion.delivered_files import load_little, read
from tests.ingestion.pupil_files import write_collaborative


@pytest.fixture(autouse=True)
def _no_key_from_outside(monkeypatch):
    for name in ("KEY", "KEY_FILE", "KEY_PREVIOUS", "KEY_PREVIOUS_FILE"):
        monkeypatch.delenv(f"SCHOOLSTAT_PSEUDONYM_{name}", raising=False)


@pytest.fixture
def little(tmp_path):
    return load_little(tmp_path / "collaborative")


@pytest.fixture
def deliver(little, tmp_path):
    """Read a statewide file of rates."""

    def deliver(rows, name="rates_2020.csv") -> Reading:
        return read(little, tmp_path / "inbox", name, rows)

    return deliver


@pytest.fixture
def deliver_lines(little, tmp_path):
    """Read a district's own file, row by row (what refused parts of a sum mean has a test of its own)."""

    def deliver(rows, name="00010000/lines_2020.csv", *, row_by_row=True) -> Reading:
        return read(little, tmp_path / "inbox", name, rows, row_by_row=row_by_row)

    return deliver


@pytest.fixture(scope="module")
def pupils_collaborative(tmp_path_factory):
    return write_collaborative(tmp_path_factory.mktemp("collaborative"))


@pytest.fixture
def nights(tmp_path, pupils_collaborative):
    """Nights up to door 1 whose report cards are looked at."""
    with open_nights(tmp_path, pupils_collaborative) as nights:
        yield nights
