import shutil
from pathlib import Path

import pytest

from expectations.doors import door_2, door_3
from ingestion.home import Home
from ingestion.ledger import open_ledger
from publishing.release import publish
from tests.expectations.made_build import Inputs, Workshop, make_collaborative, make_workshop

FIRST, SECOND = "aaaaaaaa11112222", "bbbbbbbb11112222"


def pass_doors(workshop: Workshop) -> Workshop:
    """Let a build through both doors and put it under its id."""
    second = door_2(workshop.home, workshop.ledger, workshop.inputs, workshop.collaborative)
    third = door_3(workshop.home, workshop.ledger, workshop.inputs, workshop.collaborative)
    assert second.passed and third.passed, (*second.messages, *third.messages)
    workshop.finish()
    return workshop


@pytest.fixture(scope="session")
def finished_home(tmp_path_factory) -> Path:
    """A home whose first build passed its doors; tests work on copies of it."""
    workshop = pass_doors(make_workshop(tmp_path_factory.mktemp("finished") / "home", FIRST))
    workshop.ledger.close()
    return workshop.home.path


@pytest.fixture(scope="session")
def second_home(tmp_path_factory, finished_home) -> Path:
    """A home whose first build is released and whose second passed its doors."""
    home = shutil.copytree(finished_home, tmp_path_factory.mktemp("second") / "home")
    first = open_workshop(home, FIRST)
    publish(first.home, first.ledger, FIRST, first.collaborative)
    pass_doors(first.next_build(SECOND)).ledger.close()
    return home


def open_workshop(home: Path, build_id: str) -> Workshop:
    inputs = Inputs(build_id, f"selection-of-{build_id}")
    return Workshop(Home(home), open_ledger(Home(home)), inputs, make_collaborative())


@pytest.fixture
def workshop(tmp_path):
    workshop = make_workshop(tmp_path / "home", FIRST)
    yield workshop
    workshop.ledger.close()


@pytest.fixture
def finished(tmp_path, finished_home):
    workshop = open_workshop(shutil.copytree(finished_home, tmp_path / "home"), FIRST)
    yield workshop
    workshop.ledger.close()


@pytest.fixture
def second(tmp_path, second_home):
    """A build that passed its doors, behind a release that is current."""
    workshop = open_workshop(shutil.copytree(second_home, tmp_path / "home", symlinks=True), SECOND)
    yield workshop
    workshop.ledger.close()
