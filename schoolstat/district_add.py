"""A district joins: a row of the roster, its schools, and a mapping for each of its files that none knows yet.

Belongs here: finding what the rows and files must say, and showing what was written. Does not belong here: writing into
the folder safely (``roster_change.py``), drafting a mapping (``mapping_suggestion.py``).

Nothing is asked that can be found: the type is the one that most districts of the roster have, the first year is that
of the files, schools are those that the files name. A draft with a doubtful line is laid into ``drafts/``, where no
night reads it, until a person has looked at it and moved it.
"""

from __future__ import annotations

import csv
import os
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType

from ingestion.collaborative import Collaborative
from ingestion.contract import load_contracts
from ingestion.draft_mapping import DOUBT, HEAD_LINES
from ingestion.known_names import targets
from ingestion.mapping import Mapping
from ingestion.mapping_files import SHIPPED, load_mapping, own_mappings
from ingestion.sheet import UnreadableFile
from ingestion.trial_collaborative import cells_of
from ingestion.yaml_document import ConfigurationError
from reporting.plain_text import count, list_some, show, show_whole
from schoolstat.configured import load_whole
from schoolstat.mapping_suggestion import draft_mapping, name_of, pattern_of
from schoolstat.newcomer_files import NewcomerFile, find_base, find_files, tell_year
from schoolstat.roster_change import FolderChange

UNKNOWN_TYPE = "unknown"
DRAFTS = "drafts"
"""Folder of a collaborative that no night reads."""


@dataclass(frozen=True)
class Added:
    """What was written, or would be.

    Attributes:
        district_id: the newcomer.
        change: the change of the folder.
        is_dry_run: nothing was written.
        notes: what was found out, and what a person has to look at.
        next_step: the command to run next.
    """

    district_id: str
    change: FolderChange
    is_dry_run: bool
    notes: tuple[str, ...]
    next_step: str

    def to_dict(self) -> dict[str, Any]:
        """As values for JSON."""
        return {
            "district_id": self.district_id,
            "written": [] if self.is_dry_run else sorted(self.change.texts),
            "diff": self.change.diff() if self.is_dry_run else "",
            "notes": list(self.notes),
            "next_step": self.next_step,
        }

    def render(self) -> RenderableType:
        """For the terminal."""
        parts: list[RenderableType] = []
        if self.is_dry_run:
            parts += [show_whole(line) for line in self.change.diff().splitlines()]
            parts.append(show("nothing was written: leave out --dry-run", "yellow"))
        else:
            parts += [show_whole(f"wrote {self.change.folder / name}") for name in sorted(self.change.texts)]
        parts += [show(note) for note in self.notes]
        return Group(*parts, show("next:", "bold"), show_whole(f"  {self.next_step}"))


def add_district(
    collaborative_folder: Path,
    district_id: str,
    name: str,
    *,
    folder: Path | None = None,
    year: int | None = None,
    district_type: str | None = None,
    schools: Path | None = None,
    dry_run: bool = False,
) -> Added:
    """Write a newcomer into a collaborative's folder.

    Args:
        collaborative_folder: the folder; its own files alone change.
        district_id: the newcomer's id.
        name: its name.
        folder: its files, for a mapping of each that none knows yet, and for its schools.
        year: its first school year, and that of the files where no folder says it.
        district_type: its type; that of most districts if left out.
        schools: a table with the headings ``school_id``, ``name`` and ``school_type``.
        dry_run: find out everything and write nothing.

    Raises:
        ConfigurationError: the district is on the roster, or the folder would not be valid.
    """
    collaborative = load_whole(collaborative_folder)
    if collaborative.district(district_id) is not None:
        raise ConfigurationError([f"{district_id}: is on the roster already; 'schoolstat district check' goes on"])
    change = FolderChange(collaborative_folder)
    with find_files(folder, district_id, year, collaborative) if folder else nullcontext([]) as files:
        notes = _describe(change, collaborative, district_id, name, district_type, year, schools, files)
    change.check()
    if not dry_run:
        change.apply()
    options = f" --folder {folder}" if folder else " --folder FILES"
    step = f"schoolstat district check {district_id} -c {collaborative_folder}{options}"
    return Added(district_id, change, dry_run, tuple(notes), f"{step} --year {year}" if year else step)


def _describe(
    change: FolderChange,
    collaborative: Collaborative,
    district_id: str,
    name: str,
    district_type: str | None,
    year: int | None,
    schools: Path | None,
    files: Sequence[NewcomerFile],
) -> list[str]:
    """The rows and mappings of a newcomer; gives what a person should know of them."""
    notes = tell_year(files)
    first_year = min((file.school_year for file in files), default=year)
    kinds = Counter(district.district_type for district in collaborative.districts)
    row = {
        "district_id": district_id,
        "name": name,
        "district_type": district_type or kinds.most_common(1)[0][0],
        "member_from": str(first_year or ""),
    }
    change.add_rows("districts.csv", "district_id", [row])
    if district_type is None:
        notes.append(f"its type is {row['district_type']}, as of most districts; say another with --type")
    mapped = _add_mappings(change, files, change.folder, district_id, notes)
    _add_schools(change, collaborative, district_id, schools, mapped, first_year, notes)
    return notes


