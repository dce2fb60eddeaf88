"""Q02 at door 1: a slot or a statewide file that holds far fewer or far more than before."""

from dataclasses import replace
from datetime import date

import pytest

from expectations.doors import door_1
from ingestion.admission import record_admissions
from ingestion.contract import load_contracts
from ingestion.findings import Finding
from tests.ingestion.small_deliveries import make_collaborative, make_mapping

DISTRICTS = tuple(f"{number:04d}0000" for number in range(1, 21))
ONE, TWO = DISTRICTS[:2]
READ = tuple(Finding(rule, "file", "passed", None, "", "as expected", "", 1, 0) for rule in ("D02", "Q01"))


def deliver(place, districts=DISTRICTS, rows=20, school_year=2017, **facts):
    amounts = {district: [f"{place.written}.{line:02d}" for line in range(rows)] for district in districts}
    amounts |= facts.pop("other", {})
    facts.setdefault("data_through", date(school_year, 3, 31))
    return place.deliver(amounts, findings=READ, school_year=school_year, **facts)


def held(place, collaborative=None):
    """Districts that Q02 holds tonight, by year; no other rule may hold anybody."""
    verdicts = door_1(place.home, place.ledger, collaborative or make_collaborative(*DISTRICTS))
    record_admissions(place.home, place.ledger, verdicts)
    refused = [verdict for verdict in verdicts if not verdict.admitted]
    assert {verdict.rule_id for verdict in refused} <= {"Q02"}
    return {(verdict.district_id, verdict.school_year) for verdict in refused}


def everybody(school_year=2017, districts=DISTRICTS):
    return {(district, school_year) for district in districts}


def amounts(number):
    return [f"{line}.00" for line in range(number)]


def test_q02__a_first_load_and_the_same_again_are_admitted(place):
    deliver(place)
    assert held(place) == set()
    deliver(place)
    assert held(place) == set()
    deliver(place, school_year=2018)
    assert held(place) == set()


@pytest.mark.parametrize(("rows", "is_held"), [(19, False), (18, True), (40, False), (41, True)])
def test_q02__a_slot_against_the_delivery_that_serves_it(place, rows, is_held):
    deliver(place)
    assert held(place) == set()
    deliver(place, DISTRICTS[1:], other={ONE: amounts(rows)})
    assert held(place) == ({(ONE, 2017)} if is_held else set())


@pytest.mark.parametrize(("rows", "is_held"), [(10, False), (9, True), (40, False), (41, True)])
def test_q02__a_slot_against_the_year_before(place, rows, is_held):
    deliver(place)
    assert held(place) == set()
    deliver(place, DISTRICTS[1:], school_year=2018, other={ONE: amounts(rows)})
    assert held(place) == ({(ONE, 2018)} if is_held else set())


def test_q02__another_mapping_lands_other_rows_of_the_same_file(place):
    deliver(place)
    assert held(place) == set()
    deliver(place, rows=5, mapping=make_mapping("spending_corrected"))
    assert held(place) == set()


def test_q02__a_held_delivery_is_no_baseline(place):
    deliver(place)
    assert held(place) == set()
    for _ in range(2):
        deliver(place, DISTRICTS[1:], other={ONE: amounts(5)})
        assert held(place) == {(ONE, 2017)}


def test_q02__the_baseline_is_what_serves_and_not_what_served_before(place):
    for rows in (20, 39):
        deliver(place, DISTRICTS[1:], other={ONE: amounts(rows)})
        assert held(place) == set()
    deliver(place, DISTRICTS[1:], other={ONE: amounts(37)})
    assert held(place) == {(ONE, 2017)}


@pytest.mark.parametrize(("n_districts", "is_held"), [(19, False), (18, True), (10, True)])
def test_q02__half_of_a_statewide_file_is_refused_whole(place, n_districts, is_held):
    deliver(place)
    assert held(place) == set()
    deliver(place, DISTRICTS[:n_districts])
    assert held(place) == (everybody(districts=DISTRICTS[:n_districts]) if is_held else set())


@pytest.mark.parametrize(("n_districts", "is_held"), [(18, False), (17, True)])
def test_q02__the_districts_of_the_year_before(place, n_districts, is_held):
    deliver(place)
    assert held(place) == set()
    deliver(place, DISTRICTS[:n_districts], school_year=2018)
    assert held(place) == (everybody(2018, DISTRICTS[:n_districts]) if is_held else set())


def test_q02__a_district_that_left_the_roster_is_not_missed(place):
    left = tuple(replace(d, member_to=2017) for d in make_collaborative(*DISTRICTS[10:]).districts)
    stay = make_collaborative(*DISTRICTS[:10])
    collaborative = replace(stay, districts=(*stay.districts, *left))
    deliver(place)
    assert held(place, collaborative) == set()
    deliver(place, DISTRICTS[:10], school_year=2018)
    assert held(place, collaborative) == set()


