import pytest

from ingestion.home import Home
from ingestion.ledger import open_ledger
from tests.ingestion.small_deliveries import Place


@pytest.fixture
def place(tmp_path):
    (tmp_path / "inbox").mkdir()
    home = Home(tmp_path / "home").ensure()
    ledger = open_ledger(home)
    yield Place(home, ledger, tmp_path / "inbox")
    ledger.close()
