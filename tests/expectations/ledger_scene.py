"""The tables that rules about finances read, and one rule over them.

Belongs here: what is there before a test adds its rows, in the least that a rule looks at. Does not belong here: what a
rule must find (``test_ledger_rules.py``, ``tests/corpus``).
"""

import duckdb

from expectations.evaluate import run_rule
from expectations.rules import load_registry

ONE = "00010000"

DOOR_1 = """
create schema candidate;
create table candidate.thresholds (threshold varchar, value decimal(18, 6));
insert into candidate.thresholds values
    ('trial_balance_tolerance_usd', 0), ('negative_lines_share', 0.01), ('largest_line_share', 0.2),
    ('budget_as_actual_share', 0.9), ('budget_as_actual_accounts', 10);
create table candidate.mapped_accounts (
    district_id varchar, school_year integer, account_id varchar, account_type varchar, fund varchar,
    nces_function varchar, state_function varchar
);
create table candidate.gl_actuals (
    account_id varchar, amount_usd decimal(18, 2), period integer default 1, district_id varchar default '00010000',
    school_year integer default 2025, domain varchar default 'finance'
);
create table candidate.gl_balances (
    account_id varchar, balance_usd decimal(18, 2), period integer, district_id varchar default '00010000',
    school_year integer default 2025, domain varchar default 'finance'
);
create table candidate.gl_budget (
    account_id varchar, amount_usd decimal(18, 2), version varchar default 'adopted',
    version_date date default '2024-06-15', district_id varchar default '00010000', school_year integer default 2025
);
create table candidate.eoyr_report (
    state_function varchar, district_id varchar default '00010000', school_year integer default 2025,
    domain varchar default 'finance'
);
create table candidate.state_functions (state_function varchar, from_school_year integer, to_school_year integer);
insert into candidate.state_functions values ('teachers', 0, 9999), ('old', 0, 2024), ('new', 2026, 9999);
insert into candidate.mapped_accounts values
    ('00010000', 2025, 'teach', 'expenditure', '01', '1000', 'teachers'),
    ('00010000', 2025, 'heat', 'expenditure', '01', '2600', null),
    ('00010000', 2025, 'tax', 'revenue', '01', null, null), ('00010000', 2025, 'cash', 'balance', '01', null, null),
    ('00010000', 2025, 'gift', 'revenue', '02', null, null),
    ('00010000', 2025, 'book', 'expenditure', '02', '1000', null);
"""

DOOR_2 = """
create schema collaborative; create schema conformed; create schema measures; create schema staging;
create table collaborative.thresholds (threshold varchar, value decimal(18, 6));
insert into collaborative.thresholds values
    ('eoyr_total_tolerance_share', 0.005), ('eoyr_total_tolerance_usd', 1000), ('site_share_change', 0.1),
    ('schools_with_salaries_share', 0.5), ('school_spending_least', 0.4), ('school_spending_most', 2.5),
    ('school_spending_change', 0.25), ('unit_factor', 100), ('payroll_tolerance_share', 0.01),
    ('benefits_of_salaries_least', 0.15), ('benefits_of_salaries_most', 0.6), ('placement_tuition_least_usd', 5000),
    ('placement_tuition_most_usd', 150000), ('circuit_breaker_tolerance_usd', 1);
create table collaborative.collaborative as select 'MA' as state;
create table collaborative.state_foundation as
select 'MA' as state, 2025 as fiscal_year, 10351.00 as amount_usd, 4 as multiplier, 0.75 as reimbursement_rate;
create table collaborative.state_functions (state_function varchar);
insert into collaborative.state_functions values ('teachers');
create table staging.stg_district__gl_actuals (
    period integer, school_year integer default 2025, district_id varchar default '00010000'
);
create table staging.stg_district__payroll_benefits (
    account_id varchar, pay_type varchar, amount_usd decimal(18, 2), period integer default 12,
    school_year integer default 2025, district_id varchar default '00010000'
);
create table staging.stg_district__out_of_district (
    student_key bigint, fte decimal(5, 3), tuition_usd decimal(18, 2), cb_eligible_cost_usd decimal(18, 2),
    cb_net_claim_usd decimal(18, 2), is_sped_placement boolean default true, fiscal_year integer default 2025,
    school_year integer default 2025, district_id varchar default '00010000'
);
create table conformed.int_spending__account (
    school_id varchar, amount_usd decimal(18, 2), is_salary boolean default true, placement varchar default 'site',
    is_benefit boolean default false, account_id varchar, state_function varchar,
    school_year integer default 2025, district_id varchar default '00010000'
);
create table conformed.int_spending__ledger (
    ledger_usd decimal(18, 2), school_year integer default 2025, district_id varchar default '00010000'
);
create table conformed.int_spending__membership (
    school_id varchar, adm decimal(38, 6), school_year integer default 2025, district_id varchar default '00010000'
);
create table conformed.int_spending__average_cost (
    subject varchar, role varchar, n_units integer, n_alike integer, common_rate decimal(18, 6), is_average boolean,
    ledger varchar default 'actual', school_year integer default 2025, district_id varchar default '00010000'
);
create table conformed.fct_gl_budget (
    amount_usd decimal(18, 2), is_final boolean default true, account_type varchar default 'expenditure',
    school_year integer default 2025, district_id varchar default '00010000'
);
create table conformed.fct_eoyr_expenditure (
    amount_usd decimal(18, 2), school_year integer default 2025, district_id varchar default '00010000'
);
create table measures.measure_reported (
    district_id varchar, school_year integer, metric_id varchar, variant varchar, entity_type varchar,
    breakdown varchar, value decimal(38, 10), numerator decimal(38, 6), denominator decimal(38, 6)
);
create table measures.measure_school_spending (
    entity_id varchar, value decimal(38, 10), school_year integer default 2025, metric_id varchar default 'PPE.S05',
    variant varchar default 'essa', numerator decimal(38, 6), denominator decimal(38, 6),
    district_id varchar default '00010000'
);
create table measures.measure_district_spending (
    value decimal(38, 10), school_year integer default 2025, metric_id varchar default 'PPE.S08',
    variant varchar default 'essa', district_id varchar default '00010000'
);
"""

LINES = "insert into candidate.gl_actuals (account_id, amount_usd, period) values "
BALANCES = "insert into candidate.gl_balances (account_id, balance_usd, period) values "
PAY = "insert into conformed.int_spending__account (school_id, amount_usd) values "
PUPILS = "insert into conformed.int_spending__membership (school_id, adm) values "
REACH = "insert into staging.stg_district__gl_actuals (period, school_year) values (12, 2024), ({}, 2025)"
SCHOOLS = "insert into measures.measure_school_spending (entity_id, value, school_year) values "


def find(rule_id: str, *statements: str) -> tuple[int, str] | None:
    """How many things a rule finds at fault in one district, and what it says; None when it found nothing to check."""
    registry = load_registry()
    rule = registry.rule(rule_id)
    with duckdb.connect() as connection:
        connection.execute(DOOR_1 if rule.door == 1 else DOOR_2)
        for statement in statements:
            connection.execute(statement)
        (result,) = run_rule(connection, registry, rule)
    assert result.status != "could_not_run", result.message
    assert result.district_id in (ONE, None) and (rule.door == 2 or result.domain in ("finance", None))
    return None if result.status == "nothing_to_check" else (result.n_failed, result.message)
