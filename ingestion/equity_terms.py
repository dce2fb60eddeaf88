"""What leaders' questions about spending are asked with: outcomes to hold it against, and scenarios of moving it.

Belongs here: the records of the two tables and what must hold between them, the rosters, periods and metrics. Does not
belong here: reading them (``configuration.py``) and the sums (dbt).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from ingestion.metric_dictionary import metric_definitions

if TYPE_CHECKING:
    from ingestion.collaborative import School

_PLACE = re.compile(r"^(school|pool):\S+$")


@dataclass(frozen=True)
class QuadrantOutcome:
    """One outcome that spending per pupil is held against (EQ.10).

    Attributes:
        metric_id: a metric of which more, or less, is better.
        breakdown: its slice, ``all`` when left out.
        note: why, for people.
    """

    metric_id: str
    breakdown: str = "all"
    note: str = ""


@dataclass(frozen=True)
class SpendingScenario:
    """One move of money in what-if; several rows of one scenario, district and year belong together.

    Attributes:
        scenario: its name.
        district_id: whose money it is.
        school_year: the year whose spending is taken for it.
        amount_usd: how much is moved.
        take_from: ``school:`` with a school's id, or ``pool:`` with a pool of central cost.
        give_to: the same; a pool that does not exist yet is a new one.
        driver: what is given to a pool is shared by it; by the pool's own when left out, by membership for a new one.
        note: why, for people.
    """

    scenario: str
    district_id: str
    school_year: int
    amount_usd: Decimal
    take_from: str
    give_to: str
    driver: str | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if self.amount_usd <= 0 or self.amount_usd != round(self.amount_usd, 2):
            raise ValueError("amount_usd must be more than zero, in whole cents")
        if not (_PLACE.match(self.take_from) and _PLACE.match(self.give_to)):
            raise ValueError("take_from and give_to are written school:<school_id> or pool:<allocation_pool>")
        if self.driver and self.give_to.startswith("school:"):
            raise ValueError("driver is for what is given to a pool; a school gets the whole amount")
        if self.take_from == self.give_to and not self.driver:
            raise ValueError("take_from and give_to are the same place; nothing would move")


def find_outcome_faults(outcomes: Sequence[QuadrantOutcome]) -> Iterator[str]:
    """Outcomes by which nobody could be labelled, as ``file:line:column: message``."""
    place = "quadrant_outcomes.csv:1:metric_id"
    for row in outcomes:
        metric = metric_definitions().get(row.metric_id)
        if metric is None:
            yield f"{place}: {row.metric_id} is no metric of the product"
        elif metric["direction"] not in ("H", "L"):
            yield f"{place}: {row.metric_id} is neither better when higher nor when lower, so it cannot be an outcome"


def find_scenario_faults(
    scenarios: Sequence[SpendingScenario],
    schools: Sequence[School],
    district_ids: Collection[str],
    drivers: Collection[str],
    school_years: Collection[int],
) -> Iterator[str]:
    """What is wrong between the scenarios and the rosters, as ``file:line:column: message``."""
    district_of = {school.school_id: school.district_id for school in schools}
    for row in scenarios:
        place, named = "spending_scenarios.csv:1", f"of scenario {row.scenario}"
        if row.district_id not in district_ids:
            yield f"{place}:district_id: {row.district_id} {named} is not in districts.csv"
        if row.school_year not in school_years:
            yield f"{place}:school_year: {row.school_year} {named} has no periods in periods.csv"
        for column in ("take_from", "give_to"):
            kind, name = getattr(row, column).split(":", 1)
            if kind == "school" and district_of.get(name) != row.district_id:
                yield f"{place}:{column}: {name} {named} is no school of {row.district_id} in schools.csv"
        if row.driver and row.driver not in drivers:
            yield f"{place}:driver: {row.driver} {named} is none of {', '.join(sorted(drivers))}"
