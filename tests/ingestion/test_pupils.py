"""Files about pupils: what lands of them, what is refused, and where their cells must not stand."""

import json
import logging
import subprocess
import sys
from datetime import date

import duckdb
import pytest
import sqlalchemy as sa

from ingestion.inbox import process_inbox
from ingestion.ledger_tables import reject
from ingestion.pseudonym_key import PseudonymKeyError
from schoolstat.check import check_files
from tests.canaries import find_canaries
from tests.ingestion.pupil_files import (
    ADA,
    ATTENDANCE,
    BEN,
    CANARIES,
    CYD,
    A,
    B,
    change,
    write_attendance,
    write_collaborative,
    write_file,
    write_students,
)


class Killed(BaseException):
    pass


@pytest.fixture
def collaborative(tmp_path):
    return write_collaborative(tmp_path / "collaborative")


@pytest.fixture
def night(place, collaborative):
    """Run one pass over the inbox; gives outcomes by path."""

    def run():
        result = process_inbox(place.home, place.ledger, collaborative, place.inbox)
        return {file.relative_path: file for file in result.files}

    return run


def landed(place, contract, columns="*"):
    """All landed rows of a contract."""
    files = f"read_parquet('{place.home.landing}/{contract}/*/*/*.parquet', hive_partitioning = false)"
    return duckdb.sql(f"SELECT {columns} FROM {files} ORDER BY ALL").fetchall()


def refused(place):
    return [(row["line"], row["column_name"], row["rule_id"]) for row in _reject_rows(place)]


def _reject_rows(place):
    return place.ledger.read(sa.select(reject).order_by(reject.c.line, reject.c.column_name, reject.c.rule_id))


def test_the_same_pupil_has_one_key_in_all_files_and_both_years(place, night):
    write_students(place.inbox, A, ADA, BEN)
    write_students(place.inbox, A, ADA, school_year=2025)
    write_attendance(place.inbox, A, ADA[0], ADA[0], BEN[0])
    assert {file.state for file in night().values()} == {"accepted"}
    students = landed(place, "students", "student_key, person_key, sex, is_hispanic, school_year")
    by_year = {(sex, year): (key, person) for key, person, sex, _, year in students}
    assert by_year["F", 2025] == by_year["F", 2026] != by_year["M", 2026]
    days = landed(place, "attendance", "date, student_key, category, absent_minutes")
    ada, ben = by_year["F", 2026][0], by_year["M", 2026][0]
    assert days == [
        (date(2025, 9, 1), ada, "excused", 390),
        (date(2025, 9, 2), ada, "excused", 390),
        (date(2025, 9, 3), ben, "excused", 390),
    ]


def test_one_pupil_of_two_districts_is_one_person_with_two_district_keys(place, night):
    write_students(place.inbox, A, ADA)
    write_students(place.inbox, B, change(ADA, student_local_id=ADA[0]), BEN)
    night()
    keys = landed(place, "students", "district_id, person_key, student_key")
    person = next(row[1] for row in keys if row[0] == A)
    of_ada = [row for row in keys if row[1] == person]
    assert [row[0] for row in of_ada] == [A, B]
    assert len({row[2] for row in keys}) == 3


def test_a_pupil_without_a_state_id_lands_with_a_district_key_alone(place, night):
    write_students(place.inbox, A, CYD)
    assert night()[f"{A}/2026/students.csv"].state == "accepted"
    ((student_key, person_key),) = landed(place, "students", "student_key, person_key")
    assert student_key is not None and person_key is None


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ({"birth_date": "12/13/2011"}, ("birth_date", "D03")),
        ({"birth_date": "2011-02-30"}, ("birth_date", "D03")),
        ({"hispanic": "no"}, ("hispanic", "D03")),
        ({"state_student_id": "7777"}, ("state_student_id", "Q13")),
        ({"student_local_id": ""}, ("student_local_id", "Q03")),
    ],
)
def test_a_cell_of_a_pupil_that_cannot_be_read_refuses_its_row(place, night, cells, fault):
    write_students(place.inbox, A, BEN, change(ADA, **cells))
    assert night()[f"{A}/2026/students.csv"].state == "accepted_with_rejects"
    assert refused(place) == [(3, *fault)]
    assert len(landed(place, "students")) == 1


