"""Releases made by hand, without a build: files of three audiences whose every row says which release it is of."""

from pathlib import Path

import duckdb

from ingestion.archive import hash_file
from ingestion.home import Home
from publishing.artefacts import FILE_FORMAT, literal
from publishing.manifest import write_manifest
from publishing.release import point_to

DISTRICTS = ("00010000", "00020000", "0003000a")
"""The last one has no pupil."""

METRICS = """
create table out.dim_metric as select metric_id, {number} as of_release
from (values ('SS.A05'), ('it''s 50 % "quoted"')) as m (metric_id);
comment on table out.dim_metric is 'One row per metric.';
comment on column out.dim_metric.metric_id is 'The metric''s id; 50 % of them are quoted.';
"""
VALUES = """
create table out.fct_metric_value as
select
    d.district_id, 2020 + i % 3 as school_year, 'é' || i as entity_id, i % 2 = 0 as is_even,
    case when i % 5 > 0 then ((i - 7) * 1234567890123456789.0123456789)::decimal(38, 10) end as value,
    ((i - 3) / 7)::decimal(18, 2) as cost_usd, (i::bigint << 40) as n, (i::hugeint << 70) as large,
    (i % 100)::smallint as small, (i % 100)::tinyint as tiny, date '2020-02-28' + i::integer as as_of_date,
    timestamptz '2020-02-28 23:59:59.123456+00' + to_days(i::integer) as seen_at, {number} as of_release
from (values {districts}) as d (district_id), range({rows}) as r (i)
where {condition};
comment on column out.fct_metric_value.value is 'The figure.';
create view out.mart_metric_value as select * from fct_metric_value;
"""
PUPILS = """
create table out.student_list as
select d.district_id, (i * 7919)::bigint as student_key, i::integer as days_absent, {number} as of_release
from (values {districts}) as d (district_id), range({rows}) as r (i)
where {condition} and d.district_id <> '0003000a';
comment on table out.student_list is 'One row per pupil.';
comment on column out.student_list.student_key is 'The pupil''s surrogate.';
"""
INFO = "create table out.release_info as select '{release_id}' as release_id;"


def make_release(
    home: Home, number: int, rows: int = 20, extra: str = "", districts: tuple[str, ...] = DISTRICTS
) -> str:
    """Write a release, make it current, and give its id.

    Args:
        home: the home.
        number: of the release; every row says it.
        rows: rows of each district in each large table.
        extra: more SQL for the collaborative's file; ``out`` is the file.
        districts: who has a private file.
    """
    release_id = f"r{number:06d}-{number:08x}"
    folder = home.ensure().releases / release_id
    (folder / "private").mkdir(parents=True)
    _write(folder / "collaborative.duckdb", METRICS + VALUES + extra, number, rows, districts)
    _write(folder / "shared.duckdb", METRICS + VALUES, number, rows, districts)
    for district in districts:
        own = METRICS + VALUES + PUPILS
        _write(folder / "private" / f"{district}.duckdb", own, number, rows, districts, f"d.district_id = '{district}'")
    for audience in ("collaborative", "shared"):
        _write_parquet(folder, audience)
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    told = {path.relative_to(folder).as_posix(): {"sha256": hash_file(path)} for path in files}
    ids = {"release_id": release_id, "build_id": f"build-{number}", "previous_release_id": None}
    dates = {"as_of": "2026-06-30", "released_at": f"2026-11-{number % 28 + 1:02d}T01:00:00+00:00"}
    write_manifest(folder, {**ids, **dates, "inputs": [], "content_hash": f"content-{number}", "files": told})
    point_to(home, release_id)
    return release_id


def _write(path: Path, sql: str, number: int, rows: int, districts: tuple[str, ...], condition: str = "true") -> None:
    named = ", ".join(f"('{district}')" for district in districts)
    values = {"number": number, "rows": rows, "districts": named, "condition": condition}
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(f"attach {literal(str(path))} as out ({FILE_FORMAT})")
        connection.execute("use out")
        info = INFO.replace("{release_id}", path.parent.name)
        connection.execute((sql + info).replace("out.", "main.").format(**values))


def _write_parquet(folder: Path, audience: str) -> None:
    target = folder / "parquet" / audience
    target.mkdir(parents=True)
    with duckdb.connect(str(folder / f"{audience}.duckdb"), read_only=True) as connection:
        for (name,) in connection.execute("select table_name from information_schema.tables").fetchall():
            if name != "release_info":
                path = literal(str(target / f"{name}.parquet"))
                connection.execute(f'copy (from "{name}") to {path} (format parquet)')
