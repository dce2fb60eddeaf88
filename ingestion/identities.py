"""Rule I01: the numbers of one row are to each other what the report says they are.

Belongs here: comparing a printed quotient or sum with the figures beside it. Does not belong here: what becomes of
the district whose row fails (door 1 holds it, and nobody else), totals of a whole column (``control_totals.py``).

Nothing is divided, so that the comparison is exact: a quotient holds when value times denominator misses the numerator
by no more than the declared rounding allows.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

from ingestion.findings import Finding, IdentityFailure
from ingestion.mapping_promises import Identity
from ingestion.sql_text import quote

if TYPE_CHECKING:
    import duckdb

    from ingestion.mapping import Mapping

RULE = "I01"
_DIGITS = 76
"""Enough for the product of two numbers of 38 digits each."""


def check_identities(
    connection: duckdb.DuckDBPyConnection, mapping: Mapping, school_year: int | None
) -> tuple[list[Finding], list[IdentityFailure]]:
    """Check each row that lands against each declared identity; rows with a missing number are left out."""
    findings, failures = [], []
    year = "_school_year" if mapping.year_column else f"{school_year or 'NULL'}::INTEGER"
    for name, identity in mapping.identities.items():
        n_checked, failed = _check(connection, name, identity, year)
        findings.append(_finding(mapping, name, identity, n_checked, failed))
        failures += failed if identity.holds_districts else []
    return findings, failures


def _check(
    connection: duckdb.DuckDBPyConnection, name: str, identity: Identity, year: str
) -> tuple[int, list[IdentityFailure]]:
    known = {(each.entity_id, each.school_year): each.largest_difference for each in identity.exceptions}
    n_checked, failures = 0, []
    with localcontext() as context:
        context.prec = _DIGITS
        for district_id, entity, line, numbers in _rows(connection, identity, year):
            n_checked += 1
            if not holds(identity, numbers, known.get(entity, Decimal(0))):
                failures.append(IdentityFailure(district_id, name, line))
    return n_checked, failures


def _rows(
    connection: duckdb.DuckDBPyConnection, identity: Identity, year: str
) -> Iterator[tuple[str, tuple[str, int], int, dict[str, Decimal]]]:
    """District, entity and year, line and numbers of each row that lands."""
    columns = ", ".join(map(quote, identity.columns))
    needed = [f"({_is_there(identity, column)})" for column in identity.columns]
    if identity.school_years:
        needed.append(f"{year} IN ({', '.join(map(str, identity.school_years))})")
    rows = connection.execute(
        f"SELECT _district_id, _entity_id, {year}, line, {columns} FROM typed "
        f"ANTI JOIN rejects USING (line) ANTI JOIN repeats USING (line) WHERE {' AND '.join(needed)} ORDER BY line"
    ).fetchall()
    for district_id, entity_id, school_year, line, *numbers in rows:
        yield district_id, (entity_id, school_year), line, dict(zip(identity.columns, numbers, strict=True))


def _is_there(identity: Identity, column: str) -> str:
    """SQL of whether a row's figure can be compared: a part that is not reported may add nothing."""
    is_number = f"{quote(column)} IS NOT NULL"
    if identity.empty_parts == "add_nothing" and column in identity.parts:
        return f"{is_number} OR {quote(f'{column}_status')} = 'not_reported'"
    return is_number


def holds(identity: Identity, numbers: dict[str, Decimal], declared: Decimal = Decimal(0)) -> bool:
    """Whether one row's numbers are what they must be to each other.

    Args:
        identity: what they must be.
        numbers: the row's numbers by column.
        declared: how far the row is known to be off, in the figure's own unit; 0 if nothing is known of it.
    """
    value = numbers[identity.value]
    if identity.numerator is None or identity.denominator is None:
        off, unit = abs(value - sum(numbers[part] or Decimal(0) for part in identity.parts)), Decimal(1)
    else:
        denominator = numbers[identity.denominator]
        off, unit = abs(value * denominator - numbers[identity.numerator]), abs(denominator)
    rounding = abs(value) * identity.denominator_rounding + identity.tolerance * unit
    return off <= max(rounding, declared * unit)


def _finding(
    mapping: Mapping, name: str, identity: Identity, n_checked: int, failures: list[IdentityFailure]
) -> Finding:
    heading = mapping.heading(identity.value)
    if not failures:
        message = f"'{heading}' agrees with the figures beside it in all {n_checked} rows that have them"
        return Finding(RULE, "row", "passed", None, heading, message, "", n_checked, 0)
    lines = ", ".join(str(failure.line) for failure in failures[:5])
    more = f" and {len(failures) - 5} more" if len(failures) > 5 else ""
    message = (
        f"'{heading}' disagrees with the figures beside it ({name}) in {len(failures)} of {n_checked} rows: "
        f"line {lines}{more}; {'these districts will be held' if identity.holds_districts else 'nobody is held for it'}"
    )
    what_to_do = "correct the rows and send the file again; if the publisher stands by a row, declare it an exception"
    return Finding(RULE, "row", "warning", failures[0].line, heading, message, what_to_do, n_checked, len(failures))
