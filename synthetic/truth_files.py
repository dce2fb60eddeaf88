"""The known truth beside the made-up files: what a correct house must find in them.

Belongs here: collecting it district by district, and writing it. Does not belong here: counting (``truth.py``,
``truth_spending.py``). Only pupils who are in more than one district are kept until the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import numpy as np

from synthetic.attendance import Attendance
from synthetic.chart import Account
from synthetic.collaborative_folder import print_csv
from synthetic.planted import is_pooled, pooled_state_number
from synthetic.records import Records
from synthetic.stream import Ints
from synthetic.truth import ChronicTruth, PupilYears, SchoolTruth, count_by_authority, count_chronic, count_pupils
from synthetic.truth_drivers import weigh_pools
from synthetic.truth_spending import SchoolSpending, add_up_ledger, spend_on_schools

Rows = list[tuple[object, ...]]
_SHARED_FROM = 5_000_000
"""State ids within a district's range from which on a pupil may be in other districts too."""
_COUNT_HEADING = ("school_year", "authority", "partial_day_rule", "counted", "chronic")


@dataclass
class NightTruth:
    """What must be served after one night.

    Attributes:
        also_shared: state ids, beside the movers', of pupils whom two districts claim. Their days are added up here
            though each counts once: they are in school far longer, and absent far less, than any authority's limits.
        schools: rows about schools.
        chronic: rows about chronic absence of schools and districts.
        alone: by year, authority and rule: counts of pupils who are in one district only.
        shared: columns of the others: year, state id, grade, days, parts, halves.
    """

    also_shared: tuple[int, ...] = ()
    schools: Rows = field(default_factory=list)
    chronic: Rows = field(default_factory=list)
    alone: dict[tuple[int, str, str], tuple[int, int]] = field(default_factory=dict)
    shared: list[Ints] = field(default_factory=list)

    def add(self, records: Records, attendance: Attendance) -> list[SchoolTruth]:
        """Count one district and year; gives what was counted of its schools."""
        schools, pupils = count_pupils(records.enrolled, records.year, attendance)
        district, year = records.district, records.year.school_year
        for school in schools:
            school_id = district.schools[school.school].school_id
            self.schools.append((district.district_id, year, school_id, *_school_cells(school)))
            if not school.is_silent:
                found = count_chronic(records.enrolled, pupils, school.school)
                self.chronic += [(district.district_id, year, school_id, *_cells(each)) for each in found]
        found = count_chronic(records.enrolled, pupils)
        self.chronic += [(district.district_id, year, "", *_cells(each)) for each in found]
        self._add_pooled(records, pupils)
        return schools

    def _add_pooled(self, records: Records, pupils: PupilYears) -> None:
        people, year = records.enrolled.people, records.year.school_year
        persons, at = np.unique(pupils.person, return_inverse=True)
        sums = np.zeros((3, len(persons)), dtype=np.int64)
        for row, column in zip(sums, (pupils.days, pupils.parts, pupils.halves), strict=True):
            np.add.at(row, at, column)
        state, grade = people.state_number[persons], people.grade[persons]
        moves = (state % 10_000_000 >= _SHARED_FROM) | is_pooled(people)[persons]
        shared = moves | np.isin(state, self.also_shared)
        for each in count_by_authority(grade[~shared], *sums[:, ~shared]):
            self._add_count(year, each)
        years = np.full(int(shared.sum()), year)
        self.shared.append(np.stack([years, state[shared], grade[shared], *sums[:, shared]]))

    def _add_count(self, year: int, each: ChronicTruth) -> None:
        key = (year, each.authority, each.partial_day_rule)
        counted, chronic = self.alone.get(key, (0, 0))
        self.alone[key] = (counted + each.counted, chronic + each.chronic)

    def pooled(self) -> Rows:
        """Chronic absence of all pupils of the collaborative, each followed across districts."""
        columns = np.concatenate(self.shared, axis=1)
        totals = dict(self.alone)
        for year in sorted(set(columns[0].tolist())):
            of_year = columns[:, columns[0] == year]
            state, first, at = np.unique(of_year[1], return_index=True, return_inverse=True)
            sums = np.zeros((3, len(state)), dtype=np.int64)
            for row, column in zip(sums, of_year[3:], strict=True):
                np.add.at(row, at, column)
            for each in count_by_authority(of_year[2][first], *sums):
                counted, chronic = totals.get((year, each.authority, each.partial_day_rule), (0, 0))
                key = (year, each.authority, each.partial_day_rule)
                totals[key] = (counted + each.counted, chronic + each.chronic)
        return [(*key, *counts) for key, counts in sorted(totals.items())]

    def write(self, folder: Path) -> None:
        """Write the night's truth."""
        heading = ("district_id", "school_year", "school_id", "days_in_session", "days_enrolled", "parts_absent")
        write_truth(folder / "membership.csv", heading, self.schools)
        write_truth(
            folder / "chronic.csv", ("district_id", "school_year", "school_id", *_COUNT_HEADING[1:]), self.chronic
        )
        write_truth(folder / "pooled.csv", _COUNT_HEADING, self.pooled())


@dataclass
class SpendingTruth:
    """What must come out of the ledgers; the second night brings none."""

    ledger: Rows = field(default_factory=list)
    schools: Rows = field(default_factory=list)

    def add(
        self, records: Records, chart: Sequence[Account], cents: Ints, schools: Sequence[SchoolTruth], seed: int
    ) -> None:
        """Add one district's fiscal year; a school of which nothing is known leaves the split unknown."""
        district, year = records.district, records.year.school_year
        by_treatment = add_up_ledger(chart, cents)
        self.ledger += [(district.district_id, year, each, amount) for each, amount in sorted(by_treatment.items())]
        if any(school.is_silent for school in schools):
            return
        spent = spend_on_schools(chart, cents, schools, weights=weigh_pools(records, chart, cents, seed))
        for school, spending in zip(district.schools, spent, strict=True):
            self.schools.append((district.district_id, year, school.school_id, *_spending_cells(spending)))

    def write(self, folder: Path) -> None:
        """Write the truth about spending."""
        write_truth(folder / "ledger.csv", ("district_id", "fiscal_year", "treatment", "usd"), self.ledger)
        parts = ("site_federal", "site_other", "central_federal", "central_other", "personnel", "nonpersonnel", "total")
        write_truth(folder / "school_spending.csv", ("district_id", "fiscal_year", "school_id", *parts), self.schools)


def pooled_pupils(years: Sequence[int]) -> Rows:
    """State ids of the pupils who are chronically absent only when districts look together."""
    return [(year, number) for year in years for number in pooled_state_number(year).tolist()]


def write_truth(path: Path, heading: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write one table of the truth."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(print_csv([heading, *rows]), encoding="utf-8")


def _school_cells(school: SchoolTruth) -> tuple[int, int, int]:
    return school.days_in_session, school.days_enrolled, school.parts_absent


def _cells(each: ChronicTruth) -> tuple[str, str, int, int]:
    return each.authority, each.partial_day_rule, each.counted, each.chronic


def _spending_cells(spent: SchoolSpending) -> tuple[Decimal, ...]:
    return (
        spent.total("site", federal=True),
        spent.total("site", federal=False),
        spent.total("central", federal=True),
        spent.total("central", federal=False),
        spent.total(personnel=True),
        spent.total(personnel=False),
        spent.total(),
    )
