"""The bench counts what the truth counts, measures real processes, and replaces only its own rows of the table."""

import json
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest

from synthetic.bench.bare import run
from synthetic.bench.change import change_attendance
from synthetic.bench.measured import BenchFailed, Cost, measure
from synthetic.bench.sampled import find_owner
from synthetic.bench.table import BEGIN, END, Row, write_rows
from synthetic.generate import generate
from tests.synthetic.counted import read_rows


def test_bare__counts_what_the_truth_counts(tmp_path: Path) -> None:
    made = generate(tmp_path / "made", scale=Fraction("0.002"), count=4, years=(2025,))
    (tmp_path / "bare").mkdir()
    run(made.nights[0], tmp_path / "bare", [])
    sql = f"select n, chronic from '{tmp_path}/bare/measure_pooled.parquet'"
    (expected,) = [
        (int(row["counted"]), int(row["chronic"]))
        for row in read_rows(made.truth / "night_1" / "pooled.csv")
        if (row["authority"], row["partial_day_rule"]) == ("massachusetts", "fraction")
    ]
    assert duckdb.sql(sql).fetchall() == [expected]


def test_change__excuses_some_absences_and_keeps_the_manifest_true(tmp_path: Path) -> None:
    made = generate(tmp_path / "made", count=1, years=(2025,))
    path = made.nights[0] / made.districts[0].district_id / "2025" / "attendance.csv"
    before, manifest_before = read_rows(path), json.loads((path.parent / f"{path.name}.manifest.json").read_text())
    changed = change_attendance(path)
    after, manifest = read_rows(path), json.loads((path.parent / f"{path.name}.manifest.json").read_text())
    assert sum(one != two for one, two in zip(before, after, strict=True)) == changed > 0
    assert manifest["sha256"] != manifest_before["sha256"]
    assert manifest["rows"] == len(after)


def test_measure__counts_a_process_and_refuses_one_that_fails(tmp_path: Path) -> None:
    cost = measure("timeit", ["-n", "1", "-r", "1", "sum(range(3_000_000))"], tmp_path / "log")
    assert 0 < cost.cpu_seconds < 30
    assert cost.peak_mib > 3
    with pytest.raises(BenchFailed, match="no_such_module"):
        measure("no_such_module", [], tmp_path / "log")


def test_find_owner__takes_the_innermost_package() -> None:
    assert find_owner(None) == ("other", "other")


def test_table__replaces_rows_of_the_same_scale_and_night(tmp_path: Path) -> None:
    path = tmp_path / "benchmarks.md"
    path.write_text(f"before\n{BEGIN}\n{END}\nafter\n", encoding="utf-8")
    old = Row.of("0.1", "full", Cost(1, 1, 1), Cost(4, 5, 6), {"dbt": 1.0, "own": 2.0})
    write_rows(path, [old, Row.of("0.01", "full", Cost(1, 1, 1), Cost(2, 2, 2), {})])
    write_rows(path, [Row.of("0.1", "full", Cost(2, 1, 1), Cost(3, 5, 6), {"dbt": 1.5})])
    text = path.read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| 0")]
    assert rows == [
        "| 0.01 | full | 2.0 | 1.0 | 2.00 | 2.0 | 2 | 0 | 0 | 0 | 0 | 100 |",
        "| 0.1 | full | 3.0 | 2.0 | 1.50 | 5.0 | 6 | 50 | 0 | 0 | 0 | 50 |",
    ]
    assert text.startswith("before\n") and text.endswith("after\n")
