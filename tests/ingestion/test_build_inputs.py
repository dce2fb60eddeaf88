from dataclasses import replace
from datetime import date

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion import build_inputs as module
from ingestion.admission import hold, revoke
from ingestion.blank_build import BlankBuild
from ingestion.build_inputs import discard_build, finish_build, load_inputs, prepare_build
from ingestion.code_hash import hash_code
from ingestion.contract import load_contracts
from ingestion.landing_views import landing_columns
from ingestion.selection import current_selection, hash_selection
from tests.ingestion.small_deliveries import D02_FAILED, make_collaborative, make_compiled

A, B = "00350000", "00490000"


@pytest.fixture
def build(place, tmp_path, monkeypatch):
    """Prepare a build of the place, for a roster of two districts."""
    monkeypatch.setattr(module, "hash_code", lambda: "code")
    monkeypatch.setattr(module, "open_blank", lambda: None)

    def prepare(config_hash="config", a_left=None, **options):
        collaborative = make_collaborative(A, B)
        first, *others = collaborative.districts
        collaborative = replace(collaborative, districts=(replace(first, member_to=a_left), *others))
        compiled = make_compiled(tmp_path / "compiled", config_hash)
        return prepare_build(place.home, place.ledger, collaborative, compiled, **options)

    return prepare


def finish(place, inputs):
    finish_build(place.home, place.ledger, inputs)
    place.release(inputs.build_id)


def query(place, sql):
    with duckdb.connect(place.home.build_file, read_only=True) as connection:
        return connection.sql(sql).fetchall()


def status(place):
    found = query(place, "from build.delivery_status")
    return {(row[0], row[2]): row[3:] for row in found}


def test_prepare_build__writes_every_input(place, build):
    landed = place.deliver({A: ["10.50"], B: ["2"]})
    place.judge()
    inputs = build()
    assert query(place, "select district_id, amount_usd, delivery_id from landing.eoyr_report order by 1") == [
        (A, pa.scalar("10.50").cast(pa.decimal128(18, 2)).as_py(), landed.delivery_id),
        (B, pa.scalar("2.00").cast(pa.decimal128(18, 2)).as_py(), landed.delivery_id),
    ]
    assert query(place, "from build.build_scope") == [(A, 2017, 1), (B, 2017, 1)]
    assert query(place, "from build.build_info") == [(inputs.build_id, date(2017, 6, 30), inputs.selection_hash)]
    assert query(place, "select district_id, is_current from build.selection") == [(A, True), (B, True)]
    assert query(place, "from collaborative.thresholds") == [("max_age_days_finance",)]
    assert (inputs.from_nothing, inputs.already, inputs.n_slots, len(inputs.build_id)) == (True, None, 2, 20)
    assert place.ledger.build(inputs.build_id)["state"] == "started"


@pytest.mark.parametrize("contract", load_contracts().values(), ids=lambda contract: contract.name)
def test_prepare_build__a_contract_without_files_is_an_empty_view_of_the_same_types(place, build, contract):
    build()
    assert query(place, f"select count(*) from landing.{contract.name}") == [(0,)]
    described = query(place, f"select column_name, column_type from (describe landing.{contract.name})")
    assert dict(described) == landing_columns(contract)


def test_prepare_build__a_view_over_files_has_the_contracts_types(place, build):
    place.deliver({A: ["1"]})
    place.judge()
    build()
    described = query(place, "select column_name, column_type from (describe landing.eoyr_report)")
    assert dict(described) == landing_columns(load_contracts()["eoyr_report"])


def test_prepare_build__begins_with_the_models_that_no_served_contract_gives_rows(place, build, tmp_path, monkeypatch):
    blank, asked = BlankBuild(tmp_path / "blank.duckdb", ()), []
    with duckdb.connect(str(blank.file)) as connection:
        connection.execute("create schema conformed; create table conformed.fct_days as select 1 as n where false")
        connection.execute("create table conformed.fct_lines as select 1 as n where false")
    found = (("conformed", "fct_days"),)
    monkeypatch.setattr(module, "open_blank", lambda: blank)
    monkeypatch.setattr(module, "find_models_without_rows", lambda _, served: asked.append(served) or found)
    place.deliver({A: ["1"]})
    place.judge()
    inputs = build()
    assert (inputs.without_rows, inputs.from_nothing, load_inputs(place.home)) == (found, True, inputs)
    assert query(place, "select table_name from duckdb_tables() where schema_name = 'conformed'") == [("fct_days",)]
    assert query(place, "select amount_usd from landing.eoyr_report") == [(1,)]
    finish(place, inputs)
    place.deliver({A: ["2"]}, school_year=2016)
    place.judge()
    assert (build().without_rows, build().from_nothing) == (found, False)
    assert set(asked) == {frozenset({"eoyr_report"})}


