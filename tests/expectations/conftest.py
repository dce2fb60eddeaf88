import pytest

from ingestion.home import Home
from ingestion.ledger import open_ledger
from tests.expectations.made_build import make_workshop
from tests.ingestion.small_deliveries import Place


@pytest.fixture
def place(tmp_path):
    (tmp_path / "inbox").mkdir()
    home = Home(tmp_path / "home").ensure()
    ledger = open_ledger(home)
    yield Place(home, ledger, tmp_path / "inbox")
    ledger.close()


@pytest.fixture
def workshop(tmp_path):
    workshop = make_workshop(tmp_path / "home")
    yield workshop
    workshop.ledger.close()
