import pytest

from tests.expectations.made_build import make_workshop


@pytest.fixture
def workshop(tmp_path):
    workshop = make_workshop(tmp_path / "home")
    yield workshop
    workshop.ledger.close()
