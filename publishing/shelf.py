"""The releases on disk: which there are, which is current, and opening a file of one.

Belongs here: everything that only reads a release. Does not belong here: writing one, or moving the pointer
(``release``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingestion.home import Home
from publishing.manifest import Manifest, read_manifest, require_file

RELEASE_ID = re.compile(r"r(\d{6,})-[0-9a-z]+")


class ReleaseUnknown(Exception):
    """There is no such release, or it holds nothing for that audience."""


@dataclass(frozen=True)
class Release:
    """One release.

    Attributes:
        release_id: its name, in the order of releases.
        build_id: the build that it was made of.
        path: its folder.
        content_hash: hash of all its tables.
        released_at: when it was written, UTC.
        previous_release_id: the release that was current then.
        is_current: whether readers get it now.
        is_new: False when publishing found it in place already.
        restated: computed figures of closed years that it says something else of than the release before, by
            ``school_year`` and ``metric_id``: ``n_figures``; None where there was none to compare with.
    """

    release_id: str
    build_id: str
    path: Path
    content_hash: str
    released_at: str
    previous_release_id: str | None
    is_current: bool
    is_new: bool = False
    restated: list[dict[str, Any]] | None = None


def list_releases(home: Home) -> list[Release]:
    """All releases on disk, oldest first."""
    return [describe_release(home, release_id) for release_id in release_ids(home)]


def show_release(home: Home, release_id: str | None = None) -> Manifest:
    """The manifest of a release, by default the current one."""
    return read_manifest(_folder(home, release_id))


def open_release(home: Home, audience: str = "shared", release_id: str | None = None) -> Path:
    """The DuckDB file of a release that an audience may read, if its bytes are those that were released.

    Args:
        home: the home.
        audience: ``collaborative``, ``shared`` or ``district:<id>``.
        release_id: an earlier release; by default the current one.

    Raises:
        ReleaseUnknown: there is no release, or it has no file for that audience.
        ReleaseCorrupt: the file was changed.
    """
    folder = _folder(home, release_id)
    kind, _, district_id = audience.partition(":")
    name = f"private/{district_id}.duckdb" if kind == "district" else f"{audience}.duckdb"
    manifest = read_manifest(folder)
    if name not in manifest["files"]:
        raise ReleaseUnknown(f"release {folder.name} holds no file for '{audience}'")
    return require_file(folder, manifest, name)


def verify_release(home: Home, release_id: str | None = None) -> Manifest:
    """Check every file of a release against its manifest.

    Raises:
        ReleaseUnknown: there is no such release.
        ReleaseCorrupt: a file is missing or changed.
    """
    folder = _folder(home, release_id)
    manifest = read_manifest(folder)
    for name in manifest["files"]:
        require_file(folder, manifest, name)
    return manifest


def current_release_id(home: Home) -> str | None:
    """The release that readers get; None before the first."""
    return home.current_release.readlink().name if home.current_release.is_symlink() else None


def describe_release(home: Home, release_id: str, is_new: bool = False) -> Release:
    """A release as its manifest describes it."""
    folder = home.releases / release_id
    manifest = read_manifest(folder)
    return Release(
        release_id=release_id,
        build_id=manifest["build_id"],
        path=folder,
        content_hash=manifest["content_hash"],
        released_at=manifest["released_at"],
        previous_release_id=manifest["previous_release_id"],
        is_current=current_release_id(home) == release_id,
        is_new=is_new,
        restated=manifest.get("restated"),
    )


def _folder(home: Home, release_id: str | None) -> Path:
    name = release_id or current_release_id(home)
    if name is None:
        raise ReleaseUnknown("nothing has been released yet")
    if not RELEASE_ID.fullmatch(name) or not (home.releases / name).is_dir():
        raise ReleaseUnknown(f"there is no release {name} (schoolstat releases list)")
    return home.releases / name


def release_ids(home: Home) -> list[str]:
    """The names of all releases on disk, oldest first."""
    names = [path.name for path in home.releases.glob("r*") if RELEASE_ID.fullmatch(path.name)]
    return sorted(names, key=release_number)


def release_number(release_id: str) -> int:
    """A release's place in the order of releases."""
    found = RELEASE_ID.fullmatch(release_id)
    return int(found[1]) if found else 0
