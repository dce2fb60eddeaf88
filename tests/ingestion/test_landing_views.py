from contextlib import closing

import duckdb
import pyarrow.parquet as pq
import pytest

from ingestion import candidates, landing
from ingestion.candidates import candidate_slots, open_candidates
from ingestion.contract import load_contracts
from ingestion.landing import copy_path, slot_path
from ingestion.landing_views import landing_columns, select_landed
from tests.ingestion.small_deliveries import EOYR, make_collaborative

STATE = {f"{number:04d}0000": [f"{number}.00", "2.50"] for number in range(1, 21)}
FIRST, SECOND = sorted(STATE)[:2]


def select(place, slots, chosen):
    """The rows of some slots, sorted, when the table of slots holds the chosen ones."""
    with duckdb.connect() as connection:
        connection.execute("create table chosen (district_id varchar, school_year integer, delivery_id varchar)")
        keys = [[slot["district_id"], slot["school_year"], slot["delivery_id"]] for slot in chosen]
        connection.executemany("insert into chosen values (?, ?, ?)", keys)
        found = connection.sql(select_landed(place.home, EOYR, slots, "chosen"))
        types = dict(zip(found.columns, map(str, found.types), strict=True))
        return types, sorted(found.fetchall(), key=str)


def slots_of(place, *deliveries):
    return [slot for landed in deliveries for slot in place.ledger.slots(landed.delivery_id)]


@pytest.mark.parametrize(("n_districts", "is_copied"), [(19, False), (20, True)])
def test_land__a_delivery_of_many_slots_is_kept_whole_too(place, n_districts, is_copied):
    landed = place.deliver(dict(list(STATE.items())[:n_districts]))
    assert copy_path(place.home, landed.delivery_id).exists() is is_copied


def test_land__a_delivery_of_large_slots_is_not_kept_twice(place, monkeypatch):
    monkeypatch.setattr(landing, "SMALL_SLOT_ROWS", 2)
    assert not copy_path(place.home, place.deliver(STATE).delivery_id).exists()


def test_select_landed__the_copy_gives_what_the_slots_files_give(place):
    state, own = place.deliver(STATE), place.deliver({FIRST: ["7"]}, school_year=2018)
    slots = slots_of(place, state, own)
    types, rows = select(place, slots, slots)
    assert len(rows) == 41
    assert types == landing_columns(EOYR)
    copy_path(place.home, state.delivery_id).unlink()
    assert select(place, slots, slots) == (types, rows)


def test_select_landed__reads_a_copy_and_none_of_its_slots_files(place):
    landed = place.deliver(STATE)
    slots = slots_of(place, landed)
    for slot in slots:
        slot_path(place.home, "eoyr_report", 2017, slot["district_id"], landed.delivery_id).unlink()
    assert len(select(place, slots, slots)[1]) == 40


def test_select_landed__of_a_copy_only_the_chosen_slots_are_seen(place):
    older, newer = place.deliver(STATE), place.deliver(STATE)
    chosen = [slot for slot in slots_of(place, older) if slot["district_id"] == FIRST]
    chosen += [slot for slot in slots_of(place, newer) if slot["district_id"] == SECOND]
    columns = list(landing_columns(EOYR))
    rows = select(place, chosen, chosen)[1]
    named = [tuple(row[columns.index(name)] for name in ("district_id", "delivery_id")) for row in rows]
    assert sorted(named) == [(FIRST, older.delivery_id)] * 2 + [(SECOND, newer.delivery_id)] * 2


def test_land__a_copy_is_checked_and_closed_as_a_slots_file_is(place):
    path = copy_path(place.home, place.deliver(STATE).delivery_id)
    assert path.stat().st_mode & 0o777 == 0o444
    table = pq.read_table(path, partitioning=None, page_checksum_verification=True)
    assert table.schema == EOYR.landing_schema()
    assert table.column("district_id").to_pylist() == [district for district in STATE for _ in range(2)]


@pytest.mark.parametrize(("rows_worth_a_view", "kind"), [(2, "VIEW"), (3, "BASE TABLE")])
def test_open_candidates__large_slots_are_looked_at_where_they_lie(place, monkeypatch, rows_worth_a_view, kind):
    monkeypatch.setattr(candidates, "ROWS_WORTH_A_VIEW", rows_worth_a_view)
    place.deliver(STATE)
    with closing(open_candidates(place.home, place.ledger, make_collaborative(*STATE))) as connection:
        kinds = dict(connection.sql("select table_name, table_type from information_schema.tables").fetchall())
        assert (kinds["eoyr_report"], kinds["state_reported_measures"]) == (kind, "BASE TABLE")
        assert connection.sql("select count(*), count(*) filter (is_new) from candidate.eoyr_report").fetchall() == [
            (40, 40)
        ]


def test_open_candidates__holds_only_the_contracts_that_are_asked_for(place):
    place.deliver({FIRST: ["1"]})
    roster = make_collaborative(FIRST)
    with closing(open_candidates(place.home, place.ledger, roster, {"eoyr_report", "slot"})) as connection:
        names = {name for (name,) in connection.sql("select table_name from information_schema.tables").fetchall()}
    assert names & set(load_contracts()) == {"eoyr_report"}


def test_candidate_slots__say_how_many_rows_each_has(place):
    place.deliver({FIRST: ["1", "2"]})
    place.judge()
    place.deliver({SECOND: ["1"]})
    assert [slot["n_rows"] for slot in candidate_slots(place.ledger)] == [1]
