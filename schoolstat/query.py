"""One question to the current release.

Belongs here: opening the audience's file read-only, with nothing outside it in reach. Does not belong here: our SQL.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb
from rich.table import Table
from rich.text import Text

from ingestion.home import Home
from publishing.release import open_release
from schoolstat.errors import Unanswerable


@dataclass(frozen=True)
class Answer:
    """Columns and rows of a result, in the query's order."""

    columns: list[str]
    rows: list[tuple[Any, ...]]

    def to_dict(self) -> dict[str, object]:
        """``{"columns": […], "rows": [{…}]}``; decimals are JSON numbers, dates ISO text."""
        return {
            "columns": self.columns,
            "rows": [dict(zip(self.columns, map(_plain, row), strict=True)) for row in self.rows],
        }

    def to_lines(self) -> str:
        """The result as lines with tabs between the cells, for another program; an empty cell is NULL."""
        lines = [self.columns, *([_cell(value) for value in row] for row in self.rows)]
        return "".join("\t".join(map(_one_line, line)) + "\n" for line in lines)

    def render(self) -> Table:
        """The result as a table for the terminal; an empty cell is NULL."""
        table = Table(row_styles=["", "dim"])
        for column in self.columns:
            table.add_column(Text(column), overflow="fold")
        for row in self.rows:
            table.add_row(*(Text(_cell(value)) for value in row))
        return table


def run_query(home: Home, sql: str, audience: str) -> Answer:
    """Run one select on what ``audience`` may read.

    Args:
        home: the home whose current release is asked.
        sql: one statement.
        audience: ``collaborative``, ``shared`` or ``district:<district_id>``.

    Raises:
        Unanswerable: there is no release, the audience has no file, or the SQL does not run.
    """
    path = open_release(home, audience)
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        try:
            cursor = connection.execute(sql)
        except duckdb.Error as error:
            raise Unanswerable(str(error)) from None
        if cursor.description is None:
            return Answer([], [])
        return Answer([column[0] for column in cursor.description], cursor.fetchall())


def _cell(value: Any) -> str:
    return "" if value is None else str(_plain(value))


def _one_line(text: str) -> str:
    """A cell's text without what would end the cell or the line."""
    return " ".join(re.split(r"[\t\r\n]+", text))


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
