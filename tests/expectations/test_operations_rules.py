"""What is said of operations: what cannot be holds a district, what is unusual is named and shown."""

import duckdb
import pytest

from expectations.evaluate import run_rule
from expectations.rules import load_registry
from expectations.suites.checks import OUT_OF_RANGE
from ingestion.configuration_table import DEFAULTS

DOOR_1 = """
create schema candidate;
create table candidate.transport_monthly (
    miles decimal(12, 2) default 100, runs integer default 20, late_runs integer default 20,
    accidents integer default 1, preventable_accidents integer default 1, source_line integer default 2,
    district_id varchar default '00010000', school_year integer default 2025, domain varchar default 'operations'
);
create table candidate.transport_routes (
    buses integer default 0, avg_daily_riders decimal(9, 2) default 0, source_line integer default 3,
    district_id varchar default '00010000', school_year integer default 2025, domain varchar default 'operations'
);
create table candidate.food_service (
    school_id varchar default 'A1', service_date date default '2024-09-01',
    covers varchar default 'month', breakfasts integer default 0, lunches integer default 0, snacks integer default 0,
    serving_days integer default 31, labor_hours decimal(12, 2), source_line integer default 4,
    district_id varchar default '00010000', school_year integer default 2025, domain varchar default 'operations'
);
create table candidate.buildings (
    sqft integer default 10, sqft_cleaned integer default 10, sqft_maintained integer, source_line integer default 5,
    district_id varchar default '00010000', school_year integer default 2025, domain varchar default 'operations'
);
create table candidate.helpdesk (
    hold_hours decimal(8, 2), source_line integer default 6,
    district_id varchar default '00010000', school_year integer default 2025, domain varchar default 'operations'
);
"""
DOOR_2 = """
create schema measures; create schema collaborative; create schema staging;
create table measures.measure_operations (
    metric_id varchar, value decimal(38, 10), school_year integer default 2025, period varchar default 'year',
    variant varchar default 'enrolled', entity_type varchar default 'school', entity_id varchar default 'A1',
    breakdown varchar default 'all', basis varchar default 'computed', district_id varchar default '00010000',
    numerator decimal(38, 6), denominator decimal(38, 6)
);
create table measures.measure_turnaround as from measures.measure_operations;
create table collaborative.value_ranges (metric_id varchar, minimum decimal(38, 6), maximum decimal(38, 6));
insert into collaborative.value_ranges values ('OP.TR01', -1, 1000), ('OP.FM04', 0, null), ('OP.IT05', null, 1);
create table measures.measure_reported as from measures.measure_operations;
create table collaborative.usual_ranges (
    metric_id varchar, variant varchar, least decimal(18, 6), most decimal(18, 6), largest_change decimal(18, 6),
    unit_factor decimal(18, 6), units varchar, is_for_parts_of_a_year boolean
);
insert into collaborative.usual_ranges values
    ('OP.FS01', 'enrolled', null, 1.1, 0.5, null, '', true),
    ('OP.FS01r', '', null, 1, null, null, '', false),
    ('OP.FS03', '', 5, 30, 0.5, 60, 'hours and minutes', false);
create table staging.stg_district__work_orders (
    work_order_id varchar, received_date date, completed_date date, district_id varchar default '00010000'
);
create table staging.stg_district__helpdesk (
    ticket_id varchar, opened_at timestamp, resolved_at timestamp, hold_hours decimal(8, 2),
    district_id varchar default '00010000'
);
"""
FIGURES = "insert into measures.measure_operations (metric_id, value, school_year, period) values "
REPORTED = (
    "insert into measures.measure_reported from measures.measure_operations",
    "truncate measures.measure_operations",
)
"""The figures are a state's, not worked out."""


RANGES = DEFAULTS / "value_ranges.csv"


