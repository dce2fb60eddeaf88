"""What the second night brings: each planted fault is in the files, and nothing else is damaged."""

import shutil
from pathlib import Path

from synthetic.generate import Generated
from tests.synthetic.counted import count_folder, read_rows

CEDAR, DOGWOOD, ELM, HAZEL = "90030000", "90040000", "90050000", "90070000"


def test_second_night__brings_attendance_of_all_districts_but_the_late_one(generated: Generated) -> None:
    night = generated.nights[1]
    sent = {path.parent.parent.name for path in night.glob("*/2026/attendance.csv")}
    assert sent == {d.district_id for d in generated.districts} - {ELM}
    assert {path.name for path in night.iterdir()} == sent | {"sent_again"}
    assert not list(night.glob("*/2025"))


def test_attendance__goes_on_where_the_first_night_ended(generated: Generated) -> None:
    for district in ("90010000", "90130000"):
        first, second = (read_rows(night / district / "2026" / "attendance.csv") for night in generated.nights)
        kept = [row for row in second if row["date"] <= "2026-03-27"]
        assert kept == first
        assert {row["date"] for row in second if row not in kept} <= {"2026-03-30", "2026-03-31"}
        assert len(second) > len(first)


def test_correction__changes_the_last_month_alone(generated: Generated) -> None:
    first, second = (_by_day(night / CEDAR / "2026" / "attendance.csv") for night in generated.nights)
    changed = {key for key in first if second.get(key) != first[key]}
    assert changed
    assert {day for _, day in changed} >= {"2026-03-02", "2026-03-27"}
    assert min(day for _, day in changed) >= "2026-02-25"
    gone = [key for key in first if key not in second]
    assert 0 < len(gone) < len(first) / 20


def test_orphans__are_of_pupils_whom_nobody_enrolled(generated: Generated) -> None:
    first, second = generated.nights
    enrolled = {row["student_local_id"] for row in read_rows(first / DOGWOOD / "2026" / "enrollments.csv")}
    rows = read_rows(second / DOGWOOD / "2026" / "attendance.csv")
    orphans = [row for row in rows if row["student_local_id"] not in enrolled]
    assert len(orphans) / len(rows) > 0.01


def test_damaged_files__are_damaged_as_said(generated: Generated) -> None:
    night = generated.nights[1]
    heading = (night / DOGWOOD / "2026" / "enrollments.csv").read_text(encoding="utf-8").splitlines()[0]
    assert "withdrawal_date" in heading and "exit_date" not in heading
    students = (night / DOGWOOD / "2026" / "students.csv").read_bytes()
    assert "García" in students.decode("cp1252")
    assert not _is_utf8(students)


def test_same_bytes__come_again_in_two_places(generated: Generated) -> None:
    first, second = generated.nights
    paths = (first / HAZEL, second / HAZEL, second / "sent_again" / HAZEL)
    for name in ("attendance.csv", "attendance.csv.manifest.json"):
        assert len({(path / "2026" / name).read_bytes() for path in paths}) == 1


def test_claimed_pupil__is_enrolled_in_two_districts_at_once(generated: Generated) -> None:
    first, second = generated.nights
    before = _state_ids(first / "90020000")
    claimed = _state_ids(second / "90020000") - before
    assert len(claimed) == 1
    assert claimed < _state_ids(first / "90010000")


def test_truth_of_the_second_night__is_what_the_served_files_say(generated: Generated) -> None:
    rows = [r for r in read_rows(generated.truth / "night_2" / "chronic.csv") if r["school_year"] == "2026"]
    for district in (CEDAR, DOGWOOD, "90020000"):
        counted = count_folder(_served(generated, district))
        mine = [row for row in rows if row["district_id"] == district]
        assert mine
        for row in mine:
            expected = (int(row["counted"]), int(row["chronic"]))
            assert counted.chronic(row["authority"], row["partial_day_rule"], row["school_id"] or None) == expected


def test_faults__are_listed(generated: Generated) -> None:
    rows = read_rows(generated.truth / "faults.csv")
    assert [row["district_id"] for row in rows] == ["90020000", CEDAR, DOGWOOD, DOGWOOD, DOGWOOD, ELM, HAZEL]


def _served(generated: Generated, district: str) -> Path:
    """The first night's files, overlaid with the second night's unless those are held."""
    first, second = (night / district / "2026" for night in generated.nights)
    folder = generated.folder.parent / "served" / district
    shutil.copytree(first, folder, dirs_exist_ok=True)
    if district != DOGWOOD:
        shutil.copytree(second, folder, dirs_exist_ok=True)
    return folder


def _by_day(path: Path) -> dict[tuple[str, str], tuple[str, ...]]:
    return {(row["student_local_id"], row["date"]): tuple(row.values()) for row in read_rows(path)}


def _state_ids(folder: Path) -> set[str]:
    return {row["state_student_id"] for row in read_rows(folder / "2026" / "students.csv")} - {""}


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
