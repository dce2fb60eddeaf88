"""What door 3 expects of ``mart_unsupported_pupil``; a list that grows shorter is good news."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from expectations.suites.checks import MartScene, keys_present, rows_kept

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation


def suite(scene: MartScene) -> list[Expectation]:
    """Keys, and as many rows as there are."""
    return [*rows_kept(replace(scene, rows_before=None), may_be_empty=True), *keys_present(scene)]
