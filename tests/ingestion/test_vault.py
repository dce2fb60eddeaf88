"""Surrogates: minted once, at random, under a keyed hash that is Python's own."""

import hashlib
import hmac
import stat

import duckdb
import pyarrow as pa
import pytest

from ingestion.home import Home
from ingestion.pseudonym_key import PseudonymKey, PseudonymKeyError, hmac_sql, load_key
from ingestion.vault import Vault, draw_numbers, open_throwaway_vault, open_vault

OLD, NEW = PseudonymKey(b"o" * 40), PseudonymKey(b"n" * 40)
LOCAL, STATE = "student_local_id", "state_student_id"


@pytest.fixture
def home(tmp_path, monkeypatch):
    for name in ("KEY", "KEY_FILE", "KEY_PREVIOUS", "KEY_PREVIOUS_FILE"):
        monkeypatch.delenv(f"SCHOOLSTAT_PSEUDONYM_{name}", raising=False)
    return Home(tmp_path / "home").ensure()


def find(vault, kind, *pairs):
    """Surrogates by district and id, with the vault closed behind them."""
    ids = pa.table({"district_id": [pair[0] for pair in pairs], "id": [pair[1] for pair in pairs]})
    found = vault.find_surrogates(kind, ids).to_pylist()
    vault.close()
    return {(row["district_id"], row["id"]): row["surrogate"] for row in found}


def rows(home):
    with duckdb.connect(str(home.vault / "vault.duckdb")) as connection:
        return connection.execute("SELECT key_id, kind, district_id, digest, surrogate FROM pseudonym").fetchall()


@pytest.mark.parametrize("length", [1, 32, 64, 65, 200])
@pytest.mark.parametrize("text", ["", "0001234567", "Zoë Ñandú", "x" * 300])
def test_hmac_sql__is_pythons_hmac(length, text):
    key = PseudonymKey(bytes(range(length)))
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT {hmac_sql('$text')}", {"text": text, **key.parameters}).fetchone()
    assert found == (hmac.new(key.secret, text.encode(), hashlib.sha256).hexdigest(),)


def test_find_surrogates__mints_once_also_after_a_restart(home):
    first = find(open_vault(home), LOCAL, ("A", "1"), ("A", "2"))
    again = find(open_vault(home), LOCAL, ("A", "2"), ("A", "1"), ("A", "3"))
    assert {pair: again[pair] for pair in first} == first
    assert len(set(again.values())) == 3 and len(rows(home)) == 3
    assert all(0 <= surrogate < 2**63 for surrogate in again.values())


def test_find_surrogates__the_same_text_is_another_person_for_each_kind_of_id(home):
    found = [
        find(open_vault(home), kind, ("A", "1"), ("B", "1")) for kind in (LOCAL, "staff_local_id", "respondent_id")
    ]
    assert len({surrogate for answers in found for surrogate in answers.values()}) == 6


def test_find_surrogates__one_vault_asked_twice_answers_alike_for_another_district_too(home):
    vault = open_vault(home)
    one = pa.table({"district_id": ["A", "A"], "id": ["1", "2"]})
    other = pa.table({"district_id": ["B"], "id": ["1"]})
    answers = [vault.find_surrogates(LOCAL, ids).to_pylist() for ids in (one, one.slice(1), other, one)]
    vault.close()
    by_pair = [{(row["district_id"], row["id"]): row["surrogate"] for row in answer} for answer in answers]
    assert by_pair[1][("A", "2")] == by_pair[0][("A", "2")] == by_pair[3][("A", "2")]
    assert by_pair[2][("B", "1")] != by_pair[0][("A", "1")]
    assert len(rows(home)) == 3


def test_find_surrogates__a_state_id_is_one_pupil_in_two_districts_and_a_local_id_is_not(home):
    state = find(open_vault(home), STATE, ("A", "77"), ("B", "77"))
    local = find(open_vault(home), LOCAL, ("A", "77"), ("B", "77"))
    assert state["A", "77"] == state["B", "77"]
    assert len({state["A", "77"], *local.values()}) == 3


