"""Going back to an earlier delivery is a decision in the ledger; no file of landing changes."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ingestion.admission import Verdict, candidates, record_admissions
from ingestion.build_inputs import prepare_build
from ingestion.compiled_configuration import compile_configuration
from ingestion.configuration import load_collaborative
from ingestion.home import Home
from ingestion.inbox import process_inbox
from ingestion.ledger import Ledger, open_ledger
from ingestion.selection import current_selection
from schoolstat.cli import main
from tests.ingestion.delivered_files import RATES, RATES_ROWS, write_configuration

VINTAGES = tuple(f"district_PerPupilExpenditures_2021_vintage_{letter}.xlsx" for letter in "AB")
SchoolStat = Callable[..., tuple[int, str, str]]


@pytest.fixture
def schoolstat(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[SchoolStat]:
    """Run the command line on a home of its own: exit code, stdout, stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["schoolstat", *arguments])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        return int(ended.value.code or 0), out, err

    monkeypatch.setenv("SCHOOLSTAT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SCHOOLSTAT_COLLABORATIVE", str(tmp_path / "collaborative"))
    monkeypatch.setenv("LOGNAME", "clerk")
    yield run


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").ensure()


@pytest.fixture
def ledger(home: Home) -> Iterator[Ledger]:
    with closing(open_ledger(home)) as opened:
        yield opened


def deliver(home: Home, ledger: Ledger, folder: Path, inbox: Path) -> None:
    """Land what lies in the inbox and admit all of it."""
    process_inbox(home, ledger, load_collaborative(folder), inbox)
    record_admissions(home, ledger, [Verdict(*candidate, admitted=True) for candidate in candidates(ledger)])


