"""A disclosed key: everything about people lands anew with other surrogates, and nothing of the old ones is left."""

import shutil

import duckdb
import pytest

from ingestion import rekeying
from ingestion.admission import Verdict, destroy, exchange, record_admissions, revoke
from ingestion.candidates import candidates
from ingestion.destroyed_slots import destroyed_years, not_destroyed
from ingestion.inbox import process_inbox
from ingestion.pseudonym_key import PseudonymKeyError, load_key
from ingestion.selection import eligible_deliveries, last_held
from ingestion.unfinished_exchange import ExchangeUnfinished
from schoolstat import rekeying as steps
from schoolstat.errors import DestructionStopped
from schoolstat.removals import Work, keep_plan, run_steps, unfinished_plans
from tests.canaries import find_canaries
from tests.ingestion.pupil_files import (
    ADA,
    BEN,
    CYD,
    A,
    B,
    change,
    write_attendance,
    write_collaborative,
    write_students,
)

SHARED = change(ADA, student_local_id="LOCALATB")


@pytest.fixture
def collaborative(tmp_path):
    return write_collaborative(tmp_path / "collaborative")


def night(place, collaborative):
    outcomes = process_inbox(place.home, place.ledger, collaborative, place.inbox).files
    verdicts = [Verdict(*candidate, admitted=True) for candidate in candidates(place.ledger)]
    record_admissions(place.home, place.ledger, verdicts)
    return {file.relative_path: file.outcome for file in outcomes}


@pytest.fixture
def landed(place, collaborative):
    """Pupils and absences of two districts, admitted; one pupil is in both, and one file was corrected since."""
    write_students(place.inbox, A, ADA)
    night(place, collaborative)
    write_students(place.inbox, A, ADA, CYD)
    write_students(place.inbox, B, SHARED, BEN)
    write_attendance(place.inbox, A, "LOCALADA1", "LOCALCYD3")
    night(place, collaborative)
    return place


def keys(place, contract, column):
    files = f"{place.home.landing}/{contract}/*/*/*.parquet"
    with duckdb.connect() as connection:
        return connection.execute(
            f"select district_id, {column} from read_parquet('{files}', hive_partitioning = false) order by all"
        ).fetchall()


def begin(place, collaborative):
    """The first steps: what is read again is in the stage; gives the slots, the files and what cannot be read."""
    home, ledger = place.home, place.ledger
    slots = rekeying.list_people_slots(ledger)
    files, missing = rekeying.list_files(home, ledger, collaborative, place.inbox, not_destroyed(ledger, slots))
    rekeying.require_new_key({slot["key_id"] for slot in slots})
    rekeying.land_again(home, collaborative, place.inbox, files)
    rekeying.compare(home, ledger, slots, files)
    return slots, files, missing


def rekey(place, collaborative):
    """All steps but the release; gives what of the old files could not be read again."""
    slots, files, missing = begin(place, collaborative)
    finish(place, slots, files)
    return missing


def finish(place, slots, files):
    new_of = rekeying.take_over(place.home, place.ledger, slots, files)
    exchange(place.home, place.ledger, new_of, slots, "somebody", "rekeyed")
    rekeying.switch_vault(place.home)
    rekeying.remove_old(place.home, slots)


def served(place):
    names = ("district_id", "extract", "school_year", "n_rows", "is_current", "data_through", "vintage")
    return sorted(tuple(str(row[name]) for name in names) for row in eligible_deliveries(place.ledger))


def test_rekey__serves_the_same_slots_with_other_surrogates_and_the_same_joins(landed, collaborative):
    before, was = keys(landed, "students", "student_key"), served(landed)
    old = {surrogate for _, surrogate in before}
    assert rekey(landed, collaborative) == []
    after = keys(landed, "students", "student_key")
    assert served(landed) == was
    assert not {surrogate for _, surrogate in after} & old and len(after) == 5
    persons = dict.fromkeys(surrogate for _, surrogate in keys(landed, "students", "person_key"))
    assert len(persons) == 3, "one pupil is in both districts"
    absent = {surrogate for _, surrogate in keys(landed, "attendance", "student_key")}
    assert absent == {surrogate for district, surrogate in after if district == A}


def test_rekey__destroys_no_year_but_one_that_goes_afterwards_is(landed, collaborative):
    rekey(landed, collaborative)
    assert destroyed_years(landed.ledger) == []
    going = [slot for slot in eligible_deliveries(landed.ledger) if slot["district_id"] == B]
    destroy(landed.home, landed.ledger, going, "left", "somebody")
    assert destroyed_years(landed.ledger) == [(B, going[0]["school_year"])]


