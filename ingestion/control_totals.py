"""Rule CT1: a file's total row agrees with the rows that it totals.

Belongs here: comparing them, on the file that carries them. Does not belong here: whether the parts of one row
add up (a rule of door 2).

A column of rates is compared through the amounts behind it: the sum of rate times weight over the districts
must be the total row's rate times its weight.

Cells that say nothing ("not reported") add nothing. Cells that hide a number (suppressed, or refused) leave room:
the total may then exceed the sum by at most the largest amount read, for each of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

from ingestion.findings import Finding, Severity
from ingestion.mapping import ControlTotal, Mapping
from ingestion.mapping_promises import KnownGap
from ingestion.sql_text import quote

if TYPE_CHECKING:
    import duckdb

RULE = "CT1"
_TOTAL_ROW = "_is_total AND line NOT IN (SELECT line FROM repeats)"
_DIGITS = 76
"""Enough for the product of two numbers of 38 digits each."""


@dataclass(frozen=True)
class _Sums:
    """What one column adds up to; amounts are values times weights."""

    stated: Decimal
    """Of the total row, or rows."""
    weight: Decimal
    found: Decimal
    largest: Decimal
    n_read: int
    n_hidden: int

    @property
    def difference(self) -> Decimal:
        """Stated less found, in the column's own unit."""
        return (self.stated - self.found) / self.weight

    @property
    def room(self) -> Decimal:
        """How much the hidden cells may explain, in the column's own unit."""
        return self.n_hidden * self.largest / self.weight


def check_control_totals(
    connection: duckdb.DuckDBPyConnection, mapping: Mapping, school_year: int | None
) -> list[Finding]:
    """Count the total rows and compare each declared column; one finding for each."""
    if mapping.districts is None:
        return []
    if not mapping.districts.totals:
        message = "the report has no total row, so that it cannot be checked as a whole"
        return [Finding(RULE, "file", "passed", None, "", message, "", 0, 0)]
    (n_totals,) = _one_row(connection, f"SELECT count(*) FROM typed WHERE {_TOTAL_ROW}")
    expected = mapping.districts.total_rows
    if n_totals != expected:
        message = f"the file has {n_totals} total rows where {expected} are expected: it cannot be checked as a whole"
        return [_finding("error", "", message, "send the whole report with its total row")]
    with localcontext() as context:
        context.prec = _DIGITS
        return [
            _check(connection, mapping.heading(name), name, total, total.known_gaps.get(str(school_year)))
            for name, total in mapping.control_totals.items()
        ]


def _check(
    connection: duckdb.DuckDBPyConnection, heading: str, name: str, total: ControlTotal, gap: KnownGap | None
) -> Finding:
    import duckdb

    try:
        sums = _read_sums(connection, name, total.weight)
    except duckdb.OutOfRangeException:
        message = f"the numbers of '{heading}' are too large to be added up"
        return _finding(
            "error", heading, message, "look for a number with too many digits, correct it and send it again"
        )
    if sums is None:
        message = f"the total row holds no number in '{heading}', so the column cannot be checked"
        return _finding("error", heading, message, "send the report with its complete total row")
    return _compare(heading, sums, total, gap)


def _compare(heading: str, sums: _Sums, total: ControlTotal, gap: KnownGap | None) -> Finding:
    known = gap.amount if gap else Decimal(0)
    low, high = known - total.tolerance, known + total.tolerance + sums.room
    explained = f", {_plain(known)} apart from a known gap ({gap.reason})" if gap else ""
    hidden = f"; {sums.n_hidden} hidden cells leave room for {_plain(sums.room)}" if sums.n_hidden else ""
    if low <= sums.difference <= high:
        is_explained = sums.difference <= known + total.tolerance
        severity: Severity = "passed" if is_explained else "warning"
        message = (
            f"'{heading}': the total row agrees with {sums.n_read} rows within {total.tolerance:f}{explained}{hidden}"
        )
        what_to_do = "" if is_explained else "nothing, if the hidden cells are meant to be hidden"
        return Finding(RULE, "file", severity, None, heading, message, what_to_do, sums.n_read, 0)
    kind = "weighted, come to" if total.weight else "add up to"
    found, rows = _plain(sums.found / sums.weight), sums.n_read
    message = (
        f"'{heading}': the total row states {_plain(sums.stated / sums.weight)}, its {rows} rows {kind} {found}; "
        f"the difference of {_plain(sums.difference)} is not within {total.tolerance:f}{explained}{hidden}"
    )
    return _finding("error", heading, message, "rows are missing, doubled or changed: export the whole report again")


def _read_sums(connection: duckdb.DuckDBPyConnection, name: str, weight: str | None) -> _Sums | None:
    value, status = quote(name), quote(f"{name}_status")
    by, by_status = (quote(weight), quote(f"{weight}_status")) if weight else ("1", "'reported'")
    stated, stated_weight, is_complete = _one_row(
        connection,
        f"SELECT sum({value} * {by}), {f'sum({by})' if weight else '1'}, count({value}) = count(*) "
        f"FROM typed WHERE {_TOTAL_ROW}",
    )
    if not is_complete or stated is None or not stated_weight:
        return None
    found, largest, n_read, n_hidden = _one_row(
        connection,
        f"""WITH counted AS (
            SELECT {value} * {by} AS amount,
                coalesce(is_conflict, false) OR (
                    'not_reported' NOT IN ({status}, {by_status})
                    AND ({status} <> 'reported' OR {by_status} <> 'reported')
                ) AS is_hidden
            FROM typed LEFT JOIN repeats USING (line)
            WHERE NOT _is_total AND (repeats.line IS NULL OR repeats.is_conflict)
        )
        SELECT sum(amount) FILTER (NOT is_hidden), max(amount) FILTER (NOT is_hidden),
            count(amount) FILTER (NOT is_hidden), count(*) FILTER (is_hidden)
        FROM counted""",
    )
    return _Sums(
        stated=stated,
        weight=Decimal(stated_weight),
        found=found if found is not None else Decimal(0),
        largest=largest if largest is not None else Decimal(0),
        n_read=n_read,
        n_hidden=n_hidden,
    )


def _one_row(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple:
    row = connection.execute(sql).fetchone()
    if row is None:
        raise AssertionError("an aggregate, or the one total row, always gives a row")
    return row


def _plain(number: Decimal) -> str:
    return f"{round(number, 6).normalize():f}"


def _finding(severity: Severity, column: str, message: str, what_to_do: str) -> Finding:
    return Finding(RULE, "file", severity, None, column, message, what_to_do, 1, 1)
