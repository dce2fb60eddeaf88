"""Spending per pupil over many random ledgers: every dollar is somewhere, and no way of writing it down moves one."""

from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path
from random import Random
from tempfile import mkdtemp

import duckdb
import pytest

from tests.dbt_project.build_file import write_build_file
from tests.dbt_project.dbt_runs import describe_failures, run_dbt
from tests.dbt_project.random_ledgers import RandomDistrict, build_rows, double, draw_district, expect

N_DISTRICTS = 80
EXTRACTS = ("chart_of_accounts", "gl_actuals", "buildings", "transport_routes", "food_service", "staff_assignments")
MODELS = (*(f"stg_district__{name}" for name in EXTRACTS), "dim_school", "dim_period", "fct_gl_actual")
SPENDING = (*MODELS, "int_spending__*", "measure_school_spending", "measure_district_spending", "mart_spending_balance")
SPENDING = (*SPENDING, "mart_account_coverage")
PARTS = ("PPE.S01", "PPE.S02", "PPE.S03", "PPE.S04")

ATTENDANCE = """
create schema if not exists measures;
create or replace table measures.measure_attendance (
    district_id varchar, entity_type varchar, entity_id varchar, school_year integer, period varchar, subgroup varchar,
    breakdown varchar, metric_id varchar, value decimal(38, 10)
);
create schema if not exists conformed;
create or replace table conformed.int_student__group_membership (
    district_id varchar, school_year integer, school_id varchar, subgroup varchar, adm decimal(38, 10)
)
"""


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    """Where dbt keeps what it parsed, from one build to the next."""
    return tmp_path_factory.mktemp("state")


def build(path, state, districts: list[RandomDistrict], rows=None) -> None:
    """Build spending alone, on attendance that is given."""
    write_build_file(path, rows or build_rows(districts), Path(mkdtemp(dir=path.parent)) / "parquet")
    pupils = [
        (district.district_id, district.school_id(school), adm and str(adm))
        for district in districts
        for school, adm in district.pupils.items()
    ]
    with duckdb.connect(str(path)) as connection:
        connection.execute(ATTENDANCE)
        for row in pupils:
            connection.execute(
                "insert into measures.measure_attendance "
                "values ($1, 'school', $2, 2025, 'year', 'all', 'all', 'SS.A01', $3)",
                row,
            )
    others = ("int_spending__state_functional_totals", "int_spending__autumn_count", "int_spending__average_cost")
    excluded = ("--exclude", *others, "test_type:unit")
    result = run_dbt(path, state, "build", "--select", *SPENDING, *excluded)
    assert result.success, describe_failures(result)


def read(path, sql: str) -> list[tuple]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def read_spending(path) -> dict[str, list[tuple]]:
    """Everything that spending leaves, in order."""
    names = read(
        path,
        "select table_schema || '.' || table_name from information_schema.tables "
        "where table_schema in ('conformed', 'measures', 'marts') order by all",
    )
    return {name: read(path, f"select * from {name} order by all") for (name,) in names}


@pytest.fixture(scope="module")
def districts() -> list[RandomDistrict]:
    """Random districts, the same in every run."""
    random = Random(4)  # noqa: S311
    return [draw_district(f"D{number:03}", random) for number in range(N_DISTRICTS)]


@pytest.fixture(scope="module")
def built(districts, state, tmp_path_factory):
    """The districts and each once more with twice the dollars, in one build."""
    folder = tmp_path_factory.mktemp("spending")
    doubled = [double(district, f"T{district.district_id}") for district in districts]
    build(folder / "warehouse.duckdb", state, [*districts, *doubled])
    return folder / "warehouse.duckdb"


@pytest.fixture(scope="module")
def balance(built) -> dict[str, tuple]:
    """The balance by district."""
    rows = read(built, "select * from marts.mart_spending_balance")
    return {district: amounts for district, year, *amounts in rows if year == 2025}


def test_spending__the_difference_is_zero_whatever_the_ledger(districts, balance):
    assert len(balance) > 2 * N_DISTRICTS * 0.9
    assert {amounts[-1] for amounts in balance.values()} == {Decimal("0.00")}
    for place in range(1, 5):
        assert any(amounts[place] for amounts in balance.values()), place


def test_spending__accounts_by_who_maps_them_make_up_the_ledger(built, balance):
    rows = read(built, "select district_id, sum(amount_usd) from marts.mart_account_coverage group by district_id")
    assert dict(rows) == {district: amounts[0] for district, amounts in balance.items()}
    assert {by for (by,) in read(built, "select mapped_by from marts.mart_account_coverage")} == {"chart", "unmapped"}


def test_spending__each_amount_of_the_balance_is_what_python_finds(districts, balance):
    for district in districts:
        expected = expect(district).balance
        if district.district_id in balance:
            assert list(balance[district.district_id][:5]) == list(expected.values()), district.district_id
        else:
            assert set(expected.values()) == {0}


