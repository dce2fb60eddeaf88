"""Great Expectations over DuckDB files, read-only and without values.

Belongs here: the ephemeral context, the data source, the fixed result format and the allow-list projection of
results. Does not belong here: which expectations there are (``suites/``) and what a result leads to (``doors``).

``great_expectations`` is imported inside functions alone: it costs about eight CPU seconds.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations.content_hash import quoted
from expectations.evaluate import COULD_NOT_RUN, FAILED, PASSED

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

RESULT_FORMAT = {"result_format": "SUMMARY", "partial_unexpected_count": 0}
"""The one format that holds counts and no value: the default leaks names and numbers."""

CHECK_ID = "check_id"
"""The key in an expectation's meta by which its result is found again."""

ENGINE_ARGUMENTS = {
    "connect_args": {"read_only": True},
    "isolation_level": "AUTOCOMMIT",
    "skip_autocommit_rollback": True,
    "pool_reset_on_return": None,
}
"""Without these Great Expectations fails on DuckDB: the connection closes before the fetch."""


@dataclass(frozen=True)
class CheckResult:
    """One expectation's outcome: its id, its status and a count; nothing else leaves Great Expectations."""

    check_id: str
    status: str
    n_failed: int = 0


class Validator:
    """Validates tables of one DuckDB file; made by :func:`open_validator`."""

    def __init__(self, context: Any, source: Any) -> None:
        self._context = context
        self._source = source

    def check(self, schema: str, table: str, expectations: Sequence[Expectation]) -> list[CheckResult]:
        """Run expectations on one table; a result for each, in the expectations' order.

        An expectation without a result (lost, or given twice) could not run.
        """
        import great_expectations as gx

        name = f"{schema}.{table}"
        asset = self._source.add_query_asset(name, query=f"select * from {quoted(schema, table)}")
        batch = asset.add_batch_definition_whole_table(name)
        suite = self._context.suites.add(gx.ExpectationSuite(name=name, expectations=list(expectations)))
        definition = gx.ValidationDefinition(name=name, data=batch, suite=suite)
        validation = self._context.validation_definitions.add(definition)
        found: dict[str, CheckResult] = {}
        for result in validation.run(result_format=RESULT_FORMAT).results:
            projected = _project(result)
            if projected is not None:
                found[projected.check_id] = projected
        ids = [check_id(expectation.meta) for expectation in expectations]
        return [found.get(known, CheckResult(known, COULD_NOT_RUN)) for known in ids]


@contextmanager
def open_validator(path: Path) -> Iterator[Validator]:
    """Open a DuckDB file for validation, read-only, and let go of it afterwards."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    # Its log quotes failing SQL with values; what we need to know stands in the results.
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    add_sql: Any = context.data_sources.add_sql  # its stub does not know SQLAlchemy's own arguments
    source = add_sql(
        "build", connection_string=f"duckdb:///{path}", create_temp_table=False, kwargs=dict(ENGINE_ARGUMENTS)
    )
    try:
        yield Validator(context, source)
    finally:
        source.get_execution_engine().close()
        source.get_engine().dispose()


def check_id(meta: dict[str, Any] | None) -> str:
    """The id of an expectation."""
    return str((meta or {})[CHECK_ID])


def _project(result: Any) -> CheckResult | None:
    """The allow-list: id, status, count. Everything else of a result is dropped here."""
    meta = result.expectation_config.meta or {}
    if CHECK_ID not in meta:
        return None
    if _raised(result.exception_info):
        return CheckResult(meta[CHECK_ID], COULD_NOT_RUN)
    counts = result.result or {}
    failed = counts.get("unexpected_count")
    if result.success:
        return CheckResult(meta[CHECK_ID], PASSED)
    return CheckResult(meta[CHECK_ID], FAILED, failed if isinstance(failed, int) and failed > 0 else 1)


def _raised(exception_info: Any) -> bool:
    """Whether an expectation raised; the info is flat, or one entry per metric."""
    if not exception_info:
        return False
    if "raised_exception" in exception_info:
        return bool(exception_info["raised_exception"])
    return any(entry.get("raised_exception") for entry in exception_info.values())
