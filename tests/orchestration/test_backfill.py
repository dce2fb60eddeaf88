"""One school year by itself, from Dagster and from the command line, and once more under a corrected mapping."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest
import xlsxwriter
from dagster import AssetKey, DagsterEventType, DagsterInstance
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from ingestion.configuration import load_collaborative
from ingestion.contract import load_contracts
from ingestion.home import Home
from ingestion.ledger import open_ledger
from orchestration.landing import build_landing_assets
from orchestration.resources import WarehouseResource
from schoolstat.cli import app
from synthetic.made_up_spending import DETAILED_DISTRICT, DISTRICTS
from synthetic.state_files import FUNCTIONS_FILE, LINE_ITEMS_FILE, SPENDING_FILE, write_state_files

MEASURES = AssetKey(["landing", "state_reported_measures"])
CEDAR = DETAILED_DISTRICT.code + "0000"
FINANCE = AssetKey(["landing", "finance"])
RANGE = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")


@dataclass
class Site:
    """A copy of the demo collaborative, its inbox, its home and a Dagster instance."""

    home: Home
    inbox: Path
    collaborative: Path
    instance: DagsterInstance

    def materialize(self, first, last=None, key=MEASURES):
        """Materialize partitions of a landed asset in one run; gives the run's events."""
        assets = build_landing_assets(load_collaborative(self.collaborative), load_contracts())
        places = {"home": str(self.home.path), "collaborative": str(self.collaborative), "inbox": str(self.inbox)}
        result = dg.materialize(
            assets,
            instance=self.instance,
            selection=[key],
            resources={"warehouse": WarehouseResource(**places)},
            partition_key=None if last else first,
            tags=dict(zip(RANGE, (first, last), strict=True)) if last else None,
        )
        assert result.success
        return [entry.dagster_event for entry in self.instance.all_logs(result.run_id) if entry.dagster_event]

    def landed(self):
        """Mapping and file of each delivery, in order of arrival."""
        ledger = open_ledger(self.home)
        deliveries = [(row["mapping_id"], row["file_name"], row["school_year"]) for row in ledger.deliveries()]
        ledger.close()
        return deliveries

    def correct(self, mapping):
        """Correct a mapping: the same bytes mean a new delivery from now on."""
        path = self.collaborative / "mappings" / f"{mapping}.yaml"
        path.write_text(path.read_text(encoding="utf-8").replace("title: ", "title: Corrected, "), encoding="utf-8")


@pytest.fixture
def site(tmp_path, repository):
    for folder in ("demo", "massachusetts/mappings", "template/mappings"):
        shutil.copytree(repository / "collaboratives" / folder, tmp_path / "collaboratives" / folder)
    write_state_files(tmp_path / "inbox")
    home = Home(tmp_path / "home").ensure()
    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        yield Site(home, tmp_path / "inbox", tmp_path / "collaboratives" / "demo", instance)


def checks(events, key=MEASURES):
    """Door 1's results by partition: passed or not, held districts, rules."""
    found = [event for event in events if event.event_type is DagsterEventType.ASSET_CHECK_EVALUATION]
    return {
        check.partition: (check.passed, check.metadata["held_districts"].value, check.metadata["rules"].value)
        for check in (event.asset_check_evaluation_data for event in found)
        if check.asset_key == key and check.partition
    }


def materialized(events):
    """Partitions that were materialized, with the rows that landed."""
    found = [event for event in events if event.event_type is DagsterEventType.ASSET_MATERIALIZATION]
    return {
        ("/".join(event.asset_key.path), event.partition): event.materialization.metadata["records_landed"].value
        for event in found
    }


def break_rate(path, code):
    """Change one district's printed rate, so that its row contradicts itself."""
    sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
    rows = sheet.to_python(skip_empty_area=False)
    row = next(row for row in rows if row[1] == code)
    row[4] = "$99,999.00"
    with xlsxwriter.Workbook(path) as workbook:
        worksheet = workbook.add_worksheet(sheet.name)
        for number, cells in enumerate(rows):
            worksheet.write_row(number, 0, cells)
    return code


def first_code(path):
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python(skip_empty_area=False)
    return next(row[1] for row in rows if str(row[1]).isdecimal() and set(row[1]) != {"0"})


def test_a_partition__lands_its_year_alone_and_is_judged(site):
    events = site.materialize("2017")
    assert {year for _, _, year in site.landed()} == {2017}
    assert checks(events) == {"2017": (True, "none", "none")}
    rows = materialized(events)
    assert rows["landing/state_reported_measures", "2017"] > 0
    assert {partition for key, partition in rows if key == "landing/state_reported_measures"} == {"2017"}


def test_a_partition__shows_also_what_the_run_landed_for_another_asset(site):
    events = site.materialize("2017")
    finance = {partition: rows for (key, partition), rows in materialized(events).items() if key == "landing/finance"}
    assert len(finance) == 1
    assert all(rows > 0 for rows in finance.values())
    assert checks(events, FINANCE) == dict.fromkeys(finance, (True, "none", "none"))


def test_a_range_of_years__is_one_run_with_a_result_for_each(site):
    events = site.materialize("2017", "2021")
    assert {year for _, _, year in site.landed()} == {2017, 2020}
    assert set(checks(events)) == {"2017", "2018", "2019", "2020", "2021"}
    rows = materialized(events)
    assert rows["landing/state_reported_measures", "2020"] > 0
    assert rows["landing/state_reported_measures", "2018"] == 0


