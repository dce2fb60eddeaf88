"""Nights that end well: the first, one with nothing new, a correction, one district held."""

import shutil
from dataclasses import replace
from decimal import Decimal

import dagster as dg
import duckdb
import pytest

from ingestion.archive import hash_file as file_hash
from ingestion.home import ALL_DISTRICTS
from ingestion.ledger import open_ledger
from synthetic.made_up_spending import DETAILED_DISTRICT, DISTRICTS
from synthetic.state_files import FUNCTIONS_FILE, LINE_ITEMS_FILE

pytestmark = pytest.mark.xdist_group("nights")

CEDAR = DETAILED_DISTRICT.code + "0000"
JUNIPER = "90090000"
JUNIPER_IS_OFF = {("9009", "Teachers"): Decimal("0.0001")}
"""Too small for the file's control totals, too large for rule F05."""
FIGURES = "select * exclude (freshness) from fct_metric_value where not (district_id = '{}' and school_year = 2017)"


def test_first_night__releases_every_district_fresh(house, houses):
    summary = houses.released
    assert summary.outcome == "released"
    assert (summary.n_districts_fresh, summary.held, summary.stale) == (len(DISTRICTS), (), ())
    assert [door.result for door in summary.doors] == ["passed"] * 3
    assert summary.rows_in == summary.rows_landed == 71 + 12 + 13
    assert summary.release_id == house.current()
    (listed,) = house.served("select count(distinct district_id) from dim_delivery_status where district_id <> '_all'")
    assert listed == (len(DISTRICTS),)


def test_first_night__is_a_run_in_dagster_s_own_storage_with_a_door_on_each_partition(house):
    with house.dagster() as instance:
        (run,) = instance.get_runs()
        assert (run.job_name, run.status) == ("nightly", dg.DagsterRunStatus.SUCCESS)
        landed = dg.AssetKey(["landing", "state_reported_measures"])
        assert instance.get_materialized_partitions(landed) == {"2017", "2020"}
        released = instance.get_latest_materialization_event(dg.AssetKey(["release", "current"]))
        assert released.asset_materialization.metadata["release_id"].value == house.current()


def test_same_inbox_again__builds_nothing_and_ends_well(house):
    before = house.releases_on_disk()
    summary, code = house.refresh()
    assert (summary.outcome, code) == ("nothing_to_build", 0)
    assert {file.outcome for file in summary.files} == {"unchanged"}
    assert [door.result for door in summary.doors] == ["passed", "not reached", "not reached"]
    assert house.releases_on_disk() == before
    assert house.builds() == [("released", None)]


def test_correction__releases_anew_and_builds_that_district_year_alone(house):
    first, others = house.current(), house.served(FIGURES.format(CEDAR) + " order by all")
    before = _spent_by_function(house)
    house.move_line_items(Decimal("100.00"))
    summary, code = house.refresh()
    assert (summary.outcome, code) == ("released", 0)
    assert house.current() == summary.release_id != first
    with duckdb.connect(str(house.home.build_folder(house.build_id()) / "warehouse.duckdb"), read_only=True) as build:
        assert build.execute("from build.build_scope").fetchall() == [(CEDAR, 2017, 1)]
    assert house.served(FIGURES.format(CEDAR) + " order by all") == others
    changed = {name: amount - before[name] for name, amount in _spent_by_function(house).items()}
    assert {name: change for name, change in changed.items() if change} == {
        "function=administration": Decimal("100.00"),
        "function=instructional_leadership": Decimal("-100.00"),
    }
    assert _results_of_door_1(house) == [(CEDAR, "SUCCEEDED"), (CEDAR, "SUCCEEDED")]


def test_statewide_correction__serves_although_its_hash_sorts_before_the_first_file_s(house):
    sql = (
        f"select value from mart_per_pupil_spending where district_id = '{JUNIPER}' and breakdown = 'function=teachers'"
    )
    ((before,),) = house.served(sql)
    first = file_hash(house.inbox / FUNCTIONS_FILE)
    house.change_functions({("9009", "Teachers"): Decimal("0.000003")})
    assert file_hash(house.inbox / FUNCTIONS_FILE) < first
    assert house.refresh()[1] == 0
    assert house.served(sql) == [(before + Decimal("0.000003"),)]


