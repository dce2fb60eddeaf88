"""Pupils' days end to end: as counted one by one with fractions, and whatever the order and cut of the records."""

from collections import defaultdict
from datetime import timedelta
from fractions import Fraction
from typing import Any

import duckdb
import pytest

from tests.dbt_project.build_file import write_build_file
from tests.dbt_project.dbt_runs import run_dbt
from tests.dbt_project.pupils import (
    AUTHORITIES,
    DAYS,
    DISTRICTS,
    YEAR,
    expect_pooled,
    expect_pupils,
    made_up_collaborative,
)

MEASURES = ("measure_attendance", "measure_chronic_absence", "measure_pooled_chronic_absence")
SELECT = [f"+{name}" for name in MEASURES]
FIGURE = (
    "district_id, entity_type, entity_id, metric_id, variant, subgroup, breakdown, value, numerator, denominator, n, "
    "value_status"
)


def build(folder, rows, name: str, slices: int = 1) -> None:
    write_build_file(folder / "warehouse.duckdb", rows, folder / name)
    result = run_dbt(folder / "warehouse.duckdb", folder, "run", "--select", *SELECT, slices=slices)
    assert result.success, result.exception


def read_figures(folder) -> list[tuple]:
    union = " union all ".join(f"select {FIGURE} from measures.{name}" for name in MEASURES)
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(f"select * from ({union}) order by all").fetchall()


def split_spans(rows: dict) -> dict:
    """Each span of some days is two of them, the second from any day within the first."""
    spans = []
    for number, span in enumerate(rows["landing.enrollments"]):
        cut = DAYS[number % len(DAYS)]
        if span["entry_date"] < cut <= (span["exit_date"] or DAYS[-1]):
            spans += [span | {"exit_date": cut - timedelta(days=1)}, span | {"entry_date": cut}]
        else:
            spans.append(span)
    assert len(spans) > len(rows["landing.enrollments"]) + 20
    return rows | {"landing.enrollments": spans}


def exchange_districts(rows: dict) -> dict:
    """The first and the last district under each other's codes."""
    exchange = {DISTRICTS[0][:4]: DISTRICTS[2][:4], DISTRICTS[2][:4]: DISTRICTS[0][:4]}

    def renamed(code: str) -> str:
        return exchange.get(code[:4], code[:4]) + code[4:]

    return {
        name: [
            row
            | {key: renamed(row[key]) for key in ("district_id", "school_id") if name[:7] == "landing" and key in row}
            for row in table[::-1]
        ]
        for name, table in rows.items()
    }


def leave_out_last(rows: dict) -> dict:
    """Nothing has come yet of the last district."""
    return {
        name: [row for row in table if name[:7] != "landing" or row.get("district_id") != DISTRICTS[2]]
        for name, table in rows.items()
    }


@pytest.fixture(scope="module")
def nights(tmp_path_factory):
    """Figures of the same pupils: as made, built again upon it, with one district's year anew, a slice after the other,
    cut, and exchanged."""
    folder = tmp_path_factory.mktemp("pupils")
    rows = made_up_collaborative()
    found: dict[str, Any] = {"rows": rows}
    build(folder, rows, "made")
    found["made"] = read_figures(folder)
    build(folder, rows | {"build.build_scope": [{"district_id": DISTRICTS[1], "school_year": YEAR}]}, "again")
    found["again"] = read_figures(folder)
    sliced = [{"district_id": name, "school_year": YEAR, "slice": at} for at, name in enumerate(DISTRICTS, start=1)]
    build(folder, rows | {"build.build_scope": sliced}, "sliced upon it", slices=len(sliced))
    found["sliced upon it"] = read_figures(folder)
    (folder / "warehouse.duckdb").unlink()
    build(folder, rows | {"build.build_scope": sliced}, "sliced", slices=len(sliced))
    found["sliced"] = read_figures(folder)
    for name, change in (("split", split_spans), ("exchanged", exchange_districts), ("late", leave_out_last)):
        (folder / "warehouse.duckdb").unlink()
        build(folder, change(rows), name)
        found[name] = read_figures(folder)
    return found


def test_pupils__are_counted_as_one_by_one(nights):
    expected = {("small", "SS.A08", "massachusetts"): count(expect_pooled(nights["rows"]), AUTHORITIES[0])}
    for authority in AUTHORITIES:
        pupils = defaultdict(list)
        for district, *days in expect_pupils(nights["rows"], authority):
            pupils[district].append(days)
        for district in DISTRICTS:
            expected[district, authority["metric_id"], authority["authority"]] = count(pupils[district], authority)
    found = {
        (row[2], row[3], row[4]): (row[8], row[9])
        for row in nights["made"]
        if row[1] in ("district", "collaborative") and row[5:7] == ("all", "all") and row[3] > "SS.A03"
    }
    assert found == expected
    assert sum(0 < numerator < denominator for numerator, denominator in found.values()) > 15
    by_authority = {
        tuple(found[district, each["metric_id"], each["authority"]] for district in DISTRICTS) for each in AUTHORITIES
    }
    assert len(by_authority) == len(AUTHORITIES), "what an authority says must matter on these pupils"


def count(pupils: list[tuple], authority: dict) -> tuple[int, int]:
    """Those absent for a tenth of their days or for a number of days, of those with enough days."""
    evaluated = [pupil for pupil in pupils if pupil[0] >= authority["minimum_days"]]
    limit, share = authority.get("absence_days"), Fraction(authority.get("absence_share") or "0.1")
    return sum(days >= (limit or share * enrolled) for enrolled, days in evaluated), len(evaluated)


def test_pupils__a_silent_school_is_not_reported(nights):
    silent = [row for row in nights["made"] if row[2] == "00030002"]
    assert len(silent) == 3 + 3 * len(AUTHORITIES) and {row[7:] for row in silent} == {
        (None, None, None, None, "not_reported")
    }
    of_district = {row[3]: row[11] for row in nights["made"] if row[2] == "00030000" and row[5] == "all"}
    assert of_district["SS.A01"] == of_district["SS.A02"] == "not_reported"
    assert of_district["SS.A03"] == of_district["SS.A05"] == "computed"


@pytest.mark.parametrize("night", ["again", "split", "sliced", "sliced upon it"])
def test_pupils__a_rerun_slices_and_a_span_cut_in_two_change_nothing(nights, night):
    assert nights[night] == nights["made"]


def test_pupils__a_districts_code_changes_nothing_but_the_code(nights):
    def strip(figures: list[tuple]) -> list[str]:
        return sorted(str((row[1], row[2][4:], *row[3:])) for row in figures)

    assert strip(nights["exchanged"]) == strip(nights["made"])
    assert nights["exchanged"] != nights["made"]


def test_pupils__a_late_district_changes_only_the_pool(nights):
    def own(figures: list[tuple]) -> list[tuple]:
        return [row for row in figures if row[0] in DISTRICTS[:2]]

    assert own(nights["late"]) == own(nights["made"]) != []
    assert not [row for row in nights["late"] if row[0] == DISTRICTS[2]]
    pools = [[row for row in nights[night] if row[1] == "collaborative"] for night in ("made", "late")]
    assert pools[0] != pools[1] and len(pools[0]) == len(pools[1]) == 1
