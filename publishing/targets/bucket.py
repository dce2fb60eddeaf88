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
from publishing.targets.words import Followed, Served, TargetFault

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


def leftovers(target: BucketTarget, kept: Sequence[str]) -> list[str]:
    """Releases other than these of which there is any object.

    Raises:
        TargetFault: the service does not answer.
    """
    return sorted(name for name in Bucket(target).folders(RELEASES) if name not in kept)


def follow(target: BucketTarget, folder: Path, manifest: Manifest, work: Path, kept: Sequence[str]) -> Followed:
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
    name = f"{RELEASES}/{release_id}/{LIST}"
    listed, pointer = bucket.read(name), _read_pointer(bucket)
    content = json.loads(listed) if listed is not None else {}
    is_same = content.get("content_hash") == manifest["content_hash"]
    present = _wanted(target, content["objects"]) if is_same else {}
    objects = present | _copy(bucket, target, folder, manifest, work, present)
    told = ("release_id", "build_id", "as_of", "released_at", "content_hash")
    listed, before = _text({**{key: manifest[key] for key in told}, "objects": objects}), listed
    if listed != before:
        bucket.write(name, listed)
    pointed = {"release_id": release_id, "objects_sha256": bucket.hash_of(listed)}
    if pointer != pointed:
        bucket.write(POINTER, _text(pointed))
    _drop_old(bucket, (*kept, release_id))
    _drop_unwanted(bucket, target)
    if objects != present or not is_same:
        return Followed("copied")
    return Followed("in_place" if pointer == pointed else "pointed")


def _wanted(target: BucketTarget, objects: Listed) -> Listed:
    """Of some objects those of the audiences that are copied here."""
    return {name: one for name, one in objects.items() if name.partition("/")[0] in target.audiences}


def _copy(
    bucket: Bucket, target: BucketTarget, folder: Path, manifest: Manifest, work: Path, present: Listed
) -> Listed:
    """Write the objects of those audiences of which none is present, each read back."""
    audiences = [each for each in target.audiences if not any(name.startswith(f"{each}/") for name in present)]
    top = f"{RELEASES}/{manifest['release_id']}"
    objects: Listed = {}
    work.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="bucket-", dir=work) as drafts:
        for name, path in _files(audiences, folder, Path(drafts)):
            objects[name] = bucket.put_file(f"{top}/{name}", path)
            if path.is_relative_to(drafts):
                path.unlink()
    return objects


def _files(audiences: Sequence[str], folder: Path, drafts: Path) -> Iterator[tuple[str, Path]]:
    """Each Parquet file to be, by its path in the release: those of the release, and districts' written for this."""
    for audience in audiences:
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


def _drop_unwanted(bucket: Bucket, target: BucketTarget) -> None:
    """Remove the audiences that are copied here no longer, of every release; from its list first."""
    for release_id in filter(RELEASE_ID.fullmatch, bucket.folders(RELEASES)):
        name = f"{RELEASES}/{release_id}/{LIST}"
        unwanted = set(bucket.folders(f"{RELEASES}/{release_id}")).difference(target.audiences)
        listed = bucket.read(name) if unwanted else None
        if listed is not None:
            content = json.loads(listed)
            bucket.write(name, _text({**content, "objects": _wanted(target, content["objects"])}))
        for audience in sorted(unwanted):
            bucket.remove_below(f"{RELEASES}/{release_id}/{audience}")


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
