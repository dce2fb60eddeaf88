"""The picture of spending against need: a share that nobody sent is not a share of nobody."""

import duckdb
import pytest
from rich.console import Console

from ingestion.home import Home
from schoolstat import plot
from schoolstat.errors import Unanswerable
from schoolstat.query import Answer

RELEASE = """
create table dim_district as select 'A' as district_id, 'Alder' as district_name;
create table mart_per_pupil_spending as
select
    'PPE.S05' as metric_id, v.variant, 'school' as entity_type, 'all' as subgroup, s.district_id, s.entity_id,
    y.school_year, v.value
from (values ('essa', 20000.5), ('essa_october_count', 19000.5)) as v (variant, value)
cross join (values ('A', 'A1'), ('A', 'A2'), ('B', 'B1'), ('B', 'B2'), ('C', 'C1')) as s (district_id, entity_id)
cross join (values (2024), (2025)) as y (school_year);
create table mart_student_support (
    district_id varchar, entity_id varchar, school_year integer, subgroup varchar, denominator integer,
    metric_id varchar default 'SS.A05', entity_type varchar default 'school', breakdown varchar default 'all'
);
insert into mart_student_support (district_id, entity_id, school_year, subgroup, denominator) values
    ('A', 'A1', 2025, 'all', 80), ('A', 'A1', 2025, 'low_income', 20), ('A', 'A2', 2025, 'all', 50),
    ('B', 'B1', 2025, 'all', 40), ('B', 'B2', 2025, 'all', 60), ('B', 'B2', 2025, 'white', 30),
    ('C', 'C1', 2025, 'all', 0), ('A', 'A1', 2024, 'all', 70), ('B', 'B1', 2024, 'all', 70),
    ('B', 'B1', 2024, 'low_income', 35);
create table dim_period (period varchar, school_year integer, ends_on date);
insert into dim_period values ('year', 2024, '2024-06-30'), ('year', 2025, '2025-06-30');
create table dim_delivery_status (
    district_id varchar, domain varchar, school_year integer, state varchar, data_through date
);
insert into dim_delivery_status values
    ('A', 'finance', 2024, 'admitted', '2024-06-30'), ('B', 'finance', 2024, 'admitted', '2024-03-31'),
    ('A', 'student', 2024, 'admitted', '2024-06-30'), ('A', 'staff', 2024, 'admitted', '2024-01-31'),
    ('A', 'finance', 2025, 'admitted', '2025-03-31'), ('A', 'student', 2025, 'admitted', '2025-06-30'),
    ('B', 'finance', 2025, 'never_admitted', '2025-06-30');
"""


@pytest.fixture
def ask(monkeypatch, tmp_path):
    """Ask a release of three districts: A sends who has a low income in 2025 alone, B in 2024 alone."""
    with duckdb.connect() as connection:
        connection.execute(RELEASE)
        monkeypatch.setattr(
            plot, "run_query", lambda _home, sql, _audience: Answer([], connection.execute(sql).fetchall())
        )
        yield lambda year=None: plot.find_spending_against_need(Home(tmp_path), year)


def test_plot__leaves_out_schools_whose_need_nobody_sent(ask):
    found = ask()
    assert [(school.school_id, school.need) for school in found.schools] == [("A1", 0.25), ("A2", 0.0)]
    assert (found.school_year, found.n_left_out) == (2025, 2)
    assert found.to_dict()["n_left_out"] == 2
    assert "2 schools; several districts at one place: *; the year is not over" in say(found)
    assert "left out: 2 schools of districts that sent" in say(found)


def test_plot__knows_each_year_by_itself(ask):
    found = ask(2024)
    assert [(school.school_id, school.need) for school in found.schools] == [("B1", 0.5)]
    assert found.n_left_out == 1
    assert "left out: 1 school of" in say(found)


def test_plot__says_nothing_of_schools_left_out_when_there_are_none():
    found = plot.SpendingAgainstNeed(2025, (plot.SchoolPoint("A", 2025, "A1", 0.2, 20_000.0),), {"A": "Alder"})
    assert "left out" not in say(found)


def test_plot__without_any_need_there_is_no_picture(ask):
    with pytest.raises(Unanswerable, match="in 2023"):
        ask(2023)


def test_plot__a_year_that_goes_on_is_marked(ask):
    assert "dollars per pupil, 2025 to date" in say(ask(2025))
    assert "the year is not over" in say(ask(2025))
    assert ask(2025).to_dict()["is_unfinished"] is True


def test_plot__a_year_that_is_over_is_not(ask):
    assert "to date" not in say(ask(2024))
    assert ask(2024).to_dict()["is_unfinished"] is False


def say(found) -> str:
    console = Console(width=200)
    with console.capture() as captured:
        console.print(found.render())
    return captured.get()