def test_prepare_build__the_id_depends_on_all_inputs_and_no_clock(place, build, monkeypatch):
    place.deliver({A: ["1"]})
    place.judge()
    first = build()
    assert build().build_id == first.build_id
    ids = {first.build_id, build(as_of=date(2018, 1, 1)).build_id}
    with monkeypatch.context() as changed:
        changed.setattr(module, "hash_code", lambda: "other code")
        ids.add(build().build_id)
    place.deliver({B: ["1"]})
    place.judge()
    ids.add(build().build_id)
    assert len(ids) == 4


def test_prepare_build__as_of_is_the_latest_day_that_serves(place, build):
    assert build().as_of == date(2014, 7, 1)
    place.deliver({A: ["1"]}, data_through=date(2017, 6, 30))
    newer = place.deliver({B: ["1"]}, data_through=date(2017, 9, 1))
    place.judge()
    assert build().as_of == date(2017, 9, 1)
    revoke(place.home, place.ledger, newer.delivery_id, "wrong", "clerk")
    assert build().as_of == date(2017, 6, 30)


def test_prepare_build__a_held_district_is_another_build(place, build):
    place.deliver({A: ["1"], B: ["1"]})
    place.judge()
    finish(place, build())
    place.deliver({B: ["2"]})
    place.judge(B)
    inputs = build()
    assert inputs.already is None
    assert inputs.scope == ()
    assert status(place)[(B, 2017)] == ("admitted", True, "Q01", date(2017, 6, 30))


def test_prepare_build__nothing_new_is_already_released(place, build):
    place.deliver({A: ["1"]})
    place.judge()
    finish(place, build())
    inputs = build()
    assert (inputs.already, inputs.scope) == ("released", ())
    assert not place.home.build_file.exists()


def test_prepare_build__a_refused_build_stays_refused(place, build):
    place.deliver({A: ["1"]})
    place.judge()
    inputs = build()
    place.ledger.mark_refused(inputs.build_id, 2, "F05 failed")
    discard_build(place.home)
    assert build().already == "refused"
    assert not place.home.build_file.exists()


def test_prepare_build__copies_the_last_release_and_scopes_what_differs(place, build):
    place.deliver({A: ["1"], B: ["1"]})
    place.deliver({A: ["1"]}, school_year=2016)
    place.judge()
    first = build()
    with duckdb.connect(place.home.build_file) as connection:
        connection.execute("create schema measures; create table measures.kept as select 42 as answer")
    finish(place, first)
    place.deliver({B: ["2"]}, vintage="2099")
    place.judge()
    inputs = build()
    assert (inputs.from_nothing, inputs.scope) == (False, ((B, 2017),))
    assert query(place, "from measures.kept") == [(42,)]
    assert query(place, "from build.build_scope") == [(B, 2017, 1)]
    assert query(
        place, "select count(distinct delivery_id) from landing.eoyr_report where district_id = '00490000'"
    ) == [(2,)]


def test_prepare_build__a_district_year_that_became_empty_is_in_scope(place, build):
    place.deliver({A: ["1"]})
    only = place.deliver({B: ["1"]})
    place.judge()
    finish(place, build())
    revoke(place.home, place.ledger, only.delivery_id, "another district's file", "clerk")
    inputs = build()
    assert inputs.scope == ((B, 2017),)
    assert query(place, "select distinct district_id from landing.eoyr_report") == [(A,)]
    assert status(place)[(B, 2017)] == ("never_admitted", False, None, None)


@pytest.mark.parametrize("changed", ["code", "configuration", "file"])
def test_prepare_build__starts_from_nothing_when_the_copy_would_not_do(place, build, monkeypatch, changed):
    place.deliver({A: ["1"]})
    place.judge()
    first = build()
    finish(place, first)
    place.deliver({B: ["1"]})
    place.judge()
    if changed == "code":
        monkeypatch.setattr(module, "hash_code", lambda: "other code")
    if changed == "file":
        (place.home.build_folder(first.build_id) / "selection.parquet").unlink()
    inputs = build(config_hash="other" if changed == "configuration" else "config")
    assert (inputs.from_nothing, inputs.scope) == (True, ((A, 2017), (B, 2017)))


def test_prepare_build__removes_what_a_killed_build_left(place, build):
    place.deliver({A: ["1"]})
    place.judge()
    build()
    with duckdb.connect(place.home.build_file) as connection:
        connection.execute("create table half as select 1 as x")
    build()
    assert query(place, "select count(*) from duckdb_tables() where table_name = 'half'") == [(0,)]


def test_delivery_status__accounts_for_the_whole_roster_and_all(place, build):
    place.deliver({A: ["1"]})
    place.judge(A)
    build()
    assert status(place) == {
        ("00350000", 2017): ("never_admitted", True, "Q01", None),
        ("00490000", 2017): ("never_admitted", False, None, None),
        ("_all", 2017): ("never_admitted", False, None, None),
    }


