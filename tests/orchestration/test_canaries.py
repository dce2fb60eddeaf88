"""A value in whatever goes wrong: each failing path as a step of a real Dagster run, and every place looked into."""

import logging
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import duckdb
import psycopg
import pytest
import sqlalchemy as sa

from expectations.doors import DoorResult, door_2, door_3
from expectations.quality_page import write_quality_page
from ingestion.home import Home
from ingestion.night_record import read_night, record_night, start_night
from ingestion.sources import fetch
from orchestration import dbt_runner, steps
from orchestration.dbt_runner import DbtOutcome, DbtRunner
from orchestration.failures import sanitized
from publishing.targets import follow
from publishing.targets.postgres_server import in_words
from publishing.targets.words import TargetFault
from schoolstat.ui import DAGSTER_YAML
from tests.canaries import find_canaries
from tests.expectations.made_build import Workshop, make_workshop
from tests.ingestion.pupil_files import write_collaborative

CANARIES = ("Mariacanary", "123-45-6789", "12 Canary Street", "2011-12-13")
VALUE = "Mariacanary 123-45-6789, 12 Canary Street, 2011-12-13"


def raise_of_duckdb(home: Home) -> None:
    with duckdb.connect() as connection:
        connection.execute("select cast(? as integer)", [VALUE])


def raise_of_a_csv(home: Home) -> None:
    """DuckDB quotes the whole line."""
    path = home.archive / "raw.csv"
    path.write_text(f"a,b\n1,2\n{VALUE},x,y,z\n")
    with duckdb.connect() as connection:
        connection.execute(
            f"from read_csv('{path}', columns = {{'a': 'integer', 'b': 'integer'}}, auto_detect = false)"
        )


def raise_of_sqlalchemy(home: Home) -> None:
    with sa.create_engine("sqlite://").begin() as connection:
        connection.execute(sa.text("create table t (a integer check (a > 0))"))
        connection.execute(sa.text("insert into t values (:value)"), {"value": VALUE})
        connection.execute(sa.text("insert into t values (:value, 1)"), {"value": VALUE})


def raise_with_a_cause(home: Home) -> None:
    try:
        raise KeyError(VALUE)
    except KeyError as error:
        raise RuntimeError(f"no such pupil: {VALUE}") from error


def raise_a_group(home: Home) -> None:
    raise ExceptionGroup(VALUE, [ValueError(VALUE), TypeError(VALUE)])


def fail_a_source(home: Home) -> None:
    """A database's message is told by its class alone, in the outcome and in the log."""
    source = SimpleNamespace(source="sis")
    try:
        raise psycopg.errors.InvalidTextRepresentation(f'invalid input syntax for type integer: "{VALUE}"')
    except psycopg.Error as error:
        record_night(home, sources=[fetch._log_unexpected(source, error)])  # pyright: ignore[reportArgumentType]


def fail_a_target(home: Home) -> None:
    """Loading says which kind of error, never the row."""

    def load() -> str:
        with in_words():
            raise psycopg.errors.CheckViolation(f"Failing row contains ({VALUE}).")

    def read() -> str:
        raise duckdb.ConversionException(f"Could not convert '{VALUE}' to INT32")

    outcomes = [follow._try("postgres", "r000001-a", load), follow._try("s3", "r000001-a", read)]
    assert [one.outcome for one in outcomes] == ["failed", "failed"]
    record_night(home, targets=[one.message for one in outcomes])
    with pytest.raises(TargetFault) as told, in_words():
        raise psycopg.errors.DataError(VALUE)
    raise dg.Failure(description=str(told.value))


def fail_a_model(home: Home) -> None:
    """dbt prints what the database says, which quotes the cell: what it prints goes nowhere that is kept."""
    outcome = DbtRunner().build(home, ("bad",), from_nothing=True)
    assert not outcome.success
    (told,) = (home.archive / "errors").glob("dbt-*.txt")
    assert "Mariacanary" in told.read_text() and told.stat().st_mode & 0o077 == 0
    raise dg.Failure(description=f"dbt: {outcome.failed()} {outcome.error_class}")


def fail_door_2(home: Home) -> None:
    """One rule fails where a value stands beside its figures, and the database quotes another to rules about pupils."""
    workshop = make_workshop(home.path)
    workshop.change(
        f"update measures.measure_reported set value = value + 1, vintage = '{VALUE}' "
        "where district_id = '00020000' and breakdown = 'function=teachers'"
    )
    workshop.change(f"update measures.measure_reported set entity_id = '{VALUE}' where district_id = '00030000'")
    workshop.change("alter table conformed.fct_enrollment alter entry_date type varchar")
    workshop.change(
        "insert into conformed.fct_enrollment (district_id, school_year, student_key, entry_date, last_date) "
        f"values ('00010000', 2018, 1, '{VALUE}', date '2018-06-30')"
    )
    refuse("door_2", workshop, door_2(home, workshop.ledger, workshop.inputs, workshop.collaborative), "F05")


