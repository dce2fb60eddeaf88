"""What door 3 expects of ``fct_metric_value``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.suites.checks import MartScene, families_apart, keys_present, rows_kept, values_in_range

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation


def suite(scene: MartScene) -> list[Expectation]:
    """Rows, keys, ranges, and families of spending that never blend."""
    return [*rows_kept(scene), *keys_present(scene), *values_in_range(scene), *families_apart(scene)]
