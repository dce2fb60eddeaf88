"""Rule P02 at door 3: whatever is computed and shared was published, and nothing more of it.

Belongs here: comparing the shared tables with the publications that serve. Does not belong here: the proof that these
give nothing away, which stands in each one's certificate (``disclosure``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from expectations.content_hash import columns_of, quoted
from expectations.evaluate import COULD_NOT_RUN, FAILED, PASSED, RuleResult
from expectations.models import ModelInfo, released_models
from expectations.rules import Rule
from ingestion.home import Home
from ingestion.published_figures import (
    COLUMNS,
    FrozenPublication,
    PublicationCorrupt,
    find_serving,
    list_publications,
    select_published,
)

if TYPE_CHECKING:
    import duckdb


def judge_published(
    connection: duckdb.DuckDBPyConnection, home: Home, rule: Rule, models: Sequence[ModelInfo]
) -> RuleResult:
    """Compare each shared table with what was published and proved.

    Args:
        connection: holds the build at work.
        home: the home, where publications lie.
        rule: the rule.
        models: all models.
    """
    try:
        serving = find_serving(list_publications(home))
    except PublicationCorrupt as error:
        return RuleResult(rule.door, rule.id, rule.scope, COULD_NOT_RUN, message=f"P02 could not run: {error}")
    unproved = [year for year, each in serving.items() if _gives_away(each, year)]
    n_rows, n_strange = 0, len(unproved)
    for model in released_models(list(models), "shared"):
        relation = quoted(model.schema, model.name)
        columns = [name for name, _ in columns_of(connection, relation) if name in COLUMNS]
        if {"basis", "value"} <= set(columns):
            names = ", ".join(quoted(name) for name in columns)
            computed = f"select {names} from {relation} where basis <> 'reported'"
            published = f"select {names} from ({select_published(serving)})"
            n_rows += _count(connection, computed)
            n_strange += _count(connection, f"({computed}) except ({published})")
    message = f"{n_strange} computed figures are shared as nobody has proved them" if n_strange else ""
    status = FAILED if n_strange else PASSED
    return RuleResult(rule.door, rule.id, rule.scope, status, n_rows + 1, n_strange, message=message)


def _gives_away(publication: FrozenPublication, school_year: int) -> bool:
    """Whether a publication's own proof found something, or there is none."""
    proof = publication.certificate["proof"].get(str(school_year))
    return proof is None or proof["too_close"] != 0


def _count(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    return connection.execute(f"select count(*) from ({sql})").fetchall()[0][0]
