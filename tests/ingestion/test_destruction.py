"""A district's landed bytes go: what is removed, what stays, and whose surrogates are kept."""

import sqlite3

import duckdb
import pytest

from ingestion import destruction, forgetting, sidecars
from ingestion.admission import Verdict, destroy, record_admissions
from ingestion.arrivals_to_destroy import list_arrivals, remove_arrivals
from ingestion.candidates import candidates
from ingestion.destroyed_slots import destroyed_slots, destroyed_years, have_people_landed, not_destroyed
from ingestion.destruction import Scope
from ingestion.inbox import process_inbox
from ingestion.selection import eligible_deliveries
from tests.canaries import find_canaries
from tests.ingestion.pupil_files import ADA, BEN, CYD, A, B, change, write_collaborative, write_students

SHARED = change(ADA, student_local_id="LOCALATB", first_name="Atb", last_name="Atb")
"""The first pupil, whom the other district has sent too."""


@pytest.fixture
def collaborative(tmp_path):
    return write_collaborative(tmp_path / "collaborative")


@pytest.fixture
def landed(place, collaborative):
    """Two districts' pupils, one of them in both, admitted; the first district also of the year before."""
    write_students(place.inbox, A, ADA, CYD)
    write_students(place.inbox, A, change(CYD, student_local_id="LOCALOLD"), school_year=2025)
    write_students(place.inbox, B, SHARED, change(CYD, student_local_id="LOCALB3"))
    process_inbox(place.home, place.ledger, collaborative, place.inbox)
    verdicts = [Verdict(*candidate, admitted=True) for candidate in candidates(place.ledger)]
    record_admissions(place.home, place.ledger, verdicts)
    return place


def surrogates(place):
    with duckdb.connect(str(place.home.vault / "vault.duckdb"), read_only=True) as connection:
        rows = connection.execute("select kind, district_id, surrogate from pseudonym").fetchall()
        return {kind: {row[1:] for row in rows if row[0] == kind} for kind in ("local", "state")}


def landed_keys(place, district, column):
    files = f"{place.home.landing}/students/*/district_id={district}/*.parquet"
    with duckdb.connect() as connection:
        return {row[0] for row in connection.execute(f"select {column} from read_parquet('{files}')").fetchall()}


def remove(place, scope, gone=()):
    """All steps but releases; gives the slots, the deliveries and the raw files that went."""
    home, ledger = place.home, place.ledger
    slots = not_destroyed(ledger, destruction.list_slots(ledger, scope))
    deliveries = destruction.list_deliveries(ledger, scope, slots)
    ids = destruction.ids_that_go(ledger, scope, deliveries)
    raw, staying = destruction.list_raw_files(home, ledger, deliveries, ids, gone)
    arrivals, by_hand = list_arrivals(home, ledger, place.inbox, ids)
    assert by_hand == []
    remove_arrivals(arrivals)
    destroy(home, ledger, slots, "left", "somebody")
    destruction.remove_landed(home, scope, slots)
    destruction.remove_raw_files(home, raw)
    forgetting.forget(home, scope)
    destruction.stub_sidecars(home, scope, deliveries)
    destruction.remove_ledger_rows(ledger, scope, deliveries)
    return slots, deliveries, raw, staying


def test_destroy__leaves_no_byte_of_the_district_and_all_of_the_other(landed):
    before, kept = landed_keys(landed, B, "student_key"), find_canaries(landed.home.archive, ["LOCALATB"])
    slots, deliveries, raw, staying = remove(landed, Scope(A))
    assert (len(slots), len(deliveries), len(raw), staying) == (2, 2, 2, [])
    assert destruction.find_landed(landed.home, Scope(A)) == []
    assert find_canaries(landed.home.path, ["LOCALADA1", "LOCALCYD3", "LOCALOLD", "Adacanary"]) == []
    assert not list(landed.inbox.glob(f"{A}/*/*"))
    assert landed_keys(landed, B, "student_key") == before
    assert find_canaries(landed.home.archive, ["LOCALATB"]) == kept != []
    assert {row["district_id"] for row in eligible_deliveries(landed.ledger)} == {B}
    assert candidates(landed.ledger) == []


def test_destroy__the_vault_keeps_the_pupil_whom_another_district_has_sent_too(landed):
    before = surrogates(landed)
    held = landed_keys(landed, B, "person_key")
    counted = forgetting.count_entries(landed.home, Scope(A))
    remove(landed, Scope(A))
    after = surrogates(landed)
    assert {district for district, _ in after["local"]} == {B}
    assert {surrogate for _, surrogate in after["state"]} == held & {each for _, each in before["state"]}
    assert counted["pseudonyms_of_district"] == len([one for one in before["local"] if one[0] == A])
    assert oct((landed.home.vault / "vault.duckdb").stat().st_mode & 0o777) == "0o600"


