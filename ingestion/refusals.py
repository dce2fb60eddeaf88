"""The refused rows of a file: all of them counted, so many of them listed.

Belongs here: what is kept of the table ``rejects``. Does not belong here: why a row is refused (``row_rules.py``).

A file whose every row is wrong has as many refusals as rows: each is counted, and the first are listed, which is where
somebody begins to correct it. The file itself stays in the archive.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from ingestion.findings import Reject

if TYPE_CHECKING:
    import duckdb

MOST_LISTED = 100_000
"""Refusals that are held in memory and kept in the ledger."""


class RefusedBy(NamedTuple):
    """What one rule refused."""

    n_refusals: int
    n_rows: int
    first_line: int


@dataclass(frozen=True)
class Refusals:
    """The refused rows of a file.

    Attributes:
        listed: the first of them, in the order of their lines.
        n_rows: how many rows are refused.
        by_rule: how many each rule refused, and where the first is.
    """

    listed: tuple[Reject, ...] = ()
    n_rows: int = 0
    by_rule: dict[str, RefusedBy] = field(default_factory=dict)

    @property
    def are_all_listed(self) -> bool:
        """Whether none is only counted."""
        return len(self.listed) == sum(each.n_refusals for each in self.by_rule.values())

    @property
    def worst_rule(self) -> str:
        """The rule that refused most."""
        return max(self.by_rule, key=lambda rule: self.by_rule[rule].n_refusals)


def fetch_refusals(connection: duckdb.DuckDBPyConnection) -> Refusals:
    """What the table ``rejects`` comes to."""
    rows = connection.execute(
        f"SELECT line, column_name, rule_id, reason FROM rejects ORDER BY ALL LIMIT {MOST_LISTED}"
    ).fetchall()
    counts = connection.execute(
        "SELECT rule_id, count(*), count(DISTINCT line), min(line) FROM rejects GROUP BY rule_id ORDER BY rule_id"
    ).fetchall()
    n_rows = connection.execute("SELECT count(DISTINCT line) FROM rejects").fetchall()[0][0]
    return Refusals(tuple(Reject(*row) for row in rows), n_rows, {rule: RefusedBy(*each) for rule, *each in counts})
