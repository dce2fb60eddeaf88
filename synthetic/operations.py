"""How a made-up district runs: buses, meals, buildings, tickets, devices, purchases.

Belongs here: the tables of the domain of operations. Does not belong here: the ledger that pays for it. Sizes follow
the district's pupils; square feet a pupil, meals a pupil and so on are our own figures unless they say otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from synthetic.calendars import YEAR_IN_PROGRESS, SchoolYear, last_day_sent
from synthetic.columns import label_numbers, months_of, number_ids, words, write_decimals, write_dollars
from synthetic.ledger_lines import pupils_of_school
from synthetic.places import MadeUpDistrict
from synthetic.stream import Bools, Ints, Stream

TRANSPORTED, COST_OF_A_RIDER = 0.6, 988
"""Share of pupils who ride (our own figure), and dollars a rider and year: the published median of large districts of
2007 (Council of the Great City Schools, as Education Week reported it)."""
SQUARE_FEET = 165
_MONTHS_SO_FAR = 8
_MODES = ("district_bus", "contractor_bus", "van")
_FUELS = (("electricity", "kwh", 9, 17), ("natural_gas", "therm", 0.4, 130), ("water", "kgal", 0.012, 900))
"""Fuel, unit, units a year and square foot in twelfths of a usual building, cents a unit."""


@dataclass(frozen=True)
class Site:
    """One district and fiscal year, as these tables need it."""

    district: MadeUpDistrict
    year: SchoolYear
    seed: int

    def stream(self, name: str) -> Stream:
        """Draws of one table."""
        return Stream(self.seed, self.district.number, self.year.school_year, name)

    @property
    def months(self) -> list[str]:
        """Months that are over, from July on."""
        return months_of(self.year.school_year, _MONTHS_SO_FAR if self.is_in_progress else 12)

    @property
    def is_in_progress(self) -> bool:
        """Whether the year lasts."""
        return self.year.school_year == YEAR_IN_PROGRESS

    @property
    def schools(self) -> list[str]:
        """Ids of its schools."""
        return [school.school_id for school in self.district.schools]

    @property
    def pupils_of(self) -> Ints:
        """Pupils of each school."""
        return np.array([pupils_of_school(self.district, at) for at in range(len(self.schools))], dtype=np.int64)

    def days(self, stream: Stream, n: int) -> np.ndarray:
        """Days of the fiscal year so far, in order."""
        first = np.datetime64(f"{self.year.school_year - 1}-07-01")
        until = last_day_sent(self.year.school_year, later=False) or date(self.year.school_year, 6, 20)
        span = int((np.datetime64(until) - first).astype(int)) - 1
        return first + np.sort(stream.whole(0, span, n)).astype("timedelta64[D]")

    def per_pupil(self, share: float, least: int = 4) -> int:
        """A number of things by pupils; of a year in progress what there is of it so far."""
        n = max(least, round(self.district.pupils * share))
        return n * 3 // 4 if self.is_in_progress else n


def transport_routes_table(site: Site) -> pa.Table:
    """One row a route in October: one bus for some fifty riders."""
    riders = round(site.district.pupils * TRANSPORTED)
    n = max(2, riders // 50)
    mode = np.where(np.arange(n) % 9 == 8, 2, np.where(np.arange(n) % 3 == 0, 0, 1))
    load = np.where(mode == 2, 60, riders * 10 // n) + site.stream("routes").whole(-40, 40, n)
    return pa.table(
        {
            "route_id": number_ids("R", n, 4, first=1),
            "as_of": pa.array(np.repeat(np.datetime64(f"{site.year.school_year - 1}-10-01"), n)),
            "mode": words(_MODES, mode),
            "buses": pa.array(np.ones(n, dtype=np.int64)),
            "avg_daily_riders": write_decimals(np.maximum(load, 10), 1),
            "school_id": words(site.schools, np.arange(n) % len(site.schools)),
        }
    )


def transport_monthly_table(site: Site) -> pa.Table:
    """One row a month and mode; costs of a year come to those of the published rider."""
    months = [month for month in site.months if month[5:] not in ("07", "08")]
    kinds = [(0, False), (1, False), (2, True)]
    n = len(months) * len(kinds)
    stream, kind = site.stream("transport"), np.tile(np.arange(3), len(months))
    share = np.array([0.35, 0.5, 0.15])[kind]
    usual = (site.district.pupils * TRANSPORTED * COST_OF_A_RIDER * 10 * share).astype(np.int64)
    cents = usual * stream.whole(92, 108, n) // 1100
    runs = np.maximum(40, (site.district.pupils * TRANSPORTED * share / 50 * 36).astype(np.int64))
    accidents = stream.whole(0, 1, n) * (runs > 60)
    return pa.table(
        {
            "month": pa.array(np.repeat(months, len(kinds)).tolist(), pa.string()),
            "mode": words(_MODES, kind),
            "ood_flag": pa.array(kind == 2),
            "miles": write_decimals(runs * stream.whole(70, 140, n), 1),
            "runs": pa.array(runs),
            "late_runs": pa.array(runs * stream.whole(1, 9, n) // 100),
            "accidents": pa.array(accidents),
            "preventable": pa.array(accidents * stream.whole(0, 1, n)),
            "direct_cost": write_dollars(np.where(kind == 0, cents * 10, 0)),
            "indirect_cost": write_dollars(cents),
            "contractor_cost": write_dollars(np.where(kind == 0, 0, cents * 10)),
        }
    )


def food_service_table(site: Site) -> pa.Table:
    """One row a school and month of school: two lunches and one breakfast for three pupils a day."""
    months = [month for month in site.months if month[5:] not in ("07", "08")]
    n = len(months) * len(site.schools)
    stream, school = site.stream("meals"), np.tile(np.arange(len(site.schools)), len(months))
    month = np.repeat(np.array([f"{each}-01" for each in months], dtype="datetime64[D]"), len(site.schools))
    days = stream.whole(15, 21, n)
    meals = site.pupils_of[school] * days
    lunches, breakfasts = meals * stream.whole(50, 70, n) // 100, meals * stream.whole(20, 35, n) // 100
    free = (lunches + breakfasts) * round(site.district.low_income * 100) // 100
    reduced = (lunches + breakfasts - free) // 12
    food = lunches * stream.whole(150, 190, n) + breakfasts * 90
    labor = lunches * stream.whole(170, 210, n)
    revenue = (food + labor + labor // 3) * stream.whole(95, 110, n) // 100
    return pa.table(
        {
            "school_id": words(site.schools, school),
            "date": pa.array(month),
            "covers": pa.array(["month"] * n, pa.string()),
            "breakfasts": pa.array(breakfasts),
            "lunches": pa.array(lunches),
            "snacks": pa.array(meals // 25),
            "paid": pa.array(lunches + breakfasts - free - reduced),
            "reduced": pa.array(reduced),
            "free": pa.array(free),
            "a_la_carte_$": write_dollars(lunches * 12),
            "labour_hours": write_decimals((lunches + breakfasts) * 10 // 15, 1),
            "serving_days": pa.array(days),
            "food_$": write_dollars(food),
            "labour_$": write_dollars(labor),
            "labour_benefits_$": write_dollars(labor // 3),
            "commodity_$": write_dollars(lunches * 30),
            "other_$": write_dollars(lunches * 18),
            "revenue": write_dollars(revenue),
        }
    )


def _square_feet(site: Site) -> Ints:
    """Of each school's building, and last of the office."""
    sizes = np.append(site.pupils_of * SQUARE_FEET, max(4_000, site.district.pupils * 4))
    return sizes * (95 + np.arange(len(sizes)) * 7 % 11) // 100


