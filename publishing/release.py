"""Releases: written whole, read back, made current by one atomic step, and never edited.

Belongs here: the order of those steps, rolling back, and dropping old releases. Does not belong here: what refuses
a build (``refusals``), how files are written (``artefacts``), compared (``verification``, ``private_verification``)
and found (``shelf``).
Callers hold the home's lock while they publish or roll back.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from datetime import date
from importlib import metadata
from pathlib import Path

from expectations.models import ModelInfo, read_models
from expectations.receipts import Receipt
from expectations.rules import Registry, load_registry
from ingestion.collaborative import Collaborative
from ingestion.home import Home, sync_folder
from ingestion.ledger import Ledger, utc_now
from publishing.artefacts import ReleaseInfo, write_audiences
from publishing.manifest import (
    ReleaseCorrupt,
    build_manifest,
    read_manifest,
    require_file,
    write_manifest,
)
from publishing.private_files import find_unchanged, private_contents, write_private
from publishing.private_verification import read_back_private
from publishing.publication import record_shared_cells
from publishing.refusals import ReleaseRefused, finished_build, require_releasable
from publishing.restatement import AUDIENCE, RESTATED, count_restated
from publishing.shelf import (
    Release,
    ReleaseUnknown,
    current_release_id,
    describe_release,
    list_releases,
    open_release,
    release_ids,
    release_number,
    show_release,
    verify_release,
)
from publishing.verification import read_back_audiences

__all__ = [
    "Release",
    "ReleaseCorrupt",
    "ReleaseRefused",
    "ReleaseUnknown",
    "current_release_id",
    "list_releases",
    "open_release",
    "publish",
    "rollback",
    "show_release",
    "verify_release",
]

DRAFT = ".draft-"


def publish(home: Home, ledger: Ledger, build_id: str, collaborative: Collaborative) -> Release:
    """Release a finished build and make it current.

    Publishing the current release's build again changes nothing; an earlier release's build makes that release
    current again.

    Raises:
        ReleaseRefused: a door has not passed exactly this build, or its content changed since; the current
            release stays.
    """
    current = current_release_id(home)
    if current is not None:
        settled = _settle(home, ledger, current)
        if settled.build_id == build_id:
            return settled
    registry, models = load_registry(), read_models(home.dbt_target)
    receipts = require_releasable(home, ledger, build_id, registry)
    release_id = _released_before(home, build_id)
    is_new = release_id is None
    if release_id is None:
        release_id = _write_release(home, ledger, build_id, registry, models, receipts, current)
    point_to(home, release_id)
    _settle(home, ledger, release_id)
    drop_old_releases(home, collaborative.releases_kept)
    drop_old_builds(home, ledger)
    return describe_release(home, release_id, is_new=is_new)


def rollback(home: Home, ledger: Ledger, release_id: str | None = None) -> Release:
    """Make an earlier release current: the one named, or the one before the current one.

    Raises:
        ReleaseUnknown: there is no such release.
        ReleaseCorrupt: a file of it is not what was released; the current release stays.
    """
    current = current_release_id(home)
    if release_id is None:
        newest = release_number(current) if current else 0
        earlier = [known for known in release_ids(home) if release_number(known) < newest]
        if not earlier:
            raise ReleaseUnknown("there is no earlier release to go back to")
        release_id = earlier[-1]
    verify_release(home, release_id)
    _remember_rollback(home, left=current, taken=release_id)
    point_to(home, release_id)
    return _settle(home, ledger, release_id)


def _remember_rollback(home: Home, left: str | None, taken: str) -> None:
    """The build that is left behind waits for other inputs, or for somebody to go forward to it again."""
    left_build = describe_release(home, left).build_id if left else None
    taken_build = describe_release(home, taken).build_id
    waiting = [build_id for build_id in home.rolled_back() if build_id != taken_build]
    if left_build and left_build != taken_build and left_build not in waiting:
        waiting.append(left_build)
    home.set_rolled_back(waiting)


def point_to(home: Home, release_id: str) -> None:
    """The one atomic step: readers get the old release or the new one, never neither."""
    link = home.releases / ".current.draft"
    link.unlink(missing_ok=True)
    link.symlink_to(release_id)
    link.replace(home.current_release)
    sync_folder(home.releases)


def drop_old_releases(home: Home, kept: int) -> None:
    """Remove all but the newest releases, never the current one; what was published stays in the ledger."""
    current = current_release_id(home)
    for release_id in release_ids(home)[: -max(kept, 1)]:
        if release_id != current:
            shutil.rmtree(home.releases / release_id)


def drop_old_builds(home: Home, ledger: Ledger) -> None:
    """Remove the files of builds that no release on disk was made of; their receipts stay."""
    on_disk = set(release_ids(home))
    kept = {row["build_id"] for row in ledger.releases() if row["release_id"] in on_disk}
    for folder in home.builds.iterdir():
        if folder.name not in kept:
            (folder / home.build_file.name).unlink(missing_ok=True)


def _write_release(
    home: Home,
    ledger: Ledger,
    build_id: str,
    registry: Registry,
    models: Sequence[ModelInfo],
    receipts: Sequence[Receipt],
    current: str | None,
) -> str:
    """Write a release beside the others, read it back, and give it its name; it is not current yet."""
    for leftover in home.releases.glob(f"{DRAFT}*"):
        shutil.rmtree(leftover)
    info = _describe_release(home, ledger, build_id)
    draft, build_file = home.releases / f"{DRAFT}{info.release_id}", finished_build(home, build_id)
    draft.mkdir(parents=True)
    seen = receipts[-1].tables
    write_audiences(draft, build_file, models, info)
    contents, districts = read_back_audiences(draft, models, seen)
    private = private_contents(build_file, models, seen, districts)
    carried = find_unchanged(home.releases / current if current else None, private, info)
    write_private(draft, build_file, models, info, private, carried)
    read_back_private(draft, build_file, models, private, carried)
    contents |= private
    manifest = build_manifest(draft, build_file, ledger, registry, models, receipts, contents, info, current, carried)
    restated = count_restated(draft, build_file) if current and RESTATED in contents[AUDIENCE] else None
    write_manifest(draft, {**manifest, "restated": restated})
    sync_files(draft)
    draft.rename(home.releases / info.release_id)
    sync_folder(home.releases)
    return info.release_id


def sync_files(folder: Path) -> None:
    """Flush every file and folder below to disk."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as handle:
                os.fsync(handle.fileno())
    for path in [*folder.rglob("*/"), folder]:
        sync_folder(path)


