"""What pupils did in school: tests of the state, screeners, marks.

Belongs here: scores and marks of those who are enrolled. Does not belong here: support that follows from them
(``support.py``). A pupil's ability stays the same from one table to the next; the year in progress has only what lies
before its last day.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthetic.calendars import last_day_sent
from synthetic.columns import words, write_decimals
from synthetic.extracts import local_ids
from synthetic.places import GRADES
from synthetic.records import Records
from synthetic.stream import Bools, Floats, Ints, Stream

SCREENER, PROGRESS_CHECK = "early_reading", "early_reading_check"
TEST_DAY, ACCESS_DAY = 122, 92
WINDOWS = (("fall", 12), ("winter", 88), ("spring", 168))
TERMS = (("S1", 0, 89), ("S2", 90, 179))
COURSES = (
    ("ela", "01001", True),
    ("math", "02052", True),
    ("science", "03051", True),
    ("social_studies", "04101", True),
)
COURSES += (("arts", "05101", False), ("world_language", "24052", False), ("health_pe", "08001", False))
_TESTED = range(4, 10)
_LEVELS = ("Not Meeting", "Partially Meeting", "Meeting", "Exceeding")
_K, _5, _8 = 1, 6, 9
_MARKS = ("F", "D", "C", "B", "A")


@dataclass(frozen=True)
class Pupils:
    """The pupils of one district and year, as the tables about their work need them."""

    records: Records
    seed: int

    def stream(self, name: str) -> Stream:
        """Draws of one table."""
        return Stream(self.seed, self.records.district.number, self.records.year.school_year, name)

    @cached_property
    def ids(self) -> pa.Array:
        """Each person's id as the district writes it."""
        return local_ids(self.records)

    @cached_property
    def n_days(self) -> int:
        """Days of instruction that lie behind."""
        year = self.records.year
        return year.n_days_until(last_day_sent(year.school_year, later=False))

    @cached_property
    def school(self) -> Ints:
        """Each person's first school."""
        spans = self.records.enrolled.spans
        found = np.zeros(len(self.records.enrolled.people), dtype=np.int64)
        found[spans.person[::-1]] = spans.school[::-1]
        return found

    @cached_property
    def ability(self) -> Floats:
        """From 0 to 1, lower with need and with absence; the sum of two draws, so that most lie in the middle."""
        people, stream = self.records.enrolled.people, self.stream("ability")
        draw = (stream.units(len(people)) + stream.units(len(people))) / 2
        return np.clip(draw - 0.10 * people.low_income - 0.12 * people.disabled - people.absence * 0.5 + 0.08, 0, 0.999)

    def enrolled_on(self, day: int) -> Bools:
        """Who is enrolled on a day of instruction."""
        spans = self.records.enrolled.spans
        found = np.zeros(len(self.records.enrolled.people), dtype=bool)
        found[spans.person[(spans.entry <= day) & (spans.exit >= day)]] = True
        return found

    def date(self, day: int, n: int) -> pa.Array:
        """One day of instruction, ``n`` times."""
        return pa.array(np.repeat(self.records.year.days[day], n))

    def schools(self, person: Ints) -> pa.Array:
        """The schools of persons."""
        return words([school.school_id for school in self.records.district.schools], self.school[person])


def assessments_table(pupils: Pupils) -> pa.Table:
    """One row a pupil and subject of the state's test, and four scores of a test of English proficiency.

    Growth percentiles are even from 1 to 99. A learner meets both limits of attainment, 4.2 overall and 3.9 in literacy
    (Massachusetts, measure RE2), in about one case of eight; which is our own figure, as the levels are.
    """
    people = pupils.records.enrolled.people
    tested = np.isin(people.grade, [*_TESTED, 11]) & pupils.enrolled_on(TEST_DAY)
    parts = [_state_test(pupils, subject, np.flatnonzero(tested)) for subject in ("ela", "math")]
    learners = np.flatnonzero(people.learner & (people.grade >= _K) & pupils.enrolled_on(ACCESS_DAY))
    return pa.concat_tables([*parts, *_english_test(pupils, learners)])


