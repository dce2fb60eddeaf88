"""Views that show rows of one table, row by row: their content follows from what they say and what the table holds.

Belongs here: whether a view is of that kind, and the content of one that is. Does not belong here: hashing rows.

Such a view chooses rows and columns, and looks at nothing but the row itself: at no other row, no other table, no
clock. Or it puts several rows of one district in one, as a wide mart does. So the same SQL over the same rows shows the
same rows, and over one district's rows those of the district. Every other view is hashed by its rows.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from expectations.content_hash import Content, columns_of, heading, quoted
from expectations.models import ModelInfo

View = tuple[str, str, str]
"""Its database, schema and name."""

Bodies = dict[tuple[str, str], str]
"""The SQL of a database's views, by schema and name."""

OF_ONE_ROW = {
    *("COLUMN_REF", "STAR", "CONSTANT", "CAST", "CASE"),
    *("COMPARISON", "CONJUNCTION", "OPERATOR", "BETWEEN", "FUNCTION"),
}
"""Kinds of expressions, in DuckDB's words, that look at one row alone; FUNCTION if it is one of ``FUNCTIONS``."""

FUNCTIONS = """
select function_name from duckdb_functions()
group by function_name
having bool_and(
    (function_type = 'scalar' and stability = 'CONSISTENT') or (internal and function_name = 'split_part')
)
"""
"""Functions of one row; DuckDB's own ``split_part`` is a macro over such functions, somebody else's may be anything."""

AGGREGATES = {"max", "min", "count", "count_star"}
"""What may put rows of a district in one: the same whatever their order."""

DISTRICT = "district_id"

PLAIN = {
    **{"type": "SELECT_NODE", "modifiers": [], "having": None, "qualify": None},
    **{"sample": None, "aggregate_handling": "STANDARD_HANDLING"},
}
"""What each part of a query says that neither orders, limits, samples nor drops doubled rows."""


@dataclass(frozen=True)
class ShownView:
    """A view of that kind: the table that it reads, and its SQL."""

    table: str
    body: str

    def over(self, schema: str) -> str:
        """The SQL with its table in this schema, or in none."""
        return in_schema(self.body, self.table, schema)


def row_by_row_views(
    connection: duckdb.DuckDBPyConnection, models: Sequence[ModelInfo], database: str, schema: str | None = None
) -> dict[str, ShownView]:
    """Models of which every file has such a view and none a table.

    Args:
        connection: holds the views.
        models: all models.
        database: the database that holds them.
        schema: the schema in it; the models' own if there is none.
    """
    by_name = {model.name: model for model in models}
    functions = {row[0] for row in connection.execute(FUNCTIONS).fetchall()}
    bodies = view_bodies(connection, database)
    found = {}
    for model in models:
        table = by_name.get(model.rows_of or "")
        if table is not None and set(model.audiences) <= set(table.audiences):
            view = ShownView(table.name, bodies.get((schema or model.schema, model.name), ""))
            if view.body and _is_row_by_row(connection, view, functions, _columns(connection, database, schema, table)):
                found[model.name] = view
    return found


def view_bodies(connection: duckdb.DuckDBPyConnection, database: str) -> Bodies:
    """The SQL of all views of a database as DuckDB writes it: to ask for one costs as much as for all."""
    rows = connection.execute(
        "select schema_name, view_name, sql from duckdb_views() where database_name = ?", [database]
    )
    return {(schema, name): _body(sql) for schema, name, sql in rows.fetchall()}


def in_schema(body: str, table: str, schema: str) -> str:
    """A view's SQL with its table in this schema, or in none."""
    return re.sub(rf"\b\w+\.{table}\b", f"{schema}.{table}" if schema else table, body)


def hash_view(connection: duckdb.DuckDBPyConnection, view: View, shown: ShownView, held: Content) -> Content:
    """The content of such a view, from that of the table it reads."""
    relation = quoted(*view)
    rows = connection.execute(f"select count(*) from {relation}").fetchall()[0][0]
    return content_of_view(columns_of(connection, relation), shown, held, rows)


def content_of_view(columns: Sequence[tuple[str, str]], shown: ShownView, held: Content, rows: int) -> Content:
    """As :func:`hash_view`, where the view's columns and number of rows are known."""
    told = b"\0".join([heading(columns), shown.over("").encode(), held.hash.encode()])
    return Content(hashlib.sha256(told).hexdigest(), rows)


def _body(sql: str) -> str:
    """What follows the view's name."""
    return sql.partition(" AS ")[2]


def _columns(connection: duckdb.DuckDBPyConnection, database: str, schema: str | None, table: ModelInfo) -> set[str]:
    relation = quoted(database, schema or table.schema, table.name)
    return {name for name, _ in columns_of(connection, relation)}


def _is_row_by_row(
    connection: duckdb.DuckDBPyConnection, view: ShownView, functions: set[str], columns: set[str]
) -> bool:
    """Whether each part of a query is of a kind that is listed above; what is not known is not."""
    tree = json.loads(connection.execute("select json_serialize_sql($1)", [view.over("")]).fetchall()[0][0])
    parts = list(_parts(tree["statements"])) if not tree["error"] else [{"class": tree["error_type"]}]
    names = columns | {part["alias"] for part in parts if part.get("alias")}
    return all(_is_plain(part, functions, names) for part in parts)


def _is_plain(part: dict[str, Any], functions: set[str], names: set[str]) -> bool:
    kind = part.get("class", "STAR")
    if kind not in OF_ONE_ROW or part.get("aliases"):
        return False
    if part.get("alias") == DISTRICT:  # nothing else is called so: a district's rows are its own
        return False
    if kind == "FUNCTION" and part["function_name"] not in functions | AGGREGATES:
        return False
    if kind == "COLUMN_REF" and part["column_names"][-1] not in names:  # ``current_date`` looks like a column
        return False
    if "node" in part and not _is_plain_query(part["node"]):
        return False
    return "from_table" not in part or _is_one_table(part["from_table"])


def _is_plain_query(node: dict[str, Any]) -> bool:
    """Whether a part of a query shows single rows, or groups by the district and by what else it likes, in one way."""
    if any(node.get(name) != value for name, value in PLAIN.items()):
        return False
    groups = [part["column_names"][-1] for part in node["group_expressions"] if part["class"] == "COLUMN_REF"]
    if not groups:
        return not node["group_sets"] and not any(_is_aggregate(part) for part in _parts(node["select_list"]))
    return DISTRICT in groups and node["group_sets"] == [list(range(len(groups)))]


def _is_aggregate(part: dict[str, Any]) -> bool:
    return part.get("class") == "FUNCTION" and part["function_name"] in AGGREGATES


def _is_one_table(source: dict[str, Any]) -> bool:
    said_otherwise = ("sample", "at_clause", "column_name_alias")
    return source["type"] == "BASE_TABLE" and not any(source[name] for name in said_otherwise)


def _parts(tree: Any) -> Iterator[dict[str, Any]]:
    """Everything that a query's tree holds, from the outside in."""
    if isinstance(tree, dict):
        yield tree
    for part in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from _parts(part)
