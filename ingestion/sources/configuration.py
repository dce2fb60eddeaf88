"""``sources.yaml``: where a collaborative's deliveries are fetched from.

Belongs here: the shape of that file and its faults. Does not belong here: fetching. No secret stands in it: it names
environment variables and files.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, Field, model_validator

from ingestion.sources.secrets import Secret
from ingestion.sources.sql_extract import SqlExtract
from ingestion.yaml_document import ConfigurationError, Document, read_yaml

FILE_NAME = "sources.yaml"
SECRET_KEYS = {"password", "passphrase", "secret", "secret_key", "access_key", "token", "url"}
"""Keys that people write a secret under; each is refused with the key to write instead."""


class Source(BaseModel, extra="forbid", frozen=True, strict=True):
    """What every source says.

    Attributes:
        source: its name, and that of its folder below ``HOME/incoming``.
        timeout_seconds: how long an answer may take.
    """

    source: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    kind: str
    timeout_seconds: int = Field(default=30, ge=1, le=3600)


class Drop(Source, frozen=True):
    """A place where files are dropped.

    Attributes:
        path: the folder.
        complete: how a file is known to be complete: ``manifest`` (``<file>.manifest.json`` lies beside it), ``done``
            (``<file>.done`` does), or ``stable`` (size and time are the same at two looks).
        stable_minutes: how far apart the two looks are at least.
        files: regular expression of the paths that are taken; all when left out.
        under: folders that the path gets in front, for a mapping that reads them (``"00490000/2025"``).
        largest_megabytes: a larger file is refused.
    """

    path: str = "."
    complete: Literal["manifest", "done", "stable", "whole"]
    stable_minutes: int = Field(default=5, ge=0, le=1440)
    files: str = ".*"
    under: str = Field(default="", pattern=r"^([A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*)?$")
    largest_megabytes: int = Field(default=8192, ge=1)

    @model_validator(mode="after")
    def _can_be_used(self) -> Self:
        try:
            re.compile(self.files)
        except re.error as error:
            raise ValueError(f"files is not a regular expression: {error}") from None
        if self.complete == "whole" and self.kind != "s3":
            raise ValueError("complete: whole is for s3 only, where an object is never seen before it is whole")
        return self


class FolderSource(Drop, frozen=True):
    """A folder of this machine; a relative path starts at the collaborative's folder."""

    kind: Literal["folder"]


class SftpSource(Drop, frozen=True):
    """A folder of an SFTP server, whose key must be known.

    Attributes:
        host: the server.
        port: its port.
        user: who logs in.
        known_hosts: file with the server's key, as OpenSSH keeps it; no other key is ever accepted.
        private_key: file with the key that logs in.
        passphrase_from: where the key's passphrase stands.
        password_from: where the password stands, for a server without keys.
    """

    kind: Literal["sftp"]
    host: str
    port: int = Field(default=22, ge=1, le=65535)
    user: str
    known_hosts: str
    private_key: str | None = None
    passphrase_from: Secret | None = None
    password_from: Secret | None = None

    @model_validator(mode="after")
    def _can_log_in(self) -> Self:
        if self.private_key is None and self.password_from is None:
            raise ValueError("needs private_key (a file) or password_from to log in")
        return self


class S3Source(Drop, frozen=True):
    """A bucket of an S3-compatible service; ``path`` is the prefix.

    Attributes:
        bucket: the bucket.
        endpoint: the service's URL; Amazon's own when left out.
        region: its region.
        access_key_from: where the access key stands; without it the machine's own role is used.
        secret_key_from: where the secret key stands.
    """

    kind: Literal["s3"]
    path: str = ""
    bucket: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")
    endpoint: str | None = Field(default=None, pattern=r"^https?://[^/@]+$")
    region: str = "us-east-1"
    access_key_from: Secret | None = None
    secret_key_from: Secret | None = None

    @model_validator(mode="after")
    def _keys_are_a_pair(self) -> Self:
        if (self.access_key_from is None) != (self.secret_key_from is None):
            raise ValueError("needs access_key_from and secret_key_from, or neither")
        return self


