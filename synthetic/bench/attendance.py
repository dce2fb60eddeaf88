"""A million pupils' attendance to figures: the product's models, beside the same as bare SQL.

Two ways of sending it are measured: absences alone, and a row for every pupil and day. Belongs here: making many pupils
of a finished build's, both runs, and that both say the same. Does not belong here: the bare SQL
(``bare_attendance.py``), the build that is measured on (``__main__.py``).
"""

from __future__ import annotations

import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.build_slices import divide
from ingestion.landed_files import ROW_GROUP_ROWS
from synthetic.bench.measured import Cost, measure
from synthetic.bench.spending import dbt_environment, dbt_places
from synthetic.bench.table import Row

if TYPE_CHECKING:
    import duckdb

REACHED = "source:landing.attendance+,+mart_student_support"
_KEY = "case when copy = 0 then {0} else (hash({0}, copy) >> 2)::bigint end as {0}"
_KEYS = {"students": ("student_key", "person_key"), "enrollments": ("student_key",), "programs": ("student_key",)}
_FEW = ["--exclude", "source:landing.attendance+"]


@dataclass(frozen=True)
class Kind:
    """One way in which a district sends attendance.

    Attributes:
        name: in the table.
        rows: how many rows are made, at least; all of them, where every day of every pupil has one.
        is_positive: whether who was present has a row too.
    """

    name: str
    rows: int
    is_positive: bool


ABSENCES = Kind("absences alone", 10_000_000, is_positive=False)
EVERY_DAY = Kind("a row for every day", 18_000_000, is_positive=True)

_EVERY_DAY = """
create temp table base as
with last_day as (
    select district_id, school_year, school_id, max(date) as last_day from landing.attendance group by all
)
select e.district_id, e.school_year, e.student_key, e.school_id, c.date, coalesce(a.category, 'present') as category,
    coalesce(a.absent_minutes, 0) as absent_minutes, coalesce(a.day_minutes, c.day_minutes) as day_minutes,
    coalesce(a.delivery_id, d.delivery_id) as delivery_id, 1 as source_line
from landing.enrollments as e
join landing.calendar as c using (district_id, school_year, school_id, calendar_code)
join last_day as l using (district_id, school_year, school_id)
join (select district_id, school_year, min(delivery_id) as delivery_id from landing.attendance group by all) as d
    using (district_id, school_year)
left join landing.attendance as a
    on (a.district_id, a.school_year, a.student_key, a.school_id, a.date)
    = (e.district_id, e.school_year, e.student_key, e.school_id, c.date)
where e.is_primary and c.is_instructional and c.date <= l.last_day
    and c.date between e.entry_date and coalesce(e.exit_date, date '9999-12-31')
"""


