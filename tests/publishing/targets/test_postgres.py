"""Releases on a real PostgreSQL server: what readers get, what stays, what comes back."""

import time

import psycopg
import pytest

from ingestion.target_settings import TargetSettings
from publishing.release import drop_old_releases, point_to
from publishing.targets import postgres, postgres_tables
from publishing.targets.follow import follow_current
from publishing.targets.words import Served
from tests.publishing.targets.conftest import COLLABORATIVE, follow
from tests.publishing.targets.made_release import make_release


def of_release(database, view="collaborative.fct_metric_value"):
    return database.ask(f"select snapshot_id, of_release, count(*) from {view} group by 1, 2 order by 1")


def parts(database, name="%"):
    """The tables of snapshots whose names are like that."""
    like = name + r"\_\_r0%"
    sql = "select count(*) from pg_class as c where c.relkind = 'r' and c.relname like '{}'"
    return database.ask(sql.format(like))[0][0]


def test_follow__readers_get_each_release_and_then_nothing_is_to_do(home, database):
    first = make_release(home, 1)
    assert follow(home, database.target) == ["copied"]
    assert of_release(database) == [(first, 1, 60)]
    second = make_release(home, 2, rows=5)
    assert follow(home, database.target) == ["copied"]
    assert of_release(database) == [(second, 2, 15)]
    assert follow(home, database.target) == ["in_place"]
    assert database.ask("select snapshot_id, build_id from shared.release_info") == [(second, "build-2")]


def test_follow__going_back_moves_the_pointer_alone(home, database, monkeypatch):
    first = make_release(home, 1, rows=2000)
    make_release(home, 2)
    point_to(home, first)
    follow(home, database.target)
    point_to(home, "r000002-00000002")
    follow(home, database.target)
    monkeypatch.setattr(postgres, "load", lambda *_: pytest.fail("rebuilt"))
    point_to(home, first)
    began = time.monotonic()
    assert follow(home, database.target) == ["pointed"]
    assert time.monotonic() - began < 5
    assert of_release(database) == [(first, 1, 6000)]


def test_follow__keeps_what_the_home_keeps(home, database):
    ids = [make_release(home, number, rows=2) for number in range(1, 5)]
    for release_id in ids:
        point_to(home, release_id)
        follow(home, database.target)
    assert postgres.served(database.target) == Served(ids[3], tuple(ids))
    drop_old_releases(home, 2)
    assert follow(home, database.target) == ["in_place"]
    assert postgres.served(database.target) == Served(ids[3], tuple(ids[2:]))
    assert parts(database) == 2 * (3 + 3 + 4)
    kept = database.ask("select distinct snapshot_id from store_private.student_list order by 1")
    assert kept == [(ids[2],), (ids[3],)]


def test_follow__says_what_could_not_go_while_somebody_reads_and_removes_it_the_next_time(home, database, monkeypatch):
    monkeypatch.setattr(postgres_tables, "PATIENCE", "500ms")
    ids = [make_release(home, number, rows=2) for number in (1, 2)]
    for release_id in ids:
        point_to(home, release_id)
        follow(home, database.target)
    drop_old_releases(home, 1)
    settings = TargetSettings(postgres=database.target)
    with database.connect() as reader, reader.transaction():
        reader.execute("select * from store_private.student_list").fetchall()
        (outcome,) = follow_current(home, settings, COLLABORATIVE)
    n_left = parts(database) - 10
    assert n_left > 0 and postgres.served(database.target) == Served(ids[1], (ids[1],))
    assert (outcome.outcome, outcome.message) == ("in_place", "")
    assert outcome.note.startswith(f"{n_left} table") and outcome.note.endswith("could not go yet: somebody reads them")
    (outcome,) = follow_current(home, settings, COLLABORATIVE)
    assert (outcome.outcome, outcome.note, parts(database)) == ("in_place", "", 10)


