"""Indices of equity over random comparisons: each equals what Python finds pair by pair, in whatever order they are."""

from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from itertools import product
from random import Random

import duckdb
import jinja2
import pytest

from tests.dbt_project.dbt_runs import DBT_PROJECT

N_COMPARISONS = 40
PLACES = Decimal("1E-10")
UNITS = """
create table int_equity__unit (
    district_id varchar, unit_type varchar, grade_span varchar, metric_id varchar, variant varchar, basis varchar,
    school_year integer, unit_id varchar, ppe_usd decimal(38, 10), n decimal(38, 6), spent_usd decimal(38, 6),
    need_variant varchar, need_share decimal(38, 10)
);
create table thresholds (threshold varchar, value decimal(18, 6));
insert into thresholds values
    ('equity_minimum_units', 5), ('need_slope_interval_minimum_schools', 8), ('need_quarter_minimum_schools', 2);
create table collaborative as select 'little' as collaborative_id;
"""

School = tuple[Decimal, Decimal, Decimal]
"""Dollars, pupils, and the low-income share."""


def render(model: str) -> str:
    """A model's own SQL over tables of the models' names."""
    macros = DBT_PROJECT / "macros"
    environment = jinja2.Environment(autoescape=False, extensions=["jinja2.ext.do"])  # noqa: S701 - SQL
    environment.globals |= {"ref": lambda name: name, "source": lambda _, name: name}
    rate = environment.from_string((macros / "portable" / "rate.sql").read_text()).module
    environment.globals["rate"] = rate.duckdb__rate  # pyright: ignore[reportAttributeAccessIssue]
    for file, names in (("measures", ["value_status"]), ("equity", ["equity_breakdown", "equity_basis"])):
        module = environment.from_string((macros / f"{file}.sql").read_text()).module
        environment.globals |= {name: getattr(module, name) for name in names}
    (path,) = (DBT_PROJECT / "models").glob(f"*/{model}.sql")
    return environment.from_string(path.read_text()).render()


def quotient(above: Decimal, below: Decimal) -> Decimal:
    with localcontext(prec=60):
        return (above / below).quantize(PLACES, ROUND_HALF_UP)


def compare(comparisons: dict[str, list[School]], names=str) -> dict[tuple[str, str], tuple]:
    """Value, interval and status of each index, by district and metric."""
    with duckdb.connect() as connection:
        connection.execute(UNITS)
        connection.execute(f"create table t_quantile as from '{DBT_PROJECT / 'seeds/conformed/t_quantile.csv'}'")
        for district, schools in comparisons.items():
            for at, (usd, n, need) in enumerate(schools):
                row = [district, names(at), quotient(usd, n), n, usd, need]
                connection.execute(
                    "insert into int_equity__unit "
                    "values ($1, 'school', 'high', 'PPE.S05', 'essa', 'computed', 2025, $2, $3, $4, $5, 'm', $6)",
                    [format(value, "f") if isinstance(value, Decimal) else value for value in row],
                )
        for model in ("int_equity__comparison", "int_equity__need", "measure_equity"):
            connection.execute(f"create table {model} as {render(model)}")
        rows = connection.execute(
            "select district_id, metric_id, value, value_low, value_high, value_status from measure_equity"
        ).fetchall()
    return {(district, metric): tuple(found) for district, metric, *found in rows}


def expect(schools: list[School]) -> dict[str, Fraction | None]:
    """The exact indices, each from its definition."""
    units = sorted((Fraction(quotient(usd, n)), Fraction(usd), Fraction(n), Fraction(need)) for usd, n, need in schools)
    n_all, usd_all = sum(unit[2] for unit in units), sum(unit[1] for unit in units)

    def at_share(share: Fraction) -> Fraction:
        so_far = Fraction(0)
        for ppe, _, n, _ in units:
            so_far += n
            if so_far >= share * n_all:
                return ppe
        raise AssertionError

    median, low, high = (at_share(Fraction(percent, 100)) for percent in (50, 5, 95))
    below, above = ([unit for unit in units if (unit[0] - median) * sign > 0] for sign in (-1, 1))

    def of_median(side: list) -> Fraction | None:
        return sum(unit[1] for unit in side) / (median * sum(unit[2] for unit in side)) if side else None

    pairs = sum(a[2] * b[2] * abs(a[1] / a[2] - b[1] / b[2]) for a, b in product(units, units))
    poor, other = (
        sum(usd * weigh(need) for _, usd, _, need in units) / sum(n * weigh(need) for _, _, n, need in units)
        for weigh in (lambda need: need, lambda need: 1 - need)
    )
    return {
        "EQ.02": of_median(below),
        "EQ.03": of_median(above),
        "EQ.04": pairs / (2 * usd_all * n_all),
        "EQ.05": (high - low) / low,
        "EQ.06": poor / other,
        "EQ.07": poor - other,
    }


