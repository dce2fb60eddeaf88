"""The pages of states: every published figure of every row beside ours, as their tables say."""

from decimal import Decimal

import pytest

from ingestion.configuration import load_collaborative
from ingestion.identities import holds
from tests.states.attendance import EQUAL, chronic_cells
from tests.states.comparing import Printed, compare
from tests.states.pages import PAGES, compared, our_figures, written

pytestmark = pytest.mark.real_records

EXPLAINED = {
    **{("texas", year, "operating total as printed"): Decimal(20_000_000) for year in (2015, 2016)},
    ("massachusetts", 2017, "sum of the ten functions"): Decimal("0.00001"),
    **{
        ("massachusetts", year, f"{name} dollars over pupils"): Decimal("5.34")
        for year in (2016, 2020, 2021)
        for name in ("in-district", "total")
    },
    **{
        ("new_york_city", year, f"{name} rate"): EQUAL
        for year in range(2018, 2023)
        for name in ("attendance", "chronic absence")
    },
}
"""From 2015 Texas' total takes in community services; Massachusetts' rates and pupils are printed rounded, New York
City's rates are single-precision floats."""
CLOSE = Decimal("0.0000000001")


@pytest.mark.parametrize("name", PAGES)
def test_a_states_page_says_what_its_files_say(name, repository, real_records):
    page = (repository / "docs" / "states" / f"{name}.md").read_text(encoding="utf-8")
    rows = compared(name, repository, real_records)
    assert written(name, page, repository, real_records) == page
    off = {(name, row.year, row.label): row.largest for row in rows if row.largest > CLOSE}
    assert {key for key in EXPLAINED if key[0] == name} == set(off)
    assert all(largest < EXPLAINED[key] for key, largest in off.items())
    assert [row.unlike for row in rows if row.unlike] == []


def test_rows_that_are_compared(repository, real_records):
    """All of them: districts that no page leaves out."""
    counted = {
        (name, row.year, row.label): row.n_figures for name in PAGES for row in compared(name, repository, real_records)
    }
    assert counted["federal", 2019, "total per pupil"] == 12_768
    assert [counted["new_york", year, "pupils"] for year in range(2012, 2023)] == [
        *(693, 693, 688, 691, 691, 691, 691, 691, 690, 689, 688)
    ]
    assert [counted["texas", year, "total per pupil"] for year in range(2012, 2017)] == [1182, 1188, 1195, 1201, 1199]
    assert counted["oregon", 2019, "school total per pupil"] == 1_241
    assert counted["massachusetts", 2017, "in-district per pupil"] == 322 + 1
    assert sum(counted["new_york_city", year, "chronic absence rate"] for year in range(2018, 2023)) == 38_539


def test_every_chronic_absence_rate_of_new_york_city_is_ours_or_suppressed(repository, real_records):
    ours = our_figures("new_york_city", repository, real_records)
    cells = chronic_cells(real_records, ours)
    assert [sum(getattr(each, name) for each in cells.values()) for name in ("printed", "equal", "suppressed")] == [
        *(38_938, 38_539, 399)
    ]
    changed = {key: rate + 2 * EQUAL if key[2:] == ("SS.A11", "all", "rate") else rate for key, rate in ours.items()}
    unlike = {name: each.unlike for name, each in chronic_cells(real_records, changed).items() if each.unlike}
    assert list(unlike) == ["All Students"] and len(unlike["All Students"]) == 165


def test_texas_prints_community_services_in_the_total_from_2015(repository, real_records):
    rows = {(row.year, row.label): row for row in compared("texas", repository, real_records)}
    for year in (2012, 2013, 2014):
        assert rows[year, "operating total as printed"].largest == 0
    assert (
        rows[2015, "operating total as printed"].ours - rows[2015, "operating total as printed"].published
        < -200_000_000
    )


def test_rounding_explains_every_rate_but_one(repository, real_records):
    """A printed tenth of a pupil: half of it times the rate over pupils, and half a cent."""
    ours = our_figures("massachusetts", repository, real_records)
    outside, n_checked = set(), 0
    for (year, entity, metric, _, part), rate in ours.items():
        if part == "value" and metric in ("PPE.D02", "PPE.D03") and year != 2017:
            dollars, pupils = (ours[year, entity, metric, "all", each] for each in ("numerator", "denominator"))
            n_checked += 1
            if abs(dollars / pupils - rate) > rate * Decimal("0.05") / pupils + Decimal("0.005"):
                outside.add((entity, year, metric, round(abs(dollars / pupils - rate), 4)))
    assert n_checked == 2 * (323 + 402 + 399)
    assert {each[:2] for each in outside} == {("04110000", 2020)}
    assert {each[3] for each in outside} == {Decimal("1.6904")}


@pytest.mark.parametrize(
    ("dollars", "pupils", "printed", "is_sound"),
    [
        ("33667339.55", "2151.3", "15649.77", True),
        ("38794704.12", "2296.7", "16891.50", True),
        ("22455445", "1423.0", "15780.91", True),
        ("22455445", "1423.0", "15780.92", False),
        ("33667339.55", "2151.3", "15650.14", False),
    ],
)
def test_the_states_table_of_2024_by_the_rounding_rule(repository, dollars, pupils, printed, is_sound):
    """Abington to the cent, and Abby Kelley, whose pupils are printed to a tenth."""
    collaborative = load_collaborative(repository / "collaboratives" / "massachusetts")
    mapping = next(each for each in collaborative.mappings if each.mapping == "ma_per_pupil_expenditures")
    for name in ("in_district", "total"):
        numbers = {
            f"{name}_usd": Decimal(dollars),
            f"{name}_fte": Decimal(pupils),
            f"{name}_per_pupil": Decimal(printed),
        }
        assert holds(mapping.identities[f"{name}_per_pupil"], numbers) is is_sound


def test_oregons_schools_stand_beside_the_poverty_of_their_district(repository, real_records):
    ours = our_figures("oregon", repository, real_records)
    schools = {entity for _, entity, metric, _, part in ours if (metric, part) == ("PPE.S05r", "value")}
    districts = {entity for _, entity, metric, _, part in ours if (metric, part) == ("SS.D05", "value")}
    assert (len(schools), len(districts)) == (1241, 196)
    assert {school[:7] for school in schools} <= districts


def test_a_figure_that_only_one_of_the_two_has_is_seen():
    printed = [
        Printed(2020, "a", "one", "M", "value", Decimal(5)),
        Printed(2020, "a", "two", "M", "value", None),
        Printed(2020, "a", "three", "M", "value", Decimal("1.5")),
        Printed(2020, "a", "four", "M", "value", None),
    ]
    ours = {(2020, entity, "M", "all", "value"): Decimal(number) for entity, number in (("two", 1), ("three", 1))}
    (row,) = compare(printed, ours)
    assert (row.n_figures, row.unlike, row.largest) == (1, ["one", "two"], Decimal("0.5"))
