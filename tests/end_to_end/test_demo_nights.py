"""The demo's two nights, as ``make demo`` runs them: what is served afterwards is the truth that the generator knows.

Everything of the first night is fresh and exact to the pupil and the cent. After the second, one domain of one district
is held on its last good delivery, two files are refused by name, and everything else is fresh and corrected.
"""

import shutil
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from ingestion.configuration import load_collaborative
from ingestion.report_card_shelf import latest_card
from ingestion.spending_terms import COUNTED
from schoolstat.plot import find_spending_against_need
from synthetic.bench.attendance import ABSENCES, EVERY_DAY, Kind, find_differences, multiply_pupils
from synthetic.bench.bare_attendance import run as run_attendance
from synthetic.bench.bare_spending import run
from synthetic.bench.spending import lengthen_ledger
from tests.canaries import find_canaries
from tests.dbt_project.semantic_metrics import ratio_metrics
from tests.end_to_end.demo_house import Demo, Night, demo
from tests.synthetic.counted import read_rows

__all__ = ["demo"]

pytestmark = pytest.mark.xdist_group("demo_nights")

ALDER, BIRCH, DOGWOOD, HAZEL = "90010000", "90020000", "90040000", "90070000"
RULES = {"federal": ("SS.A04", "half_day"), "massachusetts": ("SS.A05", "fraction")}
"""Metric and shipped rule of part days of each authority."""
PARTS = ("PPE.S01", "PPE.S02", "PPE.S03", "PPE.S04", "PPE.S05", "PPE.S06", "PPE.S07")
CANARY_COLUMNS = ("student_local_id", "state_student_id", "first_name", "last_name", "birth_date")
HEADINGS = ("site_federal", "site_other", "central_federal", "central_other", "total", "personnel", "nonpersonnel")


@pytest.fixture
def first(demo: Demo) -> Night:
    return demo.nights[0]


@pytest.fixture
def second(demo: Demo) -> Night:
    return demo.nights[1]


@pytest.fixture(params=[0, 1], ids=["first", "second"])
def night(demo: Demo, request: pytest.FixtureRequest) -> Night:
    return demo.nights[request.param]


def test_first_night__takes_every_row_and_holds_nobody(first: Night) -> None:
    assert (first.summary.outcome, first.code) == ("released", 0)
    assert first.summary.held == ()
    assert first.summary.rows_in == first.summary.rows_landed > 300_000
    assert {file.outcome for file in first.summary.files} == {"landed"}
    assert [door.result for door in first.summary.doors] == ["passed"] * 3


def test_second_night__holds_one_domain_and_refuses_two_files_by_name(second: Night) -> None:
    assert (second.summary.outcome, second.code) == ("released", 0)
    assert [(h.district_id, h.domain, h.school_year, h.rule_id) for h in second.summary.held] == [
        (DOGWOOD, "student", 2026, "Q04")
    ]
    refused = {file.relative_path for file in second.summary.files if file.outcome == "quarantined"}
    assert refused == {f"{DOGWOOD}/2026/enrollments.csv", f"{DOGWOOD}/2026/students.csv"}
    again = {file.relative_path for file in second.summary.files if file.outcome == "duplicate"}
    assert again == {f"{HAZEL}/2026/attendance.csv", f"sent_again/{HAZEL}/2026/attendance.csv"}
    landed = {file.relative_path.split("/")[0] for file in second.summary.files if file.outcome == "landed"}
    assert landed == {f"90{n:02d}0000" for n in (1, 2, 3, 4, 6, 8, 9, 10, 11, 13)}


def test_second_night__serves_everybody_else_fresh(second: Night) -> None:
    held = "select distinct district_id, domain, school_year from dim_delivery_status where is_held"
    assert second.ask(held) == [(DOGWOOD, "student", 2026)]
    figures = """
    select distinct district_id, freshness from mart_student_support where school_year = 2026 and value is not null
    """
    freshness = {district: word for district, word in second.ask(figures) if district != "_all"}
    assert freshness.pop(DOGWOOD) == "held"
    assert set(freshness.values()) == {"fresh"}
    assert len(freshness) == 11


