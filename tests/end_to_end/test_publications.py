"""A publication that the calendar asks for: made by a night, told in its summary, and served by its release."""

import shutil
from dataclasses import replace

import pytest

from ingestion.published_figures import list_publications
from publishing import freezing
from schoolstat.status import describe
from tests.end_to_end.house import DEMO, House

pytestmark = pytest.mark.xdist_group("nights")

YEAR = 2017
CALENDAR = f"publications:\n  - {{publish_on: 2020-01-15, school_years: [{YEAR}]}}\n"
COMPUTED = "select {} from shared_metric_value where basis <> 'reported'"


@pytest.fixture
def calendared(house: House, tmp_path) -> House:
    """The released house, whose agreement has a date that has come."""
    folder = shutil.copytree(DEMO.parent, tmp_path / "collaboratives") / DEMO.name
    (folder / "agreement.yaml").write_text(CALENDAR, encoding="utf-8")
    return replace(house, collaborative=folder)


def test_night__publishes_on_its_date_and_serves_what_was_published(calendared):
    assert calendared.served(COMPUTED.format("*"), "shared") == []
    summary, code = calendared.refresh()
    (made,) = list_publications(calendared.home)
    assert (code, summary.is_publication_short) == (0, False)
    assert summary.publication.startswith(f"{made.publication_id} made of the release before")
    proof = made.certificate["proof"][str(YEAR)]
    assert calendared.served(COMPUTED.format("count(*)"), "shared") == [(proof["figures"],)]
    assert proof["figures"] > 0
    assert describe(calendared.home, calendared.collaborative).publication == summary.publication


def test_night__tells_of_a_publication_that_was_refused_and_serves_as_before(calendared, monkeypatch):
    monkeypatch.setattr(freezing, "find_leaks", lambda *_: [freezing.Key(*"abcdefgh")])
    summary, code = calendared.refresh()
    assert (code, list_publications(calendared.home)) == (0, [])
    assert summary.is_publication_short
    for words in ("refused: school year 2017: 1 hidden figures could be worked out", "Nothing was published"):
        assert words in summary.publication
    assert describe(calendared.home, calendared.collaborative).is_publication_short
