"""What a correction changes against the delivery before it."""

from ingestion import sidecars
from ingestion.contract import load_contracts
from ingestion.ledger_tables import delivery_difference

A, B = "00490000", "00500000"


def differences(place, landed):
    rows = place.ledger.read(
        delivery_difference.select().where(delivery_difference.c.delivery_id == landed.delivery_id)
    )
    return {
        row["district_id"]: (row["rows_added"], row["rows_changed"], row["rows_removed"], row["earlier_delivery_id"])
        for row in rows
    }


def test_differences__a_first_delivery_has_none(place):
    assert differences(place, place.deliver({A: ["1", "2"]})) == {}


def test_differences__rows_added_changed_and_removed_by_key(place):
    first = place.deliver({A: ["1", "2", "3"], B: ["5", "6", "7"]})
    then = place.deliver({A: ["1", "9", "3", "4", "5"], B: ["5"]})
    assert differences(place, then) == {A: (2, 1, 0, first.delivery_id), B: (0, 0, 2, first.delivery_id)}


def test_differences__the_same_rows_again_differ_in_nothing(place):
    first = place.deliver({A: ["1", "2"], B: ["3"]})
    then = place.deliver({A: ["1", "2"], B: ["3"]}, vintage="another")
    assert differences(place, then) == {A: (0, 0, 0, first.delivery_id), B: (0, 0, 0, first.delivery_id)}


def test_differences__compare_with_the_last_delivery_of_the_slot_and_year(place):
    place.deliver({A: ["1"]})
    second = place.deliver({A: ["1", "2"]})
    other_year = place.deliver({A: ["1", "2", "3"]}, school_year=2018)
    third = place.deliver({A: ["1", "2", "3"]})
    assert differences(place, other_year) == {}
    assert differences(place, third) == {A: (1, 0, 0, second.delivery_id)}


def test_differences__what_was_refused_as_a_whole_filled_nothing(place):
    first = place.deliver({A: ["1"]})
    refused = place.deliver({A: ["1", "2"]}, state="quarantined")
    then = place.deliver({A: ["1", "2", "3"]})
    assert (differences(place, refused), differences(place, then)) == ({}, {A: (2, 0, 0, first.delivery_id)})


def test_differences__another_version_of_the_contract_is_not_comparable(place, monkeypatch):
    place.deliver({A: ["1"]})
    contracts = load_contracts()
    monkeypatch.setattr(
        "tests.ingestion.small_deliveries.EOYR", contracts["eoyr_report"].model_copy(update={"version": 9})
    )
    assert differences(place, place.deliver({A: ["1", "2"]})) == {}


def test_differences__stand_in_the_sidecar_and_in_a_rebuilt_ledger(place):
    first = place.deliver({A: ["1"]})
    then = place.deliver({A: ["2"]})
    before = differences(place, then)
    place.ledger = sidecars.rebuild_ledger(place.home)
    assert differences(place, then) == before == {A: (0, 1, 0, first.delivery_id)}


def test_differences__a_row_that_gains_or_loses_a_value_is_changed(place):
    place.deliver({A: ["1", "2"], **{f"{n:04}0000": ["1"] for n in range(100, 130)}})
    then = place.deliver({A: ["2", "1"], **{f"{n:04}0000": ["1"] for n in range(100, 130)}})
    found = differences(place, then)
    assert found.pop(A)[:3] == (0, 2, 0)
    assert {counts[:3] for counts in found.values()} == {(0, 0, 0)}