@pytest.fixture
def little(tmp_path: Path, home: Home, ledger: Ledger) -> dict[str, str]:
    """Two vintages of a little report, the second restating one figure; delivery ids by file name."""
    mapping = RATES.replace("rates_(?P<school_year>[0-9-]+)", "rates_(?P<school_year>[0-9]+)_(?P<vintage>v[0-9])")
    folder = write_configuration(tmp_path / "collaborative", **{"mappings/rates.yaml": mapping})
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    restated = [line.replace("$1,000.00", "$1,001.00").replace("$21,000.00", "$21,001.00") for line in RATES_ROWS]
    for name, lines in (("rates_2020_v1.csv", RATES_ROWS), ("rates_2020_v2.csv", restated)):
        (inbox / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        deliver(home, ledger, folder, inbox)
    return {row["file_name"]: row["delivery_id"] for row in ledger.deliveries()}


def serving(ledger: Ledger) -> dict[str, str]:
    return {
        row["district_id"]: row["delivery_id"] for row in current_selection(ledger).to_pylist() if row["is_current"]
    }


def fingerprint(home: Home) -> dict[str, tuple[str, int]]:
    """Content and time of every file of archive and landing, the sidecars of admissions apart."""
    paths = [*home.path.glob("archive/**/*"), *home.path.glob("landing/**/*")]
    return {
        str(path.relative_to(home.path)): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in paths
        if path.is_file() and "_admissions" not in path.parts
    }


def test_admit__an_older_delivery_serves_again_and_no_landed_file_is_touched(
    schoolstat: SchoolStat, little: dict[str, str], home: Home, ledger: Ledger
) -> None:
    old, new = little["rates_2020_v1.csv"], little["rates_2020_v2.csv"]
    assert set(serving(ledger).values()) == {new}
    before, decided = fingerprint(home), ledger.admissions()
    code, out, _ = schoolstat("admit", old, "--reason", "the state withdrew the second file", "--json")
    assert code == 0
    assert json.loads(out) == {"delivery_id": old, "decision": "admitted", "slots": 4, "serves": 4}
    assert set(serving(ledger).values()) == {old}
    assert fingerprint(home) == before
    added = ledger.admissions()[len(decided) :]
    assert {(row["delivery_id"], row["decision"], row["decided_by"], row["reason"]) for row in added} == {
        (old, "admitted", "clerk", "the state withdrew the second file")
    }
    assert len(added) == 4


def test_admit__for_one_district_is_one_row(
    schoolstat: SchoolStat, little: dict[str, str], home: Home, ledger: Ledger
) -> None:
    decided = len(ledger.admissions())
    code, out, _ = schoolstat("admit", little["rates_2020_v1.csv"], "--reason", "asked", "--district", "00010000")
    assert (code, len(ledger.admissions()) - decided) == (0, 1)
    assert "admitted in 1 slots; now it serves 1" in " ".join(out.split())
    assert serving(ledger)["00010000"] == little["rates_2020_v1.csv"]
    assert serving(ledger)["00020000"] == little["rates_2020_v2.csv"]


def test_admit__the_next_night_builds_it(
    schoolstat: SchoolStat, little: dict[str, str], tmp_path: Path, home: Home, ledger: Ledger
) -> None:
    collaborative = load_collaborative(tmp_path / "collaborative")
    compiled = compile_configuration(collaborative, home)
    first = prepare_build(home, ledger, collaborative, compiled)
    schoolstat("admit", little["rates_2020_v1.csv"], "--reason", "asked")
    again = prepare_build(home, ledger, collaborative, compiled)
    assert again.build_id != first.build_id
    assert again.already is None


def test_revoke__what_was_admitted_before_serves_again(
    schoolstat: SchoolStat, little: dict[str, str], ledger: Ledger
) -> None:
    code, out, _ = schoolstat("revoke", little["rates_2020_v2.csv"], "--reason", "wrong file", "--json")
    assert (code, json.loads(out)["serves"]) == (0, 0)
    assert set(serving(ledger).values()) == {little["rates_2020_v1.csv"]}
    schoolstat("revoke", little["rates_2020_v1.csv"], "--reason", "wrong too")
    assert serving(ledger) == {}


@pytest.mark.parametrize("command", ["admit", "revoke"])
def test_an_unknown_delivery_is_wrong_usage(
    schoolstat: SchoolStat, little: dict[str, str], ledger: Ledger, command: str
) -> None:
    decided = ledger.admissions()
    code, out, err = schoolstat(command, "0" * 20, "--reason", "asked")
    assert (code, out) == (2, "")
    assert "no such delivery" in " ".join(err.split())
    assert schoolstat(command, little["rates_2020_v1.csv"], "--reason", " ")[0] == 2
    assert schoolstat(command, little["rates_2020_v1.csv"])[0] == 2
    assert schoolstat(command, little["rates_2020_v1.csv"], "--reason", "asked", "--district", "00770000")[0] == 2
    assert ledger.admissions() == decided


def test_a_delivery_without_slots_is_wrong_usage(
    schoolstat: SchoolStat, little: dict[str, str], tmp_path: Path, home: Home, ledger: Ledger
) -> None:
    broken = [line.replace("$21,000.00", "$99,000.00") for line in RATES_ROWS]
    (tmp_path / "inbox" / "rates_2020_v3.csv").write_text("\n".join(broken) + "\n", encoding="utf-8")
    deliver(home, ledger, tmp_path / "collaborative", tmp_path / "inbox")
    quarantined = ledger.deliveries()[-1]
    assert quarantined["state"] == "quarantined"
    code, _, err = schoolstat("admit", quarantined["delivery_id"], "--reason", "asked")
    assert code == 2
    assert "was refused as a whole" in " ".join(err.split())
    code, _, err = schoolstat("admit", little["rates_2020_v1.csv"], "--reason", "asked", "--district", "00090000")
    assert code == 2
    assert "has no rows of these districts" in " ".join(err.split())


def test_list__says_what_each_delivery_serves(schoolstat: SchoolStat, little: dict[str, str]) -> None:
    code, out, _ = schoolstat("deliveries", "list", "--json")
    listed = json.loads(out)["deliveries"]
    assert code == 0
    assert [(one["file_name"], one["vintage"], one["slots"], one["serves"]) for one in listed] == [
        ("rates_2020_v2.csv", "v2", 4, 4),
        ("rates_2020_v1.csv", "v1", 4, 0),
    ]
    assert all(one["rows_in"] == one["rows_landed"] + one["rows_rejected"] + one["rows_duplicate"] for one in listed)
    code, out, _ = schoolstat("deliveries", "list")
    assert code == 0
    assert "0 of 4" in " ".join(out.split())


def test_list__of_a_home_without_deliveries_says_so(schoolstat: SchoolStat, ledger: Ledger) -> None:
    code, out, _ = schoolstat("deliveries", "list")
    assert (code, out.strip()) == (0, "nothing has been delivered yet")


@pytest.mark.parametrize(
    "arguments",
    [["status"], ["deliveries", "list"], ["query", "select 1"], ["releases", "list"], ["admit", "0", "--reason", "a"]],
)
def test_a_folder_without_a_home__stays_as_it_is(schoolstat: SchoolStat, tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "collaborative").mkdir()
    code, out, err = schoolstat(*arguments)
    assert (code, out) == (2, "")
    assert f"no home at {tmp_path / 'home'}; set SCHOOLSTAT_HOME or run refresh" in err
    assert not (tmp_path / "home").exists()


def test_list__shows_ids_and_senders_whole_in_80_columns(
    schoolstat: SchoolStat, little: dict[str, str], monkeypatch: pytest.MonkeyPatch, ledger: Ledger
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    _, out, _ = schoolstat("deliveries", "list")
    for words in (*little, *little.values(), ledger.deliveries()[0]["sender"]):
        assert words in out
    assert max(map(len, out.splitlines())) <= 80
    assert not any(word in out for word in ("…", "vintage"))


def test_admit__takes_the_beginning_of_an_id_and_names_the_candidates_of_another(
    schoolstat: SchoolStat, little: dict[str, str], ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = little["rates_2020_v1.csv"], little["rates_2020_v2.csv"]
    alike = next(length for length in range(20) if old[: length + 1] != new[: length + 1])
    code, out, _ = schoolstat("admit", old[: alike + 1], "--reason", "asked", "--json")
    assert (code, json.loads(out)["delivery_id"]) == (0, old)
    code, out, _ = schoolstat("revoke", old[: alike + 1], "--reason", "asked", "--json")
    assert (code, set(serving(ledger).values())) == (0, {new})
    rows = [{"delivery_id": "ab" + "0" * 18, "file_name": "a"}, {"delivery_id": "ac" + "0" * 18, "file_name": "b"}]
    monkeypatch.setattr(Ledger, "deliveries", lambda _: rows)
    code, _, err = schoolstat("admit", "a", "--reason", "asked")
    assert code == 2
    assert all(row["delivery_id"] in err for row in rows)


@pytest.mark.real_records
def test_admit__the_older_vintage_of_the_state_serves_again(
    schoolstat: SchoolStat,
    real_records: Path,
    repository: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    home: Home,
    ledger: Ledger,
) -> None:
    folder = repository / "collaboratives" / "massachusetts"
    monkeypatch.setenv("SCHOOLSTAT_COLLABORATIVE", str(folder))
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for name in VINTAGES:
        shutil.copy(real_records / "ma_dese_profiles" / "fy2021" / name, inbox / name)
        deliver(home, ledger, folder, inbox)
    older, newer = (row["delivery_id"] for row in ledger.deliveries())
    assert set(serving(ledger).values()) == {newer}
    before = fingerprint(home)
    code, out, _ = schoolstat("admit", older, "--reason", "the newer file is in doubt", "--json")
    assert (code, json.loads(out)["serves"]) == (0, 399)
    assert set(serving(ledger).values()) == {older}
    assert fingerprint(home) == before
    kept = current_selection(ledger).to_pylist()
    assert {row["delivery_id"] for row in kept} == {older, newer}
    schoolstat("revoke", older, "--reason", "the newer file is right after all")
    assert set(serving(ledger).values()) == {newer}
