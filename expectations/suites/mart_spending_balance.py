"""What door 3 expects of ``mart_spending_balance``; empty until a district sends a ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.suites.checks import MartScene, every_dollar_placed, keys_present, rows_kept

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation


def suite(scene: MartScene) -> list[Expectation]:
    """Rows, keys, and that nothing of a ledger is missing."""
    return [*rows_kept(scene, may_be_empty=True), *keys_present(scene), *every_dollar_placed(scene)]