@pytest.mark.parametrize(
    ("place_in_row", "text", "fault"),
    [
        (1, "90020010", ("school_id", "Q04")),
        (2, "2025-9-1", ("date", "D03")),
        (2, "infinity", ("date", "D03")),
        (4, "sick", ("category", "Q04")),
        (4, "", ("category", "Q03")),
        (5, "1.5", ("absent_minutes", "D03")),
    ],
)
def test_a_day_that_cannot_be_read_refuses_its_row(place, night, place_in_row, text, fault):
    good = [ADA[0], "90010010", "2025-09-01", "E", "excused", "390", "390"]
    bad = [*good[:place_in_row], text, *good[place_in_row + 1 :]]
    write_file(place.inbox, A, "attendance", ATTENDANCE, [[*good[:2], "2025-09-02", *good[3:]], bad])
    night()
    assert refused(place) == [(3, *fault)]


def test_what_a_workbook_writes_as_date_and_time_is_the_day_at_midnight(place, night):
    write_file(
        place.inbox, A, "attendance", ATTENDANCE, [(ADA[0], "90010010", "2025-09-01T00:00:00", "", "ISS", "390", "390")]
    )
    night()
    assert landed(place, "attendance", "date, category") == [(date(2025, 9, 1), "ISS")]


def test_another_birth_date_or_sex_of_a_state_id_refuses_the_row_in_the_second_district(place, night):
    write_students(place.inbox, A, ADA, BEN)
    write_students(place.inbox, B, change(ADA, birth_date="2011-12-31"), change(BEN, sex="F"), CYD)
    files = night()
    assert files[f"{A}/2026/students.csv"].state == "accepted"
    assert refused(place) == [(2, "state_student_id", "Q13"), (3, "state_student_id", "Q13")]
    (finding,) = [each for each in files[f"{B}/2026/students.csv"].findings if each.rule_id == "Q13"]
    assert (finding.severity, finding.line, finding.n_checked, finding.n_failed) == ("error", 2, 3, 2)
    assert "another district" in _reject_rows(place)[0]["reason"]
    assert [row[0] for row in landed(place, "students", "district_id")] == [A, A, B]


def test_a_wrong_state_id_that_is_corrected_no_longer_refuses_the_right_pupil(place, night):
    write_students(place.inbox, A, change(BEN, state_student_id=ADA[1]))
    write_students(place.inbox, B, ADA)
    night()
    assert refused(place) == [(2, "state_student_id", "Q13")]
    write_students(place.inbox, A, BEN)
    night()
    write_students(place.inbox, B, ADA, CYD)
    assert night()[f"{B}/2026/students.csv"].state == "accepted"


def test_two_rows_of_one_file_that_contradict_each_other_are_both_refused(place, night):
    write_students(place.inbox, A, ADA, BEN, change(ADA, student_local_id="LOCALXXX9", sex="M"))
    night()
    assert refused(place) == [(2, "state_student_id", "Q13"), (4, "state_student_id", "Q13")]


def test_a_refused_file_states_nothing_about_a_pupil(place, night):
    path = write_students(place.inbox, A, change(ADA, birth_date="2000-01-01"))
    path.with_name(path.name + ".manifest.json").write_text(json.dumps({"rows": 99}))
    write_students(place.inbox, B, ADA)
    files = night()
    assert files[f"{A}/2026/students.csv"].state == "quarantined"
    assert files[f"{B}/2026/students.csv"].state == "accepted"


