"""All of the state's files in one refresh from empty: the facts that are known of them must come out of the marts."""

import os
import shutil
from decimal import Decimal
from unittest.mock import patch

import duckdb
import pytest

from ingestion.home import Home
from publishing.release import open_release
from schoolstat.refresh import RELEASED, run_night
from tests.states.ours import served
from tests.states.pages import compared_with

pytestmark = [pytest.mark.real_records, pytest.mark.xdist_group("massachusetts_whole")]

FOLDERS = ("ma_dese_profiles", "ma_public_schools_2017")
IN_DISTRICT, TOTAL = "PPE.D02", "PPE.D03"
CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def night(real_records, repository, tmp_path_factory):
    """The first night over the whole inbox: its home and its summary."""
    folder = tmp_path_factory.mktemp("massachusetts")
    for name in FOLDERS:
        shutil.copytree(real_records / name, folder / "inbox" / name)
    home = Home(folder / "home")
    with patch.dict(os.environ):
        summary, code = run_night(home, repository / "collaboratives" / "massachusetts", folder / "inbox")
    assert code == RELEASED, summary
    return home, summary


@pytest.fixture(scope="module")
def ask(night):
    """Ask the release that the collaborative reads."""
    home, _ = night
    with duckdb.connect(str(open_release(home, "collaborative")), read_only=True) as connection:
        yield lambda sql, *values: connection.execute(sql, values).fetchall()


def test_every_row_of_every_file_is_accounted_for(night):
    _, summary = night
    assert summary.outcome == "released"
    assert summary.rows_in == summary.rows_landed + summary.rows_rejected + summary.rows_duplicate > 0
    refused = [file.relative_path for file in summary.files if file.outcome in ("quarantined", "unreadable")]
    assert [path.rpartition("/")[2] for path in refused] == ["district_NextGenMCAS_2021_ELA_leading_zero_lost.csv"]
    assert summary.held == ()


@pytest.mark.parametrize(("school_year", "districts"), [(2016, 322), (2017, 322), (2020, 401), (2021, 398)])
def test_districts_with_spending_per_pupil(ask, school_year, districts):
    counted = ask(
        "select count(distinct entity_id), count(*) from mart_per_pupil_spending where entity_type = 'district' "
        "and metric_id = ? and basis = 'reported' and school_year = ? and value is not null",
        TOTAL,
        school_year,
    )
    assert counted == [(districts, districts)]


def test_codes_of_districts_over_the_four_years(ask):
    sql = (
        "select count(distinct entity_id) from fct_reported_value where entity_type = 'district' "
        "and school_year in (2016, 2017, 2020, 2021) and metric_id in ('PPE.D02', 'PPE.D03')"
    )
    assert ask(sql) == [(409,)]


@pytest.mark.parametrize(
    ("school_year", "metric_id", "state_less_districts"),
    [
        (2016, IN_DISTRICT, Decimal(1637169)),
        (2016, TOTAL, Decimal(7341075)),
        (2020, IN_DISTRICT, CENT),
        (2020, TOTAL, -CENT),
        (2021, IN_DISTRICT, -2 * CENT),
        (2021, TOTAL, -2 * CENT),
    ],
)
def test_the_state_and_the_sum_of_its_districts(ask, school_year, metric_id, state_less_districts):
    (sums,) = ask(
        "select sum(numerator) filter (where entity_type = 'state'), "
        "sum(numerator) filter (where entity_type = 'district') from mart_per_pupil_spending "
        "where metric_id = ? and basis = 'reported' and school_year = ?",
        metric_id,
        school_year,
    )
    assert round(sums[0] - sums[1], 2 if school_year > 2016 else 0) == state_less_districts


def test_the_states_own_figures(ask):
    figures = ask(
        "select school_year, numerator, value from mart_per_pupil_spending where entity_type = 'state' "
        "and metric_id = ? and basis = 'reported' and school_year = 2020",
        TOTAL,
    )
    assert figures == [(2020, Decimal("18142490480.89"), Decimal("17575.17"))]


def test_cambridge_as_published(ask):
    figures = dict(
        ask(
            "select metric_id, round(value, 4) from mart_per_pupil_spending where entity_id = '00490000' "
            "and school_year = 2017 and metric_id in (?, ?) and basis = 'reported'",
            IN_DISTRICT,
            TOTAL,
        )
    )
    assert figures == {IN_DISTRICT: Decimal("27359.7791"), TOTAL: Decimal("29206.4285")}


def test_every_published_figure_is_served_as_it_was_published(night, real_records):
    home, _ = night
    rows = compared_with("massachusetts", real_records, served(open_release(home, "collaborative")))
    assert sum(row.n_figures for row in rows) > 13_000
    assert [row.unlike for row in rows if row.unlike] == []
    off = {row.label for row in rows if row.largest > Decimal("0.0000000001")}
    assert off == {"sum of the ten functions", "in-district dollars over pupils", "total dollars over pupils"}


def test_what_the_second_publication_of_2021_changed(ask):
    changed = ask(
        "select entity_type, count(*) from mart_restated_entity "
        "where school_year = 2021 and extract like '%ma_per_pupil_expenditures' group by all order by all"
    )
    assert changed == [("district", 54), ("state", 1)]
    (in_dollars,) = ask(
        "select count(distinct entity_id), count(distinct entity_id) filter (where metric_id = ?) "
        "from mart_restatement where school_year = 2021 and numerator is distinct from earlier_numerator",
        TOTAL,
    )
    assert in_dollars == (42, 40)
    assert ask("select count(*) from mart_restatement where vintage = earlier_vintage or not is_current") == [(0,)]


def test_districts_whose_change_since_2016_can_be_told(ask):
    both = ask(
        "select count(*) from (select entity_id from mart_per_pupil_spending where entity_type = 'district' "
        "and metric_id = ? and basis = 'reported' and school_year in (2016, 2021) and value is not null "
        "group by entity_id having count(distinct school_year) = 2)",
        TOTAL,
    )
    assert both == [(318,)]


def test_staff_retention_is_its_own_quotient_in_every_row(ask):
    """Teachers' shares are printed to a tenth of a percent, for 1,705 schools and the state."""
    (teachers,) = ask(
        "select count(*), count(*) filter (where abs(value * denominator - numerator) <= 0.0005 * denominator) "
        "from mart_student_support where metric_id = 'ST.09' and value is not null"
    )
    assert teachers == (1706, 1706)


def test_discipline_is_hidden_and_not_zero(ask):
    (shown,) = ask(
        "select count(*), count(*) filter (where value_status = 'suppressed'), "
        "count(*) filter (where value_status = 'suppressed' and value is not null) "
        "from mart_student_support where metric_id = 'SS.B01' and entity_type = 'school'"
    )
    assert shown == (1855, 950, 0)


def test_pupils_figures_are_reported_under_the_ids_whose_definitions_they_meet_and_no_others(ask):
    found = ask(
        "select distinct metric_id from mart_student_support where basis = 'reported' and value is not null "
        "and (metric_id[:4] in ('SS.B', 'SS.E', 'SS.M') or metric_id in ('SS.P01', 'SS.P03', 'ST.09'))"
    )
    disciplined, moved = {"SS.B01", "SS.B02", "SS.B06", "SS.B07"}, {"SS.M01", "SS.M02", "SS.M03"}
    assert {metric for (metric,) in found} == disciplined | moved | {"SS.P01", "SS.P03", "ST.09"}
