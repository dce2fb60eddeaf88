"""What arrives on the second night: a day or two more of attendance, and everything that can go wrong with it.

Belongs here: which district sends what, and how it is damaged. Does not belong here: what the house makes of it. Every
district sends attendance of the year in progress; what differs is named below, by the district's number.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from synthetic.attendance import EXCUSED, UNEXCUSED, Attendance
from synthetic.calendars import LAST_DAY_SENT
from synthetic.deliveries import Night, write_bytes, write_extract
from synthetic.extracts import attendance_table, enrollments_table, students_table
from synthetic.people import People
from synthetic.places import MadeUpDistrict
from synthetic.records import Records, add_pupil, make_records

CLAIMED_BY, CORRECTS, BAD_NIGHT, LATE, SENDS_AGAIN = 2, 3, 4, 5, 7
CLAIMED_FROM = 1
CLAIMED_DAY = 110
"""Day of the year on which the second district says that the pupil came."""
_ORPHAN_SHARE = 0.015
_LAST_MONTH = timedelta(days=30)


@dataclass(frozen=True)
class Fault:
    """One thing that is different on the second night, for the list of what was planted."""

    number: int
    fault: str
    extract: str
    expected: str


FAULTS = (
    Fault(CLAIMED_BY, "claims a pupil who is enrolled elsewhere", "enrollments", "released; told by rules Q12 and Q20"),
    Fault(CORRECTS, "corrects attendance of the last month", "attendance", "released with the corrected figures"),
    Fault(BAD_NIGHT, "attendance of pupils whom nobody enrolled", "attendance", "student domain held by Q04"),
    Fault(BAD_NIGHT, "a heading is renamed", "enrollments", "that file refused by D02"),
    Fault(BAD_NIGHT, "names written in the code page cp1252", "students", "that file refused as unreadable text"),
    Fault(LATE, "sends nothing", "attendance", "served from the first night"),
    Fault(SENDS_AGAIN, "sends the same bytes again, also in another folder", "attendance", "known; nothing changes"),
)


def write_second_night(
    night: Night, records: Records, districts: Sequence[MadeUpDistrict], seed: int
) -> Records | None:
    """Write one district's files of the second night.

    Returns:
        The records to be served afterwards, with their attendance so far; None when those of the first night are.
    """
    number, district_id, year = records.district.number, records.district.district_id, records.year.school_year
    if number == LATE:
        return None
    if number == SENDS_AGAIN:
        _send_again(night, records)
        return None
    if number == CLAIMED_BY:
        records = _claim(night, records, districts, seed)
    sent = records.attendance(later=True)
    if number == CORRECTS:
        sent = _correct(records, sent)
    table = attendance_table(records, sent)
    if number == BAD_NIGHT:
        write_extract(night, district_id, year, "attendance", _add_orphans(table))
        _damage(night, records)
        return None
    write_extract(night, district_id, year, "attendance", table)
    return replace(records, whole_year=sent)


def _damage(night: Night, records: Records) -> None:
    """Enrolments with a renamed heading, and names in an old code page."""
    district_id, year = records.district.district_id, records.year.school_year
    renamed = enrollments_table(records).rename_columns({"exit_date": "withdrawal_date"})
    write_extract(night, district_id, year, "enrollments", renamed)
    students, content = students_table(records), io.BytesIO()
    pacsv.write_csv(students, content)
    old = content.getvalue().decode("utf-8").encode("cp1252")
    write_bytes(night, district_id, year, "students", old, students.num_rows)


def claimed_pupil(districts: Sequence[MadeUpDistrict], school_year: int, seed: int) -> People | None:
    """The pupil whom two districts claim on the second night; None when either is not there."""
    by_number = {district.number: district for district in districts}
    if not {CLAIMED_BY, CLAIMED_FROM} <= by_number.keys():
        return None
    there = make_records(by_number[CLAIMED_FROM], school_year, districts, seed)
    people, spans = there.enrolled.people, there.enrolled.spans
    absent = np.bincount(spans.person[there.whole_year.span], minlength=len(people))
    n_spans = np.bincount(spans.person, minlength=len(people))
    whole_year = np.zeros(len(people), dtype=bool)
    whole_year[spans.person[(spans.entry == 0) & ~spans.is_ended]] = True
    fits = (people.grade == 3) & (people.state_number > 0) & (people.canary == 0) & whole_year
    at = np.flatnonzero(fits & (n_spans == 1) & (absent < 5))[:1]
    return people.take(at) if len(at) else None


def _claim(night: Night, records: Records, districts: Sequence[MadeUpDistrict], seed: int) -> Records:
    pupil = claimed_pupil(districts, records.year.school_year, seed)
    if pupil is None:
        return records
    pupil.local_number = np.array([990_000])
    claimed = add_pupil(records, pupil, CLAIMED_DAY)
    district_id, year = records.district.district_id, records.year.school_year
    write_extract(night, district_id, year, "students", students_table(claimed))
    write_extract(night, district_id, year, "enrollments", enrollments_table(claimed))
    return claimed


def _correct(records: Records, sent: Attendance) -> Attendance:
    """Of the last month, some absences are excused after all, and some never happened."""
    since = records.year.day_after(LAST_DAY_SENT - _LAST_MONTH)
    until = records.year.n_days_until(LAST_DAY_SENT)
    recent = (sent.day >= since) & (sent.day < until)
    which = (sent.span + sent.day) % 8
    excused = recent & (sent.category == UNEXCUSED) & (which % 2 == 1)
    corrected = replace(sent, category=np.where(excused, EXCUSED, sent.category))
    return corrected.take(~(recent & (which == 0) & np.isin(sent.category, [EXCUSED, UNEXCUSED])))


def _add_orphans(table: pa.Table) -> pa.Table:
    """A few rows again, for pupils whom nobody enrolled."""
    n = max(10, round(table.num_rows * _ORPHAN_SHARE))
    orphans = table.slice(0, n)
    nobody = pa.array([f"UNKNOWN-{at % max(1, n // 4):04d}-{at}" for at in range(n)])
    return pa.concat_tables([table, orphans.set_column(0, "student_local_id", nobody)])


def _send_again(night: Night, records: Records) -> None:
    """Last night's attendance and manifest, to the byte: where it was, and once more in a folder of its own."""
    table = attendance_table(records, records.attendance())
    for folder in (night.folder, night.folder / "sent_again"):
        again = Night(folder, LAST_DAY_SENT)
        write_extract(again, records.district.district_id, records.year.school_year, "attendance", table)