def test_follow__an_audience_that_is_left_out_later_goes_from_every_snapshot(home, database):
    ids = [make_release(home, number, rows=2) for number in (1, 2)]
    for release_id in ids:
        point_to(home, release_id)
        follow(home, database.target)
    without = database.target.model_copy(update={"audiences": ("collaborative", "shared")})
    assert follow(home, without) == ["in_place"]
    assert database.ask("select to_regclass('private.student_list')") == [(None,)]
    stores = "select distinct relnamespace::regnamespace::text from pg_class where relname ~ '__r0' order by 1"
    assert database.ask(stores) == [("store_collaborative",), ("store_shared",)]
    point_to(home, ids[0])
    assert follow(home, without) == ["pointed"]
    assert of_release(database) == [(ids[0], 1, 6)]
    assert follow(home, database.target) == ["copied"]
    assert database.ask("select distinct of_release from private.student_list") == [(1,)]
    assert follow(home, database.target) == ["in_place"]
    make_release(home, 3, rows=2)
    assert follow(home, database.target) == ["copied"]
    assert database.ask("select distinct of_release from private.student_list") == [(3,)]


def test_follow__views_of_others_survive_and_show_the_new_release(home, database):
    make_release(home, 1)
    follow(home, database.target)
    database_sql = (
        "create schema analyst; create view analyst.mine as select of_release, value from shared.mart_metric_value"
    )
    with database.connect() as connection:
        connection.execute(database_sql)
    make_release(home, 2, extra="alter table out.dim_metric add column added decimal(9, 2);")
    assert follow(home, database.target) == ["copied"]
    assert database.ask("select distinct of_release from analyst.mine") == [(2,)]
    assert database.ask("select added from collaborative.dim_metric") == [(None,), (None,)]


def test_follow__a_column_that_went_away_is_empty_and_one_that_came_is_there(home, database):
    make_release(home, 1, extra="alter table out.dim_metric add column old integer default 3;")
    follow(home, database.target)
    make_release(home, 2, extra="alter table out.dim_metric add column new_one integer default 4;")
    assert follow(home, database.target) == ["copied"]
    assert database.ask("select old, new_one from collaborative.dim_metric") == [(None, 4)] * 2
    point_to(home, "r000001-00000001")
    assert follow(home, database.target) == ["pointed"]
    assert database.ask("select old, new_one from collaborative.dim_metric") == [(3, None)] * 2


def test_follow__a_type_changes_unless_a_view_of_others_stands_upon_it(home, database):
    make_release(home, 1, extra="alter table out.dim_metric add column n integer default 3;")
    follow(home, database.target)
    with database.connect() as connection:
        connection.execute("create view public.theirs as select n from collaborative.dim_metric")
    make_release(home, 2, extra="alter table out.dim_metric add column n decimal(18, 2) default 4.5;")
    (message,) = follow(home, database.target)
    assert "collaborative.dim_metric: the type of n changes to numeric(18,2), and views of others" in message
    assert of_release(database)[0][1] == 1
    with database.connect() as connection:
        connection.execute("drop view public.theirs")
    assert follow(home, database.target) == ["copied"]
    assert [str(row[0]) for row in database.ask("select n from collaborative.dim_metric")] == ["4.50", "4.50"]


def test_follow__the_view_of_a_model_that_is_gone_goes_with_its_last_snapshot(home, database):
    extra = "create table out.mart_gone as select '00010000' as district_id;"
    make_release(home, 1, extra=extra)
    follow(home, database.target)
    make_release(home, 2)
    drop_old_releases(home, 1)
    follow(home, database.target)
    assert database.ask("select to_regclass('collaborative.mart_gone')") == [(None,)]
    assert database.ask("select to_regclass('store_collaborative.mart_gone')") == [(None,)]


def test_follow__comments_are_those_of_the_files(home, database):
    make_release(home, 1)
    follow(home, database.target)
    comments = database.ask(
        "select col_description('private.student_list'::regclass, attnum) from pg_attribute "
        "where attrelid = 'private.student_list'::regclass and attname = 'student_key'"
    )
    assert comments == [("The pupil's surrogate.",)]
    assert database.ask("select obj_description('private.student_list'::regclass)") == [("One row per pupil.",)]