def find(rule: str, *statements: str) -> tuple[int, str] | None:
    """How many faults a rule finds in the one district, and what it says; None where it finds nothing to check."""
    registry = load_registry()
    with duckdb.connect() as connection:
        connection.execute(DOOR_1 if rule == "O02" else DOOR_2)
        for statement in statements:
            connection.execute(statement)
        results = run_rule(connection, registry, registry.rule(rule))
    assert all(result.status != "could_not_run" for result in results)
    found = [result for result in results if result.district_id == "00010000"]
    return (found[0].n_failed, found[0].message or "") if found else None


def insert(table: str, columns: str = "", values: str = "") -> str:
    return f"insert into candidate.{table} " + (f"({columns}) values ({values})" if columns else "default values")


def test_o02__what_can_be_passes():
    tables = ("transport_monthly", "transport_routes", "food_service", "buildings", "helpdesk")
    assert find("O02", *(insert(table) for table in tables)) == (0, "")
    assert find("O02") is None


@pytest.mark.parametrize(
    ("table", "columns", "values", "told"),
    [
        ("transport_monthly", "miles", "-0.01", "transport_monthly, line 2: miles, runs or accidents below zero"),
        ("transport_monthly", "late_runs", "21", "or more late runs or preventable accidents than there are"),
        ("transport_monthly", "preventable_accidents", "2", "transport_monthly, line 2"),
        ("transport_routes", "avg_daily_riders", "-1", "transport_routes, line 3: buses or riders below zero"),
        ("food_service", "lunches", "-1", "food_service, line 4: meals, days or hours below zero"),
        ("food_service", "labor_hours", "-1", "food_service, line 4"),
        ("food_service", "covers, serving_days", "'day', 2", "or more days of serving than there are"),
        ("buildings", "sqft, sqft_cleaned", "0, 0", "buildings, line 5: no square feet"),
        ("buildings", "sqft_cleaned", "11", "or more cleaned or maintained than there are"),
        ("helpdesk", "hold_hours", "-1", "helpdesk, line 6: hours of waiting below zero"),
    ],
)
def test_o02__what_cannot_be_is_named_with_its_line(table, columns, values, told):
    found = find("O02", insert("transport_monthly"), insert(table, columns, values))
    assert found is not None
    assert found[0] == 1
    assert told in found[1]


def test_o02__meals_of_a_school_come_as_its_month_or_as_its_days():
    month, days = insert("food_service"), "covers, serving_days, service_date, school_id, source_line"
    in_october = insert("food_service", days, "'day', 1, '2024-10-01', 'A1', 5")
    elsewhere = insert("food_service", days, "'day', 1, '2024-09-30', 'A2', 6")
    assert find("O02", month, in_october, elsewhere) == (0, "")
    found = find("O02", month, insert("food_service", days, "'day', 1, '2024-09-30', 'A1', 5"), elsewhere)
    assert found is not None
    assert found[0] == 2
    assert "food_service, line 5: a school's month and days of it too" in found[1]


def test_o01__meals_of_an_average_day_are_at_most_the_pupils():
    assert find("O01", FIGURES + "('OP.FS01r', 1, 2023, 'year')", *REPORTED) == (0, "")
    named = "OP.FS01r of school A1 in 2023 is 1.01, usual is at most 1.0"
    assert find("O01", FIGURES + "('OP.FS01r', 1.01, 2023, 'year')", *REPORTED) == (1, named)


@pytest.mark.parametrize("metric", ["OP.FS01r", "OP.FS02r"])
def test_meals_of_a_site_of_one_pupil_that_feeds_others__are_possible_and_less_than_nothing_is_not(metric):
    """Rule M03 would hold a whole state for the one site that rule O01 names."""
    with duckdb.connect() as connection:
        connection.execute(f"create schema collaborative; create table collaborative.value_ranges as from '{RANGES}'")
        connection.execute(f"create table figures as select 'A' as district_id, '{metric}' as metric_id, 324 as value")
        assert connection.execute(OUT_OF_RANGE.format(batch="figures")).fetchall() == []
        connection.execute("update figures set value = -1")
        assert connection.execute(OUT_OF_RANGE.format(batch="figures")).fetchall() == [("A", metric)]