def _add_mappings(
    change: FolderChange, files: Sequence[NewcomerFile], folder: Path, district_id: str, notes: list[str]
) -> list[tuple[NewcomerFile, Mapping]]:
    """A mapping for each file that none knows by name; gives every file that a mapping reads."""
    mapped = [(file, file.mapping) for file in files if file.mapping is not None]
    own = list(own_mappings(folder / "mappings"))
    done: set[str] = set()
    for file in files:
        named = Path(file.name)
        name, pattern = name_of(named, district_id), pattern_of(named, district_id)
        if file.refusal is not None:
            notes.append(f"{file.name}: {file.refusal.message}; it is left out")
        if file.mapping is not None or file.refusal is not None or name in done:
            continue
        done.add(name)
        base = find_base(file.path, own)
        if base is not None:
            change.add_file(f"mappings/{name}.yaml", _extending(base, folder, name, pattern))
            mapped.append((file, load_mapping(base)[0]))
            notes.append(f"{file.name}: has the headings of {base.stem}, which its mapping extends")
            continue
        try:
            draft = draft_mapping(file.path, collaborative=folder, district=district_id)
        except ConfigurationError as error:
            notes.append(f"{error}; it is left out")
            continue
        n_doubtful = sum(DOUBT in line for line in draft.text.splitlines()[HEAD_LINES:])
        where = DRAFTS if n_doubtful else "mappings"
        change.add_file(f"{where}/{name}.yaml", draft.text)
        mapped.append((file, _parse(draft.text)))
        said = f"{file.name}: drafted {where}/{name}.yaml as {draft.suggested.contract.name}"
        look = f"; look at {count(n_doubtful, 'line')} with '{DOUBT}', then move it to mappings/"
        notes.append(said + (look if n_doubtful else ""))
    return mapped


def _parse(text: str) -> Mapping:
    """The mapping that a draft is as it stands."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "draft.yaml"
        path.write_text(text, encoding="utf-8")
        return load_mapping(path)[0]


def _extending(base: Path, folder: Path, name: str, pattern: str) -> str:
    """A mapping that is another one for files of other names."""
    if base.is_relative_to(SHIPPED):
        said = f"shipped:{base.relative_to(SHIPPED).as_posix()}"
    else:
        said = os.path.relpath(base, folder / "mappings")
    return f"# The same headings under another name.\nextends: {said}\nmapping: {name}\nfile: '{pattern}'\n"


def _add_schools(
    change: FolderChange,
    collaborative: Collaborative,
    district_id: str,
    table: Path | None,
    mapped: Sequence[tuple[NewcomerFile, Mapping]],
    first_year: int | None,
    notes: list[str],
) -> None:
    """The schools that were given, else those that the files name, where the collaborative lists schools at all."""
    if not collaborative.schools and table is None:
        return
    rows = _read_schools(table) if table else _schools_in(mapped)
    known = {school.school_id: school.district_id for school in collaborative.schools}
    others = sorted({known[row["school_id"]] for row in rows if row["school_id"] in known})
    if others:
        notes.append(f"its files name schools that are on the roster under {list_some(others, 3)}: correct one of them")
    rows = [row for row in rows if row["school_id"] not in known]
    if rows and table is None:
        notes.append(f"{count(len(rows), 'school')} found in the files: give names and types in schools.csv")
    said = [row | {"district_id": district_id, "open_from": str(first_year or "")} for row in rows]
    if said:
        change.add_rows("schools.csv", "school_id", said)
    elif not table and not others:
        notes.append("no school was found: add its schools to schools.csv, or their rows are refused (rule Q04)")


def _read_schools(table: Path) -> list[dict[str, str]]:
    with table.open(encoding="utf-8-sig", newline="") as handle:
        reader = csv.DictReader(handle)
        lacking = {"school_id", "name", "school_type"} - set(reader.fieldnames or ())
        if lacking:
            raise ConfigurationError([f"{table}:1:1: lacks the headings {', '.join(sorted(lacking))}"])
        return [{name: row[name] for name in ("school_id", "name", "school_type")} for row in reader]


def _schools_in(mapped: Sequence[tuple[NewcomerFile, Mapping]]) -> list[dict[str, str]]:
    """The codes in every column that must be a school of the roster."""
    codes: set[str] = set()
    for file, mapping in mapped:
        try:
            codes |= _school_codes(file, mapping)
        except UnreadableFile:
            continue  # the check of the file says what is wrong with it
    return [{"school_id": code, "name": f"School {code}", "school_type": UNKNOWN_TYPE} for code in sorted(codes)]


def _school_codes(file: NewcomerFile, mapping: Mapping) -> set[str]:
    """The codes of one file; none where its people are not known, or are no more than its schools would be.

    A column of people's ids that a draft takes for schools must not end in the roster.
    """
    contract = load_contracts()[mapping.contract]
    schools = {column.name for column in contract.columns if column.refers_to == "school"}
    people = {column.name for column in contract.columns if column.pseudonym}

    def cells(wanted: set[str]) -> list[set[str]]:
        headings = (
            column.heading for name, column in mapping.columns.items() if targets(mapping, contract, name) & wanted
        )
        return [cells_of(file.path, mapping, heading) for heading in headings if heading]

    n_people = max(map(len, cells(people)), default=0)
    found = [{code for code in codes if code.isalnum()} for codes in cells(schools)]
    if contract.holds_people:
        found = [codes for codes in found if len(codes) < n_people or len(codes) == n_people == 1]
    return set().union(*found)
