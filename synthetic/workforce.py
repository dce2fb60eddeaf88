"""Who works in a made-up district: seats that the ledger pays for, and who sits on them.

Belongs here: staff, assignments, absences, positions. Does not belong here: pay (``payroll.py``). Seats follow from the
accounts of salaries and do not change over the years; who leaves is followed by somebody new. Offices without a school
of their own are counted at the first school.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from synthetic.calendars import YEAR_IN_PROGRESS, SchoolYear, last_day_sent
from synthetic.chart import Account
from synthetic.columns import label_numbers, number_ids, words
from synthetic.ledger_lines import pupils_of_school
from synthetic.places import MadeUpDistrict
from synthetic.stream import Bools, Ints, Stream

ROLES = (
    "teacher",
    "aide",
    "counselor",
    "psychologist",
    "nurse",
    "specialist",
    "administrator",
    "custodian",
    "food_service",
    "social_worker",
)
_TEACHER, _AIDE, _COUNSELOR, _PSYCHOLOGIST, _NURSE, _SPECIALIST, _ADMINISTRATOR, _CUSTODIAN, _FOOD, _SOCIAL = range(
    len(ROLES)
)
_ROLE_OF = {
    "1000": _TEACHER, "2120": _COUNSELOR, "2410": _ADMINISTRATOR, "2130": _NURSE, "2610": _CUSTODIAN,
    "2320": _ADMINISTRATOR, "2210": _ADMINISTRATOR, "2213": _SPECIALIST, "2150": _SPECIALIST, "2140": _PSYCHOLOGIST,
    "3100": _FOOD, "2570": _ADMINISTRATOR,
}  # fmt: skip
_SALARY = (82_000, 34_000, 84_000, 86_000, 70_000, 80_000, 118_000, 46_000, 28_000, 78_000)
"""About what a seat costs a year, by role; our own figures."""
_LEAVES = 0.12
_FIRST_YEAR = 1996
_SEATS_OF_AN_ACCOUNT = 1_000
_SUBJECTS = ("elementary", "ela", "math", "science", "social_studies", "special_education")
_LICENCES = ("professional", "initial", "provisional", "none")
_REASONS = ("sick", "personal", "professional", "family")


@dataclass(frozen=True)
class Workforce:
    """One place a seat, in order of account.

    Attributes:
        account: place of the account that pays it.
        school: place of its school.
        role: place in ``ROLES``.
        person: number of who sits on it.
        since: school year in which that person came.
        leaves: whether the person leaves at the end of the year.
        before: years of experience that the person came with.
    """

    account: Ints
    school: Ints
    role: Ints
    person: Ints
    since: Ints
    leaves: Bools
    before: Ints

    def __len__(self) -> int:
        return len(self.account)

    @property
    def ids(self) -> pa.Array:
        """Each person's id as the district writes it."""
        return label_numbers("E", self.person, 9)


def make_workforce(district: MadeUpDistrict, chart: Sequence[Account], school_year: int, seed: int) -> Workforce:
    """Everyone who works for the district in one year."""
    paid = [at for at, account in enumerate(chart) if _is_salary(account)]
    role = np.array([_role_of(chart[at]) for at in paid], dtype=np.int64)
    seats = np.array([_count_seats(district, chart[at], each) for at, each in zip(paid, role, strict=True)])
    account = np.repeat(paid, seats)
    number = account * _SEATS_OF_AN_ACCOUNT + _count_within(seats)
    since = np.full(len(number), _FIRST_YEAR)
    for year in range(_FIRST_YEAR + 1, school_year + 1):
        since[_leave(district, year - 1, seed, len(number))] = year
    first = Stream(seed, district.number, "experience").whole(0, 8, len(number))
    return Workforce(
        account=account,
        school=np.array([chart[at].school or 0 for at in account.tolist()], dtype=np.int64),
        role=_share_out(np.repeat(role, seats)),
        person=number * 100 + since % 100,
        since=since,
        leaves=_leave(district, school_year, seed, len(number)),
        before=(first + since) % 9,
    )


def _is_salary(account: Account) -> bool:
    return account.line.nces_object.startswith("1") and not account.is_revenue


def _role_of(account: Account) -> int:
    is_aide = account.line.nces_function == "1000" and account.line.nces_object == "120"
    return _AIDE if is_aide else _ROLE_OF[account.line.nces_function]


def _count_seats(district: MadeUpDistrict, account: Account, role: int) -> int:
    pupils = district.pupils if account.school is None else pupils_of_school(district, account.school)
    return min(_SEATS_OF_AN_ACCOUNT, max(1, round(account.line.per_pupil * pupils / _SALARY[role])))


def _count_within(seats: Ints) -> Ints:
    """0, 1, 2 … within each account."""
    starts = np.cumsum(seats) - seats
    return np.arange(int(seats.sum())) - np.repeat(starts, seats)


def _share_out(role: Ints) -> Ints:
    """Every third counsellor's seat is a social worker's: no account of its own pays them."""
    is_counselor = role == _COUNSELOR
    return np.where(is_counselor & (np.cumsum(is_counselor) % 3 == 0), _SOCIAL, role)


def _leave(district: MadeUpDistrict, year: int, seed: int, n: int) -> Bools:
    return Stream(seed, district.number, "leaves", year).chance(_LEAVES, n)


