"""What door 3 expects of ``mart_topic``; empty until a topic is taken up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.suites.checks import MartScene, keys_present, rows_kept, values_in_range

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation


def suite(scene: MartScene) -> list[Expectation]:
    """Rows, keys and ranges."""
    return [*rows_kept(scene, may_be_empty=True), *keys_present(scene), *values_in_range(scene)]