def test_chronic_absence__is_exactly_what_was_planted(night: Night) -> None:
    expected = {
        (row["district_id"], int(row["school_year"]), row["school_id"] or row["district_id"], metric): (
            int(row["chronic"]),
            int(row["counted"]),
        )
        for row in read_rows(night.truth / "chronic.csv")
        for metric, rule in [RULES[row["authority"]]]
        if row["partial_day_rule"] == rule and int(row["counted"]) > 0
    }
    assert len(expected) > 150
    assert _chronic(night, "entity_type in ('school', 'district')") == expected


def test_pooled_chronic_absence__follows_pupils_across_districts(night: Night) -> None:
    expected = {
        (int(row["school_year"]), row["authority"]): (int(row["chronic"]), int(row["counted"]))
        for row in read_rows(night.truth / "pooled.csv")
        if row["partial_day_rule"] == RULES[row["authority"]][1]
    }
    sql = """
    select school_year, variant, cast(numerator as int), cast(denominator as int) from mart_student_support
    where metric_id = 'SS.A08' and subgroup = 'all' and entity_type = 'collaborative'
    """
    found = {(year, authority): (chronic, counted) for year, authority, chronic, counted in night.ask(sql)}
    assert found == expected


def test_schools_of_one_slice__add_up_to_their_district_where_a_metric_is_asked_for_by_name(first: Night) -> None:
    """A pupil of two schools counts in both: such metrics are no ratio of sums. Full-year figures are of one school."""
    sql = """
    with added as (
        select metric_id, district_id, entity_type, school_year, period, subgroup, breakdown, variant,
            sum(numerator) as n, sum(denominator) as d
        from mart_metric_value
        where basis = 'computed' and entity_type in ('school', 'district') and not contains(variant, '_full_year')
        group by all having count(*) = count(numerator) and count(*) = count(denominator)
    )
    select metric_id, count(*) filter (where abs(s.n - d.n) > 0.001 or abs(s.d - d.d) > 0.001) from added as s
    join added as d using (metric_id, district_id, school_year, period, subgroup, breakdown, variant)
    where s.entity_type = 'school' and d.entity_type = 'district' group by all
    """
    differing = {metric: n > 0 for metric, n in first.ask(sql)}
    named = {row["metric_id"] for row in ratio_metrics()} & set(differing)
    assert {"SS.A03", "SS.B05", "SS.D01", "SS.P01", "ST.06"} <= named
    assert {metric for metric in named if differing[metric]} == set()
    assert all(differing[metric] for metric in ("SS.A05", "SS.B01", "SS.B03", "SS.M02", "SS.M03", "SS.P03"))


def test_membership__counts_days_up_to_the_last_one_sent(night: Night) -> None:
    sql = """
    select district_id, school_year, entity_id, cast(numerator as int), cast(denominator as int)
    from mart_student_support
    where metric_id = 'SS.A01' and entity_type = 'school' and subgroup = 'all' and value is not null
    """
    expected = {
        (
            row["district_id"],
            int(row["school_year"]),
            row["school_id"],
            int(row["days_enrolled"]),
            int(row["days_in_session"]),
        )
        for row in read_rows(night.truth / "membership.csv")
        if row["days_in_session"] != "0"
    }
    assert set(night.ask(sql)) == expected


def test_silent_school__is_not_reported(first: Night) -> None:
    (silent,) = [row for row in read_rows(first.truth / "membership.csv") if row["days_in_session"] == "0"]
    sql = f"""
    select distinct metric_id, value, value_status from mart_student_support
    where entity_id = '{silent["school_id"]}' and school_year = 2026 and subgroup = 'all' and basis = 'computed'
        and metric_id like 'SS.A%'
    """
    found = first.ask(sql)
    assert {metric for metric, _, _ in found} >= {"SS.A01", "SS.A03", "SS.A04", "SS.A05"}
    assert {(value, status) for _, value, status in found} == {(None, "not_reported")}


