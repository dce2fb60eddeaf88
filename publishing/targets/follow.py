"""Every target gets the release that is current in the home: after a night, after going back, and when asked to.

Belongs here: which targets there are, and what became of each. Does not belong here: how one takes a release.

The home is first: what a target serves was verified, and current, here. A target that cannot be reached keeps what it
had, costs nobody else anything, and catches up the next time.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from ingestion.home import Home
from ingestion.target_settings import TargetSettings
from publishing.shelf import current_release_id, release_ids, verify_release
from publishing.targets import bucket, postgres
from publishing.targets.words import Followed, Served, TargetFault

Outcome = Literal["copied", "pointed", "in_place", "failed"]


@dataclass(frozen=True)
class TargetOutcome:
    """What became of one target.

    Attributes:
        target: ``postgres`` or ``s3``.
        outcome: ``copied``; ``pointed`` where it had the release already; ``in_place`` where its readers get it
            already; ``failed``.
        release_id: the release.
        message: why it failed.
        note: what else there is to say of it.
        seconds: how long it took.
    """

    target: str
    outcome: Outcome
    release_id: str
    message: str = ""
    note: str = ""
    seconds: float = 0


@dataclass(frozen=True)
class TargetState:
    """What one target has, or why it does not say."""

    target: str
    current: str | None = None
    kept: tuple[str, ...] = ()
    message: str = ""


def follow_current(home: Home, settings: TargetSettings, collaborative_id: str) -> tuple[TargetOutcome, ...]:
    """Make the current release the one that every target's readers get; of others each keeps what the home keeps.

    Args:
        home: the home.
        settings: the targets.
        collaborative_id: whose home it is.

    Raises:
        ReleaseCorrupt: the release is not what was released; nothing is copied.
    """
    release_id = current_release_id(home)
    if release_id is None or not settings.is_any:
        return ()
    manifest, folder, kept = verify_release(home, release_id), home.releases / release_id, release_ids(home)
    todo: dict[str, Callable[[], Followed]] = {}
    if settings.postgres is not None:
        todo[postgres.NAME] = partial(postgres.follow, settings.postgres, collaborative_id, folder, manifest, kept)
    if settings.s3 is not None:
        todo[bucket.NAME] = partial(bucket.follow, settings.s3, folder, manifest, home.work, kept)
    return tuple(_try(name, release_id, follow) for name, follow in todo.items())


def ask_targets(settings: TargetSettings) -> tuple[TargetState, ...]:
    """What every target has."""
    todo: dict[str, Callable[[], Served]] = {}
    if settings.postgres is not None:
        todo[postgres.NAME] = partial(postgres.served, settings.postgres)
    if settings.s3 is not None:
        todo[bucket.NAME] = partial(bucket.served, settings.s3)
    states = []
    for name, ask in todo.items():
        try:
            found = ask()
            states.append(TargetState(name, found.current, found.kept))
        except TargetFault as fault:
            states.append(TargetState(name, message=str(fault)))
        except OSError as error:
            states.append(TargetState(name, message=_own_fault(error)))
    return tuple(states)


def find_leftovers(settings: TargetSettings, kept: Sequence[str]) -> dict[str, list[str]]:
    """What each target still holds of releases other than these, whether its readers see it or not.

    Raises:
        TargetFault: a target does not answer.
    """
    found: dict[str, list[str]] = {}
    if settings.postgres is not None:
        found[postgres.NAME] = postgres.leftovers(settings.postgres, kept)
    if settings.s3 is not None:
        found[bucket.NAME] = bucket.leftovers(settings.s3, kept)
    return found


def _try(name: str, release_id: str, follow: Callable[[], Followed]) -> TargetOutcome:
    """Let one target follow; whatever goes wrong, the next one has its turn and the night is told."""
    import duckdb

    began = time.monotonic()

    def outcome(word: Outcome, message: str = "", note: str = "") -> TargetOutcome:
        return TargetOutcome(name, word, release_id, message, note, round(time.monotonic() - began, 2))

    try:
        followed = follow()
    except TargetFault as fault:
        return outcome("failed", str(fault))
    except (OSError, duckdb.Error) as error:
        return outcome("failed", _own_fault(error))
    return outcome(followed.outcome, note=followed.note)


def _own_fault(error: Exception) -> str:
    """What went wrong on this side; the error's own text may quote rows."""
    reason = f": {os.strerror(error.errno)}" if isinstance(error, OSError) and error.errno else ""
    return f"the release could not be read or prepared here ({type(error).__name__}{reason})"