def test_follow__a_second_release_takes_no_lock_that_readers_wait_for(home, database):
    """A reader's transaction stays open over everything; it and its views go on, and the next one sees the new."""
    make_release(home, 1)
    follow(home, database.target)
    with database.connect() as reader:
        reader.autocommit = False
        for view in ("private.student_list", "collaborative.fct_metric_value", "shared.release_info"):
            reader.execute(f"select count(*) from {view}")
        make_release(home, 2)
        assert follow(home, database.target) == ["copied"]
    assert of_release(database)[0][1] == 2


def test_follow__a_repeatable_reader_keeps_its_release(home, database):
    make_release(home, 1)
    follow(home, database.target)
    with database.connect() as reader:
        reader.autocommit = False
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        sql = "select distinct of_release from {}"
        before = reader.execute(sql.format("shared.mart_metric_value")).fetchall()
        make_release(home, 2)
        assert follow(home, database.target) == ["copied"]
        assert reader.execute(sql.format("private.student_list")).fetchall() == before == [(1,)]


def test_follow__what_a_killed_publisher_left_is_dropped(home, database, monkeypatch):
    make_release(home, 1)
    follow(home, database.target)
    make_release(home, 2)

    class Killed(BaseException):
        pass

    def killed(*_):
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(postgres, "attach", killed)
        follow(home, database.target)
    assert of_release(database)[0][1] == 1
    make_release(home, 3)
    assert follow(home, database.target) == ["copied"]
    assert parts(database) == 2 * (3 + 3 + 4)


def test_follow__a_server_that_goes_away_in_the_middle_of_a_load_leaves_the_pointer(home, database, monkeypatch):
    from publishing.targets import postgres_tables

    make_release(home, 1)
    follow(home, database.target)
    second, load_rows = make_release(home, 2), postgres_tables.load_rows

    def end_all_sessions(*arguments):
        load_rows(*arguments)
        others = "datname = current_database() and pid <> pg_backend_pid()"
        database.ask(f"select pg_terminate_backend(pid) from pg_stat_activity where {others}")

    with monkeypatch.context() as patched:
        patched.setattr(postgres_tables, "load_rows", end_all_sessions)
        (message,) = follow(home, database.target)
    assert message.startswith("the server cannot be reached, or went away")
    assert of_release(database)[0][1] == 1
    assert follow(home, database.target) == ["copied"]
    assert of_release(database)[0][:2] == (second, 2)


def test_follow__rows_that_are_not_the_files_leave_the_pointer(home, database, monkeypatch):
    from publishing.targets import postgres_tables

    make_release(home, 1)
    follow(home, database.target)
    make_release(home, 2)
    with monkeypatch.context() as patched:
        patched.setattr(postgres_tables, "load_rows", lambda *_: None)
        (message,) = follow(home, database.target)
    assert message == "collaborative.dim_metric: its rows are not those of the file (0 there, 2 here)"
    assert of_release(database)[0][1] == 1
    assert follow(home, database.target) == ["copied"]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "set the environment variable SCHOOLSTAT_POSTGRES_URL"),
        ("mysql://user:secret@host/base", "must name a PostgreSQL database"),
        ("no url", "is not one of a database"),
        ("postgresql://user:secret@127.0.0.1:9/base", "cannot be reached"),
    ],
)
def test_follow__what_cannot_be_a_target_is_said_without_the_password(home, database, monkeypatch, url, message):
    make_release(home, 1)
    monkeypatch.setenv("SCHOOLSTAT_POSTGRES_URL", url)
    (said,) = follow(home, database.target)
    assert message in said
    assert "secret" not in said


def test_follow__a_database_serves_one_collaborative(home, database, monkeypatch):
    make_release(home, 1)
    follow(home, database.target)
    make_release(home, 2)
    monkeypatch.setattr("tests.publishing.targets.conftest.COLLABORATIVE", "other")
    assert follow(home, database.target) == [
        "the database serves another collaborative: one database is one collaborative"
    ]


def test_follow__a_release_of_the_same_name_and_other_content_is_refused(home, database):
    make_release(home, 1)
    follow(home, database.target)
    with database.connect() as connection:
        connection.execute("update schoolstat.snapshot set content_hash = 'other'")
    (message,) = follow(home, database.target)
    assert "another release of the name r000001-00000001" in message