def test_school_spending__is_exact_to_the_cent(demo: Demo, first: Night) -> None:
    expected = {
        (row["district_id"], int(row["fiscal_year"]), row["school_id"], metric): Decimal(row[heading])
        for row in read_rows(demo.generated.truth / "school_spending.csv")
        for metric, heading in zip(PARTS, HEADINGS, strict=True)
    }
    sql = f"""
    select district_id, fiscal_year, entity_id, metric_id, numerator from mart_per_pupil_spending
    where metric_id in {PARTS} and entity_type = 'school' and basis = 'computed' and numerator is not null
    """
    found = {tuple(key): usd for *key, usd in first.ask(sql)}
    known = {key: found[key] for key in expected if key in found}
    assert known == expected


def test_central_cost__is_shared_by_the_drivers_of_the_year(first: Night) -> None:
    rows = first.ask(
        """
        select district_id, fiscal_year, allocation_pool, allocation_driver, sum(allocated_usd) = any_value(pool_usd)
        from mart_central_allocation
        group by district_id, fiscal_year, allocation_pool, source, object_class, allocation_driver
        """
    )
    assert all(is_whole for *_, is_whole in rows)
    drivers = {(district, year, pool): driver for district, year, pool, driver, _ in rows}
    plant, general = ("90010000", "operations"), ("90080000", "general")
    assert [drivers[plant[0], year, plant[1]] for year in (2025, 2026)] == ["adm", "sqft"]
    assert [drivers[general[0], year, general[1]] for year in (2025, 2026)] == ["staff_fte", "adm"]
    assert set(drivers.values()) == {"adm", *COUNTED}


def test_placements__are_counted_and_the_cost_of_few_is_not_shown(demo: Demo, first: Night) -> None:
    folder = demo.generated.nights[0] / "90010000" / "2025"
    rows = [row for row in read_rows(folder / "out_of_district.csv") if row["sped_placement"] == "true"]
    claims = [row for row in rows if Decimal(row["cb_eligible_cost"]) > 4 * 10351]
    disabled = {row["student_local_id"] for row in read_rows(folder / "programs.csv") if row["program"] == "SWD"}
    found = first.ask(
        """
        select metric_id, value, numerator, denominator, n, value_status from mart_per_pupil_spending
        where variant = 'placements' and district_id = '90010000' and school_year = 2025 order by metric_id
        """
    )
    placed = {row["student_local_id"] for row in rows}
    assert 0 < len(placed) < 10 and claims
    assert found[0][2:] == (len(placed), len(disabled | placed), len(disabled | placed), "computed")
    assert found[1:] == [
        ("PPE.D11", None, None, None, len(claims), "too_few"),
        ("PPE.D12", None, None, None, len(placed), "too_few"),
    ]


def test_autumn_count__is_of_heads_and_stands_apart_from_membership(demo: Demo, first: Night) -> None:
    enrolled = read_rows(demo.generated.nights[0] / "90060000" / "2026" / "enrollments.csv")
    there = {
        (row["school_id"], row["student_local_id"])
        for row in enrolled
        if row["primary"] == "true" and row["entry_date"] <= "2025-10-01" <= (row["exit_date"] or "9999")
    }
    sql = """
    select variant, denominator_basis, sum(denominator), count(*) - count(denominator) from mart_per_pupil_spending
    where metric_id = 'PPE.S05' and district_id = '90060000' and school_year = 2026
    group by variant, denominator_basis order by variant
    """
    (essa, adm, _, silent), (october, heads, count, unknown) = first.ask(sql)
    assert (essa, adm, silent) == ("essa", "adm", 1)
    assert (october, heads, count, unknown) == ("essa_october_count", "october_count", len(there), 0)


def test_adjusted_spending__is_of_the_base_year_and_marks_an_older_index(first: Night) -> None:
    sql = """
    select fiscal_year, bool_and(abs(real_ppe_usd - ppe_usd) < 0.000001), bool_and(real_ppe_usd > ppe_usd + 1),
        bool_and(is_cost_index_of_another_year), min(real_dollars_fiscal_year)
    from mart_adjusted_spending
    where metric_id = 'PPE.D01' and ppe_usd is not null group by fiscal_year order by fiscal_year
    """
    assert first.ask(sql) == [(2025, False, True, False, 2026), (2026, True, False, True, 2026)]