def _state_test(pupils: Pupils, subject: str, person: Ints) -> pa.Table:
    stream, n = pupils.stream(f"state test {subject}"), len(person)
    ability = np.clip(pupils.ability[person] + 0.16 * (stream.units(n) - 0.5), 0, 0.999)
    took = ~stream.chance(0.02, n)
    score = (440 + ability * 120).astype(np.int64)
    level = np.minimum((score - 440) * 44 // 1200, 3)
    return _assessed(
        pupils,
        person,
        assessment="state_test",
        subject=subject,
        day=TEST_DAY,
        score=pa.array(score, mask=~took).cast(pa.string()),
        level=pc.if_else(pa.array(took), words(_LEVELS, level), None),  # pyright: ignore[reportAttributeAccessIssue]
        is_proficient=pa.array(level >= 2, mask=~took),
        sgp=pa.array(stream.whole(1, 99, n), mask=~took | (pupils.records.enrolled.people.grade[person] == 4)),
        took=took,
    )


def _english_test(pupils: Pupils, person: Ints) -> list[pa.Table]:
    stream, n = pupils.stream("english test"), len(person)
    overall = 12 + (pupils.ability[person] * 42).astype(np.int64)
    target = overall + stream.whole(-8, 6, n)
    tables = []
    for part in ("access_overall", "access_literacy"):
        score = np.clip(overall + (stream.whole(-4, 3, n) if part == "access_literacy" else 0), 10, 60)
        table = _assessed(
            pupils, person, assessment="access", subject=part, day=ACCESS_DAY, score=write_decimals(score, 1)
        )
        if part == "access_overall":
            places = {name: table.column_names.index(name) for name in ("el_progress_target", "met_target")}
            table = table.set_column(places["el_progress_target"], "el_progress_target", write_decimals(target, 1))
            table = table.set_column(places["met_target"], "met_target", pa.array(score >= target))
        tables.append(table)
    return tables


def _assessed(
    pupils: Pupils,
    person: Ints,
    *,
    assessment: str,
    subject: str,
    day: int,
    score: pa.Array,
    took: Bools | None = None,
    level: pa.Array | None = None,
    is_proficient: pa.Array | None = None,
    sgp: pa.Array | None = None,
) -> pa.Table:
    n = len(person)
    was_there = np.ones(n, dtype=bool) if took is None else took
    nothing = pa.nulls(n, pa.string())
    return pa.table(
        {
            "student_local_id": pupils.ids.take(pa.array(person)),
            "assessment_id": pa.array([assessment] * n, pa.string()),
            "subject": pa.array([subject] * n, pa.string()),
            "admin_date": pupils.date(day, n),
            "grade_tested": words(GRADES, pupils.records.enrolled.people.grade[person]),
            "scale_score": score,
            "raw_score": nothing,
            "percentile_rank": nothing,
            "level": nothing if level is None else level,
            "proficient": pa.nulls(n, pa.bool_()) if is_proficient is None else is_proficient,
            "sgp": nothing if sgp is None else sgp.cast(pa.string()),
            "valid": pa.array(was_there),
            "participation": words(("absent", "tested"), was_there.astype(np.int64)),
            "accommodation": nothing,
            "el_progress_target": nothing,
            "met_target": pa.nulls(n, pa.bool_()),
        }
    )


def screened(pupils: Pupils, day: int) -> Ints:
    """Who is to be screened on a day: kindergarten to grade 5."""
    grade = pupils.records.enrolled.people.grade
    return np.flatnonzero((grade >= _K) & (grade <= _5) & pupils.enrolled_on(day))


def screener_level(pupils: Pupils, person: Ints) -> Ints:
    """0 at or above the benchmark, 1 below, 2 well below, each of which is about one in five; our own figure."""
    return np.digitize(pupils.ability[person], [0.40, 0.28]).astype(np.int64)


def screeners_table(pupils: Pupils) -> pa.Table:
    """One row a pupil from kindergarten to grade 5 and window that is over; a few are absent or exempt."""
    tables = []
    for window, day in WINDOWS:
        if day >= pupils.n_days:
            continue
        person = screened(pupils, day)
        status = pupils.stream(f"screener {window}").pick([0.96, 0.03, 0.01], len(person))
        level, tested = screener_level(pupils, person), status == 0
        score = (pupils.ability[person] * 80 + day / 9).astype(np.int64)
        tables.append(_screened(pupils, person, day, window, status, tested, score, level))
    return pa.concat_tables(tables)


def _screened(
    pupils: Pupils, person: Ints, day: int, window: str, status: Ints, tested: Bools, score: Ints, level: Ints
) -> pa.Table:
    n = len(person)
    levels = words(("at_or_above", "below", "well_below"), level)
    return pa.table(
        {
            "student_local_id": pupils.ids.take(pa.array(person)),
            "tool": pa.array([SCREENER] * n, pa.string()),
            "domain": pa.array(["reading"] * n, pa.string()),
            "date": pupils.date(day, n),
            "school_id": pupils.schools(person),
            "window": pa.array([window] * n, pa.string()),
            "status": words(("tested", "absent", "exempt"), status),
            "score": pa.array(score, mask=~tested).cast(pa.string()),
            "benchmark_level": pc.if_else(pa.array(tested), levels, None),  # pyright: ignore[reportAttributeAccessIssue]
            "intervention_id": pa.nulls(n, pa.string()),
        }
    )


def course_grades_table(pupils: Pupils) -> pa.Table:
    """One row a pupil from grade 8 on, course and semester; a semester that lasts has no mark yet."""
    days = pupils.records.year.days
    grade = pupils.records.enrolled.people.grade
    tables = []
    for term, first, last in TERMS:
        person = np.flatnonzero((grade >= _8) & pupils.enrolled_on(min(first + 20, len(days) - 1)))
        is_over = last < pupils.n_days
        for number, (subject, code, is_core) in enumerate(COURSES):
            stream, n = pupils.stream(f"grades {term} {subject}"), len(person)
            numeric = np.clip(48 + pupils.ability[person] * 46 + 14 * stream.units(n), 30, 100).astype(np.int64)
            mark = np.digitize(numeric, [60, 70, 80, 90])
            tables.append(
                _graded(pupils, person, (term, first, last), (subject, code, is_core), number, is_over, numeric, mark)
            )
    return pa.concat_tables(tables)


def _graded(
    pupils: Pupils, person: Ints, term: tuple[str, int, int], course: tuple[str, str, bool], number: int, is_over: bool,
    numeric: Ints, mark: Ints,
) -> pa.Table:  # fmt: skip
    n, days = len(person), pupils.records.year.days
    (name, first, last), (subject, code, is_core) = term, course
    unknown = np.full(n, not is_over)
    section = pupils.school[person] * 10_000 + pupils.records.enrolled.people.grade[person] * 100 + number
    return pa.table(
        {
            "student_local_id": pupils.ids.take(pa.array(person)),
            "section_id": pa.array(section).cast(pa.string()),
            "term": pa.array([name] * n, pa.string()),
            "school_id": pupils.schools(person),
            "term_type": pa.array(["semester"] * n, pa.string()),
            "term_begin": pa.array(np.repeat(days[first], n)),
            "term_end": pa.array(np.repeat(days[last], n)),
            "course_code": pa.array([code] * n, pa.string()),
            "subject": pa.array([subject] * n, pa.string()),
            "core": pa.array(np.full(n, is_core)),
            "credit_attempted": pa.array(["0.5"] * n, pa.string()),
            "credit_earned": pa.array(np.where(mark > 0, "0.5", "0").tolist(), pa.string(), mask=unknown),
            "mark_type": pa.array(["letter" if is_over else "incomplete"] * n, pa.string()),
            "mark": pc.if_else(pa.array(~unknown), words(_MARKS, mark), None),  # pyright: ignore[reportAttributeAccessIssue]
            "numeric": pa.array(numeric, mask=unknown).cast(pa.string()),
            "grade_points": pa.array(mark, mask=unknown).cast(pa.string()),
        }
    )