def multiply_pupils(build: Path, target: Path, kind: Kind) -> tuple[int, int, int]:
    """A copy of a build with many more pupils, each like one of the build's, and what landed of their attendance.

    Args:
        build: a finished build's file.
        target: the copy; the Parquet files of pupils lie beside it.
        kind: how attendance is sent.

    Returns:
        How many pupils, rows of attendance, and slices of the build.
    """
    import duckdb

    shutil.copy(build, target)
    with duckdb.connect(str(target), config={"threads": 2, "memory_limit": "4GB"}) as connection:
        base = _EVERY_DAY if kind.is_positive else "create temp table base as from landing.attendance"
        connection.execute(base)
        (n_rows,) = connection.execute("select count(*) from base").fetchall()[0]
        copies = -(-kind.rows // n_rows)
        for table, keys in _KEYS.items():
            _multiply(connection, f"landing.{table}", keys, copies, target.parent / table)
        _multiply(connection, "base", ("student_key",), copies, target.parent / "attendance")
        (n_pupils,) = connection.execute("select count(*) from landing.students").fetchall()[0]
        slices = _divide(connection)
    return n_pupils, n_rows * copies, slices


def _divide(connection: duckdb.DuckDBPyConnection) -> int:
    """Make every district-year part of the build, in as many slices as a night makes of them."""
    tables = " union all ".join(f"select district_id, school_year from landing.{one}" for one in (*_KEYS, "attendance"))
    counted = connection.execute(f"select district_id, school_year, count(*) from ({tables}) group by all order by all")
    rows = {(district, year): n for district, year, n in counted.fetchall()}
    slices = divide(list(rows), rows)
    connection.execute("delete from build.build_scope")
    connection.executemany(
        "insert into build.build_scope (district_id, school_year, slice) values (?, ?, ?)",
        [(*key, number) for key, number in zip(rows, slices, strict=True)],
    )
    return max(slices)


def _multiply(
    connection: duckdb.DuckDBPyConnection, rows: str, keys: tuple[str, ...], copies: int, folder: Path
) -> None:
    """Write copies of rows, pupil by pupil, as files lie once they landed, one district's year each; and read those."""
    folder.mkdir()
    replaced = ", ".join(_KEY.format(key) for key in keys)
    parts = connection.execute(f"select district_id, school_year from {rows} group by all order by all").fetchall()
    for district, year in parts:
        connection.execute(
            f"copy (select * exclude (copy) replace ({replaced}) "
            f"from (from {rows} where district_id = $district and school_year = $year), range({copies}) as _(copy) "
            "order by student_key) "
            f"to '{folder}/{year}-{district}.parquet' "
            f"(format parquet, compression zstd, row_group_size {ROW_GROUP_ROWS})",
            {"district": district, "year": year},
        )
    connection.execute(
        f"create or replace view landing.{folder.name} as from read_parquet('{folder}/*', hive_partitioning = false)"
    )


def run_models(build: Path, folder: Path, slices: int) -> Cost:
    """All models that attendance reaches on its way to the mart, made by dbt from the pupils' other models."""
    environment = dbt_environment(build, folder, slices)
    log = folder / "dbt.log"
    run = ["run", *dbt_places(), "--full-refresh", "--select"]
    measure("dbt.cli.main", ["parse", *dbt_places()], log, environment)
    measure("dbt.cli.main", [*run, "+mart_student_support", *_FEW], log, environment)
    return measure("dbt.cli.main", [*run, REACHED], log, environment)


def find_differences(build: Path, bare: Path) -> int:
    """How many figures of chronic absence one of the two has alone, or another numerator or denominator of."""
    import duckdb

    figures = (
        "metric_id, variant, district_id, school_year, school_id, subgroup, {}, "
        "numerator::bigint as numerator, denominator::bigint as denominator"
    )
    grade = "case when breakdown like 'grade=%' then 'grade=' || {} else breakdown end"
    ours = grade.format("case right(breakdown, -6) when 'pk' then 'PK' when 'k' then 'KG' "
                        "else lpad(right(breakdown, -6), 2, '0') end")  # fmt: skip
    with duckdb.connect(str(build), read_only=True) as connection:
        (row,) = connection.execute(
            f"""with ours as (
                select {figures.format(ours)} from marts.mart_student_support
                where metric_id in ('SS.A04', 'SS.A05', 'SS.A06', 'SS.A07', 'SS.A08', 'SS.A09', 'SS.A11')
                    and basis = 'computed'
            ), bare as (select {figures.format("breakdown")} from '{bare}/chronic.parquet' where denominator > 0)
            select count(*) from (
                (select * from ours where denominator > 0 except from bare) union all (from bare except from ours)
            )"""
        ).fetchall()
    return row[0]


def compare(kind: Kind, build: Path, folder: Path) -> Row:
    """A row of the table: pupils, rows, CPU seconds of both, and memory."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bare").mkdir(exist_ok=True)
    many = folder / "many.duckdb"
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:  # what we hold counts as our children's peak
        n_pupils, n_rows, slices = pool.submit(multiply_pupils, build, many, kind).result()
    bare = measure("synthetic.bench.bare_attendance", [str(many), str(folder / "bare")], folder / "bare.log")
    ours = run_models(many, folder, slices)
    differences = find_differences(many, folder / "bare")
    return (
        kind.name, f"{n_pupils:,}", f"{n_rows:,}", f"{ours.cpu_seconds:.1f}", f"{bare.cpu_seconds:.1f}",
        f"{ours.cpu_seconds / bare.cpu_seconds:.2f}", f"{ours.peak_mib:.0f}", f"{bare.peak_mib:.0f}",
        f"{differences:,}",
    )  # fmt: skip