def test_a_partition__lands_again_under_a_corrected_mapping(site):
    site.materialize("2017")
    before = site.landed()
    assert materialized(site.materialize("2017"))["landing/state_reported_measures", "2017"] == 0
    assert site.landed() == before
    site.correct("synthetic_ppe_by_function")
    events = site.materialize("2017")
    assert site.landed()[len(before) :] == [("synthetic_ppe_by_function", FUNCTIONS_FILE, 2017)]
    assert materialized(events)["landing/state_reported_measures", "2017"] > 0
    assert checks(events) == {"2017": (True, "none", "none")}


def test_a_held_district__is_seen_on_its_own_partition_until_it_is_corrected(site):
    path = site.inbox / SPENDING_FILE
    sound = path.read_bytes()
    code = break_rate(path, first_code(path))
    events = site.materialize("2017", "2020")
    seen = checks(events)
    assert seen["2020"] == (False, code, "I01")
    assert seen["2017"] == (True, "none", "none")
    assert checks(site.materialize("2020"))["2020"] == (False, code, "I01"), "a night without news hides nothing"
    path.write_bytes(sound)
    assert checks(site.materialize("2020"))["2020"] == (True, "none", "none")


def reasons(events, key, partition):
    """What door 1 says of a partition in words, and how many district-years of it are admitted."""
    found = [event for event in events if event.event_type is DagsterEventType.ASSET_CHECK_EVALUATION]
    results = [event.asset_check_evaluation_data for event in found]
    (said,) = [each.metadata for each in results if (each.asset_key, each.partition) == (key, partition)]
    return said["why"].value, said["admitted"].value


def test_a_held_district__is_seen_with_the_reason_in_words(site):
    code = break_rate(site.inbox / SPENDING_FILE, first_code(site.inbox / SPENDING_FILE))
    events = site.materialize("2020")
    why, admitted = reasons(events, MEASURES, "2020")
    assert why.startswith(f"{code} 2020: I01 failed: 1 of 1. A row whose figures")
    assert admitted == sum(not district.is_defunct for district in DISTRICTS)  # with the state, without the held one


def test_a_file_that_was_refused_whole__is_seen_on_its_districts_partition_until_it_is_corrected(site):
    path = site.inbox / LINE_ITEMS_FILE
    sound = path.read_text(encoding="utf-8")
    path.write_text(sound.replace("amount", "amuont", 1), encoding="utf-8")
    events = site.materialize("2017")
    assert checks(events, FINANCE) == {CEDAR: (False, CEDAR, "D02")}
    assert not any(key == "landing/finance" for key, _ in materialized(events)), "nothing landed of it"
    why, admitted = reasons(events, FINANCE, CEDAR)
    assert "The file of eoyr_report was refused as a whole" in why
    assert admitted == 0, "what the state reports of the district is not of this extract"
    path.write_text(sound, encoding="utf-8")
    assert checks(site.materialize("2017"), FINANCE) == {CEDAR: (True, "none", "none")}


@pytest.fixture
def cli(site, monkeypatch):
    """``schoolstat`` on the site: exit code and the JSON that it prints."""
    for name in ("DAGSTER_HOME", "DAGSTER_GRPC_TIMEOUT_SECONDS", "SCHOOLSTAT_COLLABORATIVE", "SCHOOLSTAT_BUILD_FILE"):
        monkeypatch.setenv(name, "")  # so that it is taken away again afterwards
        monkeypatch.delenv(name)
    monkeypatch.setenv("SCHOOLSTAT_HOME", str(site.home.path))

    def cli(*arguments):
        places = ["-c", str(site.collaborative), "--inbox", str(site.inbox), "--json"]
        result = CliRunner().invoke(app, [*arguments, *places])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.exit_code, json.loads(result.stdout.splitlines()[-1])

    return cli


def test_refresh__of_one_year_and_again_under_a_corrected_mapping(site, cli):
    code, first = cli("refresh", "--year", "2017")
    assert (code, first["outcome"]) == (0, "released")
    assert sorted(name for _, name, _ in site.landed()) == sorted([FUNCTIONS_FILE, LINE_ITEMS_FILE])
    code, again = cli("refresh", "--year", "2017")
    assert (code, again["outcome"]) == (0, "nothing_to_build")
    site.correct("synthetic_ppe_by_function")
    code, corrected = cli("refresh", "--year", "2017", "--year", "2018")
    assert (code, corrected["outcome"]) == (0, "released")
    assert [name for _, name, _ in site.landed()].count(FUNCTIONS_FILE) == 2
    assert SPENDING_FILE not in {name for _, name, _ in site.landed()}


def test_refresh__refuses_a_year_that_the_calendar_lacks(site, monkeypatch):
    monkeypatch.setenv("SCHOOLSTAT_HOME", str(site.home.path))
    arguments = ["refresh", "--year", "1999", "-c", str(site.collaborative), "--inbox", str(site.inbox)]
    refused = CliRunner().invoke(app, arguments)
    assert "1999: periods.csv has no such school year; it has 2017" in str(refused.exception)
    assert site.landed() == []
