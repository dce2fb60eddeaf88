"""M01 compares a mart with the rows of the last release that nobody decided to leave out."""

import duckdb
import pytest

from expectations.mart_rules import _rows_of_who_is_left
from ingestion.home import Home


@pytest.fixture
def home(tmp_path):
    """A release of two districts and two years, and a build in which some slots are held, some empty."""
    home = Home(tmp_path / "home").ensure()
    home.work.mkdir(parents=True, exist_ok=True)
    folder = home.releases / "r1"
    folder.mkdir(parents=True)
    home.current_release.symlink_to("r1")
    with duckdb.connect(str(folder / "collaborative.duckdb")) as connection:
        connection.execute(
            "create table mart_a as select d as district_id, y as school_year "
            "from unnest(['A', 'B']) as a(d), unnest([2016, 2017, 2017]) as b(y)"
        )
        connection.execute("create table mart_b as select district_id, school_year as fiscal_year from mart_a")
        connection.execute("create table mart_of_all as select 2017 as school_year")
        connection.execute(
            "create table dim_delivery_status as select * from (values"
            " ('A', 'finance', 2017, 'admitted'), ('A', 'student', 2017, 'admitted'),"
            " ('B', 'finance', 2017, 'never_admitted'), ('B', 'student', 2017, 'admitted')"
            ") as s(district_id, domain, school_year, state)"
        )
    with duckdb.connect(str(home.build_file)) as connection:
        connection.execute("create schema build")
        connection.execute(
            "create table build.delivery_status"
            " (district_id text, domain text, school_year integer, is_held boolean, state text)"
        )
    return home


def count(home, *rows):
    with duckdb.connect(str(home.build_file)) as connection:
        for row in rows:
            connection.execute("insert into build.delivery_status values (?, ?, ?, ?, ?)", row)
    return _rows_of_who_is_left(home)


def test_rows_of_who_is_left__are_without_what_is_held_and_empty(home):
    assert count(home, ("A", "finance", 2017, True, "never_admitted")) == {"mart_a": 4, "mart_b": 4}


@pytest.mark.parametrize(
    "row", [("A", "finance", 2017, False, "never_admitted"), ("A", "finance", 2017, True, "admitted")]
)
def test_rows_of_who_is_left__count_for_what_nobody_left_out(home, row):
    assert count(home, row) == {}


def test_rows_of_who_is_left__count_beside_a_first_file_that_was_refused(home):
    refused, new = ("B", "finance", 2017, True, "never_admitted"), ("B", "operations", 2017, True, "never_admitted")
    assert count(home, refused, new) == {}


def test_rows_of_who_is_left__before_the_first_release(home):
    home.current_release.unlink()
    assert count(home, ("A", "finance", 2017, True, "never_admitted")) == {}
