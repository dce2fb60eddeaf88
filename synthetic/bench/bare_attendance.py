"""``python -m synthetic.bench.bare_attendance BUILD OUT``: attendance and chronic absence of a build as bare SQL.

Reads pupils, enrolments, programs, calendars and attendance as they landed, and writes what the product shows of them:
SS.A01 to SS.A09 and SS.A11, by school, district, group and grade. Parts of a day are whole numbers, of 32,760 parts:
every length of a school day divides it.

Belongs here: that SQL. Does not belong here: measuring, or making the rows (``attendance.py``).
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

_ABSENT = "'excused', 'unexcused', 'tardy', 'partial', 'OSS'"
_CALIFORNIA = "'excused', 'unexcused', 'OSS', 'independent_study'"
_TO_12 = "grade <> 'PK'"
_TO_8 = "grade in ('KG', '01', '02', '03', '04', '05', '06', '07', '08')"
_TENTH = "* 10 >= days"
_AUTHORITIES = (
    ("SS.A04", "federal", "days >= 10", f"halves {_TENTH}", _TO_12),
    ("SS.A05", "massachusetts", "days >= 20", f"parts {_TENTH} * 32760", "true"),
    ("SS.A06", "california", "days > 30", f"california_parts {_TENTH} * 32760", _TO_8),
    ("SS.A07", "federal", "days >= 10", "halves * 5 >= days", _TO_12),
    ("SS.A09", "massachusetts", "days >= 20", "unexcused_parts >= 10 * 32760", "true"),
    ("SS.A11", "new_york_city", "days >= 10 and days - halves >= 1", f"halves {_TENTH}", "true"),
)
_POOLED = _AUTHORITIES[:2]

_PUPILS = f"""
create temp table last_day as
select district_id, school_year, school_id, max(date) as last_day from landing.attendance group by all;
create temp table day as
select c.district_id, c.school_year, c.school_id, c.calendar_code, c.date
from landing.calendar c join last_day l using (district_id, school_year, school_id)
where c.is_instructional and c.date <= l.last_day;
create temp table span as
select district_id, school_year, school_id, calendar_code, student_key, grade, entry_date,
    coalesce(exit_date, date '9999-12-31') as exit_date
