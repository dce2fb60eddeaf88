"""The pages of states: every published figure of every row beside ours, as their tables say."""

from decimal import Decimal

import pytest

from tests.states.comparing import Printed, compare
from tests.states.pages import PAGES, compared, with_table

pytestmark = pytest.mark.real_records

EXPLAINED = {("texas", 2015, "operating total as printed"), ("texas", 2016, "operating total as printed")}
"""From 2015 the printed total takes in community services."""
CLOSE = Decimal("0.0000000001")


@pytest.mark.parametrize("name", PAGES)
def test_a_states_page_says_what_its_files_say(name, repository, real_records):
    page = (repository / "docs" / "states" / f"{name}.md").read_text(encoding="utf-8")
    rows = compared(name, repository, real_records)
    assert with_table(page, rows) == page
    off = {(name, row.year, row.label) for row in rows if row.largest > CLOSE or row.unlike}
    assert off == {each for each in EXPLAINED if each[0] == name}


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


def test_texas_prints_community_services_in_the_total_from_2015(repository, real_records):
    rows = {(row.year, row.label): row for row in compared("texas", repository, real_records)}
    for year in (2012, 2013, 2014):
        assert rows[year, "operating total as printed"].largest == 0
    assert (
        rows[2015, "operating total as printed"].ours - rows[2015, "operating total as printed"].published
        < -200_000_000
    )


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