def buildings_table(site: Site) -> pa.Table:
    """One row a school's building, and the office."""
    sqft = _square_feet(site)
    n = len(sqft)
    return pa.table(
        {
            "building_id": number_ids("B", n, 4),
            "school_id": pa.array([*site.schools, None], pa.string()),
            "sqft": pa.array(sqft),
            "sqft_cleaned": pa.array(sqft * 96 // 100),
            "sqft_maintained": pa.array(sqft),
            "year_built": pa.array(1925 + np.arange(n) * 13 % 95),
        }
    )


def work_orders_table(site: Site) -> pa.Table:
    """One row a work order so far; one in twelve is still open."""
    stream, n = site.stream("work orders"), site.per_pupil(0.12)
    received = site.days(stream, n)
    is_open = stream.chance(1 / 12, n) | (received + 45 > received[-1])
    return pa.table(
        {
            "wo_id": number_ids("W", n),
            "building_id": label_numbers("B", stream.whole(0, len(site.schools), n), 4),
            "type": words(("PM", "CM"), stream.pick([0.35, 0.65], n)),
            "received": pa.array(received),
            "completed": pa.array(received + stream.whole(0, 40, n).astype("timedelta64[D]"), mask=is_open),
            "cost": write_dollars(stream.whole(4_000, 90_000, n)),
        }
    )


def energy_table(site: Site) -> pa.Table:
    """One row a building, month and fuel; gas follows the cold."""
    sqft, months = _square_feet(site), site.months
    building, month, fuel = (
        each.ravel() for each in np.meshgrid(np.arange(len(sqft)), np.arange(len(months)), np.arange(3), indexing="ij")
    )
    cold = np.array([2, 2, 4, 9, 16, 22, 24, 20, 15, 8, 3, 2])
    usual = np.array([units * 1000 / 12 for _, _, units, _ in _FUELS])[fuel]
    units = sqft[building] * usual * np.where(fuel == 1, cold[month] * 12 / 127, 1)
    units = units.astype(np.int64) * site.stream("energy").whole(88, 112, len(fuel)) // 100
    return pa.table(
        {
            "building_id": label_numbers("B", building, 4),
            "month": words(months, month),
            "fuel": words([name for name, _, _, _ in _FUELS], fuel),
            "qty": write_decimals(units, 3),
            "unit": words([unit for _, unit, _, _ in _FUELS], fuel),
            "cost": write_dollars(units * np.array([cents for _, _, _, cents in _FUELS])[fuel] // 1000),
        }
    )


def helpdesk_table(site: Site) -> pa.Table:
    """One row a ticket so far."""
    stream, n = site.stream("tickets"), site.per_pupil(0.25)
    opened = site.days(stream, n).astype("datetime64[s]") + stream.whole(8 * 3600, 16 * 3600, n).astype(
        "timedelta64[s]"
    )
    answered = opened + stream.whole(300, 14_400, n).astype("timedelta64[s]")
    resolved = answered + stream.whole(600, 400_000, n).astype("timedelta64[s]")
    is_open = stream.chance(0.05, n)
    return pa.table(
        {
            "ticket_id": number_ids("T", n),
            "opened": _times(opened),
            "first_response": _times(answered),
            "resolved": _times(resolved, is_open),
            "hold_hours": write_decimals(stream.whole(0, 60, n), 1),
            "reopened": pa.array(stream.chance(0.04, n)),
            "channel": words(("phone", "email", "portal"), stream.pick([0.2, 0.3, 0.5], n)),
            "first_contact_resolved": pa.array(stream.chance(0.45, n) & ~is_open),
        }
    )


def _times(times: np.ndarray, mask: Bools | None = None) -> pa.Array:
    return pa.array(times, pa.timestamp("s"), mask=mask).cast(pa.string())


def devices_table(site: Site) -> pa.Table:
    """One row a device: one for each pupil and some more."""
    n = round(site.district.pupils * 1.12)
    stream = Stream(site.seed, site.district.number, "devices")
    bought = site.year.school_year - 1 - stream.whole(0, 4, n)
    return pa.table(
        {
            "device_id": number_ids("D", n, 7),
            "type": words(("chromebook", "laptop", "tablet"), stream.pick([0.8, 0.12, 0.08], n)),
            "assigned_to": words(("student", "staff", "shared"), stream.pick([0.85, 0.1, 0.05], n)),
            "acquired": pa.array(np.array([f"{year}-07-20" for year in bought.tolist()], dtype="datetime64[D]")),
            "status": words(("in_use", "spare", "repair", "lost"), stream.pick([0.9, 0.06, 0.03, 0.01], n)),
        }
    )


def network_table(site: Site) -> pa.Table:
    """One row a school and month."""
    n = len(site.schools) * len(site.months)
    school = np.tile(np.arange(len(site.schools)), len(site.months))
    return pa.table(
        {
            "site": words(site.schools, school),
            "month": words(site.months, np.repeat(np.arange(len(site.months)), len(site.schools))),
            "provisioned_mbps": pa.array(np.maximum(200, site.pupils_of[school] // 100 * 100) if n else []),
        }
    )


def procurement_ap_table(site: Site) -> pa.Table:
    """One row a purchase order, its invoice, or a payment by card."""
    stream, n = site.stream("purchases"), site.per_pupil(0.2)
    kind = stream.pick([0.35, 0.5, 0.15], n)
    asked = site.days(stream, n)
    award = asked + stream.whole(3, 60, n).astype("timedelta64[D]")
    received = asked + stream.whole(0, 20, n).astype("timedelta64[D]")
    paid = received + stream.whole(5, 55, n).astype("timedelta64[D]")
    cents = np.where(kind == 2, stream.whole(1_500, 60_000, n), stream.whole(20_000, 4_000_000, n))
    is_order, is_invoice = kind == 0, kind == 1
    return pa.table(
        {
            "record_type": words(("po", "invoice", "pcard"), kind),
            "po_or_invoice_id": number_ids("N", n),
            "requisition": pa.array(asked, mask=~is_order),
            "award": pa.array(award, mask=~is_order),
            "received": pa.array(received, mask=~is_invoice),
            "due": pa.array(received + np.timedelta64(30, "D"), mask=~is_invoice),
            "paid": pa.array(paid, mask=is_order),
            "voided": pa.array(stream.chance(0.006, n) & ~is_order),
            "amount": write_dollars(cents),
            "method": words(
                ("quotes", "sealed_bid", "contract", "sole_source"), stream.pick([0.5, 0.2, 0.25, 0.05], n)
            ),
            "competitive": pa.array(stream.chance(0.75, n)),
            "cooperative": pa.array(stream.chance(0.22, n)),
            "object_class": words(("supplies", "services", "equipment"), stream.pick([0.5, 0.35, 0.15], n)),
        }
    )


OPERATIONS: dict[str, Callable[[Site], pa.Table]] = {
    "transport_routes": transport_routes_table,
    "transport_monthly": transport_monthly_table,
    "food_service": food_service_table,
    "buildings": buildings_table,
    "work_orders": work_orders_table,
    "energy": energy_table,
    "helpdesk": helpdesk_table,
    "devices": devices_table,
    "network": network_table,
    "procurement_ap": procurement_ap_table,
}
"""Every extract of the domain, and what makes it."""