def test_one_district_blamed_at_door_2__is_held_and_the_others_are_released(house):
    """Figures over the whole collaborative are as fresh as its least fresh member."""
    before = house.served(f"select * exclude (freshness) from fct_metric_value where district_id = '{JUNIPER}'")
    house.change_functions(JUNIPER_IS_OFF)
    summary, code = house.refresh()
    assert (summary.outcome, code) == ("released", 0)
    assert house.builds() == [("released", None), ("refused", 2), ("released", None)]
    after = house.served(f"select * exclude (freshness) from fct_metric_value where district_id = '{JUNIPER}'")
    assert sorted(map(str, after)) == sorted(map(str, before))
    status = "select district_id from dim_delivery_status where school_year = 2017 and is_held and held_rule = 'F05'"
    assert house.served(status) == [(JUNIPER,)]
    held = (
        "select distinct district_id, entity_type = 'collaborative' from fct_metric_value "
        "where freshness = 'held' and school_year = 2017 order by all"
    )
    assert house.served(held) == [(JUNIPER, False), ("_all", True)]
    assert _deliveries(house, JUNIPER).isdisjoint(_deliveries(house, "90010000"))
    again, code = house.refresh()
    assert (again.outcome, code, house.current()) == ("nothing_to_build", 0, summary.release_id)


def test_figures_past_their_age_limit__serve_as_stale_in_every_mart(house):
    """Cedar's lines reach to the end of March: 91 days before the year's end, where 90 are allowed from then on."""
    path = house.inbox / LINE_ITEMS_FILE
    house.move_line_items(Decimal("1.00"))
    path.with_name(path.name + ".manifest.json").write_text('{"as_of": "2017-03-31"}', encoding="utf-8")
    collaborative = house.home.path.parent / "collaboratives" / "demo"
    for name in ("massachusetts", "template"):
        shutil.copytree(house.collaborative.parent / name, collaborative.parent / name)
    shutil.copytree(house.collaborative, collaborative)
    limit = "max_age_days_finance,{},ours\n"
    thresholds = (collaborative / "thresholds.csv").read_text(encoding="utf-8")
    for days, stale in ((91, ()), (90, (CEDAR,))):
        (collaborative / "thresholds.csv").write_text(thresholds + limit.format(days), encoding="utf-8")
        summary, code = replace(house, collaborative=collaborative).refresh()
        assert (summary.outcome, code, summary.stale) == ("released", 0, stale)
        assert summary.n_districts_fresh == len(DISTRICTS) - len(stale)
        word = "stale" if stale else "fresh"
        status = "select age_days, freshness from dim_delivery_status where district_id = '{}' and school_year = 2017"
        assert house.served(status.format(CEDAR)) == [(91, word)]
        for mart in ("fct_metric_value", "mart_per_pupil_spending"):
            by_year = f"select distinct school_year, freshness from {mart} where district_id = '{CEDAR}' order by all"
            assert house.served(by_year) == [(2017, word), (2020, "fresh")], mart
        others = "select distinct freshness from fct_metric_value where district_id <> '{}' and entity_type <> '{}'"
        assert house.served(others.format(CEDAR, "collaborative")) == [("fresh",)]
        whole = "select distinct freshness from fct_metric_value where entity_type = '{}' and school_year = 2017"
        assert house.served(whole.format("collaborative")) == [(word,)]


def _results_of_door_1(house) -> list[tuple[str, str]]:
    """What Dagster keeps of door 1 for the district's own deliveries, one result a night."""
    check = dg.AssetCheckKey(dg.AssetKey(["landing", "finance"]), "door_1")
    with house.dagster() as instance:
        history = instance.event_log_storage.get_asset_check_execution_history(check, limit=10)
    assert len({record.run_id for record in history}) == len(history)
    return [(record.partition, record.status.value) for record in history]


def _spent_by_function(house) -> dict[str, Decimal]:
    sql = """
    select breakdown, numerator from fct_metric_value
    where district_id = '{}' and metric_id = 'PPE.D04' and basis = 'computed'
    """
    return dict(house.served(sql.format(CEDAR)))


def _deliveries(house, district_id: str) -> set[str]:
    """Deliveries of FY2017's functions that serve a district in the last build."""
    ledger = open_ledger(house.home)
    assert district_id != ALL_DISTRICTS
    with duckdb.connect(str(house.home.build_folder(house.build_id()) / "warehouse.duckdb"), read_only=True) as build:
        sql = """
        select delivery_id from build.selection
        where district_id = ? and is_current and extract = 'state_reported_measures.synthetic_ppe_by_function'
        """
        found = {delivery for (delivery,) in build.execute(sql, [district_id]).fetchall()}
    ledger.close()
    return found
