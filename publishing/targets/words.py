"""What a target has, and why it does not have a release.

Does not belong here: finding out (each target's own modules).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


class TargetFault(Exception):
    """A target could not take a release; its readers keep what they had. The message holds no value of a record."""


@dataclass(frozen=True)
class Followed:
    """What had to be done for a release on a target, and what else there is to say of it."""

    outcome: Literal["copied", "pointed", "in_place"]
    note: str = ""


@dataclass(frozen=True)
class Served:
    """The release that a target's readers get, and those that it keeps, the oldest first."""

    current: str | None
    kept: tuple[str, ...]
