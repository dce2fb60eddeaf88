"""Cells of SQLite come as what they are, whatever a column says, and what is not of its type is told by its column."""

from datetime import date, datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from ingestion.sources.outcomes import FileFault
from ingestion.sources.sql_columns import check_watermark, plan_extract
from ingestion.sources.sql_extract import Slice, SqlExtract
from ingestion.sources.sql_rows import read_rows

COLUMNS = "n integer, code varchar(20), amount numeric(18, 2), rate float, day date, is_open boolean"
SOUND = (1, "0035", 1.5, 0.25, "2024-07-01", 1)
EXTRACT = SqlExtract(extract="lines", table="lines", file="lines.parquet")


@pytest.fixture
def open_lines(tmp_path):
    """A base of one table with these rows, as sessions of the fetch open it."""

    def make(rows):
        path = tmp_path / "lines.db"
        engine = sa.create_engine(f"sqlite:///{path}")
        with engine.begin() as connection:
            connection.exec_driver_sql(f"create table lines ({COLUMNS})")
            for row in rows:
                connection.exec_driver_sql("insert into lines values (?, ?, ?, ?, ?, ?)", row)
        engine.dispose()
        return sa.create_engine(f"sqlite:///file:{path}?mode=ro&uri=true", poolclass=sa.NullPool)

    return make


def read(engine, extract=EXTRACT, one=None, since=None, rows_at_once=2):
    one = one or Slice("", None, 0, "lines.parquet")
    with engine.connect() as connection:
        plan = plan_extract(connection, extract)
        batches = list(read_rows(connection, plan, plan.select(one, since), rows_at_once))
    assert all(batch.num_rows <= rows_at_once for batch in batches)
    return [tuple(row.values()) for batch in batches for row in batch.to_pylist()]


def test_rows__are_exact_whatever_kind_a_cell_is_of(open_lines):
    rows = [
        SOUND,
        (2**62 + 1, "", 2**53 + 1, 3, None, 0),
        (None,) * 6,
        (-1, "12", "0.10", 1e-7, "1999-12-31", None),
        (0, "ü\n'\"", 0.1, 2.5, None, None),
    ]
    assert read(open_lines(rows)) == [
        (1, "0035", Decimal("1.50"), 0.25, date(2024, 7, 1), True),
        (2**62 + 1, "", Decimal(2**53 + 1), 3.0, None, False),
        (None,) * 6,
        (-1, "12", Decimal("0.10"), 1e-7, date(1999, 12, 31), None),
        (0, "ü\n'\"", Decimal("0.10"), 2.5, None, None),
    ]


def test_rows__of_an_empty_table_are_none(open_lines):
    assert read(open_lines([])) == []


@pytest.mark.parametrize("place", [0, 3], ids=["in the first rows", "in later ones"])
@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("n", "secret"), ("n", 1.5), ("n", b"secret"), ("code", b"secret"), ("amount", "secret"), ("amount", b"12"),
        ("amount", 0.125), ("rate", "secret"), ("day", 20240701), ("day", 1.5), ("day", b"2024-07-01"),
        ("day", "secret"), ("is_open", "secret"),
    ],
)  # fmt: skip
def test_rows__a_cell_of_another_kind_names_its_column(open_lines, column, cell, place):
    rows = [list(SOUND) for _ in range(5)]
    rows[place][["n", "code", "amount", "rate", "day", "is_open"].index(column)] = cell
    with pytest.raises(FileFault, match=f"column '{column}' holds something that is not a") as fault:
        read(open_lines([tuple(row) for row in rows]))
    assert "secret" not in str(fault.value)


def test_rows__since_a_watermark_and_of_a_code_are_asked_for_by_bound_values(open_lines):
    extract = EXTRACT.model_copy(update={"watermark": "day", "district_column": "code"})
    rows = [(n, "o'x", 1, 1, day, 1) for n, day in enumerate(["2024-06-30", "2024-07-01", None])]
    rows.append((9, "other", 1, 1, "2024-07-02", 1))
    found = read(open_lines(rows), extract, Slice("1", "o'x", 0, "lines.parquet"), date(2024, 7, 1))
    assert [row[0] for row in found] == [1, 2]


@pytest.mark.parametrize("declared", ["datetime", "text"])
@pytest.mark.parametrize(
    ("since", "asked"),
    [
        ("2025-01-01T10:00:00", {3, 4, 5, 6, 7, 8, 9}),
        ("2025-01-01T10:05:00.250000", {5, 6, 7, 8, 9}),
        ("2025-01-01T10:05:00", {5, 6, 7, 8, 9}),
        ("2025-01-02T00:00:00", {7, 8, 9}),
    ],
)
def test_rows__of_the_watermarks_own_time_are_asked_for_however_they_are_written(tmp_path, declared, since, asked):
    times = [
        "2024-12-31 23:59:59", "2025-01-01 09:59:59.999", "2025-01-01 10:00", "2025-01-01 10:00:00",
        "2025-01-01 10:05:00.000", "2025-01-01 10:05:01", "2025-01-02", "2025-01-02 00:00:00",
        "2025-01-02T00:00:00.5",
    ]  # fmt: skip
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'times.db'}", poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"create table lines (n integer, at {declared})")
        for n, time in enumerate(times, start=1):
            connection.exec_driver_sql("insert into lines values (?, ?)", (n, time))
    extract = EXTRACT.model_copy(update={"watermark": "at", "types": {"at": "timestamp"}})
    assert {row[0] for row in read(engine, extract, since=datetime.fromisoformat(since))} == asked


def test_rows__since_a_number_of_a_query_come_though_the_database_keeps_texts(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'numbers.db'}", poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("create table lines (n integer, changed text)")
        connection.exec_driver_sql("insert into lines values (1, '2'), (2, '10')")
    asked = {"extract": "lines", "file": "lines.parquet", "watermark": "changed", "key": ["n"]}
    query = {"query": "select n, changed from lines", "types": {"n": "integer", "changed": "integer"}}
    found = read(engine, SqlExtract(**asked, **query), since=2)
    assert found == [(1, 2), (2, 10)]


@pytest.mark.parametrize(("declared", "is_one"), [("text", False), ("integer", True)])
def test_a_number_that_is_kept_as_text_is_no_watermark(tmp_path, declared, is_one):
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'numbers.db'}", poolclass=sa.NullPool)
    extract = EXTRACT.model_copy(update={"watermark": "n", "types": {"n": "integer"}})
    with engine.begin() as connection:
        connection.exec_driver_sql(f"create table lines (n {declared})")
        plan = plan_extract(connection, extract)
    if is_one:
        check_watermark(plan)
        return
    with pytest.raises(FileFault, match="'n' is a number that the database keeps as text") as fault:
        check_watermark(plan)
    assert fault.value.outcome == "refused"


def test_rows__of_a_damaged_file_are_an_error_of_the_database(open_lines, tmp_path):
    engine = open_lines([(n, f"{n:0200}"[:20], 1, 1, None, 1) for n in range(2000)])
    path = tmp_path / "lines.db"
    sound = path.read_bytes()
    path.write_bytes(sound[:8192] + b"\xff" * (len(sound) - 8192))
    with pytest.raises(DBAPIError) as error:
        read(engine)
    assert str(getattr(error.value.orig, "sqlite_errorname", "")).startswith("SQLITE_CORRUPT")
