"""What door 3 expects of ``mart_account_coverage``; empty until a district sends a ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.suites.checks import MartScene, coverage_is_the_ledger, keys_present, rows_kept

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation


def suite(scene: MartScene) -> list[Expectation]:
    """Rows, keys, and that the accounts make up the ledger."""
    return [*rows_kept(scene, may_be_empty=True), *keys_present(scene), *coverage_is_the_ledger(scene)]
