"""A whole made-up collaborative: its configuration, two nights of deliveries, and the truth about them.

Belongs here: the order of the work, one district at a time. Does not belong here: what is drawn or written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from itertools import chain
from pathlib import Path

from synthetic.calendars import LAST_DAY_SENT, LAST_DAY_SENT_LATER, YEAR_IN_PROGRESS
from synthetic.chart import make_chart
from synthetic.collaborative_folder import write_collaborative
from synthetic.deliveries import Night, write_extract
from synthetic.extracts import (
    attendance_table,
    calendar_table,
    discipline_table,
    enrollments_table,
    programs_table,
    students_table,
)
from synthetic.ledger_extracts import actuals_table, budget_table, chart_table
from synthetic.ledger_lines import make_budgets, make_ledger
from synthetic.other_extracts import make_house_tables, make_pupil_tables, make_staff_tables
from synthetic.places import BETTER, MadeUpDistrict, make_districts, sends_everything
from synthetic.planted import Canary, canaries
from synthetic.records import Records, make_records
from synthetic.second_night import FAULTS, claimed_pupil, write_second_night
from synthetic.truth_files import NightTruth, SpendingTruth, pooled_pupils, write_truth

SEED = 2017
YEARS = (YEAR_IN_PROGRESS - 1, YEAR_IN_PROGRESS)


@dataclass(frozen=True)
class Generated:
    """What was written, and where."""

    folder: Path
    districts: tuple[MadeUpDistrict, ...]
    years: tuple[int, ...]

    @property
    def collaborative(self) -> Path:
        """The configuration."""
        return self.folder / "collaborative"

    @property
    def nights(self) -> tuple[Path, Path]:
        """What arrives on each night."""
        return self.folder / "night_1", self.folder / "night_2"

    @property
    def truth(self) -> Path:
        """What must be found."""
        return self.folder / "truth"


def generate(
    folder: Path,
    *,
    scale: Fraction | None = None,
    count: int | None = None,
    seed: int = SEED,
    years: Sequence[int] = YEARS,
) -> Generated:
    """Write a collaborative, its two nights and the truth about them.

    Args:
        folder: where to; made when it is not there.
        scale: 1 is a million pupils; None is the demo's twelve districts.
        count: how many districts; 12 without a scale, else 50.
        seed: the same seed writes the same bytes.
        years: school years, by the year in which they end; 2026 is still in progress.
    """
    districts = make_districts(scale, count)
    made = Generated(folder, tuple(districts), tuple(sorted(years)))
    write_collaborative(made.collaborative, districts, made.years)
    claimed = claimed_pupil(districts, YEAR_IN_PROGRESS, seed) if YEAR_IN_PROGRESS in made.years else None
    also_shared = () if claimed is None else (int(claimed.state_number[0]),)
    writer = _Writer(made, seed, (NightTruth(also_shared), NightTruth(also_shared)), SpendingTruth())
    for district in districts:
        for year in made.years:
            writer.write(make_records(district, year, districts, seed))
    writer.write_truth()
    return made


@dataclass(frozen=True)
class _Writer:
    made: Generated
    seed: int
    nights: tuple[NightTruth, NightTruth]
    spending: SpendingTruth

    def write(self, records: Records) -> None:
        """Both nights' files of one district and year."""
        first = Night(self.made.nights[0], LAST_DAY_SENT)
        known = records.attendance()
        self._write_pupils(first, records)
        schools = self.nights[0].add(records, known)
        self._write_finance(first, records, schools)
        self._write_others(first, records)
        served = None
        if records.year.school_year == YEAR_IN_PROGRESS:
            second = Night(self.made.nights[1], LAST_DAY_SENT_LATER)
            served = write_second_night(second, records, self.made.districts, self.seed)
        if served is None:
            self.nights[1].add(records, known)
        else:
            self.nights[1].add(served, served.whole_year)

    def _write_pupils(self, night: Night, records: Records) -> None:
        tables = {
            "calendar": calendar_table(records),
            "students": students_table(records),
            "enrollments": enrollments_table(records),
            "programs": programs_table(records, self.seed),
            "attendance": attendance_table(records, records.attendance()),
            "discipline": discipline_table(records),
        }
        for extract, table in tables.items():
            write_extract(night, records.district.district_id, records.year.school_year, extract, table)

    def _write_finance(self, night: Night, records: Records, schools: list) -> None:
        district, year = records.district, records.year.school_year
        chart = make_chart(district)
        ledger = make_ledger(district, chart, year, self.seed)
        tables = {
            "chart_of_accounts": chart_table(district, chart, year),
            "gl_budget": budget_table(chart, year, make_budgets(district, chart, year, self.seed)),
            "gl_actuals": actuals_table(district, chart, year, ledger),
        }
        for extract, table in tables.items():
            write_extract(night, district.district_id, year, extract, table)
        self.spending.add(records, chart, ledger.totals(len(chart)), schools, self.seed)

    def _write_others(self, night: Night, records: Records) -> None:
        """Everything else that the district sends, once; the second night brings none of it."""
        district, year = records.district, records.year.school_year
        if not sends_everything(district, self.made.districts):
            return
        chart = make_chart(district)
        ledger = make_ledger(district, chart, year, self.seed)
        tables = chain(
            make_pupil_tables(records, self.seed),
            make_staff_tables(records, chart, ledger, self.seed),
            make_house_tables(records, chart, ledger, self.made.districts, self.seed),
        )
        for extract, table in tables:
            write_extract(night, district.district_id, year, extract, table)

    def write_truth(self) -> None:
        """Everything that is known of both nights, and what was planted."""
        truth = self.made.truth
        for name, night in zip(("night_1", "night_2"), self.nights, strict=True):
            night.write(truth / name)
        self.spending.write(truth)
        names = [each.name for each in fields(Canary)]
        planted = canaries(self.made.districts)
        write_truth(truth / "canaries.csv", names, [tuple(getattr(each, name) for name in names) for each in planted])
        write_truth(truth / "pooled_pupils.csv", ("school_year", "state_student_id"), pooled_pupils(self.made.years))
        by_number = {district.number: district.district_id for district in self.made.districts}
        better = [(by_number[number],) for number in BETTER if number in by_number]
        write_truth(truth / "better_districts.csv", ("district_id",), better)
        faults = [(by_number[f.number], f.fault, f.extract, f.expected) for f in FAULTS if f.number in by_number]
        write_truth(truth / "faults.csv", ("district_id", "fault", "extract", "expected"), faults)