def draw(random: Random) -> list[School]:
    """Five to thirty schools; few different amounts, so that some are equal."""
    return [
        (
            Decimal(random.randint(1, 12) * 1000 * n) / 8 + Decimal(random.choice((0, 0, 1))) / 100,
            Decimal(n) / 8,
            Decimal(random.randint(1, 99)) / 100,
        )
        for n in (random.randint(40, 9000) for _ in range(random.randint(5, 30)))
    ]


@pytest.fixture(scope="module")
def comparisons() -> dict[str, list[School]]:
    random = Random(6)  # noqa: S311
    return {f"D{at:02}": draw(random) for at in range(N_COMPARISONS)}


@pytest.fixture(scope="module")
def found(comparisons) -> dict[tuple[str, str], tuple]:
    return compare(comparisons)


def test_equity__each_index_is_what_its_definition_gives(comparisons, found):
    n_compared = 0
    for district, schools in comparisons.items():
        for metric, exact in expect(schools).items():
            value, *_, status = found[district, metric]
            assert (value is None) == (exact is None), (district, metric, status)
            if exact is not None:
                assert abs(Fraction(value) - exact) < Fraction(1, 10**9), (district, metric)
                n_compared += 1
    assert n_compared > 5 * N_COMPARISONS


def test_equity__spread_is_the_root_of_the_mean_square(comparisons, found):
    for district, schools in comparisons.items():
        n_all = sum(n for _, n, _ in schools)
        mean = sum(usd for usd, _, _ in schools) / n_all
        with localcontext(prec=40):
            squares = sum(n * (usd / n - mean) ** 2 for usd, n, _ in schools) / n_all
            assert abs(found[district, "EQ.01"][0] - squares.sqrt() / mean) < Decimal("1E-9")


def test_equity__twice_the_dollars_are_as_even_and_twice_as_far_apart(comparisons, found):
    doubled = compare({name: [(2 * usd, n, p) for usd, n, p in schools] for name, schools in comparisons.items()})
    assert {metric for _, metric in found} == {f"EQ.0{number}" for number in range(1, 10)}
    for (district, metric), (value, *_, status) in found.items():
        twice, *_, status_of_twice = doubled[district, metric]
        assert status == status_of_twice
        factor = 2 if metric in ("EQ.07", "EQ.08") else 1
        assert value is None or abs(twice - factor * value) < Decimal("1E-8"), (district, metric)


def test_equity__the_order_of_schools_is_nothing_and_a_rerun_is_the_same(comparisons, found):
    random = Random(7)  # noqa: S311
    shuffled = {name: random.sample(schools, len(schools)) for name, schools in comparisons.items()}
    moved = {name: {school: at for at, school in enumerate(schools)} for name, schools in shuffled.items()}
    assert moved and compare(comparisons) == found
    for key, (value, *_) in compare(shuffled).items():
        if key[1] != "EQ.09":  # ties of need are broken by the school's id, which moved
            assert value is None or abs(value - found[key][0]) < Decimal("1E-8"), key


def test_equity__two_schools_merged_are_their_mean_by_pupils(comparisons):
    (usd, n, _), (other_usd, other_n, _) = comparisons["D00"][:2]
    merged = quotient(usd + other_usd, n + other_n)
    assert abs(merged - (quotient(usd, n) * n + quotient(other_usd, other_n) * other_n) / (n + other_n)) < PLACES * 2
    before = compare({"A": comparisons["D00"]})["A", "EQ.04"][0]
    need = (comparisons["D00"][0][2] * n + comparisons["D00"][1][2] * other_n) / (n + other_n)
    together = [(usd + other_usd, n + other_n, round(need, 10)), *comparisons["D00"][2:]]
    after = compare({"A": together})
    assert after["A", "EQ.04"][0] <= before
    assert abs(after["A", "EQ.06"][0] - expect_float(together)) < Decimal("1E-9")


def expect_float(schools: list[School]) -> Decimal:
    exact = expect(schools)["EQ.06"]
    assert exact is not None
    return Decimal(exact.numerator) / Decimal(exact.denominator)


def test_equity__an_interval_stands_from_eight_schools_on(comparisons, found):
    for district, schools in comparisons.items():
        value, low, high, status = found[district, "EQ.08"]
        assert status == "computed"
        assert (low is None) == (len(schools) < 8) and (low is None or low < value < high)
    assert {len(schools) < 8 for schools in comparisons.values()} == {True, False}