@pytest.mark.parametrize(("n_districts", "is_held"), [(10, False), (9, True)])
def test_q02__the_first_load_of_a_year_against_the_roster(place, n_districts, is_held):
    deliver(place, DISTRICTS[:n_districts])
    assert held(place) == (everybody(districts=DISTRICTS[:n_districts]) if is_held else set())


def test_q02__a_later_load_of_the_year_is_not_compared_with_the_roster(place):
    deliver(place, DISTRICTS[:10])
    assert held(place) == set()
    deliver(place, DISTRICTS[:10])
    assert held(place, make_collaborative(*DISTRICTS, "00990000")) == set()


def test_q02__a_district_that_sends_its_own_file_is_not_missed_by_others(place):
    mapping = make_mapping("own", r"own_(?P<district_id><district_id>)\.csv").model_copy(update={"sender": None})
    deliver(place, (ONE,), mapping=mapping, sender=ONE)
    assert held(place) == set()


@pytest.mark.parametrize(
    ("threshold", "first", "then"),
    [
        ("first_load_roster_share", DISTRICTS, None),
        ("volume_loss_share_last", DISTRICTS, 2017),
        ("volume_growth_share", DISTRICTS, 2017),
        ("volume_loss_share_year_before", DISTRICTS, 2018),
        ("file_loss_share_last", DISTRICTS, 2017),
        ("file_loss_share_year_before", DISTRICTS, 2018),
    ],
)
def test_q02__without_its_threshold_nothing_is_close_enough(place, threshold, first, then):
    small = make_collaborative(*DISTRICTS)
    rows = tuple(row for row in small.threshold_rows if row.threshold != threshold)
    without = replace(small, threshold_rows=rows)
    deliver(place, first)
    if then is not None:
        assert held(place) == set()
        deliver(place, school_year=then)
    assert held(place, without) == everybody(then or 2017)


def test_q02__says_what_to_do(place):
    deliver(place)
    assert held(place) == set()
    deliver(place, DISTRICTS[:10])
    verdict = door_1(place.home, place.ledger, make_collaborative(*DISTRICTS))[0]
    assert "schoolstat admit" in verdict.reason
    assert "and holds 10 of 20 districts that are served" in verdict.reason


def test_q02__names_the_file_both_counts_and_the_earlier_delivery(place):
    first = deliver(place)
    assert held(place) == set()
    deliver(place, DISTRICTS[1:], other={ONE: amounts(5)})
    verdict = next(v for v in door_1(place.home, place.ledger, make_collaborative(*DISTRICTS)) if not v.admitted)
    earlier = place.ledger.delivery(first.delivery_id)
    said = f"delivery {first.delivery_id} of {earlier['received_at'][:10]} ({earlier['file_name']}) has 20"
    assert verdict.reason.startswith("Q02 failed: 1 of 1 (")
    assert f"has 5 rows of eoyr_report, {said})" in verdict.reason


@pytest.fixture
def cumulative(monkeypatch):
    contracts = load_contracts()
    grows = contracts["eoyr_report"].model_copy(update={"is_cumulative": True})
    monkeypatch.setitem(contracts, "eoyr_report", grows)


@pytest.mark.parametrize(("rows", "is_held"), [(41, False), (200, False), (19, False), (18, True)])
def test_q02__a_cumulative_extract_may_more_than_double_and_may_not_shrink(place, cumulative, rows, is_held):
    deliver(place)
    assert held(place) == set()
    deliver(place, DISTRICTS[1:], other={ONE: amounts(rows)})
    assert held(place) == ({(ONE, 2017)} if is_held else set())


@pytest.mark.parametrize(
    ("rows", "through", "is_held"),
    [
        (3, date(2017, 10, 1), False),  # early in the year, against nothing of that time
        (9, date(2018, 6, 30), True),
        (41, date(2018, 6, 30), True),
        (10, date(2018, 6, 30), False),
        (9, date(2018, 5, 31), True),  # 28 June of the year before is 28 days later
        (9, date(2018, 5, 27), False),
    ],
)
def test_q02__a_cumulative_extract_against_the_same_time_of_the_year_before(place, cumulative, rows, through, is_held):
    deliver(place, data_through=date(2017, 6, 28))
    assert held(place) == set()
    deliver(place, DISTRICTS[1:], school_year=2018, other={ONE: amounts(rows)}, data_through=through)
    assert held(place) == ({(ONE, 2018)} if is_held else set())


def test_q02__the_delivery_of_the_year_before_that_is_nearest_counts(place, cumulative):
    for rows, through in ((10, date(2016, 10, 1)), (100, date(2016, 10, 20))):
        deliver(place, rows=rows, data_through=through)
        assert held(place) == set()
    deliver(place, DISTRICTS[1:], rows=60, school_year=2018, other={ONE: amounts(40)}, data_through=date(2017, 10, 19))
    assert held(place) == {(ONE, 2018)}
