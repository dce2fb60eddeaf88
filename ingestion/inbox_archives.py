"""An archive of the inbox, and its files where they are read.

Belongs here: where the files of an archive are laid while a night reads them, and what manifests say of them. Does not
belong here: what an archive may hold (``archives.py``), what becomes of its files (``inbox_pass.py``).

A file of an archive has the archive's name as a folder in its path: ``99010000/2026/records.zip/students.csv``. A
mapping's ``file`` is matched with and without that folder.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from ingestion.archive import hash_file
from ingestion.archives import LIMITS, ArchiveRefused, Limits, Member, list_members, unpack
from ingestion.delivery_facts import MANIFEST_SUFFIX, Manifest, file_error
from ingestion.findings import Finding

_LONGEST_MANIFEST = Limits(bytes=1 << 20, small=1 << 20)


@dataclass
class InboxArchive:
    """One archive, while a night looks at it.

    Attributes:
        path: the archive.
        folder: where its files are laid; made when the first one is, gone with :meth:`clear`.
        refusal: why nothing of it is read; None when it is.
        fault: why it could not be looked at; it is tried again.
        has_mapping: whether a mapping is meant for one of its files; without one nothing is unpacked.
        known_sha256: its hash, when it is known from another night.
    """

    path: Path
    folder: Path
    refusal: Finding | None = None
    fault: str = ""
    has_mapping: bool = False
    known_sha256: str = ""
    _members: dict[str, Member] = field(default_factory=dict)
    _places: dict[str, Path] = field(default_factory=dict)

    @property
    def is_read(self) -> bool:
        """Whether nothing is said against it."""
        return self.refusal is None and not self.fault

    def open(self) -> list[Member]:
        """The files that may be deliveries, their manifests laid where they will be read; none when it is refused."""
        found: list[Member] = []
        self._try(lambda: found.extend(self._open()))
        return found

    def unpack_all(self) -> None:
        """Lay every file: whatever is wrong with one is found before the first is read."""
        wanted = {self.place(name): member for name, member in self._members.items() if _is_data(name)}
        if self.is_read:
            self._try(lambda: self._lay(wanted, LIMITS))

    def sha256(self) -> str:
        """The archive's hash; it is read for that once at most.

        Raises:
            OSError: it cannot be read.
        """
        self.known_sha256 = self.known_sha256 or hash_file(self.path)
        return self.known_sha256

    def _try(self, step: Callable[[], object]) -> None:
        try:
            step()
        except ArchiveRefused as refused:
            self.refusal = file_error("D02", refused.message, refused.what_to_do)
        except OSError as error:
            self.fault = f"the archive cannot be unpacked ({error.strerror}); it is tried again next time"

    def _open(self) -> list[Member]:
        self._members = {member.name: member for member in list_members(self.path)}
        # a folder for each file: two of the same name in different folders of the archive do not meet
        for number, name in enumerate(self._members):
            self._places[name] = self.folder / str(number) / name.rsplit("/", 1)[-1]
        files = [member for name, member in self._members.items() if _is_data(name)]
        manifests: dict[Path, Member] = {}
        for member in files:
            manifest = self._members.get(member.name + MANIFEST_SUFFIX)
            if manifest is not None:
                manifests[self.place(member.name).with_name(manifest.name.rsplit("/", 1)[-1])] = manifest
        self._lay(manifests, _LONGEST_MANIFEST)
        self._lay_own_manifest(files)
        return files

    def take(self, name: str) -> Path:
        """Where a file lies, unpacked by now.

        Raises:
            ArchiveRefused: the archive is damaged or grows past what is allowed.
            OSError: it cannot be read, or there is no room.
        """
        place = self.place(name)
        self._lay({place: self._members[name]}, LIMITS)
        return place

    def place(self, name: str) -> Path:
        """Where a file will lie."""
        return self._places[name]

    def clear(self) -> None:
        """Leave nothing."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _lay(self, members: dict[Path, Member], limits: Limits) -> None:
        """Unpack what does not lie there yet."""
        missing = {place: member for place, member in members.items() if not place.exists()}
        if not missing:
            return
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for place in missing:
            place.parent.mkdir(mode=0o700, exist_ok=True)
        unpack(self.path, missing, limits)

    def _lay_own_manifest(self, files: list[Member]) -> None:
        """Pass on what the manifest beside the archive says of its files; its name and hash are the archive's own."""
        beside = self.path.with_name(self.path.name + MANIFEST_SUFFIX)
        if not beside.is_file():
            return
        try:
            said = Manifest.model_validate_json(beside.read_bytes())
        except ValidationError:
            raise ArchiveRefused(f"{beside.name} cannot be understood", "correct the manifest") from None
        if said.file not in (None, self.path.name):
            raise ArchiveRefused(f"{beside.name} is for a file of another name", "correct the manifest")
        if said.sha256 is not None and said.sha256.lower() != self.sha256():
            raise ArchiveRefused(f"the archive's sha256 is not that of {beside.name}", "send both again")
        if said.rows is not None and len(files) > 1:
            raise ArchiveRefused(f"{beside.name} promises rows for many files", "pack a manifest beside each of them")
        text = said.model_dump_json(exclude={"file", "sha256"}, exclude_none=True)
        for member in files:
            place = self.place(member.name)
            manifest = place.with_name(place.name + MANIFEST_SUFFIX)
            if not manifest.exists() and text != "{}":
                manifest.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                manifest.write_text(text, encoding="utf-8")


def _is_data(name: str) -> bool:
    return not name.endswith(MANIFEST_SUFFIX)