def test_need_weighted_spending__is_less_than_spending_per_pupil(first: Night) -> None:
    sql = """
    select count(*), bool_and(weighted.value < plain.value) from mart_per_pupil_spending as weighted
    inner join mart_per_pupil_spending as plain using (district_id, entity_id, school_year)
    where weighted.metric_id = 'PPE.D17' and plain.metric_id in ('PPE.S05', 'PPE.D01') and plain.variant = 'essa'
        and weighted.value is not null
    """
    ((n, is_less),) = first.ask(sql)
    assert n > 60 and is_less


def test_quadrants__find_the_better_districts_at_like_need(demo: Demo, first: Night) -> None:
    """The two districts of most attendance for their need, in a year that is over; a label is a signal alone."""
    sql = """
    select district_id, outcome_z, spending_z, quadrant, reading, evidence from mart_spending_outcome_quadrant
    where unit_type = 'district' and school_year = 2025 and outcome_metric_id = 'SS.A04' order by outcome_z
    """
    found = first.ask(sql)
    better = {row["district_id"] for row in read_rows(demo.generated.truth / "better_districts.csv")}
    assert {district for district, *_ in found[:2]} == better and len(found) == 12
    assert all(outcome < -2 for _, outcome, *_ in found[:2]) and all(outcome > -1 for _, outcome, *_ in found[2:])
    for _, outcome, spending, quadrant, reading, evidence in found:
        assert (quadrant == "not labelled") == (abs(outcome) < Decimal("0.5") or abs(spending) < Decimal("0.5"))
        assert (reading, evidence) == ("a signal for inquiry", "G")


def test_scenarios__move_dollars_and_lose_none(first: Night) -> None:
    sql = """
    select
        scenario, scenario_status, count(*), sum(before_usd) - sum(after_usd), sum(taken_usd) - any_value(moved_usd),
        sum(given_usd) - any_value(moved_usd), max(abs(change_ppe_usd)) > 0
    from mart_spending_scenario group by scenario, scenario_status order by scenario
    """
    names = ("general_by_disability", "to_one_elementary_school")
    assert first.ask(sql) == [(name, "computed", 5, 0, 0, 0, True) for name in names]


def test_equity__says_nothing_of_too_few_units(night: Night) -> None:
    sql = """
    select value_status, min(n_units), max(n_units), count(value) = count(*), count(value) = 0
    from mart_equity where metric_id in ('EQ.01', 'EQ.02', 'EQ.03', 'EQ.04', 'EQ.05') group by value_status
    """
    found = {status: rest for status, *rest in night.ask(sql)}
    assert found["computed"][0] >= 5 and found["computed"][2]
    assert found["too_few"][1] < 5 and found["too_few"][3]


def test_balance__accounts_for_every_cent_of_the_ledger(demo: Demo, night: Night) -> None:
    by_treatment: dict[tuple[str, int], dict[str, Decimal]] = {}
    for row in read_rows(demo.generated.truth / "ledger.csv"):
        by_treatment.setdefault((row["district_id"], int(row["fiscal_year"])), {})[row["treatment"]] = Decimal(
            row["usd"]
        )
    sql = """
    select
        district_id, fiscal_year, ledger_usd, included_usd, excluded_usd, out_of_district_usd, unallocated_usd,
        difference_usd
    from mart_spending_balance
    """
    found = {(district, year): amounts for district, year, *amounts in night.ask(sql)}
    assert found.keys() == by_treatment.keys()
    for key, amounts in by_treatment.items():
        ledger, included, excluded, elsewhere, unallocated, difference = found[key]
        assert difference == 0
        assert ledger == sum(amounts.values())
        assert elsewhere == amounts["out_of_district"]
        assert excluded == sum(usd for treatment, usd in amounts.items() if treatment.startswith("exclude"))
        assert included + unallocated == amounts["include"] + amounts.get("", Decimal(0))