def test_rekey__leaves_nothing_of_the_old_key_and_the_next_night_knows_every_file(landed, collaborative):
    key, old = load_key(landed.home.vault), {each for _, each in keys(landed, "students", "student_key")}
    rekey(landed, collaborative)
    assert load_key(landed.home.vault).key_id != key.key_id
    content = (landed.home.vault / "vault.duckdb").read_bytes()
    assert not any(surrogate.to_bytes(8, "little") in content for surrogate in old)
    assert find_canaries(landed.home.path, map(str, old)) == []
    assert find_canaries(landed.home.vault, [key.secret.decode()]) == []
    assert not rekeying.stage_of(landed.home).path.exists()
    assert set(night(landed, collaborative).values()) == {"duplicate"}
    assert candidates(landed.ledger) == []


def test_rekey__killed_between_its_steps_goes_on(landed, collaborative, monkeypatch):
    slots = rekeying.list_people_slots(landed.ledger)
    files, _ = rekeying.list_files(landed.home, landed.ledger, collaborative, landed.inbox, slots)
    was, key_id = served(landed), rekeying.land_again(landed.home, collaborative, landed.inbox, files)
    assert served(landed) == was, "who looks meanwhile sees the old rows"
    assert rekeying.land_again(landed.home, collaborative, landed.inbox, files) == key_id
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        moved = iter([None])
        original = rekeying._move
        patch.setattr(rekeying, "_move", lambda *one: original(*one) if next(moved, 1) is None else _kill())
        rekeying.take_over(landed.home, landed.ledger, slots, files)
    finish(landed, slots, files)
    decided = landed.ledger.admissions()
    finish(landed, slots, files)
    assert served(landed) == was and landed.ledger.admissions() == decided


def _kill():
    raise KeyboardInterrupt


def test_rekey__a_file_that_reads_otherwise_stops_it_before_anything_is_exchanged(landed, collaborative):
    slots, files, _ = begin(landed, collaborative)
    was = served(landed)
    fewer = [{**slot, "n_rows": slot["n_rows"] + 1} for slot in slots]
    with pytest.raises(rekeying.ReadsOtherwise, match="take its mapping or the roster back"):
        rekeying.compare(landed.home, landed.ledger, fewer, files)
    without = [slot for slot in slots if slot["district_id"] != B]
    with pytest.raises(rekeying.ReadsOtherwise, match="gives rows of 90020000 2026 now, which it did not"):
        rekeying.compare(landed.home, landed.ledger, without, files)
    assert served(landed) == was and len(landed.ledger.deliveries()) == 4


def test_take_over__refuses_what_came_under_the_old_key_meanwhile(landed, collaborative):
    slots, files, _ = begin(landed, collaborative)
    write_attendance(landed.inbox, B, "LOCALBEN2")
    night(landed, collaborative)
    with pytest.raises(rekeying.ReadsOtherwise, match="came under the old key since"):
        rekeying.take_over(landed.home, landed.ledger, slots, files)


def test_plan__is_forgotten_when_a_file_reads_otherwise_so_that_the_next_run_begins_anew(landed, collaborative):
    plan = steps._make_plan(landed.home, landed.ledger, collaborative, landed.inbox, "disclosed")
    keep_plan(landed.home, plan)
    work = Work(landed.home, collaborative, landed.inbox, landed.ledger, plan)
    plan["slots"] = [{**slot, "n_rows": 99} for slot in plan["slots"]]
    with pytest.raises(DestructionStopped, match="gave 99 rows"):
        run_steps(work, steps.STEPS)
    assert list(unfinished_plans(landed.home)) == [] and list(landed.home.certificates.iterdir()) == []


@pytest.fixture
def twice(place, collaborative):
    """A district's file of pupils, and a second one that came later and serves."""
    write_students(place.inbox, A, ADA)
    night(place, collaborative)
    write_students(place.inbox / "later", A, ADA, CYD, BEN)
    night(place, collaborative)
    return place


def test_rekey__what_was_superseded_and_lies_in_the_inbox_still_does_not_serve_again(twice, collaborative):
    was = served(twice)
    assert [(row[3], row[4]) for row in was] == [("1", "False"), ("3", "True")]
    assert rekey(twice, collaborative) == []
    assert served(twice) == was
    assert set(night(twice, collaborative).values()) == {"duplicate"} and served(twice) == was


def test_rekey__what_was_revoked_stays_revoked(twice, collaborative):
    current = next(row for row in eligible_deliveries(twice.ledger) if row["is_current"])
    revoke(twice.home, twice.ledger, current["delivery_id"], "wrong", "somebody")
    was = served(twice)
    assert rekey(twice, collaborative) == []
    assert set(night(twice, collaborative).values()) == {"duplicate"} and served(twice) == was
    assert [(row[3], row[4]) for row in was] == [("1", "True")]


def test_rekey__what_was_held_stays_held_by_whom_it_was(landed, collaborative):
    write_students(landed.inbox, B, SHARED)
    process_inbox(landed.home, landed.ledger, collaborative, landed.inbox)
    held = [Verdict(*one, admitted=False, rule_id="Q02", reason="few") for one in candidates(landed.ledger)]
    record_admissions(landed.home, landed.ledger, held)
    was = served(landed)
    assert rekey(landed, collaborative) == [], "what serves was overwritten in the inbox, and is read from the archive"
    assert set(night(landed, collaborative).values()) == {"duplicate"} and served(landed) == was
    names = ("rule_id", "reason", "decided_by", "decision")
    assert [tuple(row[name] for name in names) for row in last_held(landed.ledger)] == [
        ("Q02", "few", "door_1", "held")
    ]


