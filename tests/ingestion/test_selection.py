import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.admission import Verdict, candidates, record_admissions
from ingestion.home import Home
from ingestion.ledger import open_ledger
from ingestion.selection import current_selection, eligible_deliveries, hash_selection, selection_schema
from tests.ingestion.small_deliveries import Place

DISTRICTS = ["00350000", "00490000", "02010000"]


def test_current_selection__is_sorted_and_typed_also_when_empty(place):
    assert current_selection(place.ledger).schema == selection_schema()
    place.deliver({"02010000": ["1"], "00350000": ["2"]})
    place.judge()
    selection = current_selection(place.ledger)
    assert selection.schema == selection_schema()
    assert selection["district_id"].to_pylist() == ["00350000", "02010000"]
    assert set(selection["contract"].to_pylist()) == {"eoyr_report"}


def test_current_selection__drops_earlier_deliveries_where_no_vintages_are_kept(place):
    place.deliver({"00350000": ["1"]}, vintage="2018")
    place.judge()
    place.deliver({"00350000": ["2"]}, vintage="2019")
    place.judge()
    assert current_selection(place.ledger)["vintage"].to_pylist() == ["2018", "2019"]
    assert current_selection(place.ledger)["is_current"].to_pylist() == [False, True]
    assert current_selection(place.ledger, keeps_vintages=set())["vintage"].to_pylist() == ["2019"]


def test_current_selection__keeps_each_vintage_once_as_it_was_read_last(place):
    read_first = place.deliver({"00350000": ["1"]}, vintage="2018")
    place.judge()
    read_again = place.deliver({"00350000": ["3"]}, vintage="2018")
    place.judge()
    newer = place.deliver({"00350000": ["2"]}, vintage="2019")
    place.judge()
    kept = current_selection(place.ledger, keeps_vintages={"eoyr_report"})
    assert read_first.delivery_id not in kept["delivery_id"].to_pylist()
    assert kept["delivery_id"].to_pylist() == [read_again.delivery_id, newer.delivery_id]
    assert kept["is_current"].to_pylist() == [False, True]


def test_current_selection__numbers_publications_as_they_arrived_where_nobody_named_them(place):
    """The hash that stands for an unnamed publication says nothing of its order."""
    for amount in ("1", "2", "3"):
        place.deliver({"00350000": [amount], "02010000": [amount]}, vintage=None)
        place.judge()
    kept = current_selection(place.ledger, keeps_vintages={"eoyr_report"}).to_pylist()
    arrived = [row["vintage"] for row in place.ledger.deliveries()]
    assert arrived != sorted(arrived)
    for district in ("00350000", "02010000"):
        ours = sorted((row for row in kept if row["district_id"] == district), key=lambda row: row["vintage_order"])
        assert [row["vintage_order"] for row in ours] == [1, 2, 3]
        assert [row["vintage"] for row in ours] == arrived


def test_current_selection__numbers_publications_by_their_names_where_each_has_one(place):
    for vintage in ("2019", "2018"):
        place.deliver({"00350000": [vintage]}, vintage=vintage)
        place.judge()
    kept = current_selection(place.ledger, keeps_vintages={"eoyr_report"}).to_pylist()
    assert [(row["vintage"], row["vintage_order"]) for row in kept] == [("2018", 1), ("2019", 2)]


def test_current_selection__leaves_out_districts_that_were_taken_off_the_roster(place):
    place.deliver({"_all": ["0"], "00350000": ["1"], "02010000": ["2"]})
    place.judge()
    kept = current_selection(place.ledger, roster={"02010000", "00490000"})
    assert kept["district_id"].to_pylist() == ["02010000", "_all"]
    assert hash_selection(kept) != hash_selection(current_selection(place.ledger))
    back = current_selection(place.ledger, roster={"02010000", "00350000"})
    assert back.equals(current_selection(place.ledger))


def test_eligible_deliveries__replay_what_was_known_then(place):
    first = place.deliver({"00350000": ["1"]})
    place.judge()
    then = place.ledger.next_admission_seq() - 1
    place.deliver({"00350000": ["2"]})
    place.judge()
    replayed = eligible_deliveries(place.ledger, until=then)
    assert [(row["delivery_id"], row["is_current"]) for row in replayed] == [(first.delivery_id, True)]


def test_hash_selection__changes_with_every_column(place):
    place.deliver({"00350000": ["1"]})
    place.judge()
    selection = current_selection(place.ledger)
    changes = {"is_current": False, "school_year": 2018, "vintage_order": 2, "n_rows": 7, "data_through": None}
    hashes = {
        hash_selection(
            selection.from_pylist([selection.to_pylist()[0] | {name: changes.get(name, "x")}], selection.schema)
        )
        for name in selection.column_names
    }
    assert len(hashes | {hash_selection(selection)}) == len(selection.column_names) + 1


night = st.lists(st.tuples(st.sampled_from(DISTRICTS), st.booleans()), min_size=1, max_size=3, unique_by=lambda n: n[0])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(nights=st.lists(night, min_size=1, max_size=3), shuffled=st.randoms(use_true_random=False))
def test_current_selection__does_not_depend_on_the_order_of_independent_districts(nights, shuffled):
    """Each night some districts deliver and are admitted or held, in one order or in another."""
    assert select_after(nights, lambda verdicts: verdicts) == select_after(nights, lambda v: shuffled.sample(v, len(v)))


def select_after(nights, arrange):
    """The selection's hash and what serves, after judging each night's districts one by one in some order."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "inbox").mkdir()
        home = Home(Path(folder) / "home").ensure()
        place = Place(home, open_ledger(home), Path(folder) / "inbox")
        expected = {}
        for number, districts in enumerate(nights):
            landed = place.deliver({district: [str(number)] for district, _ in districts}, vintage=str(2018 + number))
            admitted = dict(districts)
            expected |= {district: landed.delivery_id for district, is_good in districts if is_good}
            for candidate in arrange(candidates(place.ledger)):
                verdict = Verdict(*candidate, admitted=admitted[candidate.district_id], rule_id="Q01")
                record_admissions(home, place.ledger, [verdict])
        selection = current_selection(place.ledger)
        place.ledger.close()
    serving = {row["district_id"]: row["delivery_id"] for row in selection.to_pylist() if row["is_current"]}
    assert serving == expected
    return hash_selection(selection)
