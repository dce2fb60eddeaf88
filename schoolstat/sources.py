"""Fetching from sources by hand, and listing them with how they fared.

Does not belong here: fetching (``ingestion.sources``) or the layout (``reporting.source_report``).
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from ingestion.configuration import load_collaborative
from ingestion.home import Home
from ingestion.ledger import open_ledger
from ingestion.ledger_database import ledger_exists
from ingestion.sources.fetch import fetch_sources
from ingestion.sources.memory import runs, watermarks
from reporting.source_report import WELL, FileNote, SourceLine

FETCHED, FAILED = 0, 1
TO_KNOW_OF = ("waiting", "refused", "failed")
OF_A_MARK = ("extract", "district_id", "school_year", "n_rows", "watermark", "full_at", "pulled_at")


def fetch_now(
    home: Home, collaborative_folder: Path, only: tuple[str, ...], *, full: bool
) -> tuple[list[SourceLine], int]:
    """Fetch what is complete and new; nothing is landed.

    Returns:
        Each source, and the exit code: 1 when one of them failed.
    """
    collaborative = load_collaborative(collaborative_folder)
    home.claim(collaborative.id, collaborative.folder)
    with home.lock(), closing(open_ledger(home)) as ledger:
        outcomes = fetch_sources(home, ledger, collaborative.sources, only=only or None, full=full)
    lines = [
        SourceLine(
            one.source,
            one.kind,
            one.outcome,
            one.message,
            one.count("fetched"),
            one.count("waiting"),
            tuple(FileNote(file.path, file.outcome, file.message) for file in one.files if file.message),
        )
        for one in outcomes
    ]
    return lines, FETCHED if all(line.outcome in WELL for line in lines) else FAILED


def list_sources(home: Home, collaborative_folder: Path) -> list[SourceLine]:
    """The configured sources, with what the ledger remembers of each."""
    collaborative = load_collaborative(collaborative_folder)
    known, marks = _remembered(home)
    lines = []
    for source in collaborative.sources:
        run = known.get(source.source, {})
        lines.append(
            SourceLine(
                source.source,
                source.kind,
                run.get("outcome", "never"),
                run.get("message", ""),
                run.get("n_fetched", 0),
                run.get("n_waiting", 0),
                (),
                run.get("ended_at", ""),
                run.get("succeeded_at") or "",
                tuple({name: mark[name] for name in OF_A_MARK} for mark in marks if mark["source"] == source.source),
            )
        )
    return lines


def lines_of_night(recorded: Iterable[dict[str, Any]]) -> tuple[SourceLine, ...]:
    """The sources as the night's record holds them."""
    return tuple(
        SourceLine(
            one["source"],
            one["kind"],
            one["outcome"],
            one["message"],
            sum(file["outcome"] == "fetched" for file in one["files"]),
            sum(file["outcome"] == "waiting" for file in one["files"]),
            tuple(FileNote(**file) for file in one["files"] if file["message"] and file["outcome"] in TO_KNOW_OF),
        )
        for one in recorded
    )


def _remembered(home: Home) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
    if not ledger_exists(home):
        return {}, []
    with closing(open_ledger(home)) as ledger:
        return runs(ledger), watermarks(ledger)