def test_spending__each_schools_dollars_are_what_python_finds(districts, built, balance):
    found = {
        (district, school, metric): numerator
        for district, school, metric, numerator in read(
            built, "select district_id, entity_id, metric_id, numerator from measures.measure_school_spending"
        )
    }
    n_compared = 0
    for district in districts:
        if district.district_id not in balance:
            continue
        for school, numerators in expect(district).numerators.items():
            key = (district.district_id, district.school_id(school))
            assert [found.pop((*key, metric)) for metric in PARTS] == numerators, key
            total = None if None in numerators else sum(numerators)
            assert found.pop((*key, "PPE.S05")) == total
            personnel, rest = found.pop((*key, "PPE.S06")), found.pop((*key, "PPE.S07"))
            assert total is None or personnel + rest == total
            n_compared += 1
    assert n_compared > 100
    assert {district for district, _, _ in found if not district.startswith("T")} == set()


def test_spending__a_value_is_the_exact_quotient_or_null(built):
    rows = read(built, "select value, numerator, denominator, value_status from measures.measure_school_spending")
    with localcontext(prec=60):
        for value, numerator, denominator, status in rows:
            if status == "computed":
                assert value == (numerator / denominator).quantize(Decimal("1E-10"), ROUND_HALF_UP)
            else:
                assert value is None and not (numerator is not None and denominator)
    assert {status for *_, status in rows} == {
        "computed",
        "numerator_missing",
        "denominator_missing",
        "denominator_zero",
    }


def test_spending__schools_make_up_their_district(built):
    """PPE.D01 is the sum of the schools' totals over the sum of their pupils, wherever both are known."""
    rows = read(
        built,
        """
        select d.numerator, sum(s.numerator), d.denominator, sum(s.denominator)
        from measures.measure_district_spending d
        join measures.measure_school_spending s using (district_id, school_year)
        where d.metric_id = 'PPE.D01' and s.metric_id = 'PPE.S05' and d.value is not null
        group by d.district_id, d.numerator, d.denominator
        having count(*) = count(s.numerator)
        """,
    )
    assert len(rows) > 25
    assert all(row[0] == row[1] and row[2] == row[3] for row in rows)


def test_spending__shares_make_up_their_pool(built):
    rows = read(
        built,
        """
        select p.pool_usd, sum(a.allocated_usd), bool_and(a.allocated_usd = 0 or a.weight > 0)
        from conformed.int_spending__central_pool p
        left join conformed.int_spending__central_allocation a
        using (district_id, school_year, allocation_pool, source, object_class)
        where p.is_allocated group by p.district_id, p.allocation_pool, p.source, p.object_class, p.pool_usd
        """,
    )
    assert len(rows) > 50
    assert all(pool == shared and only_to_weights for pool, shared, only_to_weights in rows)


def test_spending__twice_the_dollars_are_twice_the_figures(districts, built, balance):
    for district in districts:
        if district.district_id in balance:
            once, twice = balance[district.district_id], balance[f"T{district.district_id}"]
            assert [2 * amount for amount in once] == list(twice)
    pairs = read(
        built,
        """
        select
            o.metric_id, o.value, t.value, o.value_status = t.value_status, t.numerator - 2 * o.numerator
        from (from measures.measure_school_spending union all from measures.measure_district_spending) o
        join (from measures.measure_school_spending union all from measures.measure_district_spending) t
        on t.district_id = 'T' || o.district_id and t.metric_id = o.metric_id
            and replace(t.entity_id, 'T', '') = o.entity_id
        """,
    )
    assert len(pairs) > 700
    cells = 3 * 2 * 3  # sources, object classes and pools: each may round its last cent to another school
    for metric, once, twice, is_same_state, difference in pairs:
        assert is_same_state
        if metric in ("PPE.S08", "PPE.D07"):
            assert once == twice
        elif metric in ("PPE.S03", "PPE.S04", "PPE.S05", "PPE.S06", "PPE.S07"):
            assert difference is None or abs(difference) <= Decimal("0.01") * cells
        else:
            assert difference == 0


def test_spending__the_order_of_districts_and_lines_is_nothing(districts, built, state, tmp_path):
    random = Random(5)  # noqa: S311
    rows = build_rows(districts)
    for table in rows:
        random.shuffle(rows[table])
    build(tmp_path / "warehouse.duckdb", state, random.sample(districts, len(districts)), rows)
    shuffled = read_spending(tmp_path / "warehouse.duckdb")
    compared = 0
    for name, content in read_spending(built).items():
        if name.split(".")[0] == "marts" or "_spending" in name:
            assert [row for row in content if not str(row[0]).startswith("T")] == shuffled[name], name
            compared += len(shuffled[name])
    assert compared > 2000


def test_spending__a_second_night_equals_a_build_from_nothing(districts, state, tmp_path):
    few = districts[:20]
    path = tmp_path / "warehouse.duckdb"
    build(path, state, few)
    first = read_spending(path)
    changed = double(few[1], few[1].district_id)
    second = [few[0], changed, *few[3:]]
    rows = build_rows(second)
    rows["build.build_scope"] = [
        {"district_id": district.district_id, "school_year": 2025} for district in (few[1], few[2])
    ]
    build(path, state, second, rows)
    upon = read_spending(path)
    build(tmp_path / "alone.duckdb", state, second)
    alone = read_spending(tmp_path / "alone.duckdb")
    assert upon == alone != first
