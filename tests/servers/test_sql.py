"""Extracts from real databases: PostgreSQL, MariaDB and SQLite."""

from datetime import datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from tests.ingestion.sources.conftest import fetching, words
from tests.servers.databases import ROWS, SCHEMA, Database, as_tuples, database, kind, read
from tests.servers.process import unique

__all__ = ["database", "fetching", "kind"]


def expected(kind):
    """MariaDB has no booleans; SQLite keeps a double for a decimal, as it has none."""
    rows = [list(row) for row in ROWS]
    if kind == "mariadb":
        rows = [[*row[:-1], None if row[-1] is None else int(row[-1])] for row in rows]
    if kind == "sqlite":
        rows[0][3] = Decimal("1234567890123456.80")
    return sorted(map(tuple, rows), key=str)


def test_table__keeps_every_type(fetching, database, kind):
    outcome = fetching.fetch(database.source())
    assert (outcome.outcome, words(outcome)) == ("fetched", {"ledger.parquet": "fetched"}), outcome
    table = read(fetching)
    wanted = SCHEMA.set(7, pa.field("is_open", pa.int64())) if kind == "mariadb" else SCHEMA
    assert table.schema.equals(wanted)
    assert sorted(as_tuples(table), key=str) == expected(kind)


ODD = [
    '{"a": [1, null]}',
    '"quoted"',
    "tab\t, back\\slash / \x01 and ü",
    "true",
    "12",
    "null",
    " blank ",
    "%s ?",
    "O'Neill",
]


def test_table__a_text_comes_as_it_is(fetching, database):
    rows = [dict.fromkeys(SCHEMA.names) | {"school_year": year, "note": text} for year, text in enumerate(ODD)]
    database.run(sa.delete(database.table))
    database.run(sa.insert(database.table), rows)
    fetching.fetch(database.source())
    found = read(fetching)
    assert dict(zip(found["school_year"].to_pylist(), found["note"].to_pylist(), strict=True)) == dict(enumerate(ODD))


def test_table__of_many_columns_comes_whole(fetching, database):
    names = [f"c{number}" for number in range(150)]
    wide = sa.Table(unique("wide"), sa.MetaData(), *(sa.Column(name, sa.String(9)) for name in names))
    wide.create(database.engine)
    made = Database(database.url, database.engine, wide)
    made.run(sa.insert(wide), [{name: f"{name}-{row}" for name in names if name != "c77"} for row in range(3)])
    try:
        fetching.fetch(made.source())
    finally:
        wide.drop(database.engine)
    found = read(fetching)
    assert (found.schema.names, found["c77"].to_pylist()) == (names, [None] * 3)
    assert sorted(found["c149"].to_pylist()) == ["c149-0", "c149-1", "c149-2"]


def test_sqlite__what_a_column_should_not_hold_is_named_and_not_quoted(fetching, tmp_path, monkeypatch):
    url = sa.URL.create("sqlite", database=str(tmp_path / "odd.db"))
    engine = sa.create_engine(url)
    monkeypatch.setenv("TEST_BOOKS_URL", url.render_as_string(hide_password=False))
    made = Database(url, engine, sa.Table("odd", sa.MetaData(), sa.Column("n", sa.Integer), sa.Column("a", sa.Text)))
    made.table.create(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("insert into odd values (1, 'x'), ('secret', 'y')")
    outcome = fetching.fetch(made.source())
    assert words(outcome) == {"ledger.parquet": "failed"}
    assert "column 'n' holds something that is not a int64" in outcome.files[0].message
    assert "secret" not in outcome.files[0].message


def test_table__asked_again_is_unchanged_and_the_file_stays(fetching, database):
    fetching.fetch(database.source())
    before = (fetching.home.incoming / "books" / "ledger.parquet").stat().st_mtime_ns
    again = fetching.fetch(database.source())
    assert (again.outcome, words(again)) == ("nothing_new", {"ledger.parquet": "unchanged"})
    assert (fetching.home.incoming / "books" / "ledger.parquet").stat().st_mtime_ns == before
    assert set(fetching.arrived()) == {"books/ledger.parquet"}


def test_csv__is_exact_text(fetching, database, kind):
    columns = ["Account Code", "amount", "posted_on", "note", "vendor"]
    fetching.fetch(database.source(file="ledger.csv", columns=columns))
    lines = fetching.arrived()["books/ledger.csv"].decode()
    assert lines.startswith('"Account Code","amount","posted_on","note","vendor"\n')
    assert '"0036",-0.10,,"","x"\n' in lines
    assert ('"0035",1234567890123456.78,2024-07-01,' in lines) == (kind != "sqlite")
    assert '"Büro, ""A""\nsecond line",\n' in lines


def test_slices__one_file_for_each_district_and_year(fetching, database):
    outcome = fetching.fetch(
        database.source(
            district_column="district",
            districts={"00490000": "00490000", "00350000": "00350000"},
            year_column="school_year",
            school_years=[2024, 2025],
            file="{district_id}/{school_year}/ledger.parquet",
        )
    )
    assert outcome.outcome == "fetched"
    n_rows = {path: pq.read_table(fetching.home.incoming / path).num_rows for path in fetching.arrived()}
    assert n_rows == {
        "books/00350000/2024/ledger.parquet": 0,
        "books/00350000/2025/ledger.parquet": 1,
        "books/00490000/2024/ledger.parquet": 0,
        "books/00490000/2025/ledger.parquet": 2,
    }


def test_slices__rows_of_a_code_that_nobody_named_are_told(fetching, database):
    outcome = fetching.fetch(
        database.source(district_column="district", districts={"00490000": "00490000"}, file="{district_id}.parquet")
    )
    assert [file.outcome for file in outcome.files] == ["fetched", "refused"]
    assert "rows of 1 codes that districts does not name were not taken: 00350000" in outcome.files[1].message


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"district_column": "district", "districts": {"00490000": "00490000", "00350000": "00350000"}}, "'district'"),
        ({"year_column": "school_year", "school_years": [2025], "district": "00490000"}, "'school_year'"),
    ],
)
def test_slices__rows_without_a_code_or_a_year_are_told(fetching, database, columns, said):
    values = dict.fromkeys(("district", "school_year")) | {"note": "belongs to nobody"}
    database.run(sa.insert(database.table), values)
    file = "{district_id}.parquet" if "districts" in columns else "{school_year}.parquet"
    outcome = fetching.fetch(database.source(**columns, file=file))
    assert {file.outcome for file in outcome.files[:-1]} == {"fetched"}
    assert (outcome.files[-1].outcome, outcome.files[-1].message) == (
        "refused",
        f"1 rows with nothing in {said} were not taken",
    )


