"""The extracts of a district about its pupils, as tables with the headings that it sends.

Belongs here: headings, codes and ids as a district writes them. Does not belong here: files (``deliveries.py``),
extracts of a ledger (``ledger_extracts.py``).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthetic.attendance import CATEGORIES, Attendance
from synthetic.calendars import CODE
from synthetic.columns import words
from synthetic.discipline import BEHAVIOR_TYPES, BEHAVIORS
from synthetic.people import FIRST_NAMES, LANGUAGES, LAST_NAMES, SEXES, People
from synthetic.places import GRADES, MadeUpDistrict
from synthetic.planted import CANARIES, canary
from synthetic.published_figures import RACE_ETHNICITY
from synthetic.records import Records
from synthetic.stream import Bools, Ints, Stream

_RECLASSIFIED_ON = 12
"""The day of instruction, before the autumn count, on which learners of English are found to be none any more."""
_LOCAL_CODES = ("P", "E", "U", "T", "D", "I", "O")


def calendar_table(records: Records) -> pa.Table:
    """Every weekday of the school year for each school, days without instruction among them."""
    year, schools = records.year, records.district.schools
    weekdays = np.array(year.weekdays, dtype="datetime64[D]")
    place = np.searchsorted(year.days, weekdays)
    place = np.minimum(place, len(year.days) - 1)
    is_day = year.days[place] == weekdays
    minutes = np.where(is_day[None, :], year.minutes[:, place], 0)
    why = np.array([year.events.get(each, "School closed") for each in year.weekdays])
    event = pa.array(np.tile(why, len(schools)), mask=(minutes > 0).ravel())
    return pa.table(
        {
            "school_id": pa.array(np.repeat([school.school_id for school in schools], len(weekdays))),
            "calendar_code": pa.array([CODE] * minutes.size),
            "date": pa.array(np.tile(weekdays, len(schools))),
            "is_instructional": pa.array((minutes > 0).ravel()),
            "day_minutes": pa.array(minutes.ravel()),
            "event": event,
        }
    )


def local_ids(records: Records) -> pa.Array:
    """Each person's id in the district's own style."""
    return write_local_ids(records.district, records.enrolled.people)


def write_local_ids(district: MadeUpDistrict, people: People) -> pa.Array:
    """Ids as the district writes them: plain, with leading zeros, or with a letter; canaries have their own."""
    style = ("{}", "{:09d}", "S-{}")[district.number % 3]
    of_canaries = {c.number: c.student_local_id for c in (canary(district, each) for each in range(CANARIES))}
    rows = zip(people.local_number.tolist(), people.canary.tolist(), strict=True)
    return pa.array([of_canaries[number] if number else style.format(local) for local, number in rows])


def students_table(records: Records) -> pa.Table:
    """One row a pupil."""
    people = records.enrolled.people
    by_number = {c.number: c for c in (canary(records.district, each) for each in range(CANARIES))}
    planted = [by_number.get(number) for number in people.canary.tolist()]
    first = [c.first_name if c else FIRST_NAMES[at] for c, at in zip(planted, people.first.tolist(), strict=True)]
    last = [c.last_name if c else LAST_NAMES[at] for c, at in zip(planted, people.last.tolist(), strict=True)]
    race = [code for code, _ in RACE_ETHNICITY]
    return pa.table(
        {
            "student_local_id": local_ids(records),
            "state_student_id": pa.array(people.state_number, mask=people.state_number == 0).cast(pa.string()),
            "first_name": pa.array(first),
            "last_name": pa.array(last),
            "birth_date": pa.array(people.birth.astype("datetime64[D]")),
            "sex": words(SEXES, people.sex),
            "race_eth": words(race, people.race),
            "hispanic": pa.array(people.race == race.index("HI")),
            "first_lang": words(LANGUAGES, people.language),
        }
    )


def enrollments_table(records: Records) -> pa.Table:
    """One row a span."""
    spans, people, days = records.enrolled.spans, records.enrolled.people, records.year.days
    exits = pa.array(days[spans.exit], mask=~spans.is_ended)
    is_grade_9 = people.grade[spans.person] == GRADES.index("09")
    return pa.table(
        {
            "student_local_id": local_ids(records).take(pa.array(spans.person)),
            "school_id": _schools(records, spans.school),
            "entry_date": pa.array(days[spans.entry]),
            "exit_date": exits,
            "entry_type": words(("start", "transfer"), (spans.entry > 0).astype(np.int64)),
            "exit_type": pa.array(["transfer"] * len(spans), mask=~spans.is_ended),
            "grade": words(GRADES, people.grade[spans.person]),
            "residency": words(("resident", "choice"), (people.local_number[spans.person] % 40 == 0).astype(np.int64)),
            "calendar_code": pa.array([CODE] * len(spans)),
            "primary": pa.array(np.ones(len(spans), dtype=bool)),
            "fte": pa.array(np.ones(len(spans), dtype=np.int64)),
            "first_time_grade9": pa.array(people.local_number[spans.person] % 25 != 0, mask=~is_grade_9),
        }
    )


def programs_table(records: Records, seed: int) -> pa.Table:
    """One row a pupil and program, from the first day that the pupil is here, sometimes from later on."""
    people, spans, days = records.enrolled.people, records.enrolled.spans, records.year.days
    stream = Stream(seed, records.district.number, records.year.school_year, "programs")
    n = len(people)
    members = (
        ("EL", people.learner),
        ("SWD", people.disabled),
        ("ED", people.low_income),
        ("504", stream.chance(0.04, n) & ~people.disabled),
        ("HOMELESS", stream.chance(0.02, n) & people.low_income),
        ("FOSTER", stream.chance(0.005, n)),
        ("MILITARY", stream.chance(0.01, n)),
    )
    person = np.concatenate([np.flatnonzero(chosen) for _, chosen in members])
    program = np.repeat([name for name, _ in members], [int(chosen.sum()) for _, chosen in members])
    first = np.full(n, len(days) - 1, dtype=np.int64)
    np.minimum.at(first, spans.person, spans.entry)
    later = stream.chance(0.05, len(person))
    begin = np.minimum(first[person] + np.where(later, 20, 0), len(days) - 1)
    ends = stream.chance(0.02, len(person)) & (begin + 40 < len(days))
    last = np.minimum(begin + 40, len(days) - 1)
    is_reclassified = _is_reclassified(records, person) & (program == "EL") & (begin < _RECLASSIFIED_ON)
    ends, last = ends | is_reclassified, np.where(is_reclassified, _RECLASSIFIED_ON, last)
    return pa.table(
        {
            "student_local_id": local_ids(records).take(pa.array(person)),
            "program": pa.array(program.tolist(), pa.string()),
            "begin": pa.array(days[begin]),
            "end": pa.array(days[last], mask=~ends),
            "level": pa.nulls(len(person), pa.string()),
            "disability": _where(program == "SWD", words(("autism", "health", "learning"), person % 3)),
            "environment": _where(program == "SWD", words("ABC", np.digitize(person % 20, [13, 18]))),
            "direct_cert": pa.array(people.local_number[person] % 10 < 8, mask=program != "ED"),
            "first_el_date": pa.array(_first_el_dates(records, person), mask=program != "EL"),
        }
    )


def attendance_table(records: Records, attendance: Attendance) -> pa.Table:
    """One row a pupil and day: every day, or absences only, as the district sends them."""
    spans = records.enrolled.spans
    ids = local_ids(records).take(pa.array(spans.person))
    return pa.table(
        {
            "student_local_id": ids.take(pa.array(attendance.span)),
            "school_id": _schools(records, spans.school[attendance.span]),
            "date": pa.array(records.year.days[attendance.day]),
            "code": words(_LOCAL_CODES, attendance.category),
            "category": words(CATEGORIES, attendance.category),
            "absent_minutes": pa.array(attendance.absent),
            "day_minutes": pa.array(attendance.minutes),
        }
    )


def discipline_table(records: Records) -> pa.Table:
    """One row an incident, pupil and action."""
    incidents, spans, days = records.incidents, records.enrolled.spans, records.year.days
    at = np.flatnonzero(records.incidents_known())
    span, assigned = incidents.span[at], incidents.days[at]
    table = pa.table(
        {
            "incident_id": pa.array([f"I{each:06d}" for each in at.tolist()], pa.string()),
            "student_local_id": local_ids(records).take(pa.array(spans.person[span])),
            "action_seq": pa.array(np.ones(len(at), dtype=np.int64)),
            "school_id": _schools(records, spans.school[span]),
            "incident_date": pa.array(days[incidents.day[at]]),
            "behavior": words(BEHAVIORS, incidents.behavior[at]),
            "action": words(
                ("in-school suspension", "out-of-school suspension"), incidents.is_out[at].astype(np.int64)
            ),
            "start": pa.array(days[incidents.day[at] + 1]),
            "days_assigned": pa.array(assigned),
            "days_served": pa.array(assigned),
            "action_type": words(
                ("in_school_suspension", "out_of_school_suspension"), incidents.is_out[at].astype(np.int64)
            ),
            "behavior_type": words(BEHAVIOR_TYPES, incidents.behavior[at]),
            "arrest_flag": pa.array(at % 97 == 0),
        }
    )
    return pa.concat_tables([table, _removals(table.filter(pa.array(at % 31 == 0)))])


def _removals(actions: pa.Table) -> pa.Table:
    """An emergency removal in the same incidents, of no days of its own; how many of them is our own figure."""
    n = len(actions)
    changed = {
        "action_seq": pa.array(np.full(n, 2)),
        "action": pa.array(["emergency removal"] * n, pa.string()),
        "start": actions["incident_date"],
        "days_assigned": pa.nulls(n, pa.int64()),
        "days_served": pa.nulls(n, pa.int64()),
        "action_type": pa.array(["emergency_removal"] * n, pa.string()),
    }
    for name, column in changed.items():
        actions = actions.set_column(actions.column_names.index(name), name, column)
    return actions


def _is_reclassified(records: Records, person: Ints) -> Bools:
    """One learner in nine each year, others each year: about what states publish; our own figure."""
    return (records.enrolled.people.local_number[person] + records.year.school_year) % 9 == 0


def _first_el_dates(records: Records, person: Ints) -> np.ndarray:
    """Some years before this one, but not before kindergarten."""
    people = records.enrolled.people
    years = np.minimum(people.local_number[person] % 9, np.maximum(people.grade[person] - 1, 0))
    return (np.datetime64(f"{records.year.school_year - 1}-09-01") - years * 365).astype("datetime64[D]")


def _where(chosen: np.ndarray, cells: pa.Array) -> pa.Array:
    """The cells of chosen rows; others are empty."""
    return pc.if_else(pa.array(chosen), cells, None)  # pyright: ignore[reportAttributeAccessIssue]


def _schools(records: Records, at: Ints) -> pa.Array:
    return words([school.school_id for school in records.district.schools], at)
