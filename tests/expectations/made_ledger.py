"""The ledger part of the hand-made build: each district's few lines, and what became of their dollars.

Belongs here: the tables that rules about spending read. Does not belong here: the rest of the build
(``made_build.py``).
"""

MEASURED = "district_id, entity_type, entity_id, school_year, metric_id, numerator"

TABLES = """
create schema if not exists staging;
create or replace table staging.stg_district__gl_actuals (
    district_id varchar, school_year integer, account_id varchar, amount_usd decimal(18, 2), period integer default 1
);
create or replace table staging.stg_district__work_orders (
    district_id varchar, work_order_id varchar, received_date date, completed_date date
);
create or replace table staging.stg_district__helpdesk (
    district_id varchar, ticket_id varchar, opened_at timestamp, resolved_at timestamp, hold_hours decimal(8, 2)
);
create or replace table measures.measure_operations (
    district_id varchar, metric_id varchar, variant varchar, entity_type varchar, entity_id varchar,
    school_year integer, period varchar, breakdown varchar, basis varchar, value decimal(38, 10),
    numerator decimal(38, 6), denominator decimal(38, 6)
);
create or replace table measures.measure_turnaround as from measures.measure_operations;
create or replace table staging.stg_district__payroll_benefits (
    district_id varchar, school_year integer, period integer, account_id varchar, pay_type varchar,
    amount_usd decimal(18, 2)
);
create or replace table staging.stg_district__out_of_district (
    district_id varchar, school_year integer, fiscal_year integer, student_key bigint, is_sped_placement boolean,
    fte decimal(5, 3), tuition_usd decimal(18, 2), cb_eligible_cost_usd decimal(18, 2), cb_net_claim_usd decimal(18, 2)
);
create or replace table staging.stg_district__chart_of_accounts (
    district_id varchar, school_year integer, account_id varchar, account_type varchar
);
create or replace table conformed.fct_gl_actual (district_id varchar, school_year integer);
create or replace table conformed.fct_gl_budget (
    district_id varchar, school_year integer, account_type varchar, is_final boolean, amount_usd decimal(18, 2)
);
create or replace table conformed.int_spending__account (
    district_id varchar, school_year integer, placement varchar, amount_usd decimal(18, 2), school_id varchar,
    is_salary boolean, state_function varchar, account_id varchar, is_benefit boolean
);
create or replace table conformed.int_spending__ledger (
    district_id varchar, school_year integer, ledger_usd decimal(18, 2)
);
create or replace table conformed.int_spending__membership (
    district_id varchar, school_year integer, school_id varchar, adm decimal(38, 6)
);
create or replace table conformed.int_spending__average_cost (
    district_id varchar, school_year integer, ledger varchar, subject varchar, role varchar, n_units integer,
    n_alike integer, common_rate decimal(18, 6), is_average boolean
);
create or replace table conformed.int_spending__central_pool (
    district_id varchar, school_year integer, allocation_pool varchar, source varchar, object_class varchar,
    pool_usd decimal(18, 2), is_allocated boolean
);
create or replace table conformed.int_spending__central_allocation (
    district_id varchar, school_year integer, allocation_pool varchar, source varchar, object_class varchar,
    school_id varchar, allocated_usd decimal(18, 2)
);
create or replace table marts.mart_spending_balance (
    district_id varchar, fiscal_year integer, ledger_usd decimal(18, 2), included_usd decimal(18, 2),
    excluded_usd decimal(18, 2), out_of_district_usd decimal(18, 2), unallocated_usd decimal(18, 2),
    difference_usd decimal(18, 2)
);
create or replace table marts.mart_account_coverage (
    district_id varchar, fiscal_year integer, fund varchar, mapped_by varchar, treatment varchar,
    amount_usd decimal(18, 2)
);
"""

OF_A_DISTRICT = f"""
insert into staging.stg_district__gl_actuals (district_id, school_year, account_id, amount_usd) values
    ($district, 2016, 'teach', 101.00), ($district, 2016, 'teach', -1.00), ($district, 2016, 'office', 60.01),
    ($district, 2016, 'debt', 7.00), ($district, 2016, 'secret', 2.50), ($district, 2016, 'taxes', 900.00);
insert into staging.stg_district__chart_of_accounts values
    ($district, 2016, 'teach', 'expenditure'), ($district, 2016, 'office', 'expenditure'),
    ($district, 2016, 'debt', 'expenditure'), ($district, 2016, 'taxes', 'revenue');
insert into conformed.int_spending__account (district_id, school_year, placement, amount_usd) values
    ($district, 2016, 'site', 100.00), ($district, 2016, 'central', 60.01), ($district, 2016, 'excluded', 7.00),
    ($district, 2016, 'unmapped', 2.50);
insert into conformed.int_spending__central_pool values
    ($district, 2016, 'general', 'local', 'personnel', 50.01, true),
    ($district, 2016, 'general', 'federal', 'personnel', 10.00, true);
insert into conformed.int_spending__central_allocation values
    ($district, 2016, 'general', 'local', 'personnel', 'S1', 25.01),
    ($district, 2016, 'general', 'local', 'personnel', 'S2', 25.00),
    ($district, 2016, 'general', 'federal', 'personnel', 'S1', 5.00),
    ($district, 2016, 'general', 'federal', 'personnel', 'S2', 5.00);
insert into measures.measure_school_spending by name
select
    $district as district_id, 'school' as entity_type, school as entity_id, 2016 as school_year,
    'PPE.' || metric as metric_id, usd as numerator
from (values
    ('S1', 'S01', 0), ('S1', 'S02', 100), ('S1', 'S03', 5), ('S1', 'S04', 25.01), ('S1', 'S05', 130.01),
    ('S1', 'S06', 130), ('S1', 'S07', 0.01), ('S2', 'S01', 0), ('S2', 'S02', 0), ('S2', 'S03', 5),
    ('S2', 'S04', 25), ('S2', 'S05', 30), ('S2', 'S06', 30), ('S2', 'S07', 0)
) as figures (school, metric, usd);
insert into measures.measure_district_spending ({MEASURED})
values ($district, 'district', $district, 2016, 'PPE.D01', 160.01);
insert into marts.mart_spending_balance values ($district, 2016, 169.51, 160.01, 7.00, 0.00, 2.50, 0.00);
insert into marts.mart_account_coverage values
    ($district, 2016, '01', 'chart', 'include', 160.01), ($district, 2016, '01', 'crosswalk', 'exclude_debt', 7.00),
    ($district, 2016, 'not_in_chart', 'unmapped', 'not_in_chart', 2.50);
"""


def write_ledger(connection, districts, measure: str) -> None:
    """Write the tables, with one and the same ledger for each district.

    Args:
        connection: the build file, with the schemas ``conformed``, ``measures`` and ``marts``.
        districts: who has a ledger.
        measure: the columns of a measure, as SQL.
    """
    connection.execute(TABLES)
    for name in ("measure_school_spending", "measure_district_spending"):
        connection.execute(f"create or replace table measures.{name} {measure}")
    for district in districts:
        connection.execute(OF_A_DISTRICT.replace("$district", f"'{district}'"))