def test_the_vault_holds_the_keyed_hash_and_not_the_id(home):
    find(open_vault(home), LOCAL, ("90010000", "LOCALADA1"))
    ((key_id, kind, district, digest, _),) = rows(home)
    secret = (home.vault / "key").read_bytes().strip()
    expected = hmac.new(secret, b"local\x1f90010000\x1fLOCALADA1", hashlib.sha256).hexdigest()
    assert (kind, district, digest.hex) == ("local", "90010000", expected[:32])
    assert key_id == hashlib.sha256(b"key id" + secret).hexdigest()[:12]
    assert all(b"LOCALADA1" not in path.read_bytes() for path in home.vault.iterdir())


def test_only_the_owner_may_read_key_and_vault(home):
    vault = open_vault(home)
    vault.find_surrogates(LOCAL, pa.table({"district_id": ["A"], "id": ["1"]}))
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in home.vault.iterdir()}
    assert {"key", "vault.duckdb"} <= set(modes) and set(modes.values()) == {0o600}
    assert stat.S_IMODE(home.vault.stat().st_mode) == 0o700
    vault.close()


def test_rotation__ids_that_arrive_again_keep_their_surrogate_under_the_new_key(home):
    before = find(Vault(_folder(home), OLD), LOCAL, ("A", "1"), ("A", "2"))
    during = find(Vault(home.vault, NEW, OLD), LOCAL, ("A", "1"), ("A", "9"))
    after = find(Vault(home.vault, NEW), LOCAL, ("A", "1"), ("A", "9"), ("A", "2"))
    assert during["A", "1"] == before["A", "1"] == after["A", "1"]
    assert during["A", "9"] == after["A", "9"]
    assert after["A", "2"] not in before.values(), "its id did not arrive while both keys were given"
    kept = [(key_id, surrogate) for key_id, _, _, _, surrogate in rows(home)]
    assert sorted(kept) == sorted(
        [(OLD.key_id, surrogate) for surrogate in before.values()]
        + [(NEW.key_id, surrogate) for surrogate in after.values()]
    )


def test_another_key_than_the_vaults_is_refused_without_being_shown(home):
    find(Vault(_folder(home), OLD), LOCAL, ("A", "1"))
    message = f"made with another pseudonym key.*{OLD.key_id}.*{NEW.key_id}"
    with pytest.raises(PseudonymKeyError, match=message) as caught:
        find(Vault(home.vault, NEW), LOCAL, ("A", "1"))
    assert "nnnn" not in str(caught.value) and "nnnn" not in repr(NEW)
    assert find(Vault(home.vault, OLD), LOCAL, ("A", "1"))


def test_draw_numbers__are_of_63_bits_and_differ():
    numbers = draw_numbers(10_000).column("surrogate").to_pylist()
    assert len(set(numbers)) == 10_000
    assert min(numbers) >= 0 and max(numbers).bit_length() == 63


def test_a_drawn_number_that_is_in_use_is_drawn_again(home, monkeypatch):
    first = find(open_vault(home), LOCAL, ("A", "1"))["A", "1"]
    draws = iter([[first, 5], [6, 6], [7, 8]])
    monkeypatch.setattr("ingestion.vault.draw_numbers", lambda _: pa.table({"surrogate": next(draws)}))
    assert set(find(open_vault(home), LOCAL, ("A", "2"), ("A", "3")).values()) == {7, 8}


