"""The bench counts what the truth counts, measures real processes, and replaces only its own rows of the table."""

import json
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest

from synthetic.bench.bare import run
from synthetic.bench.change import change_attendance
from synthetic.bench.goals import write_goals
from synthetic.bench.landing import LARGE, compare, link_files
from synthetic.bench.measured import BenchFailed, Cost, measure, measure_import
from synthetic.bench.operations import read_selects, run_bare
from synthetic.bench.sampled import find_owner
from synthetic.bench.table import ATTENDANCE, EXTRACTION, GOALS, LANDING, NIGHTS, SPENDING, night_row
from synthetic.bench.typed import find_types
from synthetic.generate import generate
from tests.synthetic.counted import read_rows


def test_bare__counts_what_the_truth_counts(tmp_path: Path) -> None:
    made = generate(tmp_path / "made", scale=Fraction("0.002"), count=4, years=(2025,))
    (tmp_path / "bare").mkdir()
    types = find_types(made.collaborative, made.nights[0])
    run(made.nights[0], tmp_path / "bare", types, [])
    n_files = len(list(made.nights[0].rglob("*.csv")))
    assert len(list((tmp_path / "bare" / "staged").rglob("*.parquet"))) == n_files == len(types)
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
    """Of two frames, one called by the other."""
    outer, inner, stranger = {"__name__": "dbt.x"}, {"__name__": "ingestion.y"}, {"__name__": "json"}
    here = "import sys\ndef run(then): return then() if then else sys._getframe()"
    for scope in (outer, inner, stranger):
        exec(here, scope)  # noqa: S102
    assert find_owner(outer["run"](lambda: inner["run"](None))) == ("own", "ingestion.y")
    assert find_owner(inner["run"](lambda: outer["run"](None))) == ("dbt", "dbt.x")
    assert find_owner(outer["run"](lambda: stranger["run"](None))) == ("dbt", "dbt.x")
    assert find_owner(stranger["run"](None)) == ("other", "other")
    assert find_owner(None) == ("other", "other")


def test_measure_import__starts_python_and_imports(tmp_path: Path) -> None:
    assert 0 < measure_import("json", tmp_path / "log").cpu_seconds < 10
    with pytest.raises(BenchFailed, match="import no_such_module"):
        measure_import("no_such_module", tmp_path / "log")


def test_types__are_the_contracts_where_a_cell_is_written_as_sql_reads_it(tmp_path: Path) -> None:
    made = generate(tmp_path / "made", count=1, years=(2025,))
    types = find_types(made.collaborative, made.nights[0])
    district = made.districts[0].district_id
    lines = types[f"{district}/2025/gl_actuals.csv"]
    assert (lines["amount"], lines["account_id"]) == ("DECIMAL(18,2)", "VARCHAR")
    days = types[f"{district}/2025/attendance.csv"]
    assert (days["date"], days["student_local_id"]) == ("DATE", "VARCHAR")


def test_landing__counts_files_and_rows_and_compares(tmp_path: Path) -> None:
    made = generate(tmp_path / "made", count=1, years=(2025,))
    inbox = link_files(made.nights[0], tmp_path / "large", LARGE)
    files = list(inbox.rglob("*.csv"))
    assert {path.stem for path in files} == set(LARGE)
    row = dict(zip(LANDING.heading, compare("1", "some", made.collaborative, inbox, tmp_path / "bench"), strict=True))
    n_rows = sum(len(read_rows(path)) for path in files)
    assert (row["number"], row["rows"]) == (str(len(files)), f"{n_rows:,}")
    assert float(row["CPU s"]) > 0 and float(row["ratio"]) > 0
    landed = (tmp_path / "bench" / "home" / "landing").glob("*/school_year=*/district_id=*/*.parquet")
    assert len(list(landed)) == len(list((tmp_path / "bench" / "typed").glob("*.parquet"))) == len(files)


def _document(path: Path) -> Path:
    marks = "\n".join("\n".join(table.marks) for table in (NIGHTS, LANDING, SPENDING, ATTENDANCE, EXTRACTION, GOALS))
    path.write_text(f"before\n{marks}\nafter\n", encoding="utf-8")
    return path