def test_no_cell_of_a_pupil_stands_outside_archive_and_vault(place, night, caplog, capsys):
    """Good files and every kind of bad one: rows shifted, cut, doubled, in another form, files that are refused."""
    caplog.set_level(logging.DEBUG)
    write_students(place.inbox, A, ADA, BEN, CYD, ADA, change(ADA, sex="M"), BEN[1:], (*BEN, *BEN), BEN[3:] + BEN[:3])
    write_students(place.inbox, B, change(ADA, birth_date=BEN[4]), change(BEN, hispanic=BEN[2], sex=BEN[3]))
    write_attendance(place.inbox, A, *(row[0] for row in (ADA, BEN, CYD)))
    write_attendance(place.inbox, B, ADA[0], school=BEN[0])
    days = [(BEN[0], ADA[3], BEN[4], ADA[1], BEN[2], ADA[0], ADA[4]), (ADA[0], "90010010", ADA[2], "", "", "", "")]
    write_file(place.inbox, A, "attendance", ATTENDANCE, days, school_year=2025)
    write_file(place.inbox, B, "students", ADA, [BEN, CYD], school_year=2025)
    write_file(place.inbox, A, "programs", ("student_local_id", "program", "begin"), [(ADA[0], "EL", ADA[4])])
    files = night()
    states = {path: file.state for path, file in files.items()}
    assert {"accepted_with_rejects", "quarantined"} <= set(states.values())
    home = place.home
    assert find_canaries(home.path, CANARIES, besides=(home.archive, home.vault)) == []
    assert find_canaries(home.vault, CANARIES) == []
    assert {path.split("/")[0] for path, _ in find_canaries(home.path, CANARIES)} == {"archive"}
    said = repr([(file.findings, file.message) for file in files.values()]) + caplog.text + "".join(capsys.readouterr())
    assert [canary for canary in CANARIES if canary in said] == []
    ledger = repr([place.ledger.deliveries(), _reject_rows(place)])
    assert _reject_rows(place) and [canary for canary in CANARIES if canary in ledger] == []


@pytest.mark.parametrize(
    ("instead", "places"),
    [
        (",", "for: 9 not known, in place 10, 11, 12, 13, 14, 15, 16, 17, 18; they"),
        (" ", "(9 not known, in place 9, 10, 11, 12, 13, 14, 15, 16, 17)"),
    ],
)
def test_a_pupil_among_the_headings_is_counted_and_not_quoted(place, night, instead, places):
    path = write_students(place.inbox, A, ADA, BEN)
    path.write_text(path.read_text().replace("first_lang\n", f"first_lang{instead}"))
    said = repr(night()[f"{A}/2026/students.csv"].findings)
    assert places in said
    assert [canary for canary in CANARIES if canary in said + repr(_reject_rows(place))] == []


def test_check_keeps_nothing_and_quotes_nothing(place, collaborative, tmp_path, monkeypatch):
    monkeypatch.setenv("SCHOOLSTAT_HOME", str(tmp_path / "elsewhere"))
    paths = [
        write_students(place.inbox, A, ADA, BEN),
        write_students(place.inbox, B, change(ADA, sex="M"), BEN),
    ]
    checked, _ = check_files(collaborative.folder, paths)
    assert [file.rows_rejected for file in checked] == [0, 1]
    assert not (tmp_path / "elsewhere").exists() and not place.home.vault.exists()
    assert [canary for canary in CANARIES if canary in repr(checked)] == []


@pytest.mark.parametrize("step", ["archive.store", "write_slots", "sidecars.write_delivery"])
def test_a_night_killed_between_vault_and_landing_is_completed_with_the_same_keys(place, night, monkeypatch, step):
    write_students(place.inbox, A, ADA, BEN)

    def die(*_):
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(f"ingestion.landing.{step}", die)
        with pytest.raises(Killed):
            night()
    minted = _surrogates(place)
    assert len(minted) == 4
    assert night()[f"{A}/2026/students.csv"].outcome == "landed"
    keys = landed(place, "students", "student_key, person_key")
    assert _surrogates(place) == minted == {key for row in keys for key in row}


