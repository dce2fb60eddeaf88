"""Who may read what on PostgreSQL: every role at every table, and what stops a release that would be read wrongly."""

import os
import re

import psycopg
import pytest

from publishing.release import point_to
from publishing.targets.postgres_layout import AUDIENCES, store
from tests.publishing.targets.conftest import Database, follow
from tests.publishing.targets.made_release import DISTRICTS, make_release

ROWS = 6
PUPILLESS = DISTRICTS[2]


@pytest.fixture(scope="module")
def served(postgres_base, tmp_path_factory):
    """One database with two releases, asked by all tests of this module that change nothing."""
    from ingestion.home import Home
    from ingestion.target_settings import PostgresTarget
    from tests.servers.process import unique

    name = unique("access")
    server = postgres_base.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    uri = postgres_base.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    os.environ["TEST_ACCESS_URL"] = uri
    target = PostgresTarget.model_validate({"url_from": {"env": "TEST_ACCESS_URL"}, "role_prefix": unique("t")})
    home = Home(tmp_path_factory.mktemp("access") / "home")
    for number in (1, 2):
        make_release(home, number, rows=ROWS)
        assert follow(home, target) == ["copied"]
    return Database(uri, target)


def relations(database):
    """Every table and view of ours, as (schema, name)."""
    schemas = [*AUDIENCES, *map(store, AUDIENCES), "schoolstat"]
    with database.connect() as connection:
        return connection.execute(
            "select n.nspname, c.relname from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace "
            "where n.nspname = any(%s) and c.relkind in ('r', 'v', 'p')",
            [schemas],
        ).fetchall()


def may_read(database, role):
    """Every relation from which a login of this role gets an answer, by really asking."""
    readable = set()
    with database.connect(role) as connection:
        for schema, name in relations(database):
            try:
                connection.execute(f'select * from {schema}."{name}" limit 1')
            except psycopg.errors.InsufficientPrivilege:
                continue
            readable.add((schema, name))
    return readable


def views(database, *audiences):
    """What readers of these audiences may read: views, the tables under them, the pointer and the list."""
    found = {(s, n) for s, n in relations(database) if s in (*audiences, *map(store, audiences)) and "__r0" not in n}
    common = {("schoolstat", "snapshot"), ("schoolstat", "current_snapshot")}
    return found | common | ({("schoolstat", "district_role")} if "private" in audiences else set())


def test_access__each_role_reads_what_is_its_own_and_nothing_else(served):
    roles = served.roles
    assert may_read(served, roles.shared) == views(served, "shared")
    assert may_read(served, roles.collaborative) == views(served, "shared", "collaborative")
    for district in DISTRICTS:
        assert may_read(served, roles.district(district)) == views(served, "shared", "private")


@pytest.mark.parametrize("district", DISTRICTS)
@pytest.mark.parametrize("table", ["fct_metric_value", "mart_metric_value", "student_list"])
@pytest.mark.parametrize("schema", ["private", "store_private"])
def test_access__a_district_sees_its_own_rows_alone(served, district, table, schema):
    n = 0 if (district, table) == (PUPILLESS, "student_list") else ROWS
    n_snapshots = 2 if schema == "store_private" else 1
    found = served.ask(
        f"select district_id, count(*) from {schema}.{table} group by 1", served.roles.district(district)
    )
    assert found == ([(district, n * n_snapshots)] if n else [])


def rows_by_district(database, schema, name, role=None):
    """How many rows of each district a role reads; None where the relation has no district."""
    try:
        return dict(database.ask(f'select district_id, count(*) from {schema}."{name}" group by 1', role))
    except psycopg.errors.UndefinedColumn:
        return None


def test_access__the_matrix_of_every_role_and_every_relation(served):
    """Each role at each table and view: refused, or exactly the rows that are its own; a district's are its own."""
    roles, all_of_ours = served.roles, relations(served)
    allowed = {roles.shared: {"shared"}, roles.collaborative: {"shared", "collaborative"}}
    allowed |= {roles.district(district): {"shared", "private"} for district in DISTRICTS}
    allowed |= {roles.private: {"shared", "private"}}
    whole = {relation: rows_by_district(served, *relation) for relation in all_of_ours}
    assert len(all_of_ours) > 30 and sum(rows is not None for rows in whole.values()) > 20
    for role, audiences in allowed.items():
        readable = may_read(served, role)
        assert readable == views(served, *audiences), role
        for schema, name in readable:
            rows = rows_by_district(served, schema, name, role)
            if "private" not in schema or rows is None:
                assert rows == whole[schema, name], (role, schema, name)
                continue
            own = {district: n for district, n in whole[schema, name].items() if roles.district(district) == role}
            assert rows == own, (role, schema, name)


