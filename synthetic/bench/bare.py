"""``python -m synthetic.bench.bare INBOX OUT TYPES [DISTRICT …]``: a night's work as bare SQL in one DuckDB connection.

Reads every file that a night lands into typed Parquet, those that it counts from with hashed ids, counts attendance,
chronic absence and spending, and writes the results. No contract, no door, no ledger: the floor that a night is
measured against.

Belongs here: that SQL. Does not belong here: measuring, the files that nothing is counted from (``typed.py``).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb

from synthetic.bench.typed import Types, write_typed

_PUPIL = "('0x' || left(sha256('key' || district || {}), 15))::bigint"
_LOCAL, _STATE = _PUPIL.format("student_local_id"), "('0x' || left(sha256('key' || state_student_id), 15))::bigint"
_COLUMNS = {
    "calendar": "school_id, calendar_code, date::date as date, is_instructional::boolean as is_instructional, "
    "day_minutes::int as day_minutes",
    "students": f"{_LOCAL} as student_key, {_STATE} as person_key, sex, race_eth, hispanic::boolean as is_hispanic",
    "enrollments": f"{_LOCAL} as student_key, school_id, entry_date::date as entry_date, exit_date::date as exit_date, "
    "grade, calendar_code",
    "programs": f"{_LOCAL} as student_key, program, begin::date as begin_date",
    "attendance": f"{_LOCAL} as student_key, school_id, date::date as date, category, "
    "absent_minutes::int as absent_minutes, day_minutes::int as day_minutes",
    "discipline": f"incident_id, {_LOCAL} as student_key, school_id, incident_date::date as incident_date, action",
    "chart_of_accounts": "account_id, account_type, school_id, nces_object, source, ppe_treatment, allocation_pool, "
    "nces_function, state_function, fund_type",
    "gl_actuals": "period::int as period, account_id, txn_id, amount::decimal(18, 2) as amount_usd, school_id",
    "gl_budget": "account_id, version, version_date::date as version_date, amount::decimal(18, 2) as amount_usd",
}
_ORDER = {"attendance": "order by student_key, date", "enrollments": "order by student_key"}

_COUNTS = """
create table last_day as
select district_id, school_year, school_id, max(date) as last_day from attendance group by all;
create table day as
select c.* from calendar c join last_day l using (district_id, school_year, school_id)
where c.is_instructional and c.date <= l.last_day;
create table session as select district_id, school_year, school_id, count(*) as n from day group by all;
create table span_days as
select s.district_id, s.school_year, s.school_id, s.entry_date, s.exit_date, count(*) as n
from (select distinct district_id, school_year, school_id, entry_date, exit_date from enrollments) s
join day d using (district_id, school_year, school_id)
where d.date >= s.entry_date and d.date <= coalesce(s.exit_date, date '9999-12-31') group by all;
create table student_attendance as
with enrolled as (
    select e.district_id, e.school_year, e.school_id, e.student_key, min(e.grade) as grade, sum(d.n) as days
    from enrollments e join span_days d
        on (e.district_id, e.school_year, e.school_id, e.entry_date)
        = (d.district_id, d.school_year, d.school_id, d.entry_date) and e.exit_date is not distinct from d.exit_date
    group by all
),
absent as (
    select district_id, school_year, school_id, student_key, sum(absent_minutes * (32760 // day_minutes)) as parts
    from attendance where category in ('excused', 'unexcused', 'tardy', 'partial', 'OSS') group by all
)
select enrolled.*, coalesce(parts, 0) as parts
from enrolled left join absent using (district_id, school_year, school_id, student_key);
create table subgroup as
select district_id, school_year, student_key, 'all' as subgroup from students
union all select district_id, school_year, student_key, race_eth from students
union all select district_id, school_year, student_key, program from programs;
create table measure_attendance as
select a.district_id, a.school_year, a.school_id, sum(a.days) as days, sum(a.days) / any_value(s.n) as adm,
    sum(a.parts) as parts
from student_attendance a join session s using (district_id, school_year, school_id) group by all;
create table measure_chronic as
with pupil as (
    select district_id, school_year, school_id, student_key, sum(days) as days, sum(parts) as parts
    from student_attendance
    group by grouping sets (
        (district_id, school_year, school_id, student_key), (district_id, school_year, student_key)
    )
)
select district_id, school_year, school_id, subgroup,
    count(*) filter (where days >= 10) as federal,
    count(*) filter (where days >= 10 and parts * 10 >= days * 32760) as federal_chronic,
    count(*) filter (where days >= 20) as massachusetts,
    count(*) filter (where days >= 20 and parts * 10 >= days * 32760) as massachusetts_chronic
from pupil join subgroup using (district_id, school_year, student_key) group by all;
create table measure_pooled as
with person as (
    select a.school_year, coalesce(s.person_key, s.student_key) as person, sum(days) as days, sum(parts) as parts
    from student_attendance a join students s using (district_id, school_year, student_key) group by all
)
select school_year, count(*) as n, count(*) filter (where parts * 10 >= days * 32760) as chronic
from person where days >= 20 group by all;
create table spending as
select g.district_id, g.school_year, coalesce(g.school_id, c.school_id) as school_id, c.allocation_pool as pool,
    c.source = 'federal' as is_federal, left(c.nces_object, 1) in ('1', '2') as is_personnel, c.ppe_treatment,
    sum(g.amount_usd) as usd
from gl_actuals g join chart_of_accounts c using (district_id, school_year, account_id)
where c.account_type = 'expenditure' group by all;
create table measure_spending as
with share as (
    select district_id, school_year, school_id, adm / sum(adm) over (partition by district_id, school_year) as share
    from measure_attendance
)
select s.district_id, s.school_year, m.school_id, s.is_federal, s.is_personnel,
    sum(case when s.school_id is null then s.usd * m.share when s.school_id = m.school_id then s.usd end) as usd
from spending s join share m using (district_id, school_year)
where s.ppe_treatment = 'include' group by all;
create table balance as
select district_id, school_year, ppe_treatment, sum(usd) as usd from spending group by all;
create table budget as
select district_id, school_year, version, sum(amount_usd) as usd from gl_budget group by all;
"""
_RESULTS = ("measure_attendance", "measure_chronic", "measure_pooled", "measure_spending", "balance", "budget")


def run(inbox: Path, out: Path, types: Types, districts: list[str]) -> None:
    """Stage the districts' files (all of them when none is named), then count over everything staged.

    Args:
        inbox: the files.
        out: where what is staged and counted goes.
        types: of the files that are staged though nothing is counted from them.
        districts: whose files are staged.
    """
    connection = duckdb.connect()
    connection.execute(f"set temp_directory = '{out}/spill'; set memory_limit = '1GB'; set threads = 2")
    for path in sorted(inbox.glob("*/*/*.csv")):
        extract, year, district = path.stem, path.parent.name, path.parent.parent.name
        columns = types.get(path.relative_to(inbox).as_posix())
        if (districts and district not in districts) or not (extract in _COLUMNS or columns):
            continue
        folder = out / "staged" / extract / f"school_year={year}" / f"district_id={district}"
        folder.mkdir(parents=True, exist_ok=True)
        if extract in _COLUMNS:
            connection.execute(
                f"copy (select {_COLUMNS[extract].replace('district ||', repr(district) + ' ||')}"
                f" from read_csv('{path}', header = true, all_varchar = true, delim = ',', quote = '\"')"
                f" {_ORDER.get(extract, '')}) to '{folder}/part.parquet' (format parquet, compression zstd)"
            )
        elif columns:
            write_typed(connection, path, columns, folder / "part.parquet")
    for extract in _COLUMNS:
        files = f"'{out}/staged/{extract}/*/*/*.parquet'"
        hive = "{'district_id': varchar, 'school_year': int}"
        columns = f"read_parquet({files}, hive_partitioning = true, hive_types = {hive})"
        connection.execute(f"create view {extract} as from {columns}")
    connection.execute(_COUNTS)
    for table in _RESULTS:
        connection.execute(f"copy {table} to '{out}/{table}.parquet' (format parquet, compression zstd)")


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]), json.loads(Path(sys.argv[3]).read_text(encoding="utf-8")), sys.argv[4:])
