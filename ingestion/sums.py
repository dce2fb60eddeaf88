"""Numbers that a mapping adds up of others in the same row (``add`` and ``less`` of a column), in DuckDB SQL.

Belongs here: a sum, and whether there is one. Does not belong here: the numbers that it is made of (``casting.py``),
comparing a printed total with its parts (``identities.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ingestion.mapping_parts import SourceColumn
from ingestion.sql_text import quote

WIDEST = "DECIMAL(38, 10)"
"""What the parts are added up as, whatever each of them lands as."""


def sum_of_columns(name: str, column: SourceColumn, statuses: Mapping[str, str]) -> list[str]:
    """SQL of the columns ``name`` and ``name_status``.

    Args:
        name: what the sum is called.
        column: what it is made of.
        statuses: by part, SQL of whether its number is there.
    """
    terms = [_term(part, column) for part in column.add] + [f"-{_term(part, column)}" for part in column.less]
    number = f"TRY({' + '.join(terms)})"
    status = _status(column, statuses)
    return [
        f"CASE WHEN {status} = 'reported' THEN {number} END AS {quote(name)}",
        f"CASE WHEN {status} = 'reported' AND {number} IS NULL THEN 'refused' ELSE {status} END "
        f"AS {quote(name + '_status')}",
    ]


def _term(part: str, column: SourceColumn) -> str:
    number = f"CAST({quote(part)} AS {WIDEST})"
    return f"coalesce({number}, 0)" if column.empty_parts == "add_nothing" else number


def _status(column: SourceColumn, statuses: Mapping[str, str]) -> str:
    """SQL of whether there is a sum: not where a part is hidden, or is not there and may not be missing.

    A part that cannot be read refuses the row by itself.
    """
    said = list(statuses.values())
    missing = f"{_any_is('not_reported', said)} OR {_any_is('refused', said)}"
    if column.empty_parts == "add_nothing":
        missing = f"NOT {_any_is('reported', [statuses[part] for part in column.add])}"
    return (
        f"(CASE WHEN {_any_is('suppressed', said)} THEN 'suppressed' WHEN {missing} THEN 'not_reported' "
        "ELSE 'reported' END)"
    )


def _any_is(status: str, statuses: Sequence[str]) -> str:
    return f"'{status}' IN ({', '.join(statuses)})"
