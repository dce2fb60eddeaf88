"""From July to September: the new school year's first deliveries are small, grow and lose pupils; nobody is held."""

from datetime import date

import pytest

from tests.expectations.test_door_1_volume import DISTRICTS, ONE, amounts, cumulative, deliver, everybody, held

__all__ = ["cumulative"]

ROLLOVER = [(date(2017, 7, 5), 2), (date(2017, 7, 31), 12), (date(2017, 8, 20), 40), (date(2017, 9, 15), 34)]
"""Of 20 pupils last year: a first few, more, more than will come, and those who did not come taken out."""


@pytest.fixture
def year_over(place):
    """A year that is over, of which every district's last delivery serves."""
    deliver(place, data_through=date(2017, 6, 30))
    assert held(place) == set()
    return place


def test_rollover__holds_nobody(year_over):
    for through, rows in ROLLOVER:
        deliver(year_over, rows=rows, school_year=2018, data_through=through)
        assert held(year_over) == set(), through
    deliver(year_over, rows=21, school_year=2018, data_through=date(2017, 10, 15))
    assert held(year_over) == set()


def test_rollover__a_district_that_sends_nothing_yet_is_held_by_nothing(year_over):
    deliver(year_over, DISTRICTS[1:], rows=2, school_year=2018, data_through=date(2017, 8, 1))
    assert held(year_over) == set()
    deliver(year_over, data_through=date(2017, 6, 30))
    assert held(year_over) == set()


def test_rollover__half_a_file_is_held_all_the_same(year_over):
    deliver(year_over, rows=40, school_year=2018, data_through=date(2017, 8, 20))
    assert held(year_over) == set()
    deliver(year_over, rows=19, school_year=2018, data_through=date(2017, 9, 15))
    assert held(year_over) == everybody(2018)


@pytest.mark.parametrize(("rows", "is_held"), [(18, True), (19, False), (60, False)])
def test_rollover__what_only_grows_loses_no_more_than_ever(year_over, cumulative, rows, is_held):
    deliver(year_over, rows=20, school_year=2018, data_through=date(2017, 8, 20))
    assert held(year_over) == set()
    deliver(year_over, DISTRICTS[1:], 20, 2018, other={ONE: amounts(rows)}, data_through=date(2017, 9, 15))
    assert held(year_over) == ({(ONE, 2018)} if is_held else set())


@pytest.mark.parametrize(
    ("through", "rows", "is_held"),
    [
        (date(2017, 9, 30), 9, False),  # the 92nd day of the year
        (date(2017, 10, 1), 9, True),
        (date(2017, 10, 1), 10, False),
    ],
)
def test_rollover__is_over_after_its_days(year_over, through, rows, is_held):
    deliver(year_over, DISTRICTS[1:], school_year=2018, other={ONE: amounts(rows)}, data_through=through)
    assert held(year_over) == ({(ONE, 2018)} if is_held else set())


@pytest.mark.parametrize(("rows", "is_held"), [(18, True), (41, True), (19, False)])
def test_rollover__what_came_after_it_is_compared_as_ever(year_over, rows, is_held):
    deliver(year_over, rows=20, school_year=2018, data_through=date(2017, 10, 5))
    assert held(year_over) == set()
    deliver(year_over, DISTRICTS[1:], school_year=2018, other={ONE: amounts(rows)}, data_through=date(2017, 11, 5))
    assert held(year_over) == ({(ONE, 2018)} if is_held else set())


def test_rollover__the_second_one_is_compared_with_the_first(year_over):
    deliver(year_over, rows=30, school_year=2018, data_through=date(2017, 8, 20))
    assert held(year_over) == set()
    deliver(year_over, rows=30, school_year=2018, data_through=date(2018, 6, 30))
    assert held(year_over) == set()
    other = {ONE: amounts(14)}
    deliver(year_over, DISTRICTS[1:], rows=30, school_year=2019, other=other, data_through=date(2018, 8, 25))
    assert held(year_over) == {(ONE, 2019)}
