"""A collaborative of made-up pupils as rows for a build file, and what is true of them, worked out another way.

Belongs here: random spans and absences, and their days counted one by one with fractions. Does not belong here: SQL.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction

from tests.dbt_project.small_collaborative import small_collaborative

YEAR = 2018
DISTRICTS = ("00030000", "00490000", "02740000")
START = date(2017, 9, 4)
DAYS = [START + timedelta(days=n) for n in range(70) if n % 7 < 5]
DAY_LENGTHS = (360, 390, 213)
GRADES = "PK KG 01 02 03 04 05 06 07 08 09 10 11 12"
SILENT = "00030002"
AWAY = "excused unexcused tardy partial OSS"
AUTHORITIES = (
    {"authority": "massachusetts", "metric_id": "SS.A05", "minimum_days": 20},
    {"authority": "halves", "metric_id": "SS.A04", "minimum_days": 20, "partial_day_rule": "half_day"},
    {
        "authority": "california",
        "metric_id": "SS.A06",
        "minimum_days": 41,
        "minimum_days_rule": "more_than",
        "counted_categories": "excused unexcused OSS independent_study",
    },
    {
        "authority": "unexcused",
        "metric_id": "SS.A09",
        "minimum_days": 20,
        "absence_share": None,
        "absence_days": 3,
        "counted_categories": "unexcused",
    },
    {"authority": "stayers", "metric_id": "SS.A11", "minimum_days": 20, "leavers": "leave_out"},
    {
        "authority": "first_days",
        "metric_id": "SS.A07",
        "minimum_days": 46,
        "minimum_days_present": 42,
        "absence_share": "0.08",
        "exit_day_counts": False,
    },
)
"""Each differs from the first one in what it says; what is left out is the product's default."""


def made_up_collaborative(seed: int = 1) -> dict[str, list[dict]]:
    """Rows of every input: three districts of two schools, pupils who move within and between them."""
    chance = random.Random(seed)  # noqa: S311 (made-up pupils, no secret)
    rows = {name: [] if name.split(".")[0] in ("landing", "build") else old for name, old in _inputs().items()}
    rows["build.build_info"] = [{"build_id": "b", "as_of": "2018-06-30", "selection_hash": "s"}]
    rows["collaborative.attendance_authorities"] = [
        {"absence_share": "0.1", "partial_day_rule": "fraction", "grades": GRADES, **authority}
        for authority in (*AUTHORITIES, AUTHORITIES[0] | {"metric_id": "SS.A08"})
    ]
    for district in DISTRICTS:
        for school in _schools(district):
            rows["landing.calendar"] += [_row(district, school_id=school, date=day) for day in DAYS]
        for key in range(30):
            _add_pupil(rows, chance, district, key)
    return rows


def _inputs() -> dict[str, list[dict]]:
    rows = small_collaborative()
    rows["collaborative.schools"] = [
        {"school_id": school, "district_id": district, "name": school}
        for district in DISTRICTS
        for school in _schools(district)
    ]
    names = ("calendar", "students", "enrollments", "programs", "attendance", "discipline")
    return rows | {f"landing.{name}": [] for name in names}