def test_better_districts__stand_out_at_like_need(demo: Demo, first: Night) -> None:
    better = {row["district_id"] for row in read_rows(demo.generated.truth / "better_districts.csv")}
    sql = """
    select district_id, max(value) filter (where subgroup = 'all') as rate,
        max(denominator) filter (where subgroup = 'low_income')
        / max(denominator) filter (where subgroup = 'all') as need
    from mart_student_support
    where metric_id = 'SS.A05' and entity_type = 'district' and school_year = 2025 group by district_id
    """
    districts = {district: (float(rate), need) for district, rate, need in first.ask(sql)}
    needy = sorted((rate, district) for district, (rate, need) in districts.items() if need > 0.5)
    assert len(needy) >= 4
    assert {district for _, district in needy[:2]} == better


def test_claimed_pupil__is_told_and_stops_nothing(demo: Demo, second: Night) -> None:
    assert BIRCH not in {line.district_id for line in second.summary.held}
    before, after = (_enrolled(night, BIRCH) for night in demo.nights)
    assert after > before


def test_reported_and_computed_figures__stand_side_by_side(second: Night) -> None:
    assert {basis for (basis,) in second.ask("select distinct basis from fct_metric_value")} >= {"reported", "computed"}
    years = second.ask("select distinct school_year from fct_metric_value where basis = 'reported' order by 1")
    assert years == [(2017,), (2020,)]


def test_plot__has_every_school_of_the_year(demo: Demo) -> None:
    found = find_spending_against_need(demo.house.home, None)
    schools = load_collaborative(demo.house.collaborative).schools
    assert found.school_year == 2025
    assert {school.school_id for school in found.schools} == {school.school_id for school in schools}
    assert all(0 <= school.need <= 1 and 5_000 < school.dollars < 60_000 for school in found.schools)


def test_third_night__has_nothing_to_do_but_to_tell_both_districts_of_the_claimed_pupil(demo: Demo) -> None:
    for folder in demo.generated.nights:
        shutil.copytree(folder, demo.house.inbox, dirs_exist_ok=True, copy_function=shutil.copyfile)
    summary, code = demo.house.refresh()
    assert (summary.outcome, code) == ("nothing_to_build", 0)
    cards = [latest_card(demo.house.home, district) for district in (ALDER, BIRCH, HAZEL)]
    told = [{rule.rule_id: rule.n_failed for rule in card.matches} for card in cards if card]
    assert [each["Q20"] for each in told] == [1, 1, 0]


def test_canaries__are_nowhere_but_in_archive_and_vault(demo: Demo) -> None:
    planted = read_rows(demo.generated.truth / "canaries.csv")
    secrets = {row[name] for row in planted for name in CANARY_COLUMNS}
    home = demo.house.home.path
    files = [path for path in home.rglob("*") if path.is_file()]
    open_to_all = [path for path in files if path.relative_to(home).parts[0] not in ("archive", "vault")]
    assert len(open_to_all) > 300
    assert len(list((home / "report_cards").rglob("*.html"))) > 100
    assert find_canaries(home, secrets, besides=(home / "archive", home / "vault")) == []
    assert find_canaries(home / "archive", secrets), "none would be found"


@pytest.mark.parametrize("kind", [ABSENCES, EVERY_DAY], ids=["absences", "every_day"])
def test_bare_sql_of_attendance__counts_the_same_however_it_is_sent(demo: Demo, tmp_path: Path, kind: Kind) -> None:
    """What the bench holds the models against: all figures of chronic absence, by school, group and grade."""
    few = tmp_path / "few.duckdb"
    multiply_pupils(_latest_build(demo), few, replace(kind, rows=1))
    run_attendance(few, tmp_path)
    assert find_differences(few, tmp_path) == 0
    with duckdb.connect() as connection:
        connection.execute(f"create table bare as from '{tmp_path}/chronic.parquet'")
        connection.execute("update bare set numerator = numerator + 1 where metric_id = 'SS.A05' and subgroup = 'all'")
        connection.execute(f"copy bare to '{tmp_path}/chronic.parquet' (format parquet)")
    assert find_differences(few, tmp_path) > 20


