"""The command line on a released home: exit codes, one JSON object, and what people read."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from decimal import Decimal

import pytest

from ingestion.ledger import open_ledger
from ingestion.night_record import read_night, record_night
from ingestion.selection import current_selection, hash_selection
from orchestration import landing
from schoolstat import ui
from synthetic.state_files import FUNCTIONS_FILE, LINE_ITEMS_FILE

pytestmark = pytest.mark.xdist_group("nights")

CEDAR, JUNIPER = "90030000", "90090000"
ENTRY_POINT = "from schoolstat.cli import main; main()"
CHECK_AND_TELL = """
import atexit, sys
heavy = ("dagster", "dagster_dbt", "great_expectations", "dbt")
atexit.register(lambda: print([name for name in heavy if name in sys.modules], file=sys.stderr))
from schoolstat.cli import main
main()
"""


def one_object(text: str) -> dict:
    """The one JSON object that stdout holds, and nothing besides."""
    assert text.count("\n") == 1
    found = json.loads(text)
    assert isinstance(found, dict)
    return found


def test_refresh__as_a_process_prints_one_object_and_exits_0_when_there_is_nothing_to_build(house, repository):
    arguments = ["refresh", "-c", str(house.collaborative), "--inbox", str(house.inbox), "--json"]
    ran = subprocess.run(
        [sys.executable, "-c", ENTRY_POINT, *arguments],
        cwd=repository,
        env=os.environ | {"SCHOOLSTAT_HOME": str(house.home.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    summary = one_object(ran.stdout)
    assert (summary["outcome"], summary["release_id"]) == ("nothing_to_build", house.current())


def test_refresh__of_one_district_takes_its_files_alone(house, schoolstat):
    house.move_line_items(Decimal("100.00"))
    said = schoolstat("refresh", "--inbox", str(house.inbox), "--district", "90010000", "--json")
    assert (said.code, one_object(said.out)["outcome"]) == (0, "nothing_to_build")


def test_refresh__of_a_damaged_file_alone_exits_3_and_says_why(house, schoolstat):
    path = house.inbox / FUNCTIONS_FILE
    path.write_bytes(path.read_bytes().replace(b"Teachers", b"Techers", 1))
    said = schoolstat("refresh", "--inbox", str(house.inbox))
    assert said.code == 3
    assert "refused as a whole" in said.out


def test_refresh__that_breaks_exits_1_and_shows_no_row(house, schoolstat, monkeypatch):
    def break_down(*_, **__):
        raise ValueError("a row of a pupil")

    monkeypatch.setattr(landing, "land_and_admit", break_down)
    said = schoolstat("refresh", "--inbox", str(house.inbox))
    assert said.code == 1
    assert "landing/inbox: ValueError; details are in archive/errors/" in said.out
    assert "a row of a pupil" not in said.out + said.err
    (kept,) = (house.home.archive / "errors").iterdir()
    assert "a row of a pupil" in kept.read_text(encoding="utf-8")
    assert kept.stat().st_mode & 0o077 == 0


def test_refresh__while_another_run_works_exits_1_and_leaves_its_record(house, schoolstat):
    before = read_night(house.home)
    with (house.home.work / "lock").open("w", encoding="utf-8") as held_elsewhere:
        fcntl.flock(held_elsewhere, fcntl.LOCK_EX)
        held_elsewhere.write("4711")
        held_elsewhere.flush()
        said = schoolstat("refresh", "--inbox", str(house.inbox))
    assert (said.code, said.out) == (1, "")
    assert "another run (process 4711) is working on" in said.err
    assert read_night(house.home) == before


def test_refresh__after_one_that_broke_works(house, schoolstat, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(landing, "land_and_admit", lambda *_, **__: 1 / 0)
        assert schoolstat("refresh", "--inbox", str(house.inbox)).code == 1
    said = schoolstat("refresh", "--inbox", str(house.inbox), "--json")
    assert (said.code, one_object(said.out)["outcome"]) == (0, "nothing_to_build")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["refresh", "--district", "12345678"], "--district 12345678: not on the roster of"),
        (["refresh", "--district", "network:nowhere"], "nowhere"),
        (["refresh", "--as-of", "yesterday"], "yesterday"),
        (["refresh", "--inbox", "/nowhere"], "/nowhere"),
        (["no-such-command"], "no-such-command"),
        (["query", "select no_such_column from fct_metric_value"], "no_such_column"),
        (["query", "selct 1"], "syntax error"),
        (["query", "select 1", "--audience", "everyone"], "holds no file for 'everyone'"),
        (["query", "select 1", "--audience", "district:12345678"], "holds no file for 'district:12345678'"),
        (["releases", "show", "r000009-nothing"], "there is no release r000009-nothing"),
        (["releases", "rollback"], "there is no earlier release to go back to"),
    ],
)
def test_wrong_usage__exits_2_and_says_what_is_wrong(schoolstat, arguments, message):
    said = schoolstat(*arguments)
    assert (said.code, said.out) == (2, "")
    assert message in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["refresh", "--district", "12345678", "--json"], 2, "--district 12345678: not on the roster of"),
        (["refresh", "--as-of", "yesterday", "--json"], 2, "yesterday"),
        (["no-such-command", "--json"], 2, "no-such-command"),
        (["query", "selct 1", "--json"], 2, "syntax error"),
        (["releases", "show", "r000009-nothing", "--json"], 2, "there is no release r000009-nothing"),
    ],
)
def test_json__an_error_is_one_object_too(schoolstat, arguments, code, message):
    said = schoolstat(*arguments)
    told = one_object(said.out)
    assert (said.code, told["exit_code"], set(told)) == (code, code, {"error", "exit_code"})
    assert message in told["error"]
    assert message in said.err


def test_json__exit_codes_stay_what_they_are(house, schoolstat):
    path = house.inbox / FUNCTIONS_FILE
    path.write_bytes(path.read_bytes().replace(b"Teachers", b"Techers", 1))
    said = schoolstat("refresh", "--inbox", str(house.inbox), "--json")
    assert (said.code, one_object(said.out)["outcome"]) == (3, "nothing_to_build")


def test_the_module__is_the_command(repository):
    command = [sys.executable, "-m", "schoolstat.cli", "--help"]
    said = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert (said.returncode, "refresh" in said.stdout) == (0, True)


def test_an_error_is_not_broken_into_lines(schoolstat, monkeypatch, tmp_path):
    missing = tmp_path / "-".join(["a_folder_of_a_long_name"] * 9)
    monkeypatch.setenv("SCHOOLSTAT_INBOX", str(missing))
    assert str(missing) in schoolstat("refresh").err


def test_status__says_why_a_file_could_not_be_read(house, schoolstat):
    night = read_night(house.home)
    unread = {"relative_path": "locked.csv", "outcome": "unreadable", "message": "it cannot be opened"}
    counts = dict.fromkeys(("rows_in", "rows_landed", "rows_rejected", "rows_duplicate"), 0)
    record_night(house.home, files=[*night["files"], unread | counts])
    assert "could not be read: it cannot be opened" in schoolstat("status").out
    assert one_object(schoolstat("status", "--json").out)["files"][-1]["message"] == "it cannot be opened"


def test_another_collaborative_on_the_same_home__exits_2(house, schoolstat, repository):
    other = repository / "collaboratives" / "massachusetts"
    said = schoolstat("refresh", "-c", str(other), "--inbox", str(house.inbox))
    assert said.code == 2
    assert "serves the collaborative 'demo', not 'massachusetts'" in said.err
    assert house.current()


@pytest.mark.parametrize(("audience", "districts"), [("collaborative", 11), ("shared", 11), (f"district:{CEDAR}", 1)])
def test_query__answers_from_what_the_audience_may_read(schoolstat, audience, districts):
    table = "shared_per_pupil_spending" if audience == "shared" else "mart_per_pupil_spending"
    sql = f"select count(distinct district_id) as districts from {table} where district_id <> '_all'"
    said = schoolstat("query", sql, "--audience", audience, "--json")
    assert said.code == 0, said.err
    assert one_object(said.out) == {"columns": ["districts"], "rows": [{"districts": districts}]}


def test_query__a_table_for_people_and_exact_numbers_for_machines(schoolstat):
    sql = "select cast(27359.7791 as decimal(18, 4)) as spent, null as nothing, date '2020-06-30' as day"
    assert one_object(schoolstat("query", sql, "--json").out)["rows"] == [
        {"spent": 27359.7791, "nothing": None, "day": "2020-06-30"}
    ]
    assert "27359.7791" in schoolstat("query", sql).out


def test_query__in_a_pipe_breaks_no_line_and_keeps_cells_apart(schoolstat, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    sql = "select repeat('long ', 40) || chr(10) || 'end' as words, null as nothing, 1.5 as number"
    heading, row = schoolstat("query", sql).out.splitlines()
    assert heading.split("\t") == ["words", "nothing", "number"]
    assert row.split("\t") == ["long " * 40 + " end", "", "1.5"]


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('{home}/inbox.csv')",
        "select * from read_text('{home}/home.json')",
        "attach '{home}/work/warehouse.duckdb' as other",
        "copy fct_metric_value to '{home}/stolen.csv'",
        "set enable_external_access = true",
        "delete from fct_metric_value",
    ],
)
def test_query__reaches_nothing_but_its_own_file(house, schoolstat, sql):
    said = schoolstat("query", sql.format(home=house.home.path))
    assert said.code == 2
    assert not (house.home.path / "stolen.csv").exists()
    assert house.current()


def test_status__tells_what_is_served_and_how_the_night_went(house, schoolstat):
    said = schoolstat("status", "--json")
    assert said.code == 0
    summary = one_object(said.out)
    assert (summary["outcome"], summary["release_id"], summary["n_districts_fresh"]) == (
        "released",
        house.current(),
        12,
    )
    assert house.current() in schoolstat("status").out


def test_releases__list_show_and_roll_back(house, schoolstat):
    first = house.current()
    house.move_line_items(Decimal("100.00"))
    assert schoolstat("refresh", "--inbox", str(house.inbox)).code == 0
    second = house.current()
    listed = one_object(schoolstat("releases", "list", "--json").out)["releases"]
    assert [(one["release_id"], one["is_current"]) for one in listed] == [(second, True), (first, False)]
    assert one_object(schoolstat("releases", "show", "--json").out)["previous_release_id"] == first
    assert one_object(schoolstat("releases", "show", first, "--json").out)["release_id"] == first
    assert "door 2 F05" in schoolstat("releases", "show").out
    said = schoolstat("releases", "rollback")
    assert said.code == 0
    assert f"readers now get {first}" in said.out
    assert house.current() == first
    assert one_object(schoolstat("releases", "rollback", second, "--json").out)["is_current"] is True
    assert house.current() == second


def test_ledger_rebuild__keeps_the_selection(house, schoolstat):
    before, current = selection_hash(house), house.current()
    house.home.ledger_path.unlink()
    said = schoolstat("ledger", "rebuild")
    assert said.code == 0
    assert "3 deliveries" in said.out
    assert selection_hash(house) == before
    said = schoolstat("refresh", "--inbox", str(house.inbox), "--json")
    assert (said.code, house.current()) == (0, current)


def selection_hash(house) -> str:
    ledger = open_ledger(house.home)
    selection = current_selection(ledger)
    ledger.close()
    assert selection.num_rows == 26
    return hash_selection(selection)


def test_check__imports_nothing_heavy_lands_nothing_and_exits_0(house, repository, tmp_path):
    files = [str(house.inbox / name) for name in (FUNCTIONS_FILE, LINE_ITEMS_FILE)]
    ran = subprocess.run(
        [sys.executable, "-c", CHECK_AND_TELL, "check", *files, "-c", str(house.collaborative), "--json"],
        cwd=repository,
        env=os.environ | {"SCHOOLSTAT_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr.splitlines()[-1] == "[]"
    assert one_object(ran.stdout)
    assert not (tmp_path / "home").exists()


def copy_collaborative(house, folder):
    """A copy that may be changed, beside the examples whose mappings it uses."""
    for name in ("massachusetts", "template"):
        (folder / name).symlink_to(house.collaborative.parent / name)
    return shutil.copytree(house.collaborative, folder / "demo")


def test_check_and_status__refuse_a_network_with_a_district_off_the_roster(house, schoolstat, tmp_path):
    folder = copy_collaborative(house, tmp_path)
    with (folder / "networks.csv").open("a", encoding="utf-8") as handle:
        handle.write("nowhere,Nowhere,99770000,,\n")
    for command in (["check", str(house.inbox / FUNCTIONS_FILE)], ["status"]):
        said = schoolstat(*command, "-c", str(folder))
        assert (said.code, said.out) == (2, "")
        assert "'99770000' is not on the roster" in said.err


def test_status__names_a_district_that_is_off_the_roster(house, schoolstat, tmp_path):
    folder = copy_collaborative(house, tmp_path)
    for table in folder.glob("*.csv"):
        lines = table.read_text(encoding="utf-8").splitlines(keepends=True)
        table.write_text("".join(line for line in lines if JUNIPER not in line), encoding="utf-8")
    assert one_object(schoolstat("status", "--json").out)["off_roster"] == []
    said = schoolstat("status", "-c", str(folder))
    assert f"off the roster   {JUNIPER}: left out" in said.out, said.out


def test_check__a_file_without_a_mapping_exits_2_and_a_damaged_one_3(house, schoolstat, tmp_path):
    unknown, damaged = tmp_path / "unknown.csv", tmp_path / FUNCTIONS_FILE
    unknown.write_text("a,b\n1,2\n", encoding="utf-8")
    damaged.write_bytes((house.inbox / FUNCTIONS_FILE).read_bytes().replace(b"Teachers", b"Techers", 1))
    demo = ("-c", str(house.collaborative))
    assert schoolstat("check", str(unknown), *demo).code == 2
    said = schoolstat("check", str(damaged), str(unknown), *demo)
    assert said.code == 3
    assert "Teachers" in said.out
    assert "D02" in said.out


def test_ui__listens_on_this_machine_alone(house, schoolstat, monkeypatch):
    started = []

    def record(command, **options):
        started.append((command, options["env"]))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(ui.subprocess, "run", record)
    assert schoolstat("ui", "--port", "3999").code == 0
    ((command, environment),) = started
    assert command[command.index("-h") + 1] == "127.0.0.1"
    assert command[command.index("-p") + 1] == "3999"
    assert environment["DAGSTER_HOME"] == str(house.home.dagster)
    assert environment["SCHOOLSTAT_HOME"] == str(house.home.path)
    assert environment["SCHOOLSTAT_COLLABORATIVE"] == str(house.collaborative)
