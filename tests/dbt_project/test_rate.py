"""The one macro that divides: exact, one rounding, half away from zero."""

from decimal import ROUND_HALF_UP, Decimal, localcontext

import duckdb
import jinja2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.dbt_project.dbt_runs import DBT_PROJECT

PLACES = Decimal("0.0000000001")


@pytest.fixture(scope="module")
def divide():
    """Divide pairs of numbers in DuckDB by the macro's own SQL."""
    source = (DBT_PROJECT / "macros" / "portable" / "rate.sql").read_text()
    expression = jinja2.Template(source).module.duckdb__rate("a", "b")
    with duckdb.connect() as connection:

        def run(numerator, denominator, types=("DECIMAL(38,6)", "DECIMAL(38,6)")):
            sql = f"select {expression} from (select ?::{types[0]} as a, ?::{types[1]} as b)"
            return connection.execute(sql, [numerator, denominator]).fetchone()[0]

        yield run


def exact(numerator: Decimal, denominator: Decimal) -> Decimal:
    with localcontext(prec=80):
        return (numerator / denominator).quantize(PLACES, ROUND_HALF_UP)


def decimals(limit: str):
    return st.decimals(-Decimal(limit), Decimal(limit), allow_nan=False, allow_infinity=False, places=6)


@settings(max_examples=400, deadline=None)
@given(decimals("1000000000000"), decimals("1000000000").filter(bool))
@example(Decimal("182112161.56"), Decimal("6656.2"))
@example(Decimal("1000000000000"), Decimal("0.000001"))
@example(Decimal("0.000001"), Decimal("20000"))  # 0.00000000005: half a unit, away from zero
@example(Decimal("-0.000001"), Decimal("20000"))
@example(Decimal("0.000001"), Decimal("20000.000001"))  # just below half a unit
@example(Decimal("0"), Decimal("-3"))
def test_rate__equals_exact_division(divide, numerator, denominator):
    assert divide(numerator, denominator) == exact(numerator, denominator)


@pytest.mark.parametrize(
    ("numerator", "denominator"), [(None, Decimal(1)), (Decimal(1), None), (None, None), (Decimal(1), Decimal(0))]
)
def test_rate__is_null_without_inputs_or_with_zero_below(divide, numerator, denominator):
    assert divide(numerator, denominator) is None


def test_rate__zero_over_zero_is_null(divide):
    assert divide(Decimal(0), Decimal(0)) is None


def test_rate__takes_money_and_integers(divide):
    assert divide("100.01", 3, ("DECIMAL(18,2)", "INTEGER")) == exact(Decimal("100.01"), Decimal(3))
    assert divide(2, 3, ("BIGINT", "HUGEINT")) == exact(Decimal(2), Decimal(3))


def test_rate__is_a_decimal_with_ten_places(divide):
    assert divide(Decimal(1), Decimal(4)).as_tuple().exponent == -10


def test_rate__overflow_is_an_error_not_a_wrong_number(divide):
    with pytest.raises(duckdb.Error):
        divide("1" + 22 * "0", "1")
