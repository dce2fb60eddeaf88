"""Which release a build is compared with, and how many figures a release says something else of."""

import hashlib
from datetime import date

import duckdb
import pytest

from ingestion.build_inputs import SELECTION_FILE
from ingestion.home import Home
from publishing.manifest import write_manifest
from publishing.release import point_to
from publishing.restatement import AUDIENCE, PARQUET, count_restated, find_earlier

FIGURES, RESTATED = (PARQUET.format(name) for name in ("fct_metric_value", "mart_restated_figure"))


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home").ensure()


def write_release(home, release_id, files=(FIGURES, RESTATED), selection=True):
    """A release with such files, made of a build of its own."""
    folder, build_id = home.releases / release_id, f"build-of-{release_id}"
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    home.build_folder(build_id).mkdir(parents=True)
    if selection:
        (home.build_folder(build_id) / SELECTION_FILE).write_text("selection")
    hashes = {name: {"sha256": hashlib.sha256(name.encode()).hexdigest()} for name in files}
    told = {"build_id": build_id, "as_of": "2025-03-01", "code_hash": "code", "config_hash": "config"}
    write_manifest(folder, {**told, "files": hashes})
    return folder


def test_earlier__is_none_before_the_first_release(home):
    assert find_earlier(home) is None


def test_earlier__is_the_current_release_with_its_files(home):
    folder = write_release(home, "r000001-aaaaaaaa")
    point_to(home, folder.name)
    found = find_earlier(home)
    assert found is not None
    assert (found.release_id, found.as_of) == (folder.name, date(2025, 3, 1))
    assert (found.code_hash, found.config_hash) == ("code", "config")
    assert (found.figures, found.restated) == (folder / FIGURES, folder / RESTATED)
    assert found.selection == home.build_folder(f"build-of-{folder.name}") / SELECTION_FILE


def test_earlier__is_never_newer_than_the_current_one(home):
    """Somebody went back: readers have the older release, and compare with what they have."""
    for release_id in ("r000001-aaaaaaaa", "r000002-bbbbbbbb"):
        write_release(home, release_id)
    point_to(home, "r000001-aaaaaaaa")
    found = find_earlier(home)
    assert found is not None and found.release_id == "r000001-aaaaaaaa"


@pytest.mark.parametrize("name", [FIGURES, RESTATED, "manifest.json"])
def test_earlier__is_the_last_sound_one_where_a_file_was_changed(home, name):
    for release_id in ("r000009-aaaaaaaa", "r000010-bbbbbbbb"):
        write_release(home, release_id)
    point_to(home, "r000010-bbbbbbbb")
    (home.releases / "r000010-bbbbbbbb" / name).write_text("changed")
    found = find_earlier(home)
    assert found is not None and found.release_id == "r000009-aaaaaaaa"


def test_earlier__of_a_restored_home_has_its_history_and_not_what_served_then(home):
    """Builds are made anew, not backed up."""
    folder = write_release(home, "r000001-aaaaaaaa", selection=False)
    point_to(home, "r000001-aaaaaaaa")
    found = find_earlier(home)
    assert found is not None
    assert (found.figures, found.restated, found.selection) == (folder / FIGURES, folder / RESTATED, None)


def test_earlier__of_a_version_that_told_nothing_restated(home):
    write_release(home, "r000001-aaaaaaaa", files=(FIGURES,))
    point_to(home, "r000001-aaaaaaaa")
    found = find_earlier(home)
    assert found is not None and found.restated is None


def count(folder, rows, compared_with):
    """What is counted of such restated figures by a build that was compared with such releases."""
    with duckdb.connect(str(folder / AUDIENCE)) as connection:
        names = "school_year, metric_id, release_id_before, build_id_after"
        connection.execute(f"create table mart_restated_figure as select * from (values {rows}) as f ({names})")
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute("create schema build")
        connection.execute("create table build.earlier_release (release_id varchar)")
        for release_id in compared_with:
            connection.execute("insert into build.earlier_release values (?)", [release_id])
    found = count_restated(folder, folder / "warehouse.duckdb")
    return found if found is None else [tuple(row.values()) for row in found]


def test_restated__are_counted_since_the_release_compared_with_by_year_and_metric(tmp_path):
    rows = "(2024, 'M2', 'r2', 'b3'), (2024, 'M1', 'r2', 'b3'), (2024, 'M1', 'r2', 'b3'), (2023, 'M1', 'r2', 'b3')"
    rows += ", (2023, 'M1', 'r1', 'b2')"
    assert count(tmp_path, rows, ["r2"]) == [(2023, "M1", 1), (2024, "M1", 2), (2024, "M2", 1)]


def test_restated__a_build_that_came_back_counts_what_it_restated_this_time(tmp_path):
    """A correction came, was taken back, and came again: the fourth release is of the second one's build."""
    rows = "(2024, 'M1', 'r1', 'b2'), (2024, 'M1', 'r2', 'b1'), (2024, 'M1', 'r3', 'b2')"
    assert count(tmp_path, rows, ["r3"]) == [(2024, "M1", 1)]


def test_restated__are_not_known_where_nothing_was_compared(tmp_path):
    """The releases before are lost or were changed: that is no release without a restated figure."""
    assert count(tmp_path, "(2024, 'M1', 'r1', 'b2')", []) is None