def test_o01__what_is_counted_of_nobody_is_named():
    of_nobody = FIGURES.replace(", value,", ", numerator, denominator,")
    named = "OP.FS01r of school A1 in 2023 is 35.00 of 0, usual is at most 1.0"
    assert find("O01", of_nobody + "('OP.FS01r', 35, 0, 2023, 'year')", *REPORTED) == (1, named)
    assert find("O01", of_nobody + "('OP.FS01r', 0, 0, 2023, 'year'), ('OP.FS01r', null, 0, 2023, 'year')") is None


def test_o01__meals_are_at_most_a_tenth_above_what_could_be_eaten():
    assert find("O01", FIGURES + "('OP.FS01', 1.1, 2025, 'year'), ('OP.FS01', 1.1, 2025, '2024-09')") == (0, "")
    assert find("O01", FIGURES + "('OP.FS01', 1.1000000001, 2025, '2024-09')") == (
        1,
        "OP.FS01 of school A1 in 2025 (2024-09) is 1.10, usual is at most 1.1",
    )
    attending = "update measures.measure_operations set variant = 'attending'"
    assert find("O01", FIGURES + "('OP.FS01', 9, 2025, 'year')", attending) is None


def test_o01__what_is_outside_of_its_range_is_named():
    assert find("O01", FIGURES + "('OP.FS03', 5, 2025, 'year'), ('OP.FS03', 1, 2025, '2024-09')") == (0, "")
    found = find("O01", FIGURES + "('OP.FS03', 4.99, 2025, 'year')")
    assert found == (1, "OP.FS03 of school A1 in 2025 is 4.99, usual is 5.0 to 30.0")
    assert find("O01", FIGURES + "('OP.FS03', 30.01, 2025, 'year')") is not None


def test_o01__a_change_of_unit_is_told_from_a_change():
    years = FIGURES + "('OP.FS03', 10, 2024, 'year'), ('OP.FS03', {}, 2025, 'year')"
    assert find("O01", years.format(15)) == (0, "")
    assert find("O01", years.format("15.01")) == (1, "OP.FS03 of school A1 in 2025 is far from the year before")
    found = find("O01", years.format("0.2"))
    assert found is not None
    assert found[0] == 2
    assert "far from the year before, about 60 times: are these hours and minutes?" in found[1]
    assert find("O01", FIGURES + "('OP.FS03', 10, 2023, 'year'), ('OP.FS03', 29, 2025, 'year')") == (0, "")


def test_o01__a_range_without_an_upper_end_is_said_so():
    open_range = "update collaborative.usual_ranges set most = null"
    found = find("O01", open_range, FIGURES + "('OP.FS03', 4, 2025, 'year')")
    assert found == (1, "OP.FS03 of school A1 in 2025 is 4.00, usual is at least 5.0")


def test_o01__a_variants_own_range_goes_before_that_of_all():
    own = "insert into collaborative.usual_ranges values ('OP.FS03', 'enrolled', 1, 30, 0.5, null, '', false)"
    figures = FIGURES + "('OP.FS03', 2, 2025, 'year')"
    assert find("O01", own, figures) == (0, "")
    assert find("O01", own, figures, "update measures.measure_operations set variant = 'attending'") is not None
    found = find("O01", own, FIGURES + "('OP.FS03', 31, 2025, 'year')")
    assert found == (1, "OP.FS03 of school A1 in 2025 is 31.00, usual is 1.0 to 30.0")


def test_o01__what_a_state_printed_is_not_compared_with_what_records_come_to():
    years = FIGURES + "('OP.FS03', 10, 2024, 'year'), ('OP.FS03', 29, 2025, 'year')"
    assert find("O01", years) is not None
    implied = "update measures.measure_operations set basis = 'implied' where school_year = 2024"
    assert find("O01", years, implied) == (0, "")