def staff_table(workforce: Workforce, school_year: int, seed: int, number: int) -> pa.Table:
    """One row a person. Most teachers have a professional licence, newcomers an initial one."""
    n = len(workforce)
    stream = Stream(seed, number, school_year, "licences")
    here, total = school_year - workforce.since, school_year - workforce.since + workforce.before
    licence = np.where(total >= 4, 0, np.where(stream.chance(0.85, n), 1, 2))
    is_licensed = workforce.role <= _SPECIALIST
    licence = np.where(is_licensed & (workforce.role != _AIDE), licence, 3)
    is_over = workforce.leaves & (school_year < YEAR_IN_PROGRESS)
    return pa.table(
        {
            "staff_local_id": workforce.ids,
            "hire_date": _days(workforce.since - 1, "08-25"),
            "termination_date": _days(np.full(n, school_year), "06-30", ~is_over),
            "termination_reason": pa.array(_pick(("resigned", "retired", "moved"), total), mask=~is_over),
            "years_exp": pa.array(here),
            "years_exp_state": pa.array(total),
            "years_exp_total": pa.array(total),
            "licence_type": words(_LICENCES, licence),
            "licence_subject": pa.array(_pick(_SUBJECTS, workforce.person // 100), mask=licence == 3),
            "licence_begin": _days(workforce.since - 1, "07-01", licence == 3),
            "licence_end": _days(np.full(n, school_year + 3), "06-30", licence == 3),
            "waiver": pa.array((licence == 2) & stream.chance(0.5, n)),
        }
    )


def staff_assignments_table(district: MadeUpDistrict, workforce: Workforce, year: SchoolYear, seed: int) -> pa.Table:
    """One row a person: the whole year, mostly full, teachers mostly in their field."""
    n, is_teacher = len(workforce), workforce.role == _TEACHER
    stream = Stream(seed, district.number, year.school_year, "assignments")
    return pa.table(
        {
            "staff_local_id": workforce.ids,
            "school_id": words([school.school_id for school in district.schools], workforce.school),
            "role": words(ROLES, workforce.role),
            "begin": pa.array(np.repeat(year.days[0], n)),
            "end": pa.nulls(n, pa.string()),
            "fte": words(("1", "0.8", "0.5"), stream.pick([0.88, 0.07, 0.05], n)),
            "subject": pa.array(_pick(_SUBJECTS, workforce.person // 100), mask=~is_teacher),
            "in_field": pa.array(stream.chance(0.94, n), mask=~is_teacher),
        }
    )


def staff_absences_table(workforce: Workforce, year: SchoolYear, seed: int, number: int) -> pa.Table:
    """One row an absence so far: some six a person and year, half of them with a substitute."""
    stream = Stream(seed, number, year.school_year, "staff absences")
    person = np.repeat(np.arange(len(workforce)), 6)
    day = stream.whole(0, len(year.days) - 1, len(person))
    so_far = year.n_days_until(last_day_sent(year.school_year, later=False))
    kept = (day < so_far) & stream.chance(0.9, len(person))
    person, day = person[kept], day[kept]
    n = len(person)
    requested = np.isin(workforce.role[person], [_TEACHER, _AIDE]) & stream.chance(0.9, n)
    return pa.table(
        {
            "absence_id": number_ids("A", n, 7),
            "staff_local_id": workforce.ids.take(pa.array(person)),
            "date": pa.array(year.days[day]),
            "days": words(("1", "0.5", "2"), stream.pick([0.7, 0.2, 0.1], n)),
            "reason": words(_REASONS, stream.pick([0.55, 0.2, 0.15, 0.1], n)),
            "sub_requested": pa.array(requested),
            "sub_filled": pa.array(requested & stream.chance(0.78, n)),
        }
    )


def positions_table(district: MadeUpDistrict, workforce: Workforce, year: SchoolYear, seed: int) -> pa.Table:
    """One row a seat on the first day and on the first of March; few are empty, and fewer later."""
    n = len(workforce)
    numbers = label_numbers("P", workforce.person // 100, 8)
    draw = Stream(seed, district.number, year.school_year, "vacancies").units(n)
    tables = []
    for day, share in ((year.days[0], 0.04), (np.datetime64(f"{year.school_year}-03-01"), 0.015)):
        is_empty = draw < share
        was_empty = draw < 0.04
        tables.append(
            pa.table(
                {
                    "position_id": numbers,
                    "as_of": pa.array(np.repeat(day, n)),
                    "school_id": words([school.school_id for school in district.schools], workforce.school),
                    "role": words(ROLES, workforce.role),
                    "budgeted_fte": pa.array(np.ones(n, dtype=np.int64)),
                    "filled_fte": pa.array(1 - is_empty.astype(np.int64)),
                    "posted": _days(np.full(n, year.school_year - 1), "06-01", ~was_empty),
                    "filled": _days(
                        np.full(n, year.school_year - 1), "11-15", ~was_empty | is_empty | (day == year.days[0])
                    ),
                }
            )
        )
    return pa.concat_tables(tables)


def _days(years: Ints, day: str, mask: Bools | None = None) -> pa.Array:
    """The same day of each year."""
    return pa.array(np.array([f"{year}-{day}" for year in years.tolist()], dtype="datetime64[D]"), mask=mask)


def _pick(choices: Sequence[str], numbers: Ints) -> np.ndarray:
    return np.array(choices, dtype=object)[numbers % len(choices)]
