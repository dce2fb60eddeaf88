"""A disclosed key: everything about people lands anew with other surrogates, and nothing of the old ones is left."""

import shutil

import duckdb
import pytest

from ingestion import rekeying
from ingestion.admission import Verdict, destroy, exchange, record_admissions
from ingestion.candidates import candidates
from ingestion.inbox import process_inbox
from ingestion.pseudonym_key import PseudonymKeyError, load_key
from ingestion.selection import eligible_deliveries
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


@pytest.fixture(autouse=True)
def _no_key_from_outside(monkeypatch):
    for name in ("KEY", "KEY_FILE", "KEY_PREVIOUS", "KEY_PREVIOUS_FILE"):
        monkeypatch.delenv(f"SCHOOLSTAT_PSEUDONYM_{name}", raising=False)


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


def rekey(place, collaborative):
    """All steps but the release; gives what of the old files could not be read again."""
    home, ledger = place.home, place.ledger
    slots = rekeying.list_people_slots(ledger)
    files, missing = rekeying.list_files(home, ledger, collaborative, slots)
    rekeying.require_new_key({slot["key_id"] for slot in slots})
    rekeying.land_again(home, collaborative, place.inbox, files)
    finish(place, slots)
    return missing


def finish(place, slots):
    new_of = rekeying.take_over(place.home, place.ledger, slots)
    exchange(place.home, place.ledger, new_of, "rekeyed", "somebody")
    destroy(place.home, place.ledger, slots, "rekeyed", "somebody")
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
    assert served(landed) == [row for row in was if row[4] == "True"]
    assert not {surrogate for _, surrogate in after} & old and len(after) == 4
    persons = dict.fromkeys(surrogate for _, surrogate in keys(landed, "students", "person_key"))
    assert len(persons) == 3, "one pupil is in both districts"
    absent = {surrogate for _, surrogate in keys(landed, "attendance", "student_key")}
    assert absent == {surrogate for district, surrogate in after if district == A}


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
    files, _ = rekeying.list_files(landed.home, landed.ledger, collaborative, slots)
    was, key_id = served(landed), rekeying.land_again(landed.home, collaborative, landed.inbox, files)
    assert served(landed) == was, "who looks meanwhile sees the old rows"
    assert rekeying.land_again(landed.home, collaborative, landed.inbox, files) == key_id
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        moved = iter([None])
        original = rekeying._move
        patch.setattr(rekeying, "_move", lambda *one: original(*one) if next(moved, 1) is None else _kill())
        rekeying.take_over(landed.home, landed.ledger, slots)
    finish(landed, slots)
    finish(landed, slots)
    assert served(landed) == [row for row in was if row[4] == "True"]


def _kill():
    raise KeyboardInterrupt


def test_rekey__a_file_that_reads_otherwise_stops_it_before_anything_is_exchanged(landed, collaborative):
    slots = rekeying.list_people_slots(landed.ledger)
    files, _ = rekeying.list_files(landed.home, landed.ledger, collaborative, slots)
    rekeying.land_again(
        landed.home, collaborative, landed.inbox, [file for file in files if file["contract"] == "students"]
    )
    for slot in slots:
        slot["n_rows"] += 1
    was = served(landed)
    with pytest.raises(rekeying.ReadsOtherwise, match="take its mapping or the roster back"):
        rekeying.take_over(landed.home, landed.ledger, slots)
    assert served(landed) == was and len(landed.ledger.deliveries()) == 4


def test_list_files__tells_what_cannot_be_read_again(landed, collaborative):
    shutil.rmtree(landed.home.archive)
    slots = rekeying.list_people_slots(landed.ledger)
    files, missing = rekeying.list_files(landed.home, landed.ledger, collaborative, slots)
    assert files == [] and {one["why"] for one in missing} == {"its raw file is no longer in the archive"}
    assert len(missing) == 3


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
