"""Door 2 over attendance: days after the one that its own file speaks of, whatever another part does."""

import duckdb

from expectations.evaluate import run_rule
from expectations.rules import load_registry

RECORDS = """
create schema build;
create schema conformed;
create table build.selection as
select * from (values
    ('00010000', 2017, 'attendance', true, date '2016-10-03', 'd1'),
    ('00010000', 2017, 'attendance', false, '2016-12-01', 'd1'),
    ('00010000', 2017, 'students', true, '2016-12-01', 'd1'), ('00020000', 2017, 'attendance', true, null, 'd1'),
    ('00030000', 2017, 'attendance', true, '2016-10-04', 'd1'),
    ('00010000', 2017, 'attendance', true, '2016-12-01', 'part')
) as s (district_id, school_year, contract, is_current, data_through, delivery_id);
create table conformed.fct_attendance as
select
    d.district_id, 2017 as school_year, unnest([date '2016-10-03', date '2016-10-04']) as attendance_date,
    'd1' as delivery_id
from unnest(['00010000', '00020000', '00030000']) as d (district_id);
"""


def test_q19__warns_of_attendance_dated_ahead():
    registry = load_registry()
    rule = registry.rule("Q19")
    with duckdb.connect() as connection:
        connection.execute(RECORDS)
        results = run_rule(connection, registry, rule)
    assert rule.severity == "warn"
    assert {result.district_id: (result.n_checked, result.n_failed) for result in results} == {
        "00010000": (2, 1),
        "00020000": (2, 0),
        "00030000": (2, 0),
    }
