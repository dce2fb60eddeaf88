import stat
import subprocess
import sys

import pytest
import sqlalchemy as sa

from ingestion import ledger_tables as tables
from ingestion.home import Home, HomeError
from ingestion.ledger import insert, open_ledger
from ingestion.ledger_database import NEWEST_VERSION
from ingestion.sidecars import rebuild_ledger
from tests.servers.process import unique

FILE = {"path": "a.csv", "size": 3, "mtime_ns": 1 << 60, "sha256": "s", "outcome": "landed", "delivery_id": "d"}


@pytest.fixture(params=["sqlite", "postgresql"])
def place_of_ledger(request, monkeypatch):
    """The environment that names the ledger's database, for each kind of it."""
    if request.param == "postgresql":
        base = request.getfixturevalue("postgres_base").update_query_dict({"schema": unique("ledger")})
        monkeypatch.setenv("SCHOOLSTAT_LEDGER_URL", base.render_as_string(hide_password=False))
    return request.param


@pytest.fixture
def ledger(tmp_path, place_of_ledger):
    opened = open_ledger(Home(tmp_path))
    yield opened
    opened.close()


@pytest.fixture
def sqlite_ledger(tmp_path):
    opened = open_ledger(Home(tmp_path))
    yield opened
    opened.close()


def test_migrations__make_the_tables_that_the_code_names(ledger):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with ledger.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []


def test_newest_version__is_the_last_migration():
    from pathlib import Path

    from alembic.config import Config
    from alembic.script import ScriptDirectory

    import ingestion

    config = Config()
    config.set_main_option("script_location", str(Path(ingestion.__file__).with_name("migrations")))
    assert ScriptDirectory.from_config(config).get_heads() == [NEWEST_VERSION]


def test_open_ledger__does_not_import_alembic_when_up_to_date(tmp_path, ledger):
    program = (
        "import sys; from pathlib import Path; from ingestion.home import Home; "
        "from ingestion.ledger import open_ledger; "
        "open_ledger(Home(Path(sys.argv[1]))).deliveries(); sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False).returncode == 0


def test_open_ledger__settles_sqlite(sqlite_ledger):
    with sqlite_ledger.engine.connect() as connection:
        pragmas = [connection.exec_driver_sql(f"pragma {name}").scalar() for name in ("journal_mode", "foreign_keys")]
    assert pragmas == ["wal", 1]


def test_open_ledger__closes_to_others_what_may_hold_a_row_for_each_pupil(tmp_path):
    for name in ("work", "landing"):
        (tmp_path / name).mkdir(mode=0o755)
    (tmp_path / "ledger.db").touch(mode=0o644)
    opened = open_ledger(Home(tmp_path))
    opened.record_rule_results([])
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    opened.close()
    files = {f"ledger.db{suffix}" for suffix in ("", "-wal", "-shm")}
    assert {name: mode for name, mode in modes.items() if name in files} == dict.fromkeys(files, 0o600)
    closed = ("archive", "landing", "work", "builds", "dagster", "dbt")
    assert {name: modes[name] for name in closed} == dict.fromkeys(closed, 0o700)
    assert modes["releases"] & 0o055 == 0o055


@pytest.mark.parametrize("change", ["update rule_result set status = 'passed'", "delete from rule_result"])
def test_append_only__the_database_refuses_changes(ledger, change):
    row = {"door": 1, "subject": "d", "rule_id": "Q01", "scope": "file", "n_checked": 1, "n_failed": 1}
    ledger.record_rule_results([row | {"status": "failed"}])
    with pytest.raises(sa.exc.IntegrityError, match="append-only"), ledger.begin() as connection:
        connection.exec_driver_sql(change)
    assert [result["status"] for result in ledger.rule_results("d")] == ["failed"]


def test_append_only__holds_for_every_table_that_says_so(ledger, place_of_ledger):
    queries = {
        "sqlite": "select tbl_name, count(*) from sqlite_master where type = 'trigger' group by 1",
        "postgresql": "select relname, count(*) from pg_trigger join pg_class on pg_class.oid = tgrelid "
        "where not tgisinternal and relnamespace = current_schema()::regnamespace group by 1",
    }
    with ledger.engine.connect() as connection:
        found = dict(tuple(row) for row in connection.exec_driver_sql(queries[place_of_ledger]))
    assert found == dict.fromkeys(tables.APPEND_ONLY, {"sqlite": 2, "postgresql": 3}[place_of_ledger])


def test_begin__keeps_all_or_nothing(ledger):
    row = {"subject": "d", "rule_id": "Q01", "scope": "file", "n_checked": 1, "n_failed": 0, "status": "passed"}
    with pytest.raises(RuntimeError), ledger.begin() as connection:
        insert(connection, tables.rule_result, [row | {"door": 1}])
        raise RuntimeError
    assert ledger.rule_results("d") == []


def start(ledger, build_id="b"):
    from datetime import date

    ledger.start_build(build_id, "selection", "code", "config", date(2017, 6, 30))


def test_build__refused_stays_refused(ledger):
    start(ledger)
    ledger.mark_refused("b", 2, "F05 failed")
    ledger.mark_refused("b", 3, "another reason")
    for mark in (ledger.mark_built, ledger.mark_released):
        with pytest.raises(ValueError, match="b is refused"):
            mark("b")
    start(ledger)
    build = ledger.build("b")
    assert (build["state"], build["refused_at_door"], build["reason"]) == ("refused", 2, "F05 failed")


def test_build__goes_from_started_to_released(ledger):
    start(ledger)
    states = [ledger.build("b")["state"]]
    for mark in (ledger.mark_built, ledger.mark_released, ledger.mark_released):
        mark("b")
        states.append(ledger.build("b")["state"])
    assert states == ["started", "built", "released", "released"]


def test_build__made_again_after_a_rollback_stays_released_until_a_door_refuses_it(ledger):
    start(ledger)
    ledger.mark_released("b")
    ledger.mark_built("b")
    assert ledger.build("b")["state"] == "released"
    ledger.mark_refused("b", 3, "fewer rows than the release before")
    assert ledger.build("b")["state"] == "refused"


def test_build__an_unknown_one_cannot_be_marked(ledger):
    with pytest.raises(ValueError, match="nowhere is unknown"):
        ledger.mark_built("nowhere")


def test_record_release__is_recorded_once(ledger):
    start(ledger)
    for release_id, previous in (("r1", None), ("r2", "r1"), ("r2", "r1")):
        ledger.record_release(release_id, "b", "content", previous)
    assert [(row["release_id"], row["seq"]) for row in ledger.releases()] == [("r1", 1), ("r2", 2)]


def test_record_publications__keeps_what_was_published_first(ledger):
    row = {"publication_id": "p", "kind": "shared", "build_id": "b", "release_id": "r", "cell_key": "k"}
    row |= {"district_id": "d", "metric_id": "PPE.D02", "school_year": 2017, "published_at": "2020-01-01"}
    row |= {"value": "27359.7791000000"}
    complete = [row.get(column.name) for column in tables.publication.columns]
    assert ledger.record_publications("r", [complete]) == 1
    assert ledger.record_publications("r", [["0" if value == row["value"] else value for value in complete]]) == 0
    kept = ledger.read(sa.select(tables.publication))
    assert [{name: value for name, value in one.items() if value is not None} for one in kept] == [row]


def test_record_publications__all_of_many_or_none(ledger, monkeypatch):
    monkeypatch.setattr("ingestion.ledger.ROWS_AT_ONCE", 2)
    names = [column.name for column in tables.publication.columns]

    def rows(number, broken=False):
        for place in range(number):
            yield [f"{place}" if name == "publication_id" else 1 for name in names]
        if broken:
            raise OSError("the file went away")

    with pytest.raises(OSError, match="went away"):
        ledger.record_publications("r", rows(5, broken=True))
    assert ledger.read(sa.select(tables.publication)) == []
    assert ledger.record_publications("r", rows(5)) == 5
    assert len(ledger.read(sa.select(tables.publication))) == 5


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("not a url", "is not a database's URL"),
        ("sqlite:///elsewhere.db", "must name a PostgreSQL database"),
        ("postgresql://anna:secret@host/base?schema=Two Words", "schema must be of small letters"),
    ],
)
def test_open_ledger__refuses_another_database_and_quotes_no_password(tmp_path, monkeypatch, url, words):
    monkeypatch.setenv("SCHOOLSTAT_LEDGER_URL", url)
    with pytest.raises(HomeError, match=words) as refused:
        open_ledger(Home(tmp_path))
    assert "secret" not in str(refused.value)