def test_access__nobody_writes(served):
    roles = served.roles
    for role in (roles.shared, roles.collaborative, roles.district(DISTRICTS[0])):
        for sql in (
            "update schoolstat.current_snapshot set snapshot_id = 'x'",
            "delete from shared.mart_metric_value",
            "insert into schoolstat.district_role values ('00020000', current_user)",
            "create table shared.mine (i integer)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                served.ask(sql, role)


def test_access__no_pupil_is_in_what_the_collaborative_reads(served):
    keys = served.ask(
        "select table_schema, table_name from information_schema.columns where column_name = 'student_key' "
        "and table_schema in ('collaborative', 'shared', 'store_collaborative', 'store_shared')"
    )
    assert keys == []


def test_access__a_function_of_the_reader_sees_no_row_of_others(served):
    """The old trick: a cheap function in a condition that tells what it is shown before the policy looks."""
    role = served.roles.district(DISTRICTS[0])
    with served.connect(role) as connection:
        seen = []
        connection.add_notice_handler(lambda notice: seen.append(notice.message_primary))
        connection.execute(
            "create function pg_temp.peek(t text) returns boolean language plpgsql cost 0.0001 as "
            "$$ begin raise notice '%', t; return true; end $$"
        )
        connection.execute("select count(*) from private.student_list where pg_temp.peek(district_id)")
    assert set(seen) == {DISTRICTS[0]}


def test_access__the_role_in_common_sees_no_row_by_itself(served):
    assert served.ask("select count(*) from private.student_list", served.roles.private) == [(0,)]


def test_access__each_reading_of_a_private_table_is_in_the_servers_log(served):
    role = served.roles.district(DISTRICTS[0])
    with served.connect(role) as connection:
        connection.execute("set client_min_messages = log")
        said = []
        connection.add_notice_handler(lambda notice: said.append((notice.severity, notice.message_primary)))
        connection.execute("select count(*) from private.student_list")
        connection.execute("select count(*) from shared.mart_metric_value")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("set log_min_messages = panic")
    assert set(said) == {
        ("LOG", f"schoolstat: {role}_login reads private.student_list of districts {{{DISTRICTS[0]}}}")
    }
    log = served.ask("show data_directory")[0][0].removesuffix("/data") + "/log"
    with open(log, encoding="utf-8") as lines:  # noqa: PTH123
        text = lines.read()
    assert re.search(rf"LOG: .*{role}_login reads private.student_list", text)
    assert "STATEMENT:  select count(*) from private.student_list" in text


def test_access__the_index_serves_the_policy(served):
    with served.connect(served.roles.district(DISTRICTS[0])) as connection:
        connection.execute("set enable_seqscan = off")
        plan = connection.execute("explain select * from private.student_list").fetchall()
    assert any("Index Cond: (district_id = ANY" in line for (line,) in plan), plan


BROKEN = {
    "a policy that lets everything through": (
        "drop policy own_district on store_private.student_list; "
        "create policy own_district on store_private.student_list using (true)",
        None,
    ),
    "no row-level security": ("alter table store_private.student_list disable row level security", None),
    "a second policy": ("create policy more on store_private.student_list using (true)", None),
    "a view that reads as its owner": (
        "alter view private.student_list set (security_invoker = false)",
        None,
    ),
    "a grant too many": (
        "grant select on {part} to {shared}; grant usage on schema store_private to {shared}",
        "may read",
    ),
    "a role too many": ('grant "{private}" to "{collaborative}"', "may read"),
    "a district in another one's group": ('grant "{district_2}" to "{district_1}"', "is let through to rows of 0001"),
    "a part that is read": ("grant select on {part} to {private}", "past row-level security"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_access__what_was_loosened_is_set_right_or_stops_the_next_release(home, database, what):
    sql, message = BROKEN[what]
    make_release(home, 1)
    follow(home, database.target)
    roles = database.roles
    part = 'store_private."student_list__r000001-00000001"'
    names = {f"district_{number}": roles.district(one) for number, one in enumerate(DISTRICTS, start=1)}
    names |= {"shared": roles.shared, "private": roles.private, "collaborative": roles.collaborative, "part": part}
    with database.connect() as connection:
        connection.execute(sql.format(**names))
    make_release(home, 2)
    (said,) = follow(home, database.target)
    if message is None:
        assert said == "copied"
        found = database.ask("select distinct district_id from private.student_list", roles.district(DISTRICTS[0]))
        assert found == [(DISTRICTS[0],)]
        options = database.ask("select reloptions from pg_class where oid = 'private.student_list'::regclass")
        assert options == [(["security_invoker=true"],)]
    else:
        assert message in said
        assert database.ask("select distinct of_release from shared.mart_metric_value") == [(1,)]


def test_access__going_back_looks_at_the_roles_too(home, database):
    first = make_release(home, 1)
    follow(home, database.target)
    make_release(home, 2)
    follow(home, database.target)
    with database.connect() as connection:
        groups = [database.roles.district(one) for one in DISTRICTS[1:]]
        connection.execute('grant "{}" to "{}"'.format(*groups))
    point_to(home, first)
    (said,) = follow(home, database.target)
    assert "is let through to rows of 00020000, 0003000a" in said
    assert database.ask("select distinct of_release from shared.mart_metric_value") == [(2,)]


def test_access__a_publisher_that_is_no_superuser(home, database, monkeypatch):
    """What docs/runbook.md lets an administrator do once is all that a publisher needs."""
    publisher, login = database.roles.publisher, f"{database.roles.publisher}_login"
    with database.connect() as connection:
        base = connection.info.dbname
        connection.execute(f'create role "{publisher}" nologin createrole')
        connection.execute(f'grant create on database "{base}" to "{publisher}"')
        connection.execute(f'create role "{login}" login in role "{publisher}"')
    monkeypatch.setenv("SCHOOLSTAT_POSTGRES_URL", database.uri.replace("postgres@", f"{login}@"))
    for number in (1, 2):
        make_release(home, number)
        assert follow(home, database.target) == ["copied"]
    found = database.ask("select distinct district_id from private.student_list", database.roles.district(DISTRICTS[1]))
    assert found == [(DISTRICTS[1],)]


def test_access__a_login_that_may_not_publish_is_told_what_to_do(home, database, monkeypatch):
    with database.connect() as connection:
        connection.execute(f'create role "{database.target.role_prefix}_nobody" login')
    monkeypatch.setenv(
        "SCHOOLSTAT_POSTGRES_URL", database.uri.replace("postgres@", f"{database.target.role_prefix}_nobody@")
    )
    make_release(home, 1)
    (said,) = follow(home, database.target)
    assert "docs/runbook.md, 'PostgreSQL', says what an administrator grants it once" in said
