"""``python -m synthetic.bench.extraction [URL …]``: extracting a ledger of sixteen columns, against the driver alone.

For SQLite, in a file of its own, and for each URL of PostgreSQL or MariaDB that is given: a table of made-up ledger
lines is written there under a name of its own and dropped at the end. Bare is the same driver that fetches the same
columns and forgets them; ours is ``schoolstat fetch`` of that table, in full, to Parquet. Each is a process of its own,
the ledger is made before.

Belongs here: the table, both processes and what they cost. Does not belong here: measuring (``measured.py``).
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from ingestion.home import Home
from ingestion.ledger import open_ledger
from synthetic.bench.measured import measure
from synthetic.bench.table import EXTRACTION, Row

ROWS = 1_000_000
ROWS_AT_ONCE = 20_000
URL_VARIABLE = "SCHOOLSTAT_BENCH_URL"

_NUMBERS = {
    "postgresql": "select n from generate_series(1, {rows}) as g(n)",
    "mysql": "select seq as n from seq_1_to_{rows}",
    "sqlite": "with recursive g(n) as (select 1 union all select n + 1 from g where n < {rows}) select n from g",
}
_DAYS = {
    "postgresql": "date '2024-07-01' + n % 365",
    "mysql": "adddate('2024-07-01', n % 365)",
    "sqlite": "date('2024-07-01', '+' || (n % 365) || ' days')",
}
_TEXTS = {
    "account": ("0100-", 997),
    "txn_id": ("T00", 1_000_003),
    "fund": ("0", 9),
    "function_code": ("23", 89),
    "object_code": ("5", 211),
    "program": ("P0", 31),
    "school_id": ("0035", 50),
    "vendor": ("V000", 5003),
    "description": ("purchase order number ", 70_001),
}


def make_table(engine: sa.Engine, name: str, rows: int) -> sa.Table:
    """Write made-up ledger lines by the database itself."""
    table = sa.Table(
        name,
        sa.MetaData(),
        sa.Column("id", sa.BigInteger),
        sa.Column("fiscal_year", sa.Integer),
        sa.Column("period", sa.Integer),
        *(sa.Column(column, sa.String(60)) for column in _TEXTS),
        sa.Column("amount", sa.Numeric(18, 2)),
        sa.Column("encumbered", sa.Numeric(18, 2)),
        sa.Column("posted_on", sa.Date),
        sa.Column("due_on", sa.Date),
    )
    table.create(engine)
    kind = engine.dialect.name
    n: sa.ColumnElement[int] = sa.column("n", sa.BigInteger)
    day = sa.text(_DAYS[kind])
    texts = [sa.literal(prefix).concat(sa.cast(n % most, sa.String(20))) for prefix, most in _TEXTS.values()]
    money = [sa.cast(n % most, sa.Numeric(18, 2)) / 100 for most in (100_003, 977)]
    source = sa.text(_NUMBERS[kind].format(rows=rows)).columns(sa.column("n", sa.BigInteger)).subquery()
    chosen = sa.select(n, sa.literal(2025), n % 12 + 1, *texts, *money, day, day).select_from(source)
    with engine.begin() as connection:
        connection.execute(sa.insert(table).from_select([column.name for column in table.columns], chosen))
    return table


def run_bare(url: str, name: str) -> None:
    """The driver alone: all rows, few at a time, forgotten."""
    engine = sa.create_engine(url)
    connection = engine.raw_connection()
    driver = connection.driver_connection
    if driver is None:
        raise RuntimeError("the driver gave no connection")
    cursor = _server_side_cursor(driver, engine.dialect.name)
    cursor.execute(f"select * from {name}")
    while cursor.fetchmany(ROWS_AT_ONCE):
        pass
    cursor.close()


def _server_side_cursor(driver: object, kind: str):
    if kind == "postgresql":
        return driver.cursor(name="bare")  # pyright: ignore[reportAttributeAccessIssue]
    if kind == "mysql":
        from pymysql.cursors import SSCursor

        return driver.cursor(SSCursor)  # pyright: ignore[reportAttributeAccessIssue]
    return driver.cursor()  # pyright: ignore[reportAttributeAccessIssue]


def run_ours(name: str, folder: Path) -> None:
    """``schoolstat fetch`` of the table, without the command's own start."""
    from ingestion.sources.configuration import SqlSource
    from ingestion.sources.fetch import fetch_sources

    extract = {"extract": "lines", "table": name, "file": "lines.parquet"}
    entry = {"source": "books", "kind": "sql", "url_from": {"env": URL_VARIABLE}, "extracts": [extract]}
    home = Home(folder)
    ledger = open_ledger(home)
    (outcome,) = fetch_sources(home, ledger, [SqlSource.model_validate(entry | {"rows_at_once": ROWS_AT_ONCE})])
    ledger.close()
    if outcome.outcome != "fetched":
        raise RuntimeError(f"{outcome.outcome}: {outcome.message} {outcome.files}")


@contextmanager
def _table(url: str, rows: int) -> Iterator[tuple[str, str]]:
    engine = sa.create_engine(url)
    table = make_table(engine, f"bench_lines_{secrets.token_hex(5)}", rows)
    try:
        yield table.name, engine.dialect.name
    finally:
        table.drop(engine)
        engine.dispose()


def compare_all(urls: Sequence[str], rows: int, folder: Path) -> Iterator[Row]:
    """A row for SQLite and for each base that is given."""
    for url in (f"sqlite:///{folder}/lines.db", *urls):
        yield compare(url, rows, folder)


def compare(url: str, rows: int, folder: Path) -> Row:
    """A row of the table: database, rows, both costs, their ratio, rows for each CPU second, memory."""
    with _table(url, rows) as (name, kind):
        open_ledger(Home(folder / kind)).close()
        module, log, environment = "synthetic.bench.extraction", folder / "log", {URL_VARIABLE: url}
        bare = measure(module, ["--bare", name], log, environment)
        ours = measure(module, ["--ours", name, "--folder", str(folder / kind)], log, environment)
    ratio = ours.cpu_seconds / bare.cpu_seconds
    cells = (kind, f"{rows:,}", f"{bare.cpu_seconds:.1f}", f"{ours.cpu_seconds:.1f}", f"{ratio:.2f}")
    return (*cells, f"{rows / ours.cpu_seconds:,.0f}", f"{bare.peak_mib:.0f}", f"{ours.peak_mib:.0f}")


def main(arguments: list[str] | None = None) -> int:
    """Compare on SQLite and on each base that is given."""
    parser = argparse.ArgumentParser(prog="python -m synthetic.bench.extraction", description="Measure extraction.")
    parser.add_argument(
        "urls", nargs="*", help="bases of PostgreSQL (postgresql+psycopg://…) or MariaDB (mysql+pymysql://…)"
    )
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--bare", metavar="TABLE", help=argparse.SUPPRESS)
    parser.add_argument("--ours", metavar="TABLE", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.bare:
        run_bare(os.environ[URL_VARIABLE], chosen.bare)
        return 0
    if chosen.ours:
        run_ours(chosen.ours, chosen.folder)
        return 0
    with tempfile.TemporaryDirectory(prefix="bench-extraction-") as place:
        rows = list(compare_all(chosen.urls, chosen.rows, Path(place)))
    sys.stdout.write(f"{EXTRACTION.print(rows)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