def test_slices__codes_of_whole_numbers_are_compared_as_numbers(fetching, database):
    outcome = fetching.fetch(
        database.source(district_column="school_year", districts={"02025": "00490000"}, file="{district_id}.parquet")
    )
    assert words(outcome) == {"00490000.parquet": "fetched"}
    assert read(fetching, "00490000.parquet").num_rows == len(ROWS)


def test_query__takes_declared_types_and_else_exact_text(fetching, database, kind):
    query = f"select t.amount, t.\"Account Code\" as code, 'it is 10:30 :x' as said from {database.table.name} t"
    query = query.replace('"', "`") if kind == "mariadb" else query
    outcome = fetching.fetch(database.source(query=f"{query};", types={"amount": "decimal(20,4)"}))
    assert outcome.outcome == "fetched", outcome
    table = read(fetching)
    assert [field.type for field in table.schema] == [pa.decimal128(20, 4), pa.string(), pa.string()]
    assert sorted(table["amount"].to_pylist())[0] == Decimal("-0.1000")
    assert set(table["said"].to_pylist()) == {"it is 10:30 :x"}


def test_types__what_is_not_of_its_type_is_named_and_not_quoted(fetching, database):
    outcome = fetching.fetch(database.source(types={"note": "decimal(10,2)"}))
    assert words(outcome) == {"ledger.parquet": "failed"}
    assert "column 'note' holds something that is not a decimal" in outcome.files[0].message
    assert "Büro" not in outcome.files[0].message
    assert fetching.arrived() == {}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"table": "no_such_table"}, "the table is not there"),
        ({"columns": ["amount", "no such column"]}, "there is no column 'no such column'"),
        ({"columns": ["amount) from x; drop table x; --"]}, "there is no column"),
        ({"query": "select nonsense from nowhere"}, "query"),
    ],
)
def test_extract__one_that_cannot_be_asked_costs_the_others_nothing(fetching, database, more, said):
    source = database.source(**more)
    source["extracts"].append(database.source()["extracts"][0] | {"extract": "good", "file": "good.parquet"})
    outcome = fetching.fetch(source)
    assert words(outcome) == {"ledger.parquet": "failed", "good.parquet": "fetched"}
    assert said in outcome.files[0].message


def test_query__cannot_write(fetching, database, kind):
    outcome = fetching.fetch(database.source(query=f"delete from {database.table.name}"))
    assert words(outcome) == {"ledger.parquet": "failed"}
    with database.engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(database.table)).scalar() == len(ROWS)


# A base that is down, and what only one kind of it has