@pytest.mark.parametrize(
    ("metric", "last_year", "so_far"),
    [("OP.TR02", 1000, 40), ("OP.TR05b", 9000, 400), ("OP.FM01", 2, 0.1), ("OP.FM03", 1, 0.05), ("OP.FM06", 1, 0.05)],
)
def test_o01__a_year_in_progress_over_what_is_there_at_a_time_is_no_fault(metric, last_year, so_far):
    shipped = "delete from collaborative.usual_ranges; insert into collaborative.usual_ranges select * exclude (note) "
    shipped += f"replace (coalesce(variant, '') as variant) from '{DEFAULTS / 'usual_ranges.csv'}'"
    years = FIGURES + f"('{metric}', {last_year}, 2024, 'year'), ('{metric}', {so_far}, 2025, 'year')"
    assert find("O01", shipped, years) == (0, "")


def test_o01__work_that_ends_before_it_begins_and_waiting_beyond_the_calendar_are_named():
    orders = "insert into staging.stg_district__work_orders values ('W1', '2024-09-02', '2024-09-02', '00010000')"
    assert find("O01", orders) == (0, "")
    found = find("O01", orders.replace("'2024-09-02', '0", "'2024-09-01', '0"))
    assert found == (1, "work order W1 was completed before it was received")
    times = "'2024-09-02 08:00', '2024-09-02 10:00'"
    ticket = "insert into staging.stg_district__helpdesk values ('T1', " + times + ", {}, '00010000')"
    assert find("O01", ticket.format(2)) == (0, "")
    assert find("O01", ticket.format("null")) == (0, "")
    found = find("O01", ticket.format("2.01"))
    assert found is not None
    assert found[1].startswith("ticket T1 was resolved before it was opened, or waited longer than it was open")


def test_o03__a_month_that_cannot_be_holds_its_district_alone():
    other = "insert into measures.measure_operations (metric_id, value, district_id) values ('OP.TR01', 1, '00020000')"
    assert find("O03", FIGURES + "('OP.TR01', 1000, 2025, 'year'), ('OP.TR01', -1, 2025, 'q1')", other) == (0, "")
    assert find("O03", FIGURES + "('OP.TR01', null, 2025, 'year'), ('OP.FS99', 9, 2025, 'year')") is None
    found = find("O03", FIGURES + "('OP.TR01', 1500, 2025, '2024-07'), ('OP.TR01', 9, 2025, 'year')", other)
    assert found == (1, "OP.TR01 (enrolled) of school A1 in 2025 (2024-07) is 1500.00, possible is -1.0 to 1000.0")
    found = find("O03", FIGURES + "('OP.TR01', -1.01, 2025, 'year')", other)
    assert found == (1, "OP.TR01 (enrolled) of school A1 in 2025 is -1.01, possible is -1.0 to 1000.0")


def test_o03__ranges_of_one_end_and_times_of_work_are_looked_at():
    days = "insert into measures.measure_turnaround (metric_id, value, variant, entity_type, entity_id, school_year, "
    days += "period, breakdown, district_id) values "
    days += "('OP.FM04', {}, 'p50', 'district', '1', 2025, 'q1', 'all', '00010000')"
    assert find("O03", days.format(0), FIGURES + "('OP.IT05', -9, 2025, 'year')") == (0, "")
    found = find("O03", days.format(-1))
    assert found == (1, "OP.FM04 (p50) of district 1 in 2025 (q1) is -1.00, possible is at least 0.0")
    found = find("O03", FIGURES + "('OP.IT05', 1.5, 2025, 'year')")
    assert found == (1, "OP.IT05 (enrolled) of school A1 in 2025 is 1.50, possible is at most 1.0")


ORDINARY = {
    "OP.PR04": "-0.25", "OP.FM04": "-1", "OP.TR01": "1500", "OP.FS04": "2000", "OP.FS05": "120", "OP.PR01": "-31",
}  # fmt: skip
"""Right figures of an ordinary month: a refund on a card, a date typed late, a July of few miles and meals."""


@pytest.mark.parametrize("metric", sorted(ORDINARY))
def test_o03__an_ordinary_month_is_possible(metric):
    shipped = f"create or replace table collaborative.value_ranges as from '{RANGES}'"
    assert find("O03", shipped, FIGURES + f"('{metric}', {ORDINARY[metric]}, 2025, '2024-07')") == (0, "")
