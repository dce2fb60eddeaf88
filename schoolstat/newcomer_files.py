"""A newcomer's files as they lie in a folder: of which year each is, and which mapping knows it.

Belongs here: walking the folder, and telling a mapping by the file's name or by its headings. Does not belong here:
reading rows (``ingestion.reading``), drafting a mapping (``mapping_suggestion.py``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ingestion.archives import is_archive
from ingestion.collaborative import Collaborative
from ingestion.delivery_facts import MANIFEST_SUFFIX
from ingestion.findings import Finding
from ingestion.known_names import all_mapping_paths
from ingestion.mapping import Mapping, find_mapping
from ingestion.mapping_files import SHIPPED, load_mapping
from ingestion.sample_columns import look_at
from ingestion.sheet import UnreadableFile
from ingestion.yaml_document import ConfigurationError
from schoolstat.unpacked import NamedFile, unpack_named

_YEAR = re.compile(r"(?:20\d\d)(?:-\d\d)?")
FEWEST_HEADINGS = 3
"""A mapping of fewer headings says too little to know a file by them."""


@dataclass(frozen=True)
class NewcomerFile:
    """One file of a newcomer.

    Attributes:
        path: where it lies.
        school_year: its school year.
        relative_path: where it will lie below the inbox.
        mapping: the mapping of the collaborative that knows it by name; None when there is none.
        archive: the archive that it is in, in the folder; None of a file that lies there itself.
        refusal: why an archive is not unpacked; None for every other file.
        is_year_taken: neither a folder nor anybody said the year.
    """

    path: Path
    school_year: int
    relative_path: str
    mapping: Mapping | None
    archive: Path | None = None
    refusal: Finding | None = None
    is_year_taken: bool = False

    @property
    def name(self) -> str:
        """The file's name, as a mapping reads it."""
        return self.relative_path.rsplit("/", 1)[-1]

    @property
    def delivered(self) -> tuple[Path, str]:
        """What is sent, the file or its archive, and where it will lie below the inbox."""
        if self.archive is None:
            return self.path, self.relative_path
        return self.archive, "/".join([*self.relative_path.split("/")[:2], self.archive.name])


@contextmanager
def find_files(
    folder: Path, district_id: str, year: int | None, collaborative: Collaborative
) -> Iterator[list[NewcomerFile]]:
    """Every file of the folder, by name, archives unpacked as long as the context lasts.

    A folder that is named after a year says the year of what lies in it, else ``year`` does, else the calendar's last.

    Raises:
        ConfigurationError: the folder holds no file.
    """
    with unpack_named(_walk(folder)) as named:
        found = [_place(file, folder, district_id, year, collaborative) for file in named]
        if not found:
            raise ConfigurationError([f"{folder}: holds no file; say with --folder where the district's files lie"])
        yield found


def tell_year(files: Sequence[NewcomerFile]) -> list[str]:
    """Of which school year files are taken to be, where nobody said it, and why."""
    years = sorted({file.school_year for file in files if file.is_year_taken})
    return [
        f"no folder is named after a year: taken for {year}, the calendar's last; --year says another" for year in years
    ]


def _walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not path.is_symlink() and not hidden and not path.name.endswith(MANIFEST_SUFFIX):
            yield path


def _place(
    file: NamedFile, folder: Path, district_id: str, year: int | None, collaborative: Collaborative
) -> NewcomerFile:
    parts = file.named.relative_to(folder).parts
    archive = next((at for at, part in enumerate(parts[:-1]) if is_archive(part)), None)
    named = [int(part) for part in parts[:-1] if re.fullmatch(r"20\d\d", part)]
    last = max(period.school_year for period in collaborative.periods)
    school_year = named[-1] if named else year or last
    relative_path = "/".join([district_id, str(school_year), *(parts[-1:] if archive is None else parts[archive:])])
    return NewcomerFile(
        file.path,
        school_year,
        relative_path,
        find_mapping(collaborative.mappings, relative_path),
        folder.joinpath(*parts[: archive + 1]) if archive is not None else None,
        file.refusal,
        is_year_taken=not named and not year,
    )


def find_base(path: Path, own: Sequence[Path]) -> Path | None:
    """The mapping whose every heading the file has: of districts' own files, and the one that reads most of them."""
    try:
        headings = {column.heading for column in look_at(path).columns}
    except UnreadableFile:
        return None
    fitting = [
        (len(mapping.columns), base)
        for base, mapping in [*_loaded(tuple(own)), *_loaded(tuple(_shipped()))]
        if _reads(mapping, headings)
    ]
    return max(fitting, key=lambda each: each[0])[1] if fitting else None


def _shipped() -> list[Path]:
    return [path for path in all_mapping_paths() if path.is_relative_to(SHIPPED)]


@cache
def _loaded(paths: tuple[Path, ...]) -> list[tuple[Path, Mapping]]:
    return list(_load(paths))


def _load(paths: Iterable[Path]) -> Iterator[tuple[Path, Mapping]]:
    for path in paths:
        try:
            yield path, load_mapping(path)[0]
        except ConfigurationError:
            continue  # whoever loads the collaborative is told


def _reads(mapping: Mapping, headings: set[str]) -> bool:
    named = {column.heading for column in mapping.columns.values() if column.heading}
    wanted = {column.heading for column in mapping.columns.values() if column.heading and not column.optional}
    is_of_a_district = mapping.districts is None and "district_id" in mapping.match_groups
    is_found = 2 * len(named & headings) >= len(named)  # as a delivery's row of headings is
    return is_of_a_district and is_found and len(wanted) >= FEWEST_HEADINGS and wanted <= headings
