"""Errors that the CLI explains instead of showing a traceback.

Does not belong here: errors of one command that no other can meet.
"""

from __future__ import annotations


class Unanswerable(Exception):
    """A question that the current release cannot answer: no release, no such audience, or wrong SQL."""


class Refused(Exception):
    """A gate refused; nothing new was released."""


def exit_code(error: Exception) -> int | None:
    """Exit code for an error that is explained by its message; None for one that is not."""
    from publishing.release import ReleaseRefused

    if isinstance(error, Unanswerable):
        return 2
    if isinstance(error, (Refused, ReleaseRefused)):
        return 3
    return None
