import re
import shutil
from datetime import date

import pytest

from ingestion.configuration import ConfigurationError, load_collaborative
from ingestion.night_hour import nights_that_go_wrong


@pytest.mark.parametrize("hour", [0, 3, 4, 5, 23])
def test_ordinary_hours_of_massachusetts_happen_once_every_night(hour):
    assert nights_that_go_wrong("America/New_York", hour) == ([], [])


def test_two_in_the_morning_is_skipped_in_spring():
    skipped, doubled = nights_that_go_wrong("America/New_York", 2)
    assert date(2027, 3, 14) in skipped
    assert len(skipped) == 21
    assert doubled == []


def test_one_in_the_morning_happens_twice_in_autumn():
    skipped, doubled = nights_that_go_wrong("America/New_York", 1)
    assert skipped == []
    assert date(2026, 11, 1) in doubled
    assert len(doubled) == 21


def test_a_zone_without_changes_takes_every_hour():
    assert all(nights_that_go_wrong("America/Phoenix", hour) == ([], []) for hour in range(24))


def test_a_configuration_with_an_hour_that_is_skipped_is_refused(tmp_path, repository):
    shutil.copytree(repository / "collaboratives", tmp_path / "collaboratives")
    settings = tmp_path / "collaboratives" / "demo" / "collaborative.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(re.sub(r"nightly_hour: \d+", "nightly_hour: 2", text), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="nightly_hour: is skipped on 2020-03-08"):
        load_collaborative(settings.parent)
