"""The generator writes the same bytes each time, and its truth is what its own files say, counted another way."""

import hashlib
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from ingestion.configuration import load_collaborative
from synthetic.generate import Generated, generate
from synthetic.places import make_districts
from synthetic.planted import POOLED
from synthetic.records import make_records
from tests.synthetic.counted import count_chronic, count_folder, read_rows
from tests.synthetic.mapped_charts import read_mapped_chart

PARTS_OF_A_DAY = 32_760
YEARS = (2025, 2026)


def hashes(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def folders(generated: Generated) -> list[Path]:
    return [generated.nights[0] / d.district_id / str(year) for d in generated.districts for year in YEARS]


def test_generate__writes_the_same_bytes_again(generated: Generated, tmp_path: Path) -> None:
    again = generate(tmp_path / "again")
    assert hashes(again.folder) == hashes(generated.folder)


def test_generate__writes_other_bytes_for_another_seed(generated: Generated, tmp_path: Path) -> None:
    other = generate(tmp_path / "other", seed=1, count=3)
    district = other.districts[0].district_id
    for extract in ("students", "attendance", "gl_actuals", "enrollments", "programs", "discipline"):
        path = f"night_1/{district}/2025/{extract}.csv"
        assert (other.folder / path).read_bytes() != (generated.folder / path).read_bytes()


def test_generate__one_year_alone_has_the_bytes_it_has_among_others(generated: Generated, tmp_path: Path) -> None:
    alone = generate(tmp_path / "alone", years=(2025,))
    for district in alone.districts:
        mine = hashes(alone.nights[0] / district.district_id / "2025")
        assert mine == hashes(generated.nights[0] / district.district_id / "2025")


def test_records__do_not_depend_on_the_order_of_districts() -> None:
    districts = make_districts()
    for district in districts[:4]:
        one = make_records(district, 2026, districts, 2017)
        other = make_records(district, 2026, districts[::-1], 2017)
        assert (one.enrolled.people.state_number == other.enrolled.people.state_number).all()
        assert (one.whole_year.span == other.whole_year.span).all()
        assert (one.whole_year.category == other.whole_year.category).all()


def test_collaborative__loads_and_names_everything_synthetic(generated: Generated) -> None:
    loaded = load_collaborative(generated.collaborative)
    assert len(loaded.districts) == 12
    assert len(loaded.mappings) == 42
    assert all(each.name.startswith("Synthetic ") for each in (*loaded.districts, *loaded.schools))


@pytest.mark.parametrize("year", YEARS)
def test_membership__is_what_the_files_say(generated: Generated, year: int) -> None:
    truth = {
        (row["district_id"], row["school_id"]): row
        for row in read_rows(generated.truth / "night_1" / "membership.csv")
        if row["school_year"] == str(year)
    }
    for district in generated.districts:
        counted = count_folder(generated.nights[0] / district.district_id / str(year))
        for school in district.schools:
            row = truth.pop((district.district_id, school.school_id))
            at = [key for key in counted.enrolled if key[1] == school.school_id]
            assert int(row["days_in_session"]) == counted.in_session.get(school.school_id, 0)
            assert int(row["days_enrolled"]) == sum(counted.enrolled[key] for key in at)
            absent = sum((counted.absent[key] for key in at), Fraction(0))
            assert Fraction(int(row["parts_absent"]), PARTS_OF_A_DAY) == absent
    assert truth == {}


@pytest.mark.parametrize("district", ["90030000", "90050000", "90060000"])
def test_chronic__is_what_the_files_say(generated: Generated, district: str) -> None:
    rows = [row for row in read_rows(generated.truth / "night_1" / "chronic.csv") if row["district_id"] == district]
    assert len({row["school_id"] for row in rows}) >= 3
    for year in YEARS:
        counted = count_folder(generated.nights[0] / district / str(year))
        for row in (row for row in rows if row["school_year"] == str(year)):
            expected = (int(row["counted"]), int(row["chronic"]))
            assert counted.chronic(row["authority"], row["partial_day_rule"], row["school_id"] or None) == expected


def test_pooled__follows_pupils_across_districts(generated: Generated) -> None:
    for year in YEARS:
        days: dict[str, int] = defaultdict(int)
        absent: dict[str, Fraction] = defaultdict(Fraction)
        grade: dict[str, str] = {}
        for district in generated.districts:
            folder = generated.nights[0] / district.district_id / str(year)
            counted = count_folder(folder)
            own = {row["student_local_id"]: row["state_student_id"] for row in read_rows(folder / "students.csv")}
            for (pupil, school), n in counted.enrolled.items():
                person = own[pupil] or f"{district.district_id} {pupil}"
                days[person] += n
                absent[person] += counted.absent[pupil, school]
                grade[person] = counted.grade[pupil]
        truth = {
            row["authority"]: (int(row["counted"]), int(row["chronic"]))
            for row in read_rows(generated.truth / "night_1" / "pooled.csv")
            if (row["school_year"], row["partial_day_rule"]) == (str(year), "fraction")
        }
        for authority, expected in truth.items():
            assert count_chronic(((grade[p], days[p], absent[p]) for p in days), authority) == expected
        planted = [r for r in read_rows(generated.truth / "pooled_pupils.csv") if r["school_year"] == str(year)]
        assert len(planted) == POOLED
        assert {(days[r["state_student_id"]], absent[r["state_student_id"]]) for r in planted} == {(54, Fraction(9))}


def test_spans__of_one_pupil_never_overlap_and_rows_lie_inside_them(generated: Generated) -> None:
    for folder in folders(generated):
        spans: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        for row in read_rows(folder / "enrollments.csv"):
            spans[row["student_local_id"]].append((row["entry_date"], row["exit_date"] or "9999", row["school_id"]))
        for mine in spans.values():
            assert all(first[1] < second[0] for first, second in pairwise(mine))
        rows = read_rows(folder / "attendance.csv")
        keys = {(row["student_local_id"], row["date"]) for row in rows}
        assert len(keys) == len(rows)
        for row in rows:
            at = spans[row["student_local_id"]]
            assert any(entry <= row["date"] <= exit_ and row["school_id"] == school for entry, exit_, school in at)
        assert {row["student_local_id"] for row in read_rows(folder / "students.csv")} == spans.keys()


def test_suspensions__appear_as_attendance(generated: Generated) -> None:
    folder = generated.nights[0] / "90030000" / "2025"
    out = {
        (row["student_local_id"], row["date"])
        for row in read_rows(folder / "attendance.csv")
        if row["category"] == "OSS"
    }
    actions = [row for row in read_rows(folder / "discipline.csv") if row["action"] == "out-of-school suspension"]
    assert len(actions) > 10
    assert all((row["student_local_id"], row["start"]) in out for row in actions)


def test_calendars__differ(generated: Generated) -> None:
    first_days, lengths = set(), set()
    for folder in folders(generated):
        rows = [row for row in read_rows(folder / "calendar.csv") if row["is_instructional"] == "true"]
        first_days.add(min(row["date"] for row in rows)[5:])
        lengths |= {row["day_minutes"] for row in rows}
        by_school: dict[str, int] = defaultdict(int)
        for row in rows:
            by_school[row["school_id"]] += 1
        assert set(by_school.values()) <= {179, 180}
    assert len(first_days) >= 5
    assert lengths == {"180", "195", "210", "360", "390", "420"}


def test_attendance__of_most_districts_holds_absences_only_and_one_school_is_silent(generated: Generated) -> None:
    every_day = set()
    for folder in folders(generated):
        rows = read_rows(folder / "attendance.csv")
        if any(row["category"] == "present" for row in rows):
            every_day.add(folder.parent.name)
    assert every_day == {"90050000", "90090000"}
    silent = [r for r in read_rows(generated.truth / "night_1" / "membership.csv") if r["days_in_session"] == "0"]
    assert [(row["district_id"], row["school_year"]) for row in silent] == [("90060000", "2026")]


def test_ledger__adds_up_to_its_truth_and_mistakes_are_taken_back(generated: Generated) -> None:
    truth = {
        (row["district_id"], row["fiscal_year"], row["treatment"]): Decimal(row["usd"])
        for row in read_rows(generated.truth / "ledger.csv")
    }
    for folder in folders(generated):
        chart = read_mapped_chart(folder, generated.collaborative)
        totals: dict[str, Decimal] = defaultdict(Decimal)
        lines = read_rows(folder / "gl_actuals.csv")
        for row in lines:
            account = chart[row["account_id"]]
            if account["account_type"] == "expenditure":
                totals[account["ppe_treatment"] or ""] += Decimal(row["amount"])
        expected = {treatment: truth.pop((folder.parent.name, folder.name, treatment)) for treatment in totals}
        assert totals == expected
        taken_back = [row for row in lines if row["txn_id"].startswith("R")]
        assert taken_back
        assert len({(row["period"], row["account_id"], row["txn_id"]) for row in lines}) == len(lines)
    assert truth == {}


def test_school_spending__adds_up_to_what_is_included_with_every_cent(generated: Generated) -> None:
    included = {
        (row["district_id"], row["fiscal_year"]): Decimal(row["usd"])
        for row in read_rows(generated.truth / "ledger.csv")
        if row["treatment"] == "include"
    }
    schools: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in read_rows(generated.truth / "school_spending.csv"):
        parts = [Decimal(row[name]) for name in ("site_federal", "site_other", "central_federal", "central_other")]
        assert sum(parts) == Decimal(row["total"]) == Decimal(row["personnel"]) + Decimal(row["nonpersonnel"])
        schools[row["district_id"], row["fiscal_year"]] += Decimal(row["total"])
    assert schools == {key: amount for key, amount in included.items() if key != ("90060000", "2026")}


def test_charts__differ_and_cover_every_treatment(generated: Generated) -> None:
    accounts = [
        {row["account_id"] for row in read_rows(generated.nights[0] / d.district_id / "2026" / "chart_of_accounts.csv")}
        for d in generated.districts
    ]
    ways = {"".join("9" if each.isdigit() else each for each in min(ids)) for ids in accounts}
    assert len(ways) == 4
    assert len(set.union(*accounts)) < sum(map(len, accounts))  # the same number is another account elsewhere
    treatments = {row["treatment"] for row in read_rows(generated.truth / "ledger.csv")}
    assert treatments == {
        "", "include", "exclude_capital", "exclude_debt", "exclude_community", "exclude_adult", "exclude_transfer",
        "out_of_district",
    }  # fmt: skip


def test_figures__are_near_the_published_ones(generated: Generated) -> None:
    pooled = {
        (row["school_year"], row["authority"]): int(row["chronic"]) / int(row["counted"])
        for row in read_rows(generated.truth / "night_1" / "pooled.csv")
        if row["partial_day_rule"] == "fraction"
    }
    assert 0.10 < pooled["2025", "massachusetts"] < 0.16
    low_income = pupils = 0
    for folder in folders(generated):
        low_income += sum(row["program"] == "ED" for row in read_rows(folder / "programs.csv"))
        pupils += len(read_rows(folder / "students.csv"))
    assert 11_000 < pupils < 13_500
    assert 0.35 < low_income / pupils < 0.60


def test_better_districts__are_absent_less_than_others_with_as_much_need(generated: Generated) -> None:
    better = {row["district_id"] for row in read_rows(generated.truth / "better_districts.csv")}
    need = {d.district_id: d.low_income for d in generated.districts}
    rates = {
        row["district_id"]: int(row["chronic"]) / int(row["counted"])
        for row in read_rows(generated.truth / "night_1" / "chronic.csv")
        if (row["school_year"], row["school_id"], row["authority"], row["partial_day_rule"])
        == ("2025", "", "massachusetts", "fraction")
    }
    assert len(better) == 2
    for each in better:
        alike = [d for d in need if d not in better and abs(need[d] - need[each]) < 0.1]
        assert len(alike) >= 2
        assert all(rates[each] * 2 < rates[other] for other in alike)


def test_canaries__are_in_the_files_and_nobody_else_has_their_ids(generated: Generated) -> None:
    for row in read_rows(generated.truth / "canaries.csv"):
        students = read_rows(generated.nights[0] / row["district_id"] / "2026" / "students.csv")
        (found,) = [each for each in students if each["state_student_id"] == row["state_student_id"]]
        names = ("student_local_id", "first_name", "last_name", "birth_date")
        assert [found[name] for name in names] == [row[name] for name in names]


def test_scale__reaches_a_million_pupils_in_fifty_districts() -> None:
    districts = make_districts(Fraction(1))
    assert (len(districts), sum(d.pupils for d in districts)) == (50, 999_978)
    assert 1_600 < sum(len(d.schools) for d in districts) < 2_000
    assert len({d.district_id for d in districts}) == 50
    assert [d.sends_every_day for d in districts].count(True) == 1
