"""The target in a bucket of an S3-compatible service: Parquet below ``releases/<id>/``, and one pointer object.

Belongs here: what lies where, and the order of the steps. Does not belong here: talking to the service
(``bucket_objects``).

Objects are written, read back and compared one by one; then the list of them is written, and the pointer last. A
pointer names the list by its hash, so a reader knows whether what it reads is what was released.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from expectations.content_hash import quoted
from ingestion.target_settings import BucketTarget
from publishing.artefacts import literal
from publishing.manifest import Manifest
from publishing.shelf import RELEASE_ID
from publishing.targets.bucket_objects import Bucket
from publishing.targets.released_files import ReleasedTable, files_of, opened, read_tables
from publishing.targets.words import Served, TargetFault

NAME = "s3"
POINTER = "current.json"
LIST = "objects.json"
RELEASES = "releases"

Listed = dict[str, dict[str, Any]]
"""For each object of a release, by its path in it: bytes and SHA-256."""


def served(target: BucketTarget) -> Served:
    """Ask the service what the bucket has.

    Raises:
        TargetFault: it does not answer.
    """
    bucket = Bucket(target)
    return Served(_current(bucket), tuple(_complete(bucket)))


def follow(target: BucketTarget, folder: Path, manifest: Manifest, work: Path, kept: Sequence[str]) -> str:
    """Make a release the one that the pointer names; gives what had to be done for it.

    Args:
        target: the bucket.
        folder: the release, verified.
        manifest: its manifest.
        work: where Parquet files are written on their way; a private one holds a row for each pupil.
        kept: the releases that stay.

    Raises:
        TargetFault: the pointer is where it was.
    """
    bucket, release_id = Bucket(target), manifest["release_id"]
    pointer = _read_pointer(bucket)
    listed = bucket.read(f"{RELEASES}/{release_id}/{LIST}")
    if listed is not None and pointer.get("release_id") == release_id:
        _drop_old(bucket, (*kept, release_id))
        return "in_place"
    done = listed is not None and json.loads(listed)["content_hash"] == manifest["content_hash"]
    if not done:
        listed = _copy(bucket, target, folder, manifest, work)
    assert listed is not None  # noqa: S101
    bucket.write(POINTER, _text({"release_id": release_id, "objects_sha256": bucket.hash_of(listed)}))
    _drop_old(bucket, (*kept, release_id))
    return "pointed" if done else "copied"


def _copy(bucket: Bucket, target: BucketTarget, folder: Path, manifest: Manifest, work: Path) -> bytes:
    """Write the objects of a release, each read back, and the list of them."""
    top = f"{RELEASES}/{manifest['release_id']}"
    objects: Listed = {}
    work.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="bucket-", dir=work) as drafts:
        for name, path in _files(target, folder, Path(drafts)):
            objects[name] = bucket.put_file(f"{top}/{name}", path)
            if path.is_relative_to(drafts):
                path.unlink()
    told = ("release_id", "build_id", "as_of", "released_at", "content_hash")
    listed = _text({**{name: manifest[name] for name in told}, "objects": objects})
    bucket.write(f"{top}/{LIST}", listed)
    return listed


def _files(target: BucketTarget, folder: Path, drafts: Path) -> Iterator[tuple[str, Path]]:
    """Each Parquet file to be, by its path in the release: those of the release, and districts' written for this."""
    for audience in target.audiences:
        if audience != "private":
            for path in sorted((folder / "parquet" / audience).glob("*.parquet")):
                yield f"{audience}/{path.name}", path
            continue
        tables = read_tables(folder, audience)
        for file in files_of(folder, audience):
            yield from _write_district(file, tables, drafts)


def _write_district(file: Path, tables: list[ReleasedTable], drafts: Path) -> Iterator[tuple[str, Path]]:
    with opened([file]) as (connection, (alias,)):
        for table in tables:
            path = drafts / f"{table.name}.parquet"
            connection.execute(
                f"copy (from {quoted(alias, 'main', table.name)}) to {literal(str(path))} "
                "(format parquet, compression zstd)"
            )
            yield f"private/{file.stem}/{path.name}", path


def _drop_old(bucket: Bucket, kept: Sequence[str]) -> None:
    """Remove other releases; the list goes first, so that half a release is never taken for one."""
    for release_id in bucket.folders(RELEASES):
        if RELEASE_ID.fullmatch(release_id) and release_id not in kept:
            bucket.remove(f"{RELEASES}/{release_id}/{LIST}")
            bucket.remove_below(f"{RELEASES}/{release_id}")


def _complete(bucket: Bucket) -> list[str]:
    """Releases whose list of objects is there, in the order in which they were released."""
    found = {}
    for release_id in bucket.folders(RELEASES):
        listed = bucket.read(f"{RELEASES}/{release_id}/{LIST}")
        if listed is not None:
            found[release_id] = json.loads(listed)["released_at"]
    return sorted(found, key=found.__getitem__)


def _current(bucket: Bucket) -> str | None:
    return _read_pointer(bucket).get("release_id")


def _read_pointer(bucket: Bucket) -> dict[str, str]:
    pointer = bucket.read(POINTER)
    try:
        return json.loads(pointer) if pointer is not None else {}
    except ValueError:
        raise TargetFault(f"{POINTER} is not what was written there: remove it, and copy the release again") from None


def _text(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, indent=1, sort_keys=True) + "\n").encode()
