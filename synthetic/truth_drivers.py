"""What each pool of a made-up district's central cost is shared in proportion to, counted without the product's SQL.

Belongs here: weights of schools by driver, from the same tables that are sent. Does not belong here: sharing
(``truth_spending.py``).
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthetic.chart import INCLUDE, Account
from synthetic.collaborative_folder import DEMO
from synthetic.operations import Site, buildings_table, food_service_table, transport_routes_table
from synthetic.records import Records
from synthetic.stream import Ints
from synthetic.truth import count_pupils
from synthetic.workforce import make_workforce, staff_assignments_table

Weights = list[Fraction]


def drivers_of(district_id: str, school_year: int) -> dict[str, str]:
    """The driver of each pool that has another than membership, as the demo's configuration says."""
    with (DEMO / "allocation_drivers.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["district_id"] == district_id]
    return {
        row["allocation_pool"]: row["driver"]
        for row in rows
        if int(row["from_school_year"] or 0) <= school_year <= int(row["to_school_year"] or 9999)
    }


def weigh_pools(records: Records, chart: Sequence[Account], cents: Ints, seed: int) -> dict[str, Weights]:
    """Weights of the schools for each pool that has another driver than membership."""
    drivers = drivers_of(records.district.district_id, records.year.school_year)
    weights = {driver: _weigh(driver, records, chart, cents, seed) for driver in sorted(set(drivers.values()))}
    return {pool: weights[driver] for pool, driver in drivers.items()}


def _weigh(driver: str, records: Records, chart: Sequence[Account], cents: Ints, seed: int) -> Weights:
    site = Site(records.district, records.year, seed)
    if driver == "swd":
        return _disabled_members(records)
    if driver == "salaries":
        return _salaries(chart, cents, len(records.district.schools))
    if driver == "sqft":
        return _by_school(site, buildings_table(site), "sqft")
    if driver == "riders":
        return _by_school(site, transport_routes_table(site), "avg_daily_riders")
    if driver == "meals":
        return _by_school(site, food_service_table(site), "breakfasts", "lunches")
    workforce = make_workforce(records.district, chart, records.year.school_year, seed)
    table = staff_assignments_table(records.district, workforce, records.year, seed)
    if driver == "teacher_fte":
        table = table.filter(pc.field("role") == "teacher")
    return _by_school(site, table, "fte")


def _by_school(site: Site, table: pa.Table, *columns: str) -> Weights:
    """The sum of some columns at each school; what is of no school is left out."""
    found: dict[str | None, Fraction] = defaultdict(Fraction)
    for row in table.to_pylist():
        found[row["school_id"]] += sum(Fraction(str(row[column])) for column in columns)
    return [found[school_id] for school_id in site.schools]


def _salaries(chart: Sequence[Account], cents: Ints, n_schools: int) -> Weights:
    found = [Fraction(0)] * n_schools
    for account, amount in zip(chart, cents.tolist(), strict=True):
        is_pay = account.line.nces_object.startswith("1") and account.line.treatment == INCLUDE
        if account.school is not None and is_pay and not account.is_revenue:
            found[account.school] += amount
    return found


def _disabled_members(records: Records) -> Weights:
    """Days of pupils with disabilities over the days in session, school by school."""
    schools, pupils = count_pupils(records.enrolled, records.year, records.attendance())
    days = np.zeros(len(schools), dtype=np.int64)
    is_disabled = records.enrolled.people.disabled[pupils.person]
    np.add.at(days, pupils.school[is_disabled], pupils.days[is_disabled])
    return [Fraction(int(days[school.school]), school.days_in_session) for school in schools]