def fail_door_3(home: Home) -> None:
    """A key is empty in a row that names somebody, and a figure cannot be cast."""
    workshop = make_workshop(home.path)
    assert door_2(home, workshop.ledger, workshop.inputs, workshop.collaborative).passed
    workshop.change(
        f"update marts.fct_metric_value set variant = null, entity_id = '{VALUE}' where district_id = '00010000'"
    )
    refuse("door_3", workshop, door_3(home, workshop.ledger, workshop.inputs, workshop.collaborative), "M02")


def refuse(name: str, workshop: Workshop, found: DoorResult, rule_id: str) -> None:
    """Tell of a door that said no as the night does: its record, the quality page, and the end of the step."""
    assert rule_id in found.failed, found
    assert name == "door_3" or found.could_not_run, found
    start_night(workshop.home)
    steps._record_door(workshop.home, name, DbtOutcome(success=True, nodes={}), found)
    page = write_quality_page(
        workshop.home, workshop.ledger, write_collaborative(workshop.home.path.parent / "collaborative")
    )
    assert rule_id in page.read_text(encoding="utf-8")
    workshop.ledger.close()
    raise steps.NightRefused(read_night(workshop.home)["refused"])


PATHS: dict[str, tuple[Callable[[Home], None], str]] = {
    "a cell that DuckDB cannot cast": (raise_of_duckdb, "ConversionException"),
    "a line that DuckDB cannot read": (raise_of_a_csv, "Exception; details are in archive/errors/"),
    "a row that SQLAlchemy cannot write": (raise_of_sqlalchemy, "OperationalError"),
    "an error with a cause": (raise_with_a_cause, "RuntimeError"),
    "a group of errors": (raise_a_group, "ExceptionGroup"),
    "a source that fails": (fail_a_source, ""),
    "a target that fails": (fail_a_target, "went away (DataError)"),
    "a model that fails": (fail_a_model, "dbt: ['model.tiny.bad']"),
    "a failed door 2": (fail_door_2, "door 2 refused the build: F05 failed in 00020000"),
    "a failed door 3": (fail_door_3, "door 3 refused the build: M02"),
}
"""Each path, and what the run says of it; nothing where the night goes on."""


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home with a Dagster instance of its own, and a dbt project of one model that fails on a cell."""
    home = Home(tmp_path / "home").ensure()
    (home.dagster / "dagster.yaml").write_text(DAGSTER_YAML)
    monkeypatch.setenv("DAGSTER_HOME", str(home.dagster))
    with duckdb.connect(str(home.build_file)) as connection:
        connection.execute("create table pupil as select $1 as name", [VALUE])
    project = tmp_path / "tiny"
    (project / "models").mkdir(parents=True)
    table = "{{ config(materialized='table') }}"
    (project / "models" / "bad.sql").write_text(f"{table} select cast(name as integer) as n from main.pupil")
    (project / "dbt_project.yml").write_text(
        "name: tiny\nprofile: tiny\nversion: '1.0.0'\nflags: {send_anonymous_usage_stats: false}\n"
    )
    database = "\"{{ env_var('SCHOOLSTAT_BUILD_FILE') }}\""
    output = f"{{type: duckdb, path: {database}, threads: 1}}"
    (project / "profiles.yml").write_text(f"tiny:\n  target: main\n  outputs:\n    main: {output}\n")
    monkeypatch.setattr(dbt_runner, "PROJECT", project)
    monkeypatch.setattr(dbt_runner, "MANIFEST", project / "target" / "manifest.json")
    return home


def run(home: Home, path: str) -> dg.ExecuteInProcessResult:
    """One step of a job on the home's instance."""

    @dg.op
    def step() -> None:
        with sanitized(path, home):
            PATHS[path][0](home)

    @dg.job
    def night() -> None:
        step()

    with dg.DagsterInstance.get() as instance:
        return night.execute_in_process(instance=instance, raise_on_error=False)


@pytest.mark.parametrize("path", PATHS)
def test_canaries__are_in_no_place_that_is_kept(path, home, capfd, caplog):
    caplog.set_level(logging.DEBUG)
    result = run(home, path)
    restricted = (home.archive, home.vault, home.build_file)
    kept = [file for file in home.dagster.rglob("*") if file.is_file()]
    assert {"runs.db", "index.db"} <= {file.name for file in kept}
    assert any("compute_logs" in file.parts for file in kept)
    assert find_canaries(home.path, CANARIES, besides=restricted) == []
    assert [canary for canary in CANARIES if canary in str(read_night(home)) + caplog.text] == []
    failures = [event for event in result.all_node_events if event.is_step_failure]
    said = [str(event.step_failure_data.user_failure_data.description) for event in failures]
    assert [PATHS[path][1] in each for each in said] == [True] * (path != "a source that fails"), said
    assert not any(canary in str(event) for event in failures for canary in CANARIES)


def test_canaries__of_a_step_that_is_not_sanitized_would_be_found(home, monkeypatch):
    monkeypatch.setitem(globals(), "sanitized", lambda *_: nullcontext())
    run(home, "an error with a cause")
    assert {Path(file).suffix for file, _ in find_canaries(home.dagster, CANARIES)} >= {".db"}