def test_destroy__a_deleted_surrogate_is_in_no_byte_of_the_vault(landed):
    gone = {surrogate.to_bytes(8, "little") for district, surrogate in surrogates(landed)["local"] if district == A}
    path = landed.home.vault / "vault.duckdb"
    assert any(each in path.read_bytes() for each in gone), "none would be found"
    remove(landed, Scope(A))
    assert not any(each in path.read_bytes() for each in gone)


def test_destroy__of_one_school_year_keeps_the_others_and_whom_they_name(landed):
    slots, _, raw, _ = remove(landed, Scope(A, (2025,)))
    assert [slot["school_year"] for slot in slots] == [2025] and len(raw) == 1
    assert destruction.find_landed(landed.home, Scope(A, (2025,))) == []
    assert {row["school_year"] for row in eligible_deliveries(landed.ledger) if row["district_id"] == A} == {2026}
    assert {one for district, one in surrogates(landed)["local"] if district == A} == landed_keys(
        landed, A, "student_key"
    )
    assert find_canaries(landed.home.path, ["LOCALOLD"]) == []
    assert find_canaries(landed.home.archive, ["LOCALADA1"])


def test_destroy__tells_that_the_deliveries_existed_also_a_ledger_written_anew(landed):
    known = {row["delivery_id"] for row in landed.ledger.deliveries() if row["sender"] == A}
    remove(landed, Scope(A))
    rebuilt = sidecars.rebuild_ledger(landed.home)
    for ledger in (landed.ledger, rebuilt):
        assert {row["delivery_id"] for row in ledger.deliveries() if row["sender"] == A} == known
        assert {(row[0], row[1]) for row in destroyed_slots(ledger)} == {(one, A) for one in known}
        assert all(ledger.rejects(each) == [] for each in known)
    rebuilt.close()


def test_destroy__its_years_are_known_for_good(landed):
    assert destroyed_years(landed.ledger) == []
    remove(landed, Scope(A, (2025,)))
    assert destroyed_years(landed.ledger) == [(A, 2025)]


def test_destroy__twice_is_once(landed):
    slots, *_ = remove(landed, Scope(A))
    again, _, raw, _ = remove(landed, Scope(A))
    assert (again, raw) == ([], []) and len(slots) == 2
    assert len([row for row in landed.ledger.admissions() if row["rule_id"] == "destroyed"]) == 2


def test_destroy__a_district_that_comes_back_lands_and_nobody_looks_for_what_is_gone(landed, collaborative):
    remove(landed, Scope(A))
    write_students(landed.inbox, A, ADA, change(BEN, student_local_id="LOCALNEW"))
    outcomes = {
        file.relative_path: file
        for file in process_inbox(landed.home, landed.ledger, collaborative, landed.inbox).files
    }
    one = outcomes[f"{A}/2026/students.csv"]
    assert (one.outcome, one.rows_landed) == ("landed", 2)
    assert sidecars.read_delivery(landed.home, one.delivery_id)["differences"] == []


def test_destroy__leaves_another_district_its_file_of_the_very_same_bytes(place, collaborative):
    for district in (A, B):
        write_students(place.inbox, district, CYD)
    process_inbox(place.home, place.ledger, collaborative, place.inbox)
    verdicts = [Verdict(*candidate, admitted=True) for candidate in candidates(place.ledger)]
    record_admissions(place.home, place.ledger, verdicts)
    _, deliveries, raw, staying = remove(place, Scope(A))
    (stays,) = staying
    assert raw == [] and "very same bytes" in stays["why"] and (place.home.path / stays["path"]).is_file()
    assert not (place.inbox / A / "2026" / "students.csv").exists()
    assert (place.inbox / B / "2026" / "students.csv").is_file()
    assert list(place.ledger.inbox_files()) == [f"{B}/2026/students.csv"]
    outcomes = process_inbox(place.home, place.ledger, collaborative, place.inbox).files
    assert [(file.sender, file.outcome) for file in outcomes] == [(B, "unchanged")]

    _, _, raw, staying = remove(place, Scope(B), gone={row["delivery_id"] for row in deliveries})
    assert len(raw) == 1 and staying == []
    assert find_canaries(place.home.archive, ["LOCALCYD3"]) == []


def test_have_people_landed__not_once_all_are_destroyed(landed):
    assert have_people_landed(landed.ledger)
    remove(landed, Scope(A))
    assert have_people_landed(landed.ledger)
    remove(landed, Scope(B))
    assert not have_people_landed(landed.ledger)
    assert forgetting.count_entries(landed.home, Scope(B))["pseudonyms"] == 0


def test_remove_ledger_rows__leave_nothing_in_free_pages(landed):
    with landed.ledger.begin() as connection:
        connection.exec_driver_sql(
            "insert into reject (delivery_id, rule_id, reason) select delivery_id, 'D01', 'CANARYREASON' "
            "from delivery where sender = ?",
            (A,),
        )
    remove(landed, Scope(A))
    landed.ledger.close()
    with sqlite3.connect(landed.home.ledger_path) as connection:
        assert connection.execute("select count(*) from reject where reason = 'CANARYREASON'").fetchone() == (0,)
    assert find_canaries(landed.home.path, ["CANARYREASON"]) == []
