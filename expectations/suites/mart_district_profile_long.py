"""What door 3 expects of ``mart_district_profile_long``; empty until a district sends figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.suites.checks import MartScene, keys_present, rows_kept

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation


def suite(scene: MartScene) -> list[Expectation]:
    """Rows and keys."""
    return [*rows_kept(scene, may_be_empty=True), *keys_present(scene)]
