"""What became of a source and of each of its files; a fault of either is an outcome, never the end of a night.

Belongs here: the words of these outcomes. Does not belong here: how they look (``reporting``) or are kept
(``memory.py``). Messages hold no value of any row and no secret.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SourceWord = Literal[
    "fetched",
    "nothing_new",
    "unreachable",
    "refused",
    "timed_out",
    "unknown_host_key",
    "not_configured",
    "failed",
]
FileWord = Literal["fetched", "unchanged", "waiting", "refused", "failed"]


@dataclass(frozen=True)
class FileFetch:
    """What became of one file of a source.

    Attributes:
        path: path below ``HOME/incoming``, with forward slashes.
        outcome: ``fetched`` when it is new here; ``unchanged`` when it is known as it stands; ``waiting`` when it is
            not complete yet; ``refused`` when it may not be taken; ``failed`` when it could not be read.
        message: what is wrong and what to do; empty when nothing is.
    """

    path: str
    outcome: FileWord
    message: str = ""


@dataclass(frozen=True)
class SourceOutcome:
    """What became of one source.

    Attributes:
        source: its name.
        kind: ``folder``, ``sftp``, ``s3`` or ``sql``.
        outcome: ``fetched`` or ``nothing_new`` when it answered; else why nothing more could be had.
        files: each file that was looked at before that.
        message: what is wrong and what to do; empty when nothing is.
    """

    source: str
    kind: str
    outcome: SourceWord
    files: tuple[FileFetch, ...] = ()
    message: str = ""

    @property
    def is_well(self) -> bool:
        """Whether the source answered."""
        return self.outcome in ("fetched", "nothing_new")

    def count(self, outcome: FileWord) -> int:
        """How many files had that outcome."""
        return sum(file.outcome == outcome for file in self.files)


class SourceFault(Exception):
    """A source cannot be used tonight.

    Attributes:
        outcome: why.
    """

    def __init__(self, outcome: SourceWord, message: str) -> None:
        self.outcome: SourceWord = outcome
        super().__init__(message)


class FileFault(Exception):
    """One file cannot be had tonight; the source's others can.

    Attributes:
        outcome: why.
    """

    def __init__(self, message: str, outcome: FileWord = "failed") -> None:
        self.outcome: FileWord = outcome
        super().__init__(message)