def _add_pupil(rows: dict[str, list[dict]], chance: random.Random, district: str, key: int) -> None:
    """A pupil with one span or two; each person of the same number is the same in every district."""
    student_key = DISTRICTS.index(district) * 1000 + key
    person = 90000 + key if key % 3 else None
    rows["landing.students"].append(_row(district, student_key=student_key, person_key=person, race_eth="white"))
    at = DISTRICTS.index(district)  # no two districts have a pupil enter on one day: their codes decide nothing
    move = chance.choice(DAYS[5:40])
    first, second = _schools(district)
    spans = [(first, DAYS[at], move - timedelta(days=1)), (second, move, None)] if key % 4 == 0 else []
    spans = spans or [(chance.choice((first, second)), chance.choice(DAYS[at:20:3]), chance.choice((None, DAYS[-2])))]
    for school, entry, last in spans:
        span = {"student_key": student_key, "school_id": school, "entry_date": entry, "exit_date": last}
        rows["landing.enrollments"].append(_row(district, **span))
        for day in DAYS:
            if school == SILENT or not entry <= day <= (last or DAYS[-1]) or chance.random() > 0.2:
                continue
            length = chance.choice(DAY_LENGTHS)
            minutes = chance.choice((length, length, length // 3, length // 2))
            kind = chance.choice((*AWAY.split(), "independent_study", "ISS"))
            absence = {"student_key": student_key, "school_id": school, "date": day, "category": kind}
            rows["landing.attendance"].append(_row(district, **absence, absent_minutes=minutes, day_minutes=length))


def expect_pooled(rows: dict[str, list[dict]]) -> list[tuple[int, Fraction]]:
    """Days enrolled and absent of each person: a day counts in the district that the person entered last."""
    last_day = _last_days(rows)
    person = {row["student_key"]: row["person_key"] or row["student_key"] for row in rows["landing.students"]}
    entered, places = {}, defaultdict(list)
    for row in rows["landing.enrollments"]:
        stay = person[row["student_key"]], row["district_id"]
        entered[stay] = min(entered.get(stay, date.max), row["entry_date"])
        for day in DAYS:
            if row["entry_date"] <= day <= (row["exit_date"] or date.max):
                places[stay[0], day].append(row)
    missed = {(row["student_key"], row["date"]): row for row in rows["landing.attendance"]}
    days, absences = defaultdict(int), defaultdict(list)
    for (who, day), claims in places.items():
        row = max(claims, key=lambda claim: entered[who, claim["district_id"]])
        days[who] += day <= last_day[row["school_id"]]
        absence = missed.get((row["student_key"], day))
        if absence and absence["category"] in AWAY.split():
            absences[who].append(Fraction(absence["absent_minutes"], absence["day_minutes"]))
    return [(days[who], sum(absences[who], Fraction(0))) for who in days]


def _last_days(rows: dict[str, list[dict]]) -> dict[str, date]:
    last_day = defaultdict(lambda: date.min)
    for row in rows["landing.attendance"]:
        last_day[row["school_id"]] = max(last_day[row["school_id"]], row["date"])
    return last_day


def expect_pupils(rows: dict[str, list[dict]], authority: dict) -> Iterator[tuple[str, int, Fraction]]:
    """District, days enrolled and days absent as the authority counts them, of each pupil whom it looks at."""
    last_day, counted = _last_days(rows), authority.get("counted_categories", AWAY).split()
    leaves_out, whole_stay = authority.get("leavers") == "leave_out", authority.get("exit_day_counts", True)
    missed = defaultdict(dict)
    for row in rows["landing.attendance"]:
        if row["category"] in counted:
            share = Fraction(row["absent_minutes"], row["day_minutes"])
            halves = authority.get("partial_day_rule") == "half_day"
            missed[row["student_key"]][row["date"]] = Fraction(share >= Fraction(1, 2)) if halves else share
    for district, key, spans in _stays(rows):
        days, stays_on = set(), False
        for row in spans:
            end = min(row["exit_date"] or date.max, last_day[row["school_id"]])
            left = {row["exit_date"]} if not whole_stay and row["exit_date"] not in _days_before(spans, row) else set()
            days |= {day for day in DAYS if row["entry_date"] <= day <= end} - left
            stays_on |= (row["exit_date"] or date.max) >= last_day[row["school_id"]] > date.min
        absent = sum((share for day, share in missed[key].items() if day in days), Fraction(0))
        least = authority["minimum_days"] + (authority.get("minimum_days_rule") == "more_than")
        there = len(days) - absent >= authority.get("minimum_days_present", 0)
        if len(days) >= least and there and (stays_on or not leaves_out):
            yield district, len(days), absent


def _stays(rows: dict[str, list[dict]]) -> Iterator[tuple[str, int, list[dict]]]:
    found = defaultdict(list)
    for row in rows["landing.enrollments"]:
        found[row["district_id"], row["student_key"]].append(row)
    for (district, key), spans in found.items():
        yield district, key, spans


def _days_before(spans: list[dict], row: dict) -> set[date]:
    """Days after which the pupil goes on at the same school: nobody has left on them."""
    return {span["entry_date"] - timedelta(days=1) for span in spans if span["school_id"] == row["school_id"]}


def _schools(district: str) -> tuple[str, str]:
    return f"{district[:4]}0001", f"{district[:4]}0002"


def _row(district: str, **cells) -> dict:
    return {"district_id": district, "school_year": YEAR, "delivery_id": "d", "source_line": 2, **cells}
