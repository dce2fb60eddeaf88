"""What door 3 expects of ``mart_per_pupil_spending_wide``; its values are those of the long mart, checked there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.suites.checks import MartScene, keys_present, rows_kept

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation


def suite(scene: MartScene) -> list[Expectation]:
    """Rows and keys; there are none where no state's figures by function arrive."""
    return [*rows_kept(scene, may_be_empty=True), *keys_present(scene)]
