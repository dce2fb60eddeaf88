"""Views whose content follows from a table's: which those are, and that no change of either goes unseen."""

import duckdb
import pytest

from expectations.content_hash import hash_content
from expectations.models import ModelInfo
from expectations.shown_views import ShownView, hash_view, row_by_row_views, view_bodies

ROWS = "('x', 1, 2.50), ('x', 2, 3.50), ('y', 1, 9.50)"
PLAIN = "select * from t where split_part(district_id, '.', 1) in ('x', 'y') and k between 1 and 2"


def model(name, rows_of=None, audiences=("collaborative",)):
    kind = "view" if rows_of else "table"
    return ModelInfo(name, "main", kind, ("district_id", "k"), audiences, "", (), rows_of)


def found(view, audiences=("collaborative",), table_audiences=("collaborative",), rows=ROWS):
    """Whether the view is of the kind, and its content by its table's."""
    with duckdb.connect() as connection:
        connection.execute("create table t (district_id varchar, k integer, amount decimal(18, 2))")
        connection.execute("create table another as select 1 as k")
        connection.execute(f"insert into t values {rows}")
        connection.execute(f"create view v as {view}")
        models = [model("v", "t", audiences), model("t", audiences=table_audiences)]
        held = hash_content(connection, "t", ["district_id", "k"])
        shown = ShownView("t", view_bodies(connection, "memory")["main", "v"])
        content = hash_view(connection, ("memory", "main", "v"), shown, held)
        return row_by_row_views(connection, models, "memory", "main") == {"v": shown}, content


@pytest.mark.parametrize(
    "view",
    [
        "from t",
        PLAIN,
        "with few as (select * from t where k > 1) select district_id, k::varchar as k from few",
        "select case when amount > 3 then 'much' else lower('LITTLE') end as much from t",
    ],
)
def test_views__that_look_at_one_row_are_of_the_kind(view):
    assert found(view)[0]


@pytest.mark.parametrize(
    "view",
    [
        "select district_id, k, max(case when k = 1 then amount end) as amount from t group by district_id, k",
        "with few as (select * from t where k > 1) select count(*) as n from few group by few.district_id",
    ],
)
def test_views__that_put_rows_of_a_district_in_one_are_of_the_kind(view):
    assert found(view)[0]


@pytest.mark.parametrize(
    "view",
    [
        "select k, max(amount) as amount from t group by k",
        "select max(amount) as amount from t",
        "with s as (select k::varchar as district_id from t) select count(*) as n from s group by district_id",
        "with s (k, district_id, amount) as (from t) select max(amount) as amount from s group by district_id",
        "select max(amount) as amount from t as t (k, district_id, amount) group by district_id",
        "select max(amount) as amount from t group by grouping sets ((district_id), ())",
        "select max(amount) as amount from t group by lower(district_id)",
        "select first(amount) as amount from t group by district_id",
        "select string_agg(k::varchar) as k from t group by district_id",
        "select max(amount) as amount from t group by district_id having count(*) > 1",
    ],
)
def test_views__that_put_rows_of_several_districts_in_one_are_not(view):
    assert not found(view)[0]


def test_views__that_are_of_the_kind_show_of_one_districts_rows_what_is_the_districts():
    with duckdb.connect() as connection:
        connection.execute(f"create table t as select * from (values {ROWS}) as t (district_id, k, amount)")
        view = "select district_id, count(*) as n, max(amount) as most from {} group by district_id"
        own = connection.execute(view.format("(from t where district_id = 'x')")).fetchall()
        assert own == connection.execute(f"from ({view.format('t')}) where district_id = 'x'").fetchall()


@pytest.mark.parametrize(
    "view",
    [
        "select *, rank() over (order by amount) as place from t",
        "select *, sum(amount) over (partition by district_id) as total from t",
        "select * from t qualify row_number() over (order by k) = 1",
        "select district_id, sum(amount) as amount from t group by district_id",
        "select max(amount) as amount from t",
        "select distinct district_id from t",
        "select * from t limit 1",
        "select * from t order by k",
        "select * from t where k = (select max(k) from t)",
        "select * from t where k in (select k from another)",
        "select t.* from t, another",
        "select t.* from t inner join another using (k)",
        "select * from t union all select * from t",
        "select * from t using sample 1 rows",
        "select *, random() as r from t",
        "select *, today() as day from t",
        "select *, current_date as day from t",
        "select *, current_date from t",
        "select * from t where current_date > '2020-01-01'",
        "select *, unnest([1, 2]) as twice from t",
        "select * from (select * from t limit 1)",
        "with few as (select * from t limit 1) select * from few",
        "select * from range(3)",
    ],
)
def test_views__that_look_at_anything_else_are_not(view):
    assert not found(view)[0]


def test_views__that_some_file_must_hold_as_a_table_are_not():
    assert not found(PLAIN, audiences=("collaborative", "private"))[0]
    assert found(PLAIN, audiences=("collaborative",), table_audiences=("collaborative", "private"))[0]


def test_content__changes_with_the_view_and_with_each_cell_of_its_table():
    contents = [
        found(view, rows=rows)[1]
        for view in (PLAIN, PLAIN.replace("1 and 2", "1 and 3"), PLAIN.replace("*", "district_id, k"))
        for rows in (ROWS, ROWS.replace("9.50", "9.51"), ROWS.replace("('y', 1", "('y', 5"), "('x', 1, 2.50)")
    ]
    assert len({content.hash for content in contents}) == len(contents)
    assert contents[0].rows == 3 and contents[3].rows == 1


def test_content__is_the_same_wherever_the_same_view_lies():
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        for schema in ("main", "marts"):
            connection.execute(f"create table {schema}.t as select 'x' as district_id, 1 as k")
            connection.execute(f"create view {schema}.v as select * from {schema}.t where k = 1")
        bodies = view_bodies(connection, "memory")
        shown = [ShownView("t", bodies[schema, "v"]) for schema in ("main", "marts")]
        assert len(bodies) == 2 and len({view.body for view in shown}) == 2
        assert {view.over("main") for view in shown} == {shown[0].body}
