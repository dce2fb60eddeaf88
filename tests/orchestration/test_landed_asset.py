"""Which contracts share an asset, and what its partitions say of a night."""

from dataclasses import replace

import pytest
import yaml

from ingestion.configuration import load_collaborative
from ingestion.contract import load_contracts
from ingestion.inbox import InboxResult
from orchestration.dbt_runner import PROJECT
from orchestration.intake import HeldSlot, Intake, LandedSlot
from orchestration.landed_asset import arrange_landed_assets

BIRCH, DOGWOOD = "90020000", "90040000"
ORPHANS = HeldSlot("attendance", DOGWOOD, 2025, "Q04", "Q04 failed: 3 of 90.", is_of_tonight=True)
REFUSED = HeldSlot("enrollments", DOGWOOD, 2025, "D02", "The file of enrollments was refused.", is_of_tonight=True)
LAST_WEEK = HeldSlot("gl_actuals", BIRCH, 2025, "F03", "F03 failed: 1 of 9.")
NIGHT = Intake(
    InboxResult(()),
    slots=(
        LandedSlot("attendance", DOGWOOD, 2025, 90),
        LandedSlot("attendance", BIRCH, 2025, 50),
        LandedSlot("attendance", BIRCH, 2024, 40),
        LandedSlot("students", BIRCH, 2025, 7),
    ),
    verdicts=(),
    held_slots=(ORPHANS, REFUSED, LAST_WEEK),
)


@pytest.fixture(scope="module")
def demo(repository):
    return load_collaborative(repository / "collaboratives" / "demo")


@pytest.fixture(scope="module")
def assets(demo):
    return {asset.name: asset for asset in arrange_landed_assets(demo, load_contracts().values())}


def said(metadata):
    return {name: value.value for name, value in metadata.items()}


def test_a_domain_s_contracts__share_an_asset_partitioned_by_district(assets, demo):
    contracts = load_contracts().values()
    for domain in ("student", "finance"):
        own = {contract.name for contract in contracts if contract.domain == domain}
        assert {contract.name for contract in assets[domain].contracts} == own
        assert len(own) > 1
        districts = [district.district_id for district in demo.districts]
        assert list(assets[domain].partitions(demo).get_partition_keys()) == districts


def test_the_report_card__stands_on_its_districts_partition_and_the_states_on_the_years(assets, tmp_path):
    pages = {DOGWOOD: tmp_path / "dogwood.html", "synthetic_state": tmp_path / "state.html"}
    night = replace(NIGHT, report_cards=pages, statewide=("synthetic_state", "silent_state"))
    assert said(assets["student"].describe(night, DOGWOOD))["report_card"] == str(pages[DOGWOOD])
    assert "report_card" not in said(assets["student"].describe(night, BIRCH))
    of_year = said(assets["state_reported_measures"].describe(night, "2025"))
    assert of_year["report_card"] == str(pages["synthetic_state"])


def test_a_statewide_source__is_an_asset_of_its_own_by_school_year(assets, demo):
    asset = assets["state_reported_measures"]
    assert [contract.name for contract in asset.contracts] == ["state_reported_measures"]
    years = sorted({str(period.school_year) for period in demo.periods})
    assert list(asset.partitions(demo).get_partition_keys()) == years


def test_a_domain__stays_by_district_when_a_statewide_sender_delivers_it(demo):
    statewide = next(m for m in demo.mappings if m.contract == "state_reported_measures")
    widened = replace(demo, mappings=(*demo.mappings, statewide.model_copy(update={"contract": "gl_actuals"})))
    assets = {asset.name: asset for asset in arrange_landed_assets(widened, load_contracts().values())}
    assert not assets["finance"].is_statewide


def test_each_landed_table_of_dbt__names_the_asset_that_shows_it(assets):
    text = (PROJECT / "models" / "staging" / "sources.yml").read_text(encoding="utf-8")
    (landing,) = [source for source in yaml.safe_load(text)["sources"] if source["name"] == "landing"]
    named = {table["name"]: table["config"]["meta"]["dagster"]["asset_key"] for table in landing["tables"]}
    shown = {contract.name: list(asset.key.path) for asset in assets.values() for contract in asset.contracts}
    assert named == shown | {"mapped_accounts": shown["chart_of_accounts"]}


def test_a_partition__tells_rows_by_contract(assets):
    assert said(assets["student"].describe(NIGHT, BIRCH)) == {
        "records_landed": 97,
        "records_landed/attendance": 90,
        "records_landed/students": 7,
        "slots": 3,
        "districts_held": 0,
    }
    assert said(assets["student"].describe(NIGHT, DOGWOOD))["districts_held"] == 1


def test_only_partitions_of_tonight__are_judged(assets):
    assert assets["student"].partitions_filled(NIGHT) == [BIRCH, DOGWOOD]
    assert assets["student"].partitions_judged(NIGHT) == [BIRCH, DOGWOOD]
    assert assets["finance"].partitions_judged(NIGHT) == []


def test_door_1__says_who_is_held_by_what_and_in_which_extracts(assets):
    held = assets["student"].judge(NIGHT, DOGWOOD)
    assert (held.passed, held.partition) == (False, DOGWOOD)
    assert said(held.metadata) == {
        "admitted": 0,
        "held": 1,
        "held_districts": DOGWOOD,
        "held_extracts": "attendance, enrollments",
        "rules": "D02, Q04",
        "why": f"{DOGWOOD} 2025: D02: The file of enrollments was refused.\n{DOGWOOD} 2025: Q04 failed: 3 of 90.",
    }
    admitted = assets["student"].judge(NIGHT, BIRCH)
    assert (admitted.passed, admitted.metadata["admitted"].value) == (True, 2)
    assert admitted.metadata["why"].value == "nobody is held"
    earlier = assets["finance"].judge(NIGHT, BIRCH)
    assert (earlier.passed, earlier.metadata["admitted"].value) == (False, 0), "a night without news hides nothing"


def test_the_columns_of_several_contracts__are_told_apart(assets):
    names = [column.name for column in assets["student"].column_schema().columns]
    assert {"attendance.date", "calendar.date"} <= set(names)
    assert len(names) == len(set(names))
    measures = assets["state_reported_measures"]
    own = [column.name for column in measures.contracts[0].columns]
    assert [column.name for column in measures.column_schema().columns] == own