from landing.enrollments where is_primary;
create temp table span_days as
select s.*, count(*) as n
from (select distinct district_id, school_year, school_id, calendar_code, entry_date, exit_date from span) s
join day d using (district_id, school_year, school_id, calendar_code)
where d.date between s.entry_date and s.exit_date group by all;
create temp table absent as
with away as (
    select district_id, school_year, school_id, student_key, date, category, day_minutes,
        case
            when category in ('ISS', 'independent_study', 'remote') and absent_minutes = 0 then day_minutes
            else least(absent_minutes, day_minutes)
        end as minutes
    from landing.attendance where category <> 'present'
)
select a.district_id, a.school_year, a.school_id, a.student_key,
    sum(a.minutes * (32760 // a.day_minutes)) filter (where a.category in ({_ABSENT})) as parts,
    count(*) filter (where a.minutes * 2 >= a.day_minutes and a.category in ({_ABSENT})) as halves,
    sum(a.minutes * (32760 // a.day_minutes)) filter (where a.category in ({_CALIFORNIA})) as california_parts,
    sum(a.minutes * (32760 // a.day_minutes)) filter (where a.category = 'unexcused') as unexcused_parts
from away a
join span s using (district_id, school_year, school_id, student_key)
join day d using (district_id, school_year, school_id, calendar_code, date)
where a.minutes > 0 and a.date between s.entry_date and s.exit_date group by all;
create temp table pupil as
with enrolled as (
    select s.district_id, s.school_year, s.school_id, s.student_key, sum(d.n) as days,
        max(s.entry_date) as entry_date, arg_max(s.grade, s.entry_date) as grade
    from span s left join span_days d
        using (district_id, school_year, school_id, calendar_code, entry_date, exit_date)
    group by all
)
select e.*, coalesce(parts, 0) as parts, coalesce(halves, 0) as halves,
    coalesce(california_parts, 0) as california_parts, coalesce(unexcused_parts, 0) as unexcused_parts
from enrolled e left join absent using (district_id, school_year, school_id, student_key);
create temp table subgroup as
select district_id, school_year, student_key, case when is_hispanic then 'hispanic' else race_eth end as subgroup
from landing.students where is_hispanic or race_eth is not null
union all
select distinct district_id, school_year, student_key, case program
    when 'EL' then 'english_learner' when 'SWD' then 'students_with_disabilities' when '504' then 'section_504'
    when 'ED' then 'low_income' else lower(program) end
from landing.programs;
"""
_SUMS = "sum(days) as days, sum(parts) as parts, sum(halves) as halves, sum(california_parts) as california_parts, "
_SUMS += "sum(unexcused_parts) as unexcused_parts, arg_max(grade, (entry_date, district_id, school_id)) as grade"


def _counts() -> str:
    """Numerators and denominators of each authority, of pupils at one place."""
    return ", ".join(
        f"count(*) filter (where {looked_at} and {grades}) as d{at}, "
        f"count(*) filter (where {looked_at} and {grades} and {often}) as n{at}"
        for at, (_, _, looked_at, often, grades) in enumerate(_AUTHORITIES)
    )


def _long() -> str:
    """One row for each authority."""
    return " union all ".join(
        f"select '{metric}' as metric_id, '{name}' as variant, district_id, school_year, school_id, subgroup, "
        f"breakdown, n{at} as numerator, d{at} as denominator from tally"
        for at, (metric, name, *_) in enumerate(_AUTHORITIES)
    )


def _pooled() -> str:
    return " union all ".join(
        f"select 'SS.A08' as metric_id, '{name}' as variant, '_all' as district_id, school_year, null as school_id, "
        f"'all' as subgroup, 'all' as breakdown, count(*) filter (where {looked_at} and {grades} and {often}) "
        f"as numerator, count(*) filter (where {looked_at} and {grades}) as denominator "
        "from person group by school_year"
        for _, name, looked_at, often, grades in _POOLED
    )


def run(build: Path, out: Path) -> None:
    """Count, and write ``attendance.parquet`` and ``chronic.parquet``.

    Args:
        build: a file whose schema ``landing`` holds what landed.
        out: the folder.
    """
    connection = duckdb.connect(str(build), read_only=True)
    connection.execute(f"set temp_directory = '{out}/spill'; set memory_limit = '1GB'; set threads = 2")
    connection.execute(_PUPILS)
    connection.execute(
        f"""create temp table placed as select district_id, school_year, school_id, student_key, {_SUMS} from pupil
        group by grouping sets (
            (district_id, school_year, school_id, student_key), (district_id, school_year, student_key)
        );
        create temp table tally as
        select district_id, school_year, school_id, subgroup, 'all' as breakdown, {_counts()}
        from placed join (
            from subgroup union all select distinct district_id, school_year, student_key, 'all' from placed
        ) as members using (district_id, school_year, student_key) group by all
        union all
        select district_id, school_year, school_id, 'all', 'grade=' || grade, {_counts()} from placed group by all;
        create temp table person as
        select p.school_year, coalesce(s.person_key, p.student_key) as person, {_SUMS}
        from pupil p left join landing.students s using (district_id, school_year, student_key) group by all;
        copy ({_long()} union all {_pooled()}) to '{out}/chronic.parquet' (format parquet, compression zstd);
        copy (
            with session as (
                select district_id, school_year, school_id, calendar_code, count(*) as n from day group by all
            ),
            calendar as (
                select s.district_id, s.school_year, s.school_id, s.calendar_code, sum(d.n) as days
                from span s join span_days d
                    using (district_id, school_year, school_id, calendar_code, entry_date, exit_date) group by all
            ),
            member as (
                select district_id, school_year, school_id, sum(days / n) as membership, sum(days) as days
                from calendar join session using (district_id, school_year, school_id, calendar_code) group by all
            )
            select member.*, a.parts from member join (
                select district_id, school_year, school_id, sum(parts) as parts from pupil group by all
            ) as a using (district_id, school_year, school_id)
        ) to '{out}/attendance.parquet' (format parquet, compression zstd)"""
    )


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]))
