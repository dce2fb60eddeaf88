"""Which figures of years that were over a release says something else of than the one before it."""

import hashlib

import duckdb
import pytest

from publishing.manifest import write_manifest
from publishing.restatement import AUDIENCE, count_restated

PLACE = "'A' as district_id, 'v' as variant, 'school' as entity_type, 'A1' as entity_id, 'year' as period"
REST = "'all' as subgroup, 'all' as breakdown, 1 as numerator, 1 as denominator, 1 as n, 'computed' as value_status"
PERIODS = """select * from (values
    (2024, 'year', date '2024-06-30'), (2024, 'summer', date '2024-08-31'), (2025, 'year', date '2025-06-30')
) as periods (school_year, period, ends_on)"""
BEFORE = (
    "(2024, 'M1', 1, 'computed'), (2024, 'M2', 2, 'computed'), (2024, 'M3', 3, 'reported'), (2025, 'M1', 4, 'computed')"
)


def write_release(folder, figures):
    folder.mkdir()
    with duckdb.connect(str(folder / AUDIENCE)) as connection:
        connection.execute(f"create table dim_period as {PERIODS}")
        connection.execute(
            f"create table fct_metric_value as select {PLACE}, {REST}, * "
            f"from (values {figures}) as f (school_year, metric_id, value, basis)"
        )
    sha256 = hashlib.sha256((folder / AUDIENCE).read_bytes()).hexdigest()
    write_manifest(folder, {"as_of": "2025-03-01", "files": {AUDIENCE: {"sha256": sha256}}})
    return folder


@pytest.mark.parametrize(
    ("now", "restated"),
    [
        (BEFORE, {}),
        (BEFORE.replace("'M1', 1", "'M1', 9"), {(2024, "M1"): 1}),
        (BEFORE.replace("(2024, 'M2', 2, 'computed'), ", ""), {(2024, "M2"): 1}),
        (f"{BEFORE}, (2024, 'M9', 1, 'computed')", {}),
        (BEFORE.replace("'M3', 3", "'M3', 9"), {}),
        (BEFORE.replace("'M1', 4", "'M1', 9"), {}),
    ],
    ids=["the same", "another value", "gone", "new", "reported", "of a year at work"],
)
def test_restated__are_computed_figures_of_years_that_were_over(tmp_path, now, restated):
    before = write_release(tmp_path / "before", BEFORE)
    found = count_restated(write_release(tmp_path / "now", now), before)
    assert found is not None
    assert {(row["school_year"], row["metric_id"]): row["n_figures"] for row in found} == restated


def test_restated__is_unknown_without_a_sound_release_before(tmp_path):
    now = write_release(tmp_path / "now", BEFORE)
    assert count_restated(now, None) is None
    before = write_release(tmp_path / "before", BEFORE)
    (before / AUDIENCE).write_bytes(b"changed")
    assert count_restated(now, before) is None


def test_restated__is_unknown_beside_a_release_of_another_version(tmp_path):
    before = write_release(tmp_path / "before", BEFORE)
    now = write_release(tmp_path / "now", BEFORE)
    with duckdb.connect(str(now / AUDIENCE)) as connection:
        connection.execute("alter table fct_metric_value drop column basis")
    assert count_restated(now, before) is None
