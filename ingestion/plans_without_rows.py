"""Whether a query has no row, told from DuckDB's plan of it.

Belongs here: which parts of a plan give no row when what they read has none. Does not belong here: what is planned.

A plan is read from the bottom: what DuckDB has found to be empty is, and each step is judged by those that it reads. A
step of another kind than those listed here is taken to give rows.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

ROW_FOR_ROW = {
    *("PROJECTION", "FILTER", "WINDOW", "STREAMING_WINDOW", "ORDER_BY", "TOP_N", "UNNEST"),
    *("HASH_GROUP_BY", "PERFECT_HASH_GROUP_BY"),
}
"""Steps that give no row when what they read has none; ``UNGROUPED_AGGREGATE`` gives one even then."""

JOINS = {"HASH_JOIN", "NESTED_LOOP_JOIN", "BLOCKWISE_NL_JOIN", "PIECEWISE_MERGE_JOIN"}

GROUPS_OF_NOTHING = re.compile(r"\b(rollup|cube)\b|[,(]\s*\(\s*\)", re.IGNORECASE)
"""Groupings that give a total where there is nothing to add up: by no column at all, besides others."""

COMMENT = re.compile(r"--.*")

Step = dict[str, Any]


def has_no_rows(connection: duckdb.DuckDBPyConnection, sql: str) -> bool:
    """Whether the plan of a query shows that it gives no row."""
    if GROUPS_OF_NOTHING.search(COMMENT.sub("", sql)):
        return False
    plan = json.loads(connection.execute(f"explain (format json) {sql}").fetchall()[0][1])
    return _is_empty(plan[0], {})


def _is_empty(step: Step, named: dict[str, bool]) -> bool:
    """Whether a step gives no row.

    Args:
        step: a step of the plan, with those that it reads below.
        named: whether the parts of the query that have a name are empty, by the plan's number of each.
    """
    name, read, told = step["name"], step["children"], step["extra_info"]
    if name == "EMPTY_RESULT":
        return True
    if name == "CTE":
        named[told["Table Index"]] = _is_empty(read[0], named)
        return _is_empty(read[1], named)
    if name == "CTE_SCAN":
        return named.get(told["CTE Index"], False)
    empty = [_is_empty(part, named) for part in read]
    if name in ROW_FOR_ROW:
        return empty == [True]
    if name == "UNION":
        return all(empty)
    if name == "CROSS_PRODUCT":
        return any(empty)
    return name in JOINS and len(empty) == 2 and _is_empty_join(told["Join Type"], *empty)


def _is_empty_join(kind: str, left: bool, right: bool) -> bool:
    """Whether a join of these sides gives no row; of a kind that is not named here it may."""
    return {"INNER": left or right, "SEMI": left or right, "LEFT": left, "ANTI": left, "RIGHT": right}.get(kind, False)
