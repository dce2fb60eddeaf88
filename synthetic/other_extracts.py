"""The extracts beside pupils' records and the ledger: work in school, support, staff, operations, surveys, goals.

Belongs here: which tables a district sends besides, in order. Does not belong here: what they hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from synthetic.chart import Account
from synthetic.funds import gl_balances_table, grants_table, risk_costs_table
from synthetic.ledger_lines import Ledger
from synthetic.operations import OPERATIONS, Site
from synthetic.payroll import payroll_benefits_table, payroll_runs_table
from synthetic.places import MadeUpDistrict
from synthetic.records import Records
from synthetic.school_work import Pupils, assessments_table, course_grades_table, screeners_table
from synthetic.support import (
    intervention_sessions_table,
    interventions_table,
    make_interventions,
    out_of_district_table,
    progress_checks_table,
)
from synthetic.together import TOGETHER, Member
from synthetic.workforce import (
    make_workforce,
    positions_table,
    staff_absences_table,
    staff_assignments_table,
    staff_table,
)

Tables = Iterator[tuple[str, pa.Table]]


def make_pupil_tables(records: Records, seed: int) -> Tables:
    """What the district sends of its pupils' work and support."""
    pupils = Pupils(records, seed)
    yield "assessments", assessments_table(pupils)
    supported = make_interventions(pupils)
    yield "screeners", pa.concat_tables([screeners_table(pupils), progress_checks_table(pupils, supported)])
    yield "course_grades", course_grades_table(pupils)
    yield "interventions", interventions_table(pupils, supported)
    yield "intervention_sessions", intervention_sessions_table(pupils, supported)
    yield "out_of_district", out_of_district_table(pupils)


def make_staff_tables(records: Records, chart: Sequence[Account], ledger: Ledger, seed: int) -> Tables:
    """What it sends of its staff, and of their pay."""
    district, year = records.district, records.year
    workforce = make_workforce(district, chart, year.school_year, seed)
    yield "staff", staff_table(workforce, year.school_year, seed, district.number)
    yield "staff_assignments", staff_assignments_table(district, workforce, year, seed)
    yield "staff_absences", staff_absences_table(workforce, year, seed, district.number)
    yield "positions", positions_table(district, workforce, year, seed)
    yield "payroll_benefits", payroll_benefits_table(workforce, chart, ledger, year.school_year)
    yield "payroll_runs", payroll_runs_table(workforce, year.school_year, seed, district.number)


def make_house_tables(
    records: Records, chart: Sequence[Account], ledger: Ledger, districts: Sequence[MadeUpDistrict], seed: int
) -> Tables:
    """What it sends of funds, operations, surveys and goals."""
    district, year = records.district, records.year
    yield "gl_balances", gl_balances_table(district, chart, ledger, year.school_year, seed)
    yield "grants", grants_table(district, year.school_year, seed)
    yield "risk_costs", risk_costs_table(district, year.school_year, seed)
    site = Site(district, year, seed)
    for name, make in OPERATIONS.items():
        yield name, make(site)
    member = Member(district, year.school_year, districts, seed)
    for name, make in TOGETHER.items():
        yield name, make(member)