def test_load_key__comes_from_the_environment_else_from_a_file_else_is_made_once(tmp_path):
    given, path = "e" * 32, tmp_path / "secret"
    path.write_text("f" * 32 + "\n")
    assert load_key(tmp_path, {"SCHOOLSTAT_PSEUDONYM_KEY": given}).secret == given.encode()
    assert load_key(tmp_path, {"SCHOOLSTAT_PSEUDONYM_KEY_FILE": str(path)}).secret == b"f" * 32
    made = load_key(tmp_path, {})
    assert made == load_key(tmp_path, {}) and len(made.secret) == 64


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"SCHOOLSTAT_PSEUDONYM_KEY": "hunter2"}, "shorter than 32 characters"),
        ({"SCHOOLSTAT_PSEUDONYM_KEY_FILE": "/nowhere/at/all"}, "cannot be read from /nowhere/at/all"),
        ({"SCHOOLSTAT_PSEUDONYM_KEY": "hunter2" * 9, "SCHOOLSTAT_PSEUDONYM_KEY_FILE": "/x"}, "keep one of them"),
    ],
)
def test_load_key__says_what_is_wrong_and_never_the_key(tmp_path, environment, message):
    with pytest.raises(PseudonymKeyError, match=message) as caught:
        load_key(tmp_path, environment)
    assert "hunter2" not in str(caught.value)


def stated(district, *lines, school_year=2026):
    columns = ("line", "id", "birth_date", "sex")
    table = {name: pa.array([line[n] for line in lines]) for n, name in enumerate(columns)}
    table["birth_date"], table["sex"] = table["birth_date"].cast(pa.string()), table["sex"].cast(pa.string())
    slot = {"district_id": [district] * len(lines), "school_year": pa.array([school_year] * len(lines), pa.int32())}
    return pa.table({**slot, **table})


def test_find_disputed__compares_birth_date_and_sex_where_both_are_stated(home):
    vault = open_throwaway_vault()
    assert vault.find_disputed(stated("A", (2, "7", "2010-01-01", "F"), (3, "8", "2010-01-01", None))) == []
    vault.keep_statements()
    later = stated("B", (2, "7", "2010-01-02", "F"), (3, "8", "2010-01-01", "M"), (4, "9", "2010-01-01", "M"))
    assert vault.find_disputed(later) == [(2, "district")]
    assert vault.find_disputed(stated("B", (2, "7", None, "M"))) == [(2, "district")]


def test_find_disputed__two_rows_of_one_file_are_compared_too(home):
    vault = open_throwaway_vault()
    rows = stated("A", (2, "7", "2010-01-01", "F"), (3, "7", "2010-01-01", "M"), (4, "8", "2010-01-01", "M"))
    assert vault.find_disputed(rows) == [(2, "file"), (3, "file")]


def test_keep_statements__a_districts_correction_replaces_what_it_stated_before(home):
    vault = open_throwaway_vault()
    for district, birth_date in (("A", "2010-01-01"), ("A", "2010-01-02")):
        assert vault.find_disputed(stated(district, (2, "7", birth_date, "F"))) == []
        vault.keep_statements()
    assert vault.find_disputed(stated("B", (2, "7", "2010-01-02", "F"))) == []
    assert vault.find_disputed(stated("B", (2, "7", "2010-01-01", "F"))) == [(2, "district")]


@pytest.mark.parametrize("instead", ["8", None])
def test_keep_statements__an_id_that_a_slot_no_longer_names_is_stated_by_nobody(home, instead):
    vault = open_throwaway_vault()
    for given in ("7", instead):
        rows = stated("A", (2, given, "2010-01-01", "F"))
        rows = rows.set_column(3, "id", rows.column("id").cast(pa.string()))
        assert vault.find_disputed(rows) == []
        vault.keep_statements()
    assert vault.find_disputed(stated("B", (2, "7", "2010-01-02", "F"))) == []
    vault.close()


def test_keep_statements__another_school_year_of_the_district_is_left_alone(home):
    vault = open_throwaway_vault()
    for given, school_year in (("7", 2025), ("8", 2026)):
        assert vault.find_disputed(stated("A", (2, given, "2010-01-01", "F"), school_year=school_year)) == []
        vault.keep_statements()
    both = stated("B", (2, "7", "2010-01-02", "F"), (3, "8", "2010-01-02", "F"))
    assert vault.find_disputed(both) == [(2, "district"), (3, "district")]
    vault.close()


def _folder(home):
    home.vault.mkdir(mode=0o700)
    return home.vault