def test_a_process_that_dies_between_vault_and_landing_leaves_its_surrogates_behind(place, collaborative, night):
    write_students(place.inbox, A, ADA, BEN)
    dying = (
        "import os, sys, pathlib, ingestion.landing as landing; from ingestion.inbox import process_inbox\n"
        "from ingestion.configuration import load_collaborative; from ingestion.home import Home\n"
        "from ingestion.ledger import open_ledger\n"
        "landing.write_slots = lambda *_: os._exit(9)\n"
        "home, folder, inbox = map(pathlib.Path, sys.argv[1:])\n"
        "process_inbox(Home(home), open_ledger(Home(home)), load_collaborative(folder), inbox)\n"
    )
    folders = (place.home.path, collaborative.folder, place.inbox)
    assert subprocess.run([sys.executable, "-c", dying, *folders], check=False).returncode == 9
    assert night()[f"{A}/2026/students.csv"].outcome == "landed"
    minted = _surrogates(place)
    assert len(minted) == 4
    assert minted == {key for row in landed(place, "students", "student_key, person_key") for key in row}


def test_the_key_names_the_delivery_and_a_new_one_reads_the_same_files_to_the_same_rows(place, night, monkeypatch):
    monkeypatch.setenv("SCHOOLSTAT_PSEUDONYM_KEY", "o" * 40)
    write_students(place.inbox, A, ADA, BEN)
    headings = ("school_id", "calendar_code", "date", "is_instructional", "day_minutes", "event")
    write_file(place.inbox, A, "calendar", headings, [("90010010", "A", "2025-09-01", "true", "390", "")])
    night()
    before = landed(place, "students", "student_key, person_key")
    monkeypatch.setenv("SCHOOLSTAT_PSEUDONYM_KEY", "n" * 40)
    monkeypatch.setenv("SCHOOLSTAT_PSEUDONYM_KEY_PREVIOUS", "o" * 40)
    outcomes = {path: file.outcome for path, file in night().items()}
    assert outcomes == {f"{A}/2026/students.csv": "landed", f"{A}/2026/calendar.csv": "unchanged"}
    assert landed(place, "students", "DISTINCT student_key, person_key") == before
    old, new = [row for row in place.ledger.deliveries() if row["contract"] == "students"]
    assert old["key_id"] != new["key_id"] and "none" not in (old["key_id"], new["key_id"])
    sidecar = json.loads((place.home.landing / "_deliveries" / f"{new['delivery_id']}.json").read_text())
    assert sidecar["delivery"]["key_id"] == new["key_id"]
    hashes = {slot["content_hash"] for row in (old, new) for slot in place.ledger.slots(row["delivery_id"])}
    assert len(hashes) == 1


def test_a_vault_that_was_lost_is_not_made_anew(place, night, monkeypatch):
    monkeypatch.setenv("SCHOOLSTAT_PSEUDONYM_KEY", "k" * 40)
    path = write_students(place.inbox, A, change(ADA, student_local_id=""))
    assert night()[f"{A}/2026/students.csv"].state == "quarantined"
    (place.home.vault / "vault.duckdb").unlink(missing_ok=True)
    write_students(place.inbox, A, ADA)
    assert night()[f"{A}/2026/students.csv"].state == "accepted"
    kept = path.with_name("vault.kept")
    (place.home.vault / "vault.duckdb").rename(kept)
    minted = landed(place, "students", "student_key")
    write_students(place.inbox, A, ADA, BEN)
    for _ in range(2):
        with pytest.raises(PseudonymKeyError, match=r"holds no pupil although .* restore the vault from its backup"):
            night()
    kept.replace(place.home.vault / "vault.duckdb")
    assert night()[f"{A}/2026/students.csv"].outcome == "landed"
    assert landed(place, "students", "student_key").count(minted[0]) == 2


def _surrogates(place):
    with duckdb.connect(str(place.home.vault / "vault.duckdb"), read_only=True) as connection:
        return {row[0] for row in connection.execute("SELECT surrogate FROM pseudonym").fetchall()}