def test_delivery_status__has_a_row_for_who_serves_a_year_without_being_a_member(place, build):
    place.deliver({A: ["1"]})
    place.judge()
    build(a_left=2016)
    assert status(place)[(A, 2017)][0] == "admitted"


def test_prepare_build__leaves_out_districts_that_were_taken_off_the_roster(place, build):
    place.deliver({"02010000": ["1"], A: ["1"]})
    place.judge()
    assert build().n_slots == 1
    assert query(place, "select district_id from build.selection") == [(A,)]
    assert {district_id for district_id, _ in status(place)} == {A, B, "_all"}


def test_delivery_status__a_districts_own_quarantined_file_holds_it(place, build):
    place.deliver({A: ["1"]}, sender=A)
    place.judge()
    place.deliver({A: ["1"]}, sender=A, state="quarantined", findings=(D02_FAILED,))
    build()
    assert status(place)[(A, 2017)] == ("admitted", True, "D02", date(2017, 6, 30))
    place.deliver({A: ["2"]}, sender=A)
    place.judge()
    build()
    assert status(place)[(A, 2017)][1] is False


def test_delivery_status__held_by_door_2_says_so(place, build):
    place.deliver({A: ["1"]})
    place.judge()
    hold(place.home, place.ledger, {A}, "F05", "components differ from the total")
    build()
    assert status(place)[(A, 2017)] == ("never_admitted", True, "F05", None)


def test_finish_build__moves_the_file_with_its_selection(place, build):
    place.deliver({A: ["1"]})
    place.judge()
    inputs = build()
    folder = finish_build(place.home, place.ledger, inputs)
    names = {"selection.parquet", "warehouse.duckdb", "warehouse.sha256", "published.sha256"}
    assert {path.name for path in folder.iterdir()} == names
    assert not place.home.build_file.exists()
    stored = pq.read_table(folder / "selection.parquet")
    assert hash_selection(stored) == hash_selection(current_selection(place.ledger)) == inputs.selection_hash
    assert place.ledger.build(inputs.build_id)["state"] == "built"


class Killed(BaseException):
    pass


def test_finish_build__killed_before_the_file_moves_is_made_again(place, build, monkeypatch):
    place.deliver({A: ["1"]})
    place.judge()
    inputs = build()

    def die(path):
        if path == place.home.build_file:
            raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(module, "_sync", die)
        with pytest.raises(Killed):
            finish_build(place.home, place.ledger, inputs)
    assert place.ledger.build(inputs.build_id)["state"] == "started"
    again = build()
    assert (again.build_id, again.already) == (inputs.build_id, None)
    folder = finish_build(place.home, place.ledger, again)
    names = {"selection.parquet", "warehouse.duckdb", "warehouse.sha256", "published.sha256"}
    assert {path.name for path in folder.iterdir()} == names


def test_load_inputs__gives_what_was_prepared(place, build):
    assert load_inputs(place.home) is None
    place.deliver({A: ["1"]})
    place.judge()
    prepared = build()
    assert load_inputs(place.home) == prepared


def test_hash_code__sees_code_and_nothing_that_dbt_writes(tmp_path):
    files = {
        "ingestion/a.py": "1", "expectations/rules/r.sql": "1", "publishing/p.yaml": "1",
        "dbt_project/models/m.sql": "1", "requirements.lock": "1",
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    hashes = [hash_code(tmp_path)]
    for ignored in ("dbt_project/target/manifest.yml", "ingestion/__pycache__/a.pyc", "dbt_project/.user.yml"):
        (tmp_path / ignored).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / ignored).write_text("x", encoding="utf-8")
    assert hash_code(tmp_path) == hashes[0]
    for name in files:
        (tmp_path / name).write_text("2", encoding="utf-8")
        hashes.append(hash_code(tmp_path))
    (tmp_path / "ingestion" / "a.py").rename(tmp_path / "ingestion" / "b.py")
    hashes.append(hash_code(tmp_path))
    assert len(set(hashes)) == len(files) + 2


def test_prepare_build__a_base_that_somebody_changed_is_not_built_upon(place, build):
    place.deliver({A: ["10"]})
    place.judge()
    first = build()
    finish(place, first)
    place.deliver({A: ["77"]})
    place.judge()
    assert not build().from_nothing
    with duckdb.connect(str(place.home.build_folder(first.build_id) / "warehouse.duckdb")) as connection:
        connection.execute("update build.selection set vintage = 'changed'")
    assert build().from_nothing


def test_prepare_build__a_build_that_somebody_went_back_from_waits_for_other_inputs(place, build):
    place.deliver({A: ["10"]})
    place.judge()
    finish(place, build())
    place.deliver({A: ["77"]})
    place.judge()
    second = build()
    finish(place, second)
    place.home.set_rolled_back([second.build_id])
    place.release(place.ledger.releases()[0]["build_id"])
    assert build().already == "rolled_back"
    place.deliver({A: ["78"]})
    place.judge()
    assert build().already is None
