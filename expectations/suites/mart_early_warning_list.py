"""What door 3 expects of ``mart_early_warning_list``; empty until a district sends what it is made of, and from year to year as it may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.suites.checks import MartScene, keys_present

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation


def suite(scene: MartScene) -> list[Expectation]:
    """Keys alone: how many pupils are on it is what it is there to tell."""
    return keys_present(scene)