def test_rekey__equal_files_of_two_years_and_districts_are_told_apart(place, collaborative):
    for rows in ((ADA,), (ADA, CYD)):
        for district, year in ((A, 2025), (A, 2026), (B, 2026)):
            write_students(place.inbox, district, *rows, school_year=year)
        night(place, collaborative)
    was = served(place)
    assert len(was) == 6
    assert rekey(place, collaborative) == []
    assert served(place) == was and set(night(place, collaborative).values()) == {"duplicate"}


def test_rekey__each_delivery_came_when_it_came(landed, collaborative):
    was = [row["received_at"] for row in landed.ledger.deliveries()]
    rekey(landed, collaborative)
    assert [row["received_at"] for row in landed.ledger.deliveries()] == was * 2


def test_rekey__with_nothing_readable_a_new_vault_is_empty(landed, collaborative):
    shutil.rmtree(landed.home.archive)
    aside = landed.inbox.rename(landed.inbox.with_name("aside"))
    key = load_key(landed.home.vault)
    assert len(rekey(landed, collaborative)) == 3
    assert load_key(landed.home.vault).key_id != key.key_id and served(landed) == []
    landed.home.ensure()
    aside.rename(landed.inbox)
    assert set(night(landed, collaborative).values()) == {"landed"}


def test_list_files__tells_what_cannot_be_read_again(landed, collaborative):
    shutil.rmtree(landed.home.archive)
    slots = rekeying.list_people_slots(landed.ledger)
    (landed.inbox / A / "2026" / "attendance.csv").unlink()
    write_students(landed.inbox, B, BEN)
    files, missing = rekeying.list_files(landed.home, landed.ledger, collaborative, landed.inbox, slots)
    assert [one["path"] for one in files] == [f"{A}/2026/students.csv"], "it lies in the inbox as it was"
    assert {one["why"] for one in missing} == {"its raw file is no longer in the archive, nor in the inbox"}
    assert sorted(one["sender"] for one in missing) == [A, B]


def test_rekey__reads_from_the_inbox_what_the_archive_lost(twice, collaborative):
    was = served(twice)
    shutil.rmtree(twice.home.archive)
    assert rekey(twice, collaborative) == []
    assert served(twice) == was
    twice.home.ensure()
    assert set(night(twice, collaborative).values()) == {"duplicate"} and served(twice) == was


@pytest.mark.parametrize("is_replaced", [True, False])
def test_land_again__takes_no_other_file_than_was_listed(landed, collaborative, is_replaced):
    """Between the plan and its landing the district sends another file of as many pupils, or takes its file away."""
    shutil.rmtree(landed.home.archive)
    landed.home.ensure()
    slots = not_destroyed(landed.ledger, rekeying.list_people_slots(landed.ledger))
    files, _ = rekeying.list_files(landed.home, landed.ledger, collaborative, landed.inbox, slots)
    (arrived,) = (landed.inbox / B).rglob("students.csv")
    arrived.unlink()
    if is_replaced:
        write_students(landed.inbox, B, BEN, CYD)
    with pytest.raises(rekeying.ReadsOtherwise, match=f"{B}/2026/students.csv .* is gone now or another file"):
        rekeying.land_again(landed.home, collaborative, landed.inbox, files)


def test_process_inbox__lands_nothing_while_rows_are_exchanged(landed, collaborative):
    plan = steps._make_plan(landed.home, landed.ledger, collaborative, landed.inbox, "disclosed")
    keep_plan(landed.home, plan | {"done": {"again": {}}})
    write_attendance(landed.inbox, B, "LOCALBEN2")
    with pytest.raises(ExchangeUnfinished, match="give it again"):
        night(landed, collaborative)
    assert len(landed.ledger.deliveries()) == 4
    keep_plan(landed.home, plan | {"done": {"again": {}, "exchange": {}}})
    assert night(landed, collaborative)[f"{B}/2026/attendance.csv"] == "landed"


def test_require_new_key__refuses_the_old_one_and_a_rotation(landed, monkeypatch):
    old = load_key(landed.home.vault)
    rekeying.require_new_key({old.key_id})
    monkeypatch.setenv("SCHOOLSTAT_PSEUDONYM_KEY", old.secret.decode())
    with pytest.raises(PseudonymKeyError, match="still the old one"):
        rekeying.require_new_key({old.key_id})
    monkeypatch.setenv("SCHOOLSTAT_PSEUDONYM_KEY", "x" * 64)
    rekeying.require_new_key({old.key_id})
    monkeypatch.setenv("SCHOOLSTAT_PSEUDONYM_KEY_PREVIOUS", old.secret.decode())
    with pytest.raises(PseudonymKeyError, match="unset it first"):
        rekeying.require_new_key({old.key_id})
