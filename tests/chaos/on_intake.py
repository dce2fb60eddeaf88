"""Before a release: a night killed while files land, while dbt builds, and while the doors look."""

import shutil
import time
from collections import Counter
from pathlib import Path

import duckdb

from ingestion.build_inputs import discard_build
from ingestion.collaborative import Collaborative
from ingestion.home import Home
from ingestion.inbox import process_inbox
from ingestion.landing import slot_path
from ingestion.ledger import Ledger, open_ledger
from orchestration import dbt_runner
from orchestration.dbt_runner import DbtRunner
from publishing.release import publish
from tests.chaos.children import kill_at_random
from tests.chaos.on_files import judge_release
from tests.ingestion.pupil_files import (
    ADA,
    BEN,
    CYD,
    A,
    B,
    change,
    write_attendance,
    write_collaborative,
    write_students,
)
from tests.publishing.conftest import SECOND, open_workshop, pass_doors

Landed = dict[tuple[str, str, int], tuple[int, str]]
MODELS = {
    "first": "select n, n * 2 as twice from main.number",
    "second": "select n, twice, sum(twice) over (order by n) as so_far from {{ ref('first') }}",
    "third": "select count(*) as n_rows, max(so_far) as so_far from {{ ref('second') }}",
}
TABLES = ("first", "second", "third")
SUMS = {"first": (2_000, 1_999_000), "second": (2_000, 1_999_000), "third": (1, 2_000)}
"""Rows, and the sum of the first column, of each model built whole."""


def kill_while_landed(folder: Path, n_kills: int) -> Counter[str]:
    """Kill a night at random moments of reading and landing; what the ledger knows is whole, and the next completes."""
    collaborative, inbox = write_collaborative(folder / "collaborative"), folder / "inbox"
    for district in (A, B):
        write_students(inbox, district, ADA, BEN, change(CYD, student_local_id=f"LOCAL{district}"))
        write_students(inbox, district, CYD, school_year=2025)
        write_attendance(inbox, district, "LOCALADA1", "LOCALBEN2", "LOCALADA1")
    control = Home(folder / "control")
    began = time.monotonic()
    _land(control, collaborative, inbox)
    seconds, wanted = time.monotonic() - began, _landed(control)
    seen: Counter[str] = Counter()
    for number in range(n_kills):
        home = Home(folder / f"home_{number}")
        seen["killed"] += kill_at_random(lambda home=home: _land(home, collaborative, inbox), seconds * 1.1)
        known = _landed(home)
        seen["sound" if known.items() <= wanted.items() else "mixed"] += 1
        _land(home, collaborative, inbox)
        seen["next night works" if _landed(home) == wanted else "lost"] += 1
        shutil.rmtree(home.path)
    return seen


def _land(home: Home, collaborative: Collaborative, inbox: Path) -> None:
    ledger = open_ledger(home.ensure())
    process_inbox(home, ledger, collaborative, inbox)
    ledger.close()


def _landed(home: Home) -> Landed:
    """Every slot that the ledger knows, with its rows' lines as they lie in its file; surrogates differ by home."""
    ledger = open_ledger(home.ensure())
    found = dict(_slots(home, ledger))
    ledger.close()
    return found


def _slots(home: Home, ledger: Ledger) -> Landed:
    found: Landed = {}
    for delivery in ledger.deliveries():
        for slot in ledger.slots(delivery["delivery_id"]):
            place = (delivery["contract"], slot["school_year"], slot["district_id"], delivery["delivery_id"])
            with duckdb.connect() as connection:
                source = f"read_parquet('{slot_path(home, *place)}', hive_partitioning = false)"
                told = f"select count(*), string_agg(source_line, ',' order by source_line) from {source}"
                rows, lines = connection.execute(told).fetchall()[0]
            key = (slot["district_id"], slot["extract"], slot["school_year"])
            found[key] = (rows, str(lines)) if rows == slot["n_rows"] else (-1, "not what the ledger says")
    return found


