"""What a made-up district budgeted and spent, line by line, in whole cents.

Belongs here: lines of the ledger with errors taken back, and two versions of the budget. Does not belong here: the
chart, or what must come out of it (``truth_spending.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from synthetic.calendars import YEAR_IN_PROGRESS
from synthetic.chart import Account
from synthetic.places import MadeUpDistrict
from synthetic.stream import Ints, Stream

LINES_PER_PUPIL = 5
PERIODS, PERIODS_SO_FAR = 12, 9
_LEAST_LINES = 6
_TAKEN_BACK = 0.01


@dataclass
class Ledger:
    """One place a line, in order of period, account and transaction.

    Attributes:
        account: place of the account in the chart.
        period: of the fiscal year, from 1.
        transaction: its number.
        kind: 0 as booked; 1 booked a second time by mistake; 2 that mistake taken back.
        cents: amount.
    """

    account: Ints
    period: Ints
    transaction: Ints
    kind: Ints
    cents: Ints

    def totals(self, n_accounts: int) -> Ints:
        """Cents of each account, added up exactly."""
        found = np.zeros(n_accounts, dtype=np.int64)
        np.add.at(found, self.account, self.cents)
        return found


def make_ledger(district: MadeUpDistrict, chart: list[Account], fiscal_year: int, seed: int) -> Ledger:
    """The year's lines: every account has its share of them; one in a hundred is booked twice and taken back."""
    stream = Stream(seed, district.number, fiscal_year, "ledger")
    n = max(district.pupils * LINES_PER_PUPIL, len(chart) * _LEAST_LINES)
    at = np.arange(n)
    account = at % len(chart)
    period = 1 + (at // len(chart)) % PERIODS
    lines_of = np.bincount(account, minlength=len(chart))
    usual = _cents_a_year(district, chart, fiscal_year, stream) // lines_of
    cents = usual[account] * (700 + stream.whole(0, 600, n)) // 1000 + stream.whole(0, 99, n)
    twice = np.flatnonzero(stream.chance(_TAKEN_BACK, n))
    again = np.concatenate([at, twice, twice])
    kind = np.repeat([0, 1, 2], [n, len(twice), len(twice)])
    lines = Ledger(
        account=account[again],
        period=np.minimum(period[again] + (kind == 2), PERIODS),
        transaction=again,
        kind=kind,
        cents=np.where(kind == 2, -cents[again], cents[again]),
    )
    booked = lines.period <= (PERIODS_SO_FAR if fiscal_year == YEAR_IN_PROGRESS else PERIODS)
    order = np.lexsort((lines.kind, lines.transaction, lines.account, lines.period))
    order = order[booked[order]]
    return Ledger(*(getattr(lines, name)[order] for name in ("account", "period", "transaction", "kind", "cents")))


@dataclass(frozen=True)
class Budget:
    """One version of a year's budget: cents of each account."""

    version: str
    version_date: date
    cents: Ints


def make_budgets(district: MadeUpDistrict, chart: list[Account], fiscal_year: int, seed: int) -> list[Budget]:
    """The budget as adopted before the year, and as amended in the middle of it."""
    usual = _cents_a_year(district, chart, fiscal_year, Stream(seed, district.number, fiscal_year, "ledger"))
    stream = Stream(seed, district.number, fiscal_year, "budget")
    adopted = usual * (960 + stream.whole(0, 80, len(chart))) // 1000 // 100 * 100
    amended = adopted * (985 + stream.whole(0, 40, len(chart))) // 1000 // 100 * 100
    return [
        Budget("adopted", date(fiscal_year - 1, 6, 15), adopted),
        Budget("amended", date(fiscal_year, 1, 20), amended),
    ]


def _cents_a_year(district: MadeUpDistrict, chart: list[Account], fiscal_year: int, stream: Stream) -> Ints:
    """What each account comes to in a usual year; schools differ, and so do districts."""
    level = 850 + district.number * 97 % 400 + 25 * (fiscal_year - 2025)
    of_school = stream.whole(880, 1130, len(district.schools))
    pupils_of = np.array([pupils_of_school(district, at) for at in range(len(district.schools))])
    factor = np.array([_scale_of(account, district, pupils_of, of_school) for account in chart], dtype=np.int64)
    per_pupil = np.array([round(account.line.per_pupil * 100) for account in chart], dtype=np.int64)
    return per_pupil * factor // 1000 * level // 1000


def _scale_of(account: Account, district: MadeUpDistrict, pupils_of: Ints, of_school: Ints) -> int:
    """Pupils that an account is for, in thousandths; federal money follows need."""
    pupils = (
        district.pupils * 1000 if account.school is None else int(pupils_of[account.school] * of_school[account.school])
    )
    if account.line.source == "federal" and not account.is_revenue:
        return int(pupils * district.low_income / 0.438)
    return pupils


def pupils_of_school(district: MadeUpDistrict, at: int) -> int:
    """Pupils of one school, when each grade has as many and schools with the same grades share them."""
    grades = {grade for each in district.schools for grade in range(each.first_grade, each.last_grade + 1)}
    school = district.schools[at]
    shares = [1 / len(district.schools_of(grade)) for grade in range(school.first_grade, school.last_grade + 1)]
    return max(1, round(district.pupils * sum(shares) / len(grades)))
