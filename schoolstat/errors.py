"""Errors that the CLI explains instead of showing a traceback.

Does not belong here: errors of one command that no other can meet.
"""

from __future__ import annotations


class Unanswerable(Exception):
    """A question that the current release cannot answer: no release, no such audience, or wrong SQL."""


class UnknownDelivery(Exception):
    """A delivery that the ledger does not know, or that filled no slot that could be decided on."""


def exit_code(error: Exception) -> int | None:
    """Exit code for an error that is explained by its message; None for one that is not."""
    from ingestion.published_figures import PublicationCorrupt
    from publishing.freezing import PublicationRefused
    from publishing.release import ReleaseCorrupt, ReleaseRefused, ReleaseUnknown

    if isinstance(error, (Unanswerable, UnknownDelivery, ReleaseUnknown)):
        return 2
    if isinstance(error, (ReleaseRefused, PublicationRefused)):
        return 3
    return 1 if isinstance(error, (ReleaseCorrupt, PublicationCorrupt)) else None
