"""What arrived of a district that leaves: files of the inbox and of sources that go, and those a person must look at.

Belongs here: choosing and removing them. Does not belong here: raw files and landed rows (``destruction.py``), the
order of the steps (``schoolstat.destruction``).

The same bytes may be two districts' files, as when both have nothing to tell: a file goes by the delivery that it was
taken for, never by its hash alone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from ingestion.archive import hash_file
from ingestion.delivery_facts import MANIFEST_SUFFIX
from ingestion.destruction import Record, Scope, place_of_arrival
from ingestion.home import INCOMING, Home
from ingestion.ledger import Ledger

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
SAME_BYTES, NOT_READ = "has the bytes of a raw file that goes", "bears the district's id, and no night has read it"


def list_arrivals(
    home: Home, ledger: Ledger, inbox: Path, delivery_ids: Collection[str]
) -> tuple[list[Record], list[Record]]:
    """Files of the inbox and of sources that were taken for these deliveries; and archives that hold them among others.

    An archive goes when every file in it that a night has read is one of them.
    """
    going: dict[Path, Record] = {}
    among_others: dict[Path, Record] = {}
    inside: dict[Path, list[bool]] = defaultdict(list)
    for path, row in ledger.inbox_files().items():
        place, is_ours = place_of_arrival(home, inbox, path), row["delivery_id"] in delivery_ids
        if is_ours and place.is_file() and hash_file(place) == row["sha256"]:
            going[place] = _describe(home, place, row["sha256"])
        archive = next((parent for parent in place.parents if parent.is_file()), None)
        if archive is not None:
            inside[archive].append(is_ours)
    for archive, are_ours in inside.items():
        if any(are_ours):
            chosen = going if all(are_ours) else among_others
            chosen[archive] = _describe(home, archive, hash_file(archive))
    return list(going.values()), list(among_others.values())


def remove_arrivals(arrivals: Iterable[Record]) -> None:
    """Remove files of the inbox, each only while it has the bytes that were listed, and the manifests beside them."""
    for record in arrivals:
        path = Path(record["path"])
        if path.is_file() and hash_file(path) == record["sha256"]:
            path.with_name(path.name + MANIFEST_SUFFIX).unlink(missing_ok=True)
            path.unlink()


def list_left(home: Home, ledger: Ledger, inbox: Path, scope: Scope, plan: Record) -> list[Record]:
    """Files that nothing removes and that may be the district's: a person looks at them.

    Args:
        home: the home.
        ledger: the ledger.
        inbox: the inbox.
        scope: what is destroyed.
        plan: its raw files, and its arrivals and archives, which are named already.
    """
    named = {each["path"] for each in (*plan["arrivals"], *plan["archives_to_remove_by_hand"])}
    named |= {f"{path}{MANIFEST_SUFFIX}" for path in named}
    others = {row["delivery_id"] for row in ledger.deliveries() if not _is_own(row, scope)}
    of_others = {path for path, row in ledger.inbox_files().items() if row["delivery_id"] in others}
    sizes = {raw["bytes"] for raw in plan["raw_files"]}
    hashes = {raw["sha256"] for raw in plan["raw_files"]}
    left: list[Record] = []
    for relative_path, place in _files(home, inbox):
        if str(place) in named or relative_path in of_others:
            continue
        if place.stat().st_size in sizes and hash_file(place) in hashes:
            left.append({"path": str(place), "why": SAME_BYTES})
        elif _bears_id(relative_path, scope):
            left.append({"path": str(place), "why": NOT_READ})
    return left


def _describe(home: Home, place: Path, sha256: str) -> Record:
    """A file that arrived; ``arrived_as`` is its path below the home if a source brought it."""
    arrived_as = str(place.relative_to(home.path)) if place.is_relative_to(home.incoming) else ""
    return {"path": str(place), "sha256": sha256, "arrived_as": arrived_as}


def _files(home: Home, inbox: Path) -> Iterator[tuple[str, Path]]:
    """Every file of the inbox and of sources, hidden ones too, by the ledger's path."""
    for folder, below in ((inbox, ""), (home.incoming, f"{INCOMING}/")):
        for place in sorted(folder.rglob("*")):
            if place.is_file():
                yield f"{below}{place.relative_to(folder).as_posix()}", place


def _is_own(row: Record, scope: Scope) -> bool:
    return row["sender"] == scope.district_id and scope.covers(row["school_year"])


def _bears_id(relative_path: str, scope: Scope) -> bool:
    """Whether a path has the district's id in it, and, of single years, no other year alone."""
    years = {int(year) for year in _YEAR.findall(relative_path.replace(scope.district_id, ""))}
    is_named = re.search(rf"(?<![0-9A-Za-z]){re.escape(scope.district_id)}(?![0-9A-Za-z])", relative_path)
    return is_named is not None and (not years or any(map(scope.covers, years)))