def test_many_pupils__are_each_like_one_of_the_build_and_all_in_its_scope(demo: Demo, tmp_path: Path) -> None:
    many, keys = tmp_path / "many.duckdb", "count(*), count(distinct (district_id, school_year))"
    pupils = "select (select count(*) from landing.students), (select count(*) from landing.attendance)"
    of_all = "select count(distinct (district_id, school_year)) from landing.students"
    with duckdb.connect(str(_latest_build(demo)), read_only=True) as connection:
        before = connection.execute(pupils).fetchall()[0]
    n_pupils, n_rows, slices = multiply_pupils(_latest_build(demo), many, replace(ABSENCES, rows=before[1] + 1))
    assert (n_pupils, n_rows) == (2 * before[0], 2 * before[1])
    with duckdb.connect(str(many), read_only=True) as connection:
        assert connection.execute(pupils).fetchall()[0] == (n_pupils, n_rows)
        distinct = "select count(distinct (district_id, school_year, student_key)) from landing.students"
        assert connection.execute(distinct).fetchall()[0][0] == n_pupils
        n_keys = connection.execute(of_all).fetchall()[0][0]
        assert connection.execute(f"select {keys}, max(slice) from build.build_scope").fetchall() == [
            (n_keys, n_keys, slices)
        ]


def _latest_build(demo: Demo) -> Path:
    builds = demo.house.home.path.glob("builds/*/warehouse.duckdb")
    return max(builds, key=lambda path: path.stat().st_mtime)


def _chronic(night: Night, where: str) -> dict[tuple[str, int, str, str], tuple[int, int]]:
    sql = f"""
    select district_id, school_year, entity_id, metric_id, cast(numerator as int), cast(denominator as int)
    from mart_student_support
    where metric_id in ('SS.A04', 'SS.A05') and subgroup = 'all' and breakdown = 'all' and basis = 'computed'
        and denominator > 0 and {where}
    """
    return {tuple(key): (chronic, counted) for *key, chronic, counted in night.ask(sql)}


def _enrolled(night: Night, district: str) -> Decimal:
    sql = f"""
    select numerator from mart_student_support
    where metric_id = 'SS.A01' and entity_id = '{district}' and school_year = 2026 and subgroup = 'all'
    """
    ((days,),) = night.ask(sql)
    return days


def test_a_long_ledger__adds_up_to_what_it_was_and_bare_sql_counts_the_same(demo: Demo, tmp_path: Path) -> None:
    """What the bench holds the models against shares central cost by the same drivers, to the cent."""
    build, long = _latest_build(demo), tmp_path / "long.duckdb"
    ledger = "select count(*), sum(amount_usd), count(distinct (account_id, txn_id)) from landing.gl_actuals"
    with duckdb.connect(str(build), read_only=True) as connection:
        before = connection.execute(ledger).fetchall()[0]
    n_lines = lengthen_ledger(build, long, 2 * before[0] + 1)
    with duckdb.connect(str(long), read_only=True) as connection:
        after = connection.execute(ledger).fetchall()[0]
    assert after == (n_lines, before[1], 3 * before[2]) and n_lines == 3 * before[0]
    run(long, tmp_path)
    with duckdb.connect(str(long), read_only=True) as connection:
        same = connection.execute(
            f"""
            select count(*), count(ours.value), max(abs(ours.value - bare.value)) < 0.0001
            from '{tmp_path}/figure.parquet' as bare
            join marts.fct_metric_value as ours
                on bare.district_id = ours.district_id and bare.school_year = ours.school_year
                and bare.unit = ours.entity_id and ours.metric_id = 'PPE.' || upper(bare.metric)
                and ours.variant = case bare.basis when 'october_count' then 'essa_october_count' else 'essa' end
            where ours.basis = 'computed'
            """
        ).fetchall()[0]
        shared = connection.execute(
            f"""
            select count(*), max(abs(ours.allocated_usd - bare.usd)), count(distinct ours.allocation_driver)
            from '{tmp_path}/share.parquet' as bare
            join conformed.int_spending__central_allocation as ours
                on bare.district_id = ours.district_id and bare.school_year = ours.school_year
                and bare.school_id = ours.school_id and bare.pool = ours.allocation_pool and bare.source = ours.source
                and bare.is_personnel = (ours.object_class = 'personnel')
            """
        ).fetchall()[0]
    assert same[0] > 500 and same[1] > 500 and same[2]
    assert shared[0] > 100 and shared[1] == 0 and shared[2] > 4
