"""Door 2 blames: few are held and the build is made once more; more, or nobody in particular, and the night ends.

The build is the product's own from landing to delivery status; the models between are made here, so that a delivery
whose parts miss its total fails F05.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from expectations.blame import are_few
from expectations.doors import DoorResult, door_1
from expectations.evaluate import RuleResult
from ingestion import build_inputs
from ingestion.admission import record_admissions, reopen_waived
from ingestion.collaborative import StateFunction, Threshold
from ingestion.findings import Finding
from ingestion.home import Home
from ingestion.ledger import open_ledger
from ingestion.spending_terms import SpendingFamily
from ingestion.waivers import Waiver
from orchestration import steps
from orchestration.dbt_runner import DbtOutcome
from orchestration.warehouse import Warehouse
from tests.expectations.made_build import MEASURE, PUPIL_MODELS, SPENDING_BASES, write_manifest
from tests.expectations.made_ledger import write_ledger
from tests.ingestion.small_deliveries import Place, make_collaborative

DISTRICTS = tuple(f"{number:04d}0000" for number in range(1, 21))
READ = tuple(Finding(rule, "file", "passed", None, "", "as expected", "", 1, 0) for rule in ("D02", "Q01"))
SOUND, BROKEN = ["10.00", "4.00", "6.00"], ["10.00", "4.00", "5.00"]
FUNCTIONS = {"line 1": "teachers", "line 2": "administration"}

MODELS = f"""
create schema if not exists conformed;
create schema if not exists marts;
create schema if not exists measures;
create or replace table conformed.dim_metric as select unnest(['PPE.D02', 'PPE.D04']) as metric_id;
{SPENDING_BASES};
create or replace table conformed.dim_district as select district_id from collaborative.districts;
create or replace table conformed.dim_delivery_status as from build.delivery_status;
create or replace table conformed.fct_reported_value as select district_id, school_year from build.selection;
create or replace table conformed.fct_eoyr_expenditure as
select district_id, school_year, line_item, amount_usd from landing.eoyr_report;
{PUPIL_MODELS}
create or replace table measures.measure_state_function_spending {MEASURE};
create or replace table measures.measure_state_spending_per_pupil {MEASURE};
create or replace table measures.measure_reported as
select
    district_id, 'district' as entity_type, district_id as entity_id, school_year, 'year' as period, 'all' as subgroup,
    case line_item
        when 'line 0' then 'all' when 'line 1' then 'function=teachers' else 'function=administration'
    end as breakdown,
    case line_item when 'line 0' then 'PPE.D02' else 'PPE.D04' end as metric_id, 'state_functional' as variant,
    cast(amount_usd as decimal(38, 10)) as value, null::decimal(38, 6) as numerator,
    null::decimal(38, 6) as denominator, null::decimal(38, 6) as n, 'reported' as basis, 'A' as vintage
from landing.eoyr_report;
"""


class MadeDbt:
    """Builds the models above in place of dbt, and counts how often."""

    builds = 0

    def build(self, home, select, *, from_nothing, changed, without_rows, slices):
        del select, from_nothing, changed, without_rows, slices
        self.builds += 1
        with duckdb.connect(str(home.build_file)) as connection:
            connection.execute(MODELS)
            write_ledger(connection, (), MEASURE)
        return DbtOutcome(success=True, nodes={})


@pytest.fixture
def place(tmp_path, monkeypatch):
    # the models are made here, by MadeDbt: a blank build that `make install` left has others
    monkeypatch.setattr(build_inputs, "open_blank", lambda: None)
    (tmp_path / "inbox").mkdir()
    home = Home(tmp_path / "home").ensure()
    ledger = open_ledger(home)
    write_manifest(home)
    yield Place(home, ledger, tmp_path / "inbox")
    ledger.close()


def open_warehouse(place, *waivers):
    small = make_collaborative(*DISTRICTS)
    more = {
        "component_sum_tolerance_per_pupil": "0.00001",
        "door_2_blame_share": "0.1",
        "max_age_days_finance": "400",
        "unit_factor": "100",
    }
    collaborative = replace(
        small,
        threshold_rows=(*small.threshold_rows, *(Threshold(name, Decimal(value)) for name, value in more.items())),
        state_functions=tuple(StateFunction(name, name, True, place) for place, name in enumerate(FUNCTIONS.values())),
        spending_families=(SpendingFamily("state_functional", "state_functional"),),
        waivers=waivers,
    )
    return Warehouse(place.home, collaborative, place.ledger, place.inbox)


def deliver(place, *broken, districts=DISTRICTS, **facts):
    """A statewide file, admitted at door 1, in which some districts' parts miss their total."""
    landed = place.deliver({d: BROKEN if d in broken else SOUND for d in districts}, findings=READ, **facts)
    verdicts = door_1(place.home, place.ledger, open_warehouse(place).collaborative)
    assert all(verdict.admitted for verdict in verdicts)
    record_admissions(place.home, place.ledger, verdicts)
    return landed


