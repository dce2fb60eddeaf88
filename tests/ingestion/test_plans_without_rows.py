"""Queries of which DuckDB's plan shows that they have no row, and those of which it does not."""

import duckdb
import pytest

from ingestion.plans_without_rows import has_no_rows

NAMED = "with few as materialized (select k, max(v) as v from bare group by k)"
"""A part that DuckDB makes before it looks at what reads it, so that it does not plan the emptiness away."""

NEVER = [
    "from bare",
    "select k, count(*) as n from bare group by k",
    "select k, v, count(*) as n from bare group by grouping sets ((k), (k, v))",
    "select rank() over (partition by k order by v) as place from bare qualify place = 1",
    "select * from other inner join bare using (k)",
    "select * from bare left join other using (k)",
    "select * from other right join bare using (k)",
    "select * from other semi join bare using (k)",
    "select * from bare anti join other using (k)",
    "select * from other, bare",
    "select * from other inner join bare on other.k < bare.k and other.v > bare.v",
    "select * from bare union all select * from bare",
    "select unnest([1, 2]) as two, k from bare order by k",
    """with few as (select k, max(v) as v from bare group by k), again as (select * from few where v > 1)
       select * from few union all select a.* from few inner join again as a using (k)""",
    "select * from other where exists (select 1 from bare where bare.k = other.k)",
    f"{NAMED} select few.* from few left join other using (k)",
    f"{NAMED} from few union all from bare",
]

MAYBE = [
    "from other",
    "select * from other where k = 5",
    "select count(*) as n from bare",
    "select k, count(*) as n from bare group by grouping sets ((k), ())",
    "select k, count(*) as n from bare group by grouping sets ((k), -- and all of them\n ( ))",
    "select k, count(*) as n from bare group by rollup (k)",
    "select k, v, count(*) as n from bare group by cube (k, v)",
    "select * from other left join bare using (k)",
    "select * from bare right join other using (k)",
    "select * from other full join bare using (k)",
    "select * from other anti join bare using (k)",
    "select * from other where k not in (select k from bare)",
    "select * from bare union all select * from other",
    f"{NAMED} select other.* from other left join few using (k)",
    f"{NAMED} select few.* from few right join other using (k)",
    f"{NAMED} select other.* from other anti join few using (k)",
    f"{NAMED} from few union all from other",
    "select (select max(v) from bare) as v from other",
    "select * from other positional join bare",
    "select * from other except select * from bare",
    "with total as (select count(*) as n from bare) select * from total union all select * from total",
    "with recursive r as (select 1 as k union all select k + 1 from r where k < 3) from r",
]


@pytest.fixture(scope="module")
def planned():
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("set disabled_optimizers = 'statistics_propagation'")
        connection.execute("create table other (k integer, v integer)")
        connection.execute(
            "create view bare as select cast(null as integer) as k, cast(null as integer) as v where false"
        )
        yield lambda sql: has_no_rows(connection, sql)


@pytest.mark.parametrize("sql", NEVER)
def test_plans__that_show_no_row(planned, sql):
    assert planned(sql)


@pytest.mark.parametrize("sql", MAYBE)
def test_plans__that_may_give_rows(planned, sql):
    assert not planned(sql)


@pytest.mark.parametrize("sql", NEVER)
def test_plans__that_show_no_row_give_none_whatever_the_other_table_holds(sql):
    with duckdb.connect() as connection:
        connection.execute("create table other as select i % 7 as k, i as v from range(50) as r (i)")
        connection.execute("create table bare as from other where false")
        assert connection.execute(sql).fetchall() == []