def test_table__replaces_rows_of_the_same_scale_and_night(tmp_path: Path) -> None:
    path = _document(tmp_path / "benchmarks.md")
    old = night_row("0.1", "full", Cost(1, 1, 1), Cost(4, 5, 6), {"dbt": 1.0, "own": 2.0})
    NIGHTS.write(path, [old, night_row("0.01", "full", None, Cost(2, 2, 2), {})])
    NIGHTS.write(path, [night_row("0.1", "full", Cost(2, 1, 1), Cost(3, 5, 6), {"dbt": 1.5})])
    text = path.read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| 0")]
    assert rows == [
        "| 0.01 | full | 2.0 |  |  | 2.0 | 2 | 0 | 0 | 0 | 0 | 100 |",
        "| 0.1 | full | 3.0 | 2.0 | 1.50 | 5.0 | 6 | 50 | 0 | 0 | 0 | 50 |",
    ]
    assert text.startswith("before\n") and text.endswith("after\n")


def test_goals__are_held_against_the_rows_that_are_there(tmp_path: Path) -> None:
    path = _document(tmp_path / "benchmarks.md")
    costs = {("0.1", "full"): 40, ("0.1", "nothing new"): 4, ("0.1", "2 of 50 changed"): 8, ("1", "full"): 250}
    NIGHTS.write(path, [night_row(*key, Cost(20, 1, 1), Cost(cpu, 1, 1024), {}) for key, cpu in costs.items()])
    LANDING.write(path, [("0.1", "all extracts", "2", "9", "1", "6.0", "2.0", "3.00", "500", "4.50")])
    SPENDING.write(path, [("0.01", "5,000,000", "12.0", "8.0", "1.50", "1025", "300")])
    ATTENDANCE.write(path, [("absences alone", "9", "99", "3.2", "2.0", "1.60", "900", "300", "0")])
    EXTRACTION.write(path, [("postgresql", "9", "1.0", "1.5", "1.50", "99,999", "1", "1")])
    GOALS.write_whole(path, [("a goal of before", "1", "yes")])
    write_goals(path, 0.25)
    found = {row[0]: row[1:] for row in GOALS.read(path.read_text(encoding="utf-8"))}
    assert found == {
        "full night at scale 0.1, CPU s: at most 74": ("40.0", "yes"),
        "peak memory at scale 0.1, MiB: at most 1024": ("1024.0", "yes"),
        "second night's data work at scale 0.1, of the full night's: at most 0.1": ("0.11", "no"),
        "full night at scale 1, CPU s: at most 74": ("250.0", "no"),
        "peak memory at scale 1, MiB: at most 1024": ("1024.0", "yes"),
        "ten times the data, scale 1, times the CPU: at most 6": ("6.25", "no"),
        "landing all extracts at scale 0.1, times DuckDB alone: at most 2.5": ("3.00", "no"),
        "nothing new at scale 0.1, ms a file: at most 5": ("4.50", "yes"),
        "5,000,000 ledger lines to spending and equity, times bare SQL: at most 1.5": ("1.50", "yes"),
        "peak memory of 5,000,000 ledger lines, MiB: at most 1024": ("1025.0", "no"),
        "99 rows of attendance, absences alone, to student support, times bare SQL: at most 1.5": ("1.60", "no"),
        "peak memory of 99 rows of attendance, absences alone, MiB: at most 1024": ("900.0", "yes"),
        "extraction from postgresql, times the driver alone: at most 1.5": ("1.50", "yes"),
        "rows per CPU s by PostgreSQL's `COPY`: at least 100,000": ("99,999", "no"),
        "importing `ingestion`, CPU s: at most 1": ("0.25", "yes"),
    }


def test_operations__are_made_again_by_the_selects_that_dbt_ran(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    made = {"a": ("incremental", "select 2 as n"), "b": ("view", "select n + 1 as n from measures.a")}
    nodes = {
        name: {"name": name, "schema": "measures", "config": {"materialized": kind}} for name, (kind, _) in made.items()
    }
    results = [{"unique_id": name, "compiled_code": select} for name, (_, select) in made.items()]
    (tmp_path / "target" / "manifest.json").write_text(json.dumps({"nodes": nodes}))
    (tmp_path / "target" / "run_results.json").write_text(json.dumps({"results": results}))
    (tmp_path / "selects.json").write_text(json.dumps(read_selects(tmp_path)))
    build = tmp_path / "build.duckdb"
    with duckdb.connect(str(build)) as connection:
        connection.execute("create schema measures; create table measures.a as select 1 as n")
        connection.execute("create view measures.b as select 9 as n")
    run_bare(build, tmp_path / "selects.json")
    with duckdb.connect(str(build)) as connection:
        assert connection.execute("select a.n, b.n from measures.a, measures.b").fetchall() == [(2, 3)]