def build(place, *waivers):
    """One night between door 1 and the marts: what was built, and how often."""
    warehouse, runner = open_warehouse(place, *waivers), MadeDbt()
    steps.prepare(warehouse)
    return steps.build_upstream(warehouse, runner), runner.builds


def release(place):
    """Take the night's build for released."""
    inputs = steps._prepared(open_warehouse(place))
    place.release(inputs.build_id)


def status(place, *, by_year=False):
    """What the build says of each district (and year): state, held, rule, last day, and its rows."""
    with duckdb.connect(str(place.home.build_file), read_only=True) as connection:
        rows = connection.execute(
            "select s.district_id, s.school_year, s.state, s.is_held, s.held_rule, s.data_through, "
            "(select count(*) from conformed.fct_eoyr_expenditure as e where e.district_id = s.district_id) "
            "from conformed.dim_delivery_status as s"
        ).fetchall()
    return {row[:2] if by_year else row[0]: row[2:] for row in rows}


def test_blame__nobody_and_the_build_is_made_once(place):
    deliver(place)
    built, n_builds = build(place)
    assert (built.door.passed, n_builds) == (True, 1)


@pytest.mark.parametrize("n_broken", [1, 2])
def test_blame__up_to_the_share_is_held_and_the_build_made_once_more(place, n_broken):
    broken = DISTRICTS[:n_broken]
    deliver(place, data_through=date(2017, 3, 31))
    build(place)
    release(place)
    deliver(place, *broken, data_through=date(2017, 6, 30))
    built, n_builds = build(place)
    assert (built.door.passed, n_builds) == (True, 2)
    found = status(place)
    for district in DISTRICTS:
        is_held = district in broken
        rule, through = ("F05", date(2017, 3, 31)) if is_held else (None, date(2017, 6, 30))
        assert found[district] == ("admitted", is_held, rule, through, 3)


def test_blame__a_district_without_an_earlier_delivery_stands_there_without_rows(place):
    deliver(place, DISTRICTS[0])
    built, n_builds = build(place)
    assert (built.door.passed, n_builds) == (True, 2)
    assert status(place)[DISTRICTS[0]] == ("never_admitted", True, "F05", None, 0)
    assert status(place)[DISTRICTS[1]][0] == "admitted"


def test_blame__more_than_the_share_refuses_the_build(place):
    deliver(place)
    build(place)
    release(place)
    deliver(place, *DISTRICTS[:3])
    built, n_builds = build(place)
    assert (built.door.passed, n_builds) == (False, 1)
    assert built.door.blamed == frozenset(DISTRICTS[:3])
    assert {row["decided_by"] for row in place.ledger.admissions()} == {"door_1"}
    with pytest.raises(steps.NightRefused, match="was refused at door 2"):
        steps.prepare(open_warehouse(place))


@pytest.mark.parametrize(
    ("n_broken", "n_districts", "expected"), [(1, 10, (True, 2)), (2, 10, (False, 1)), (2, 19, (False, 1))]
)
def test_blame__the_share_is_of_the_districts_in_the_build(place, n_broken, n_districts, expected):
    """Ten of the roster's twenty have ever delivered: a tenth of them is one district, of 19 too."""
    deliver(place, *DISTRICTS[:n_broken], districts=(*DISTRICTS[:n_districts], "_all"))
    built, n_builds = build(place)
    assert (built.door.passed, n_builds) == expected


@pytest.mark.parametrize(
    ("n_blamed", "n_serving", "expected"),
    [(1, 9, True), (2, 9, False), (1, 2, True), (2, 2, False), (1, 1, False)],
)
def test_blame__one_may_be_held_of_however_few_unless_it_is_all_of_them(place, n_blamed, n_serving, expected):
    place.deliver({district: ["1.00"] for district in DISTRICTS[:n_serving]})
    place.judge()
    assert are_few(place.ledger, open_warehouse(place).collaborative, DISTRICTS[:n_blamed]) is expected