class SqlSource(Source, frozen=True):
    """A database that SQLAlchemy can reach.

    Attributes:
        url_from: where its URL stands, which holds the password.
        extracts: what is asked of it.
        rows_at_once: rows that are held in memory.
    """

    kind: Literal["sql"]
    url_from: Secret
    extracts: tuple[SqlExtract, ...] = Field(strict=False)
    rows_at_once: int = Field(default=20_000, ge=1, le=1_000_000)
    timeout_seconds: int = Field(default=600, ge=1, le=86_400)


AnySource = FolderSource | SftpSource | S3Source | SqlSource
KINDS: dict[str, type[AnySource]] = {"folder": FolderSource, "sftp": SftpSource, "s3": S3Source, "sql": SqlSource}


def load_sources(folder: Path, district_ids: Collection[str], faults: list[str]) -> tuple[AnySource, ...]:
    """The sources of a collaborative; none when it has no ``sources.yaml``.

    Args:
        folder: the collaborative's folder.
        district_ids: the roster.
        faults: every fault is appended here as ``file:line:column: message``.
    """
    if not (folder / FILE_NAME).is_file():
        return ()
    try:
        document = read_yaml(folder / FILE_NAME)
    except ConfigurationError as error:
        faults.extend(error.messages)
        return ()
    unknown = [key for key in document.data if key != "sources"]
    faults.extend(f"{document.place((key,))}: {key}: is not a known key; this file holds 'sources'" for key in unknown)
    entries = document.data.get("sources")
    if not isinstance(entries, list):
        faults.append(f"{document.place(('sources',))}: sources: must be a list of sources")
        return ()
    return _read_entries(document, entries, folder, frozenset(district_ids), faults)


def _read_entries(
    document: Document, entries: list[Any], folder: Path, district_ids: frozenset[str], faults: list[str]
) -> tuple[AnySource, ...]:
    sources: dict[str, AnySource] = {}
    for number, entry in enumerate(entries):
        try:
            source = _read_entry(_part(document, number, entry), folder)
        except ConfigurationError as error:
            faults.extend(error.messages)
            continue
        place = document.place(("sources", number, "source"))
        if source.source in sources:
            faults.append(f"{place}: source: '{source.source}' is the name of another source too")
        sources[source.source] = source
        faults.extend(_find_unknown_districts(document, number, source, district_ids))
    return tuple(sources.values())


def _part(document: Document, number: int, entry: Any) -> Document:
    """One source as a document of its own, with the places that it has in the file."""
    start = ("sources", number)
    places = {location[2:]: place for location, place in document.places.items() if location[:2] == start}
    return Document(document.path, entry if isinstance(entry, dict) else {}, places)


def _read_entry(part: Document, folder: Path) -> AnySource:
    kind = part.data.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ConfigurationError([f"{part.place(('kind',))}: kind: must be one of {', '.join(KINDS)}"])
    secrets = sorted(SECRET_KEYS & part.data.keys())
    if secrets:
        words = "a secret never stands in this file; name where it stands: {}_from: {{env: NAME}}"
        raise ConfigurationError([f"{part.place((key,))}: {key}: {words.format(key)}" for key in secrets])
    source = part.validate(KINDS[kind])
    return source.model_copy(update=_resolved(source, folder))


def _resolved(source: AnySource, folder: Path) -> dict[str, str]:
    """The source's own files; a relative path starts at the collaborative's folder."""
    names = {"folder": ("path",), "sftp": ("known_hosts", "private_key")}.get(source.kind, ())
    given = {name: getattr(source, name) for name in names}
    return {name: str(folder / Path(value).expanduser()) for name, value in given.items() if value is not None}


def _find_unknown_districts(
    document: Document, number: int, source: AnySource, district_ids: frozenset[str]
) -> list[str]:
    if not isinstance(source, SqlSource):
        return []
    return [
        f"{document.place(('sources', number, 'extracts', at, key))}: {key}: {district_id} is not on the roster"
        for at, extract in enumerate(source.extracts)
        for key, district_id in extract.named_districts()
        if district_id not in district_ids
    ]