def test_source__a_base_that_cannot_be_used_is_an_outcome(fetching, postgres_base, mariadb_base, tmp_path, monkeypatch):
    from tests.servers.process import free_port

    urls = {
        "down": postgres_base.set(port=free_port()),
        "no base": postgres_base.set(database="no_such_base"),
        "wrong password": mariadb_base.set(password="wrong"),
        "no file": sa.URL.create("sqlite", database=str(tmp_path / "none.db")),
        "no driver": sa.URL.create("oracle", "anna", "secret", host="127.0.0.1"),
        "no url": None,
        "not a url": None,
    }
    source = Database(postgres_base, sa.create_engine("sqlite://"), sa.Table("t", sa.MetaData())).source()
    seen = {}
    for cause, url in urls.items():
        monkeypatch.setenv("TEST_BOOKS_URL", url.render_as_string(hide_password=False) if url else "")
        if cause == "not a url":
            monkeypatch.setenv("TEST_BOOKS_URL", "secret in clear text")
        outcome = fetching.fetch(source)
        seen[cause] = outcome.outcome
        assert "secret" not in outcome.message
        assert "wrong" not in outcome.message
    assert seen == {
        "down": "unreachable",
        "no base": "refused",
        "wrong password": "refused",
        "no file": "unreachable",
        "no driver": "not_configured",
        "no url": "not_configured",
        "not a url": "not_configured",
    }
    assert not (tmp_path / "none.db").exists()


def test_postgresql__what_has_no_exact_type_comes_as_its_own_text(fetching, postgres_base, monkeypatch):
    monkeypatch.setenv("TEST_BOOKS_URL", postgres_base.render_as_string(hide_password=False))
    engine = sa.create_engine(postgres_base)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "create table odd as select 1.10::numeric as free, 'a'::char(3) as padded, time '10:30' as at, "
            "'{\"a\": 1}'::jsonb as doc, timestamptz '2025-03-01 12:00+02' as moment, 12::smallint as small, "
            "array[1,2] as list, interval '1 day' as span, true as never where false"
        )
        connection.exec_driver_sql(
            "insert into odd values "
            "(1.10, 'a', '10:30', '{\"a\": 1}', '2025-03-01 12:00+02', 12, '{1,2}', '1 day', true)"
        )
    engine.dispose()
    source = Database(postgres_base, engine, sa.Table("odd", sa.MetaData())).source()
    assert words(fetching.fetch(source)) == {"ledger.parquet": "fetched"}
    (row,) = read(fetching).to_pylist()
    assert row == {
        "free": "1.10",
        "padded": "a  ",
        "at": "10:30:00",
        "doc": '{"a": 1}',
        "moment": datetime.fromisoformat("2025-03-01T10:00:00+00:00"),
        "small": 12,
        "list": "{1,2}",
        "span": "P1D",
        "never": True,
    }


def test_postgresql__a_table_of_another_schema_with_names_that_need_quotes(fetching, postgres_base, monkeypatch):
    monkeypatch.setenv("TEST_BOOKS_URL", postgres_base.render_as_string(hide_password=False))
    engine = sa.create_engine(postgres_base)
    with engine.begin() as connection:
        connection.exec_driver_sql('create schema finance; create table finance."Lines" ("Order" int, "a""b" text)')
        connection.exec_driver_sql("insert into finance.\"Lines\" values (1, 'x')")
    engine.dispose()
    source = Database(postgres_base, engine, sa.Table("x", sa.MetaData())).source(table="finance.Lines")
    assert words(fetching.fetch(source)) == {"ledger.parquet": "fetched"}
    assert read(fetching).to_pylist() == [{"Order": 1, 'a"b': "x"}]


def test_sqlite__a_text_that_is_not_utf_8_costs_the_other_extracts_nothing(fetching, tmp_path, monkeypatch):
    url = sa.URL.create("sqlite", database=str(tmp_path / "odd.db"))
    engine = sa.create_engine(url)
    table = sa.Table("odd", sa.MetaData(), sa.Column("name", sa.String(20)), sa.Column("n", sa.Integer))
    table.create(engine)
    made = Database(url, engine, table)
    made.run(sa.text("insert into odd values (cast(x'416ee9' as text), 1)"))
    monkeypatch.setenv("TEST_BOOKS_URL", url.render_as_string(hide_password=False))
    source = made.source()
    source["extracts"].append(source["extracts"][0] | {"extract": "good", "columns": ["n"], "file": "good.parquet"})
    outcome = fetching.fetch(source)
    engine.dispose()
    assert words(outcome) == {"ledger.parquet": "failed", "good.parquet": "fetched"}
    assert outcome.files[0].message.startswith("a text is not UTF-8")


def test_sessions__only_read(fetching, database):
    from ingestion.sources.sql_database import open_database

    engine = open_database(fetching.load(database.source())[0])
    with engine.connect() as connection, pytest.raises(sa.exc.DBAPIError):
        connection.execute(sa.delete(database.table))
    engine.dispose()