def kill_while_judged(folder: Path, second_home: Path, n_kills: int) -> Counter[str]:
    """Kill doors 2 and 3 at random moments; readers keep their release, and the same build passes afterwards."""
    seen: Counter[str] = Counter()
    timed = Home(shutil.copytree(second_home, folder / "timed", symlinks=True))
    began = time.monotonic()
    _judge(timed)
    seconds = time.monotonic() - began
    for number in range(n_kills):
        home = Home(shutil.copytree(second_home, folder / f"home_{number}", symlinks=True))
        seen["killed"] += kill_at_random(lambda home=home: _judge(home), seconds * 1.1)
        seen[judge_release(home)] += 1
        _judge(home)
        workshop = open_workshop(home.path, SECOND)
        published = publish(home, workshop.ledger, SECOND, workshop.collaborative)
        workshop.ledger.close()
        works = published.is_current and published.build_id == SECOND and judge_release(home) == "sound"
        seen["next night works" if works else "lost"] += 1
        shutil.rmtree(home.path)
    return seen


def _judge(home: Home) -> None:
    """Both doors of the second build, from the file that dbt left."""
    workshop = open_workshop(home.path, SECOND)
    finished = home.build_folder(SECOND) / home.build_file.name
    if finished.exists():
        finished.replace(home.build_file)
    pass_doors(workshop)
    workshop.ledger.close()


def kill_while_built(folder: Path, second_home: Path, n_kills: int) -> Counter[str]:
    """Kill dbt at random moments of its models; readers keep their release, and the next build is whole."""
    home = Home(shutil.copytree(second_home, folder / "home", symlinks=True))
    project, kept = _write_project(folder / "tiny"), (dbt_runner.PROJECT, dbt_runner.MANIFEST)
    dbt_runner.PROJECT, dbt_runner.MANIFEST = project, project / "target" / "manifest.json"
    seen: Counter[str] = Counter()
    try:
        _build(home)
        began = time.monotonic()
        _build(home)
        seconds = time.monotonic() - began
        for _ in range(n_kills):
            seen["killed"] += kill_at_random(lambda: _build(home), seconds * 1.1)
            seen[judge_release(home)] += 1
            _build(home)
            seen["next night works" if _sums(home) == SUMS else "lost"] += 1
    finally:
        dbt_runner.PROJECT, dbt_runner.MANIFEST = kept
    return seen


def _write_project(folder: Path) -> Path:
    (folder / "models").mkdir(parents=True)
    for name, sql in MODELS.items():
        (folder / "models" / f"{name}.sql").write_text("{{ config(materialized='table') }} " + sql)
    (folder / "dbt_project.yml").write_text(
        "name: tiny\nprofile: tiny\nversion: '1.0.0'\nflags: {send_anonymous_usage_stats: false}\n"
    )
    output = "{type: duckdb, path: \"{{ env_var('SCHOOLSTAT_BUILD_FILE') }}\", threads: 1}"
    (folder / "profiles.yml").write_text(f"tiny:\n  target: main\n  outputs:\n    main: {output}\n")
    return folder


def _build(home: Home) -> None:
    """As a night does: whatever was left goes, the inputs are written, and dbt builds."""
    discard_build(home)
    with duckdb.connect(str(home.build_file)) as connection:
        connection.execute("create table number as select range as n from range(2000)")
    outcome = DbtRunner().build(home, TABLES, from_nothing=True)
    if not outcome.success:
        raise RuntimeError(f"dbt: {outcome.failed()} {outcome.error_class}")


def _sums(home: Home) -> dict[str, tuple[int, int]]:
    with duckdb.connect(str(home.build_file), read_only=True) as connection:
        asked = {name: f"select count(*), sum(columns(*))::bigint from (select * from {name})" for name in TABLES}
        return {name: tuple(connection.execute(sql).fetchall()[0][:2]) for name, sql in asked.items()}