def waive(rule, district, *, expires_on=date(2999, 12, 31)):
    terms = {"granted_by": "Jo", "granted_on": date(2020, 1, 1), "expires_on": expires_on}
    return Waiver(rule=rule, district=district, reason="a report is under way", **terms)


def test_blame__whose_waiver_expired_stands_as_released_and_costs_nobody_the_night(place):
    first = DISTRICTS[0]
    over = waive("F05", first, expires_on=date(2020, 12, 31))
    deliver(place, first, data_through=date(2017, 3, 31))
    built, n_builds = build(place, waive("F05", first))
    assert (built.door.passed, n_builds) == (True, 1)
    release(place)
    for _ in range(2):  # a night in which nothing came, and one in which others sent, are released alike
        built, n_builds = build(place, over)
        assert (built.door.passed, n_builds) == (True, 1)
        (told,) = [row.message for row in built.door.rows if row.status == "waived"]
        assert "expired on 2020-12-31; it stands in the last release" in told
        release(place)
        deliver(place, districts=DISTRICTS[1:], data_through=date(2017, 5, 31))
    deliver(place, first, data_through=date(2017, 6, 30))
    built, n_builds = build(place, over)
    assert (built.door.passed, n_builds) == (True, 2)
    found = status(place)
    assert found[first][1:4] == (True, "F05", date(2017, 3, 31))
    assert found[DISTRICTS[1]][1:4] == (False, None, date(2017, 6, 30))


def test_blame__an_expired_waiver_covers_no_fault_that_was_never_released_under_it(place):
    """What passed when it was released and fails now fails for another reason: code, or a stricter rule."""
    deliver(place, DISTRICTS[0])
    steps.prepare(open_warehouse(place))
    release(place)
    built, n_builds = build(place, waive("F05", DISTRICTS[0], expires_on=date(2020, 12, 31)))
    assert (built.door.passed, n_builds) == (True, 2)
    assert status(place)[DISTRICTS[0]] == ("never_admitted", True, "F05", None, 0)


def test_blame__each_is_held_by_its_own_rules_and_comes_up_again_when_these_are_waived(place):
    cedar, birch, both = DISTRICTS[:3]
    deliver(place)
    failed = [("F02", cedar), ("F14", birch), ("F02", both), ("F14", both)]
    rows = tuple(RuleResult(2, rule, "district", "failed", 1, 1, district) for rule, district in failed)
    door = DoorResult(False, frozenset({cedar, birch, both}), ("F02", "F14"), (), ("totals", "units"), rows)
    held = steps._hold_blamed(open_warehouse(place), door)
    assert {row["district_id"]: (row["rule_id"], row["reason"]) for row in held} == {
        cedar: ("F02", "totals"),
        birch: ("F14", "units"),
        both: ("F02, F14", "totals; units"),
    }
    warehouse = open_warehouse(place, waive("F02", cedar), waive("F02", birch), waive("F02", both))
    again = reopen_waived(warehouse.home, warehouse.ledger, warehouse.collaborative)
    assert [row["district_id"] for row in again] == [cedar]


def test_blame__a_corrected_delivery_serves_again(place):
    deliver(place)
    build(place)
    release(place)
    deliver(place, DISTRICTS[0])
    build(place)
    release(place)
    deliver(place)
    built, n_builds = build(place)
    assert (built.door.passed, n_builds) == (True, 1)
    assert status(place)[DISTRICTS[0]][:3] == ("admitted", False, None)


def test_blame__a_fault_of_the_whole_holds_nobody(place):
    deliver(place)
    build(place)
    release(place)
    deliver(place, districts=(*DISTRICTS, "_all"), school_year=2018)
    warehouse, runner = open_warehouse(place), MadeDbt()
    steps.prepare(warehouse)
    with duckdb.connect(str(place.home.build_file)) as connection:
        connection.execute("delete from build.delivery_status where district_id = '00010000'")
    built = steps.build_upstream(warehouse, runner)
    assert (built.door.passed, built.door.failed, runner.builds) == (False, ("R01",), 1)
    assert {row["decided_by"] for row in place.ledger.admissions()} == {"door_1"}