def _describe_release(home: Home, ledger: Ledger, build_id: str) -> ReleaseInfo:
    build = ledger.build(build_id)
    if build is None:
        raise ReleaseRefused(f"build {build_id} is not in the ledger; refresh first")
    known = [*release_ids(home), *(row["release_id"] for row in ledger.releases())]
    number = 1 + max((release_number(release_id) for release_id in known), default=0)
    return ReleaseInfo(
        release_id=f"r{number:06d}-{build_id[:8]}",
        build_id=build_id,
        as_of=str(build["as_of"]),
        selection_hash=build["selection_hash"],
        config_hash=build["config_hash"],
        code_hash=build["code_hash"],
        schoolstat_version=metadata.version("schoolstat"),
        released_at=utc_now(),
    )


def _settle(home: Home, ledger: Ledger, release_id: str) -> Release:
    """Bring the ledger up to a release that is current; a run killed before this is completed by the next.

    The release's own row comes last: once it stands, everything else does.
    """
    folder = home.releases / release_id
    if ledger.release(release_id) is None:
        manifest = read_manifest(folder)
        build_id, previous = manifest["build_id"], manifest["previous_release_id"]
        hashes = {name: manifest[name] for name in ("selection_hash", "code_hash", "config_hash")}
        ledger.start_build(build_id, **hashes, as_of=date.fromisoformat(manifest["as_of"]))
        ledger.mark_released(build_id)
        shared = require_file(folder, manifest, "shared.duckdb")
        record_shared_cells(ledger, shared, manifest, _shared_recorded_last(home, ledger))
        known = previous if previous and ledger.release(previous) else None
        ledger.record_release(release_id, build_id, manifest["content_hash"], known)
    return describe_release(home, release_id)


def _shared_recorded_last(home: Home, ledger: Ledger) -> Path | None:
    """The shared file of the release that the ledger recorded last, if it still lies there as it was released."""
    releases = ledger.releases()
    if not releases:
        return None
    folder = home.releases / releases[-1]["release_id"]
    try:
        return require_file(folder, read_manifest(folder), "shared.duckdb")
    except ReleaseCorrupt:
        return None  # then every cell is compared with its own last publication


def _released_before(home: Home, build_id: str) -> str | None:
    """A sound release of this build, newest first."""
    for release_id in reversed(release_ids(home)):
        try:
            if read_manifest(home.releases / release_id)["build_id"] == build_id:
                verify_release(home, release_id)
                return release_id
        except ReleaseCorrupt:
            continue  # a corrupt release is not used again: this build gets a new one
    return None