def test_open_ledger__on_a_server_each_schema_is_a_ledger_of_its_own(tmp_path, postgres_base, monkeypatch):
    url = postgres_base.render_as_string(hide_password=False)
    for schema in (unique("cedar"), unique("birch")):
        monkeypatch.setenv("SCHOOLSTAT_LEDGER_URL", f"{url}?schema={schema}")
        opened = open_ledger(Home(tmp_path))
        opened.record_inbox_file(FILE | {"sha256": schema})
        assert [row["sha256"] for row in opened.inbox_files().values()] == [schema]
        opened.close()
    assert not (tmp_path / "ledger.db").exists()


def test_rebuild_ledger__keeps_what_no_sidecar_holds_and_sets_the_old_one_aside(tmp_path, ledger):
    ledger.record_inbox_file(FILE)
    start(ledger)
    ledger.record_release("r1", "b", "content", None)
    ledger.close()
    rebuilt = rebuild_ledger(Home(tmp_path))
    assert rebuilt.inbox_files() == {"a.csv": FILE}
    assert [row["release_id"] for row in rebuilt.releases()] == ["r1"]
    if rebuilt.engine.dialect.name == "postgresql":
        own = str(rebuilt.engine.get_execution_options()["schema"])
        schemas = [name for name in sa.inspect(rebuilt.engine).get_schema_names() if name.startswith(own)]
        assert len(schemas) == 2
        assert schemas[1].startswith(f"{own}_before_2")
    else:
        assert len(list(tmp_path.glob("ledger-before-*.db"))) == 1
    rebuilt.close()


def test_order__is_that_of_the_bytes_whatever_language_the_server_speaks(ledger):
    for path in ("b", "B", "a", "A_", "Ab"):
        ledger.record_inbox_file(FILE | {"path": path})
    found = ledger.read(sa.select(tables.inbox_file.c.path).order_by(tables.inbox_file.c.path))
    assert [row["path"] for row in found] == ["A_", "Ab", "B", "a", "b"]


def test_migrations__take_an_older_ledger_to_the_newest_and_keep_its_rows(tmp_path, ledger):
    ledger.record_inbox_file(FILE)
    with ledger.begin() as connection:
        for table in (tables.source_run, tables.source_file, tables.source_watermark):
            table.drop(connection)
        connection.exec_driver_sql("alter table delivery drop column rows_ignored")
        connection.exec_driver_sql("update alembic_version set version_num = '0002'")
    ledger.close()
    opened = open_ledger(Home(tmp_path))
    assert opened.inbox_files() == {"a.csv": FILE}
    assert opened.read(sa.select(tables.source_run)) == []
    opened.close()
