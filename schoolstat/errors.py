"""Errors that the CLI explains instead of showing a traceback.

Does not belong here: errors of one command that no other can meet.
"""

from __future__ import annotations


class Unanswerable(Exception):
    """A question that the current release cannot answer: no release, no such audience, or wrong SQL."""


class DestructionStopped(Exception):
    """Something is not destroyed yet; the same command goes on where it stopped.

    Attributes:
        code: exit code: 3 when a door refused the new release, 4 when a target still holds an old one.
    """

    def __init__(self, message: str, code: int = 3) -> None:
        super().__init__(f"{message}; nothing is lost of others, and the same command goes on from here")
        self.code = code


class UnknownDelivery(Exception):
    """A delivery that the ledger does not know, or that filled no slot that could be decided on."""


def exit_code(error: Exception) -> int | None:
    """Exit code for an error that is explained by its message; None for one that is not."""
    from ingestion.published_figures import PublicationCorrupt
    from publishing.freezing import PublicationRefused
    from publishing.release import ReleaseCorrupt, ReleaseRefused, ReleaseUnknown

    if isinstance(error, DestructionStopped):
        return error.code
    if isinstance(error, (Unanswerable, UnknownDelivery, ReleaseUnknown)):
        return 2
    if isinstance(error, (ReleaseRefused, PublicationRefused)):
        return 3
    return 1 if isinstance(error, (ReleaseCorrupt, PublicationCorrupt)) else None
