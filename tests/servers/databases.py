"""A base of each kind with one table of a ledger, for tests of extracts from databases."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from tests.servers.process import unique

KINDS = ("postgresql", "mariadb", "sqlite")
ROWS = [
    ("00490000", 2025, "0035", Decimal("1234567890123456.78"), date(2024, 7, 1), 'Büro, "A"\nsecond line', None, True),
    ("00490000", 2025, "0036", Decimal("-0.10"), None, "", "x", False),
    ("00350000", 2025, "0035", Decimal("0.00"), date(2025, 2, 28), "\\N", "null", None),
]
SCHEMA = pa.schema(
    [
        ("district", pa.string()),
        ("school_year", pa.int64()),
        ("Account Code", pa.string()),
        ("amount", pa.decimal128(18, 2)),
        ("posted_on", pa.date32()),
        ("note", pa.string()),
        ("vendor", pa.string()),
        ("is_open", pa.bool_()),
    ]
)


@dataclass
class Database:
    """A base with one table of ledger lines, and a reader of it."""

    url: sa.URL
    engine: sa.Engine
    table: sa.Table

    def source(self, **more) -> dict:
        extract = {
            "extract": "ledger",
            "table": str(self.table.name),
            "file": "ledger.parquet",
            **{key: value for key, value in more.items() if key != "rows_at_once"},
        }
        if "query" in more:
            del extract["table"]
        return {
            "source": "books",
            "kind": "sql",
            "url_from": {"env": "TEST_BOOKS_URL"},
            "rows_at_once": more.get("rows_at_once", 2),
            "extracts": [extract],
        }

    def run(self, statement, *parameters) -> None:
        with self.engine.begin() as connection:
            connection.execute(statement, *parameters)


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def database(kind, request, tmp_path, monkeypatch):
    name = {"postgresql": "postgres_base", "mariadb": "mariadb_base"}.get(kind)
    url = request.getfixturevalue(name) if name else sa.URL.create("sqlite", database=str(tmp_path / "books.db"))
    engine = sa.create_engine(url)
    table = sa.Table(
        unique("ledger"),
        sa.MetaData(),
        sa.Column("district", sa.String(8)),
        sa.Column("school_year", sa.Integer),
        sa.Column("Account Code", sa.String(10)),
        sa.Column("amount", sa.Numeric(18, 2)),
        sa.Column("posted_on", sa.Date),
        sa.Column("note", sa.String(200)),
        sa.Column("vendor", sa.String(20)),
        sa.Column("is_open", sa.Boolean),
    )
    table.create(engine)
    made = Database(url, engine, table)
    if kind == "sqlite":  # as text, or SQLite makes a float of what is inserted
        rows = [(*row[:3], str(row[3]), str(row[4]) if row[4] else None, *row[5:]) for row in ROWS]
        places = ", ".join("?" * len(SCHEMA.names))
        with engine.begin() as connection:
            connection.exec_driver_sql(f'insert into "{table.name}" values ({places})', rows)
    else:
        made.run(sa.insert(table), [dict(zip(SCHEMA.names, row, strict=True)) for row in ROWS])
    monkeypatch.setenv("TEST_BOOKS_URL", url.render_as_string(hide_password=False))
    yield made
    table.drop(engine)
    engine.dispose()


def read(fetching, file="ledger.parquet"):
    return pq.read_table(fetching.home.incoming / "books" / file)


def as_tuples(table):
    return [tuple(row.values()) for row in table.to_pylist()]
