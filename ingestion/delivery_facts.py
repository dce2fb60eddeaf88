"""What a delivery says about itself: year, vintage, date, promised counts (rule Q01).

Belongs here: the file's name, the title above its headings, and the manifest beside it, and whether they agree.
Does not belong here: the rows.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ingestion.collaborative import Collaborative
from ingestion.contract import Contract
from ingestion.findings import Content, Finding
from ingestion.mapping import Mapping
from ingestion.school_years import ending_year
from ingestion.sheet import Sheet
from ingestion.yaml_document import plain_words

MANIFEST_SUFFIX = ".manifest.json"
HEADINGS_ALONE = "the file has its headings and not one row (header-only)"
LARGEST_BLANK = 1024
"""Bytes; a larger file is not looked at for whether it holds blanks alone."""


LARGEST_MANIFEST = 64 * 1024
"""Bytes; it holds a few lines."""


class Manifest(BaseModel):
    """What the sender promised, in ``<file>.manifest.json``; every key may be left out."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    file: str | None = None
    rows: int | None = Field(default=None, ge=0)
    sha256: str | None = None
    school_year: int | None = None
    as_of: date | None = None
    producer: str | None = None
    contract_version: int | None = None
    vintage: str | None = None


@dataclass(frozen=True)
class FileFacts:
    """The file as bytes."""

    path: Path
    relative_path: str
    sha256: str
    size: int
    mtime_ns: int


def hash_file(path: Path, relative_path: str) -> FileFacts:
    """Hash a file's bytes."""
    with path.open("rb") as handle:
        status = os.fstat(handle.fileno())
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    return FileFacts(path, relative_path, digest, status.st_size, status.st_mtime_ns)


def read_manifest(path: Path) -> tuple[Manifest, list[Finding]]:
    """Read the manifest beside a file; without one, nothing was promised."""
    manifest_path = path.with_name(path.name + MANIFEST_SUFFIX)
    if not manifest_path.is_file():
        return Manifest(), []
    if manifest_path.stat().st_size > LARGEST_MANIFEST:
        message = f"{manifest_path.name} is larger than {LARGEST_MANIFEST // 1024} KiB, and not read"
        return Manifest(), [file_error("Q01", message, "send the manifest of this file, and both files again")]
    try:
        return Manifest.model_validate_json(manifest_path.read_bytes()), []
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc'])) or 'it'} {plain_words(fault)}" for fault in error.errors()]
        message = f"{manifest_path.name} cannot be understood: {'; '.join(faults)}"
        return Manifest(), [file_error("Q01", message, "correct the manifest and send both files again")]


def find_content(facts: FileFacts, rows: int, *, has_headings: bool) -> Content:
    """Whether a file holds rows, headings alone, or nothing: no byte, or blanks and a byte order mark."""
    if rows:
        return "rows"
    if has_headings:
        return "header_only"
    is_small = facts.size <= LARGEST_BLANK
    return "empty" if is_small and not facts.path.read_bytes().strip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n") else "rows"


def check_promises(
    facts: FileFacts, manifest: Manifest, mapping: Mapping, contract: Contract, rows: int
) -> list[Finding]:
    """Rule Q01: what arrived is what was promised."""
    problems: list[tuple[str, str]] = []
    again = "send the whole file again, with a manifest that was written after it"
    if manifest.file is not None and manifest.file != facts.path.name:
        problems.append(("the manifest is for a file of another name", again))
    if manifest.sha256 is not None and manifest.sha256.lower() != facts.sha256:
        problems.append(("the file's sha256 is not the manifest's: it changed after the manifest was written", again))
    if manifest.rows is not None and manifest.rows != rows:
        problems.append((f"the manifest promises {manifest.rows} rows, the file has {rows}", again))
    if manifest.contract_version is not None and manifest.contract_version not in contract.versions_read:
        problems.append(
            (
                f"the manifest names version {manifest.contract_version} of {contract.name}, not {contract.version}",
                "send the file as the current contract asks",
            )
        )
    expected = mapping.row_count
    if not rows and expected.min:
        problems.append((HEADINGS_ALONE, "export the whole report again; nothing is taken out because a file is empty"))
    elif rows < expected.min or rows > (expected.max if expected.max is not None else rows):
        limits = f"{expected.min} to {expected.max}" if expected.max is not None else f"at least {expected.min}"
        problems.append((f"the file has {rows} rows where {limits} are expected", "export the whole report again"))
    findings = [file_error("Q01", message, what_to_do) for message, what_to_do in problems]
    passed = f"{rows} rows, as promised"
    return findings or [Finding("Q01", "file", "passed", None, "", passed, "", 1, 0)]


def find_school_year(
    match: re.Match[str] | None, manifest: Manifest, sheet: Sheet | None, mapping: Mapping, collaborative: Collaborative
) -> tuple[int | None, list[Finding]]:
    """The school year, from every place that says it; they must agree, and the calendar must know it.

    It is None without a finding where the mapping is for files of many years. A file that cannot be opened has no
    title: its name and its manifest still say whose year it was meant for.
    """
    places = {"the manifest": manifest.school_year, "the mapping": mapping.only_year}
    if match and "school_year" in mapping.match_groups:
        places["the file's name"] = ending_year(match["school_year"])
    if mapping.title_row is not None and sheet is not None:
        title = next(filter(None, (re.fullmatch(mapping.title_row, line) for line in sheet.title_lines)), None)
        if title is None:
            message = "no line above the headings is the report's title that this mapping expects"
            return None, [file_error("Q01", message, "send the report as exported, with its title")]
        places["the title"] = ending_year(title["school_year"]) if "school_year" in title.groupdict() else None
    years = {place: year for place, year in places.items() if year is not None}
    if mapping.holds_many_years:
        return None, _check_many_years(years, mapping, collaborative)
    return _agreed(years, mapping, collaborative)


def _check_many_years(years: dict[str, int], mapping: Mapping, collaborative: Collaborative) -> list[Finding]:
    """What is said against a file whose rows say their years, or that has years side by side."""
    if years:
        message = f"{', '.join(years)} says one school year, but the mapping {mapping.mapping} is for files of many"
        return [file_error("Q01", message, "leave the school year out of the manifest, or correct the mapping")]
    unknown = [str(year) for year in mapping.row_years if collaborative.period_end(year) is None]
    if unknown:
        message = f"the calendar has no school year {', '.join(unknown)}"
        return [file_error("Q01", message, "add the years to periods.csv")]
    return []


def _agreed(years: dict[str, int], mapping: Mapping, collaborative: Collaborative) -> tuple[int | None, list[Finding]]:
    distinct = set(years.values())
    if not distinct:
        message = "neither the file's name, nor its title, nor a manifest says the school year"
        return None, [file_error("Q01", message, f"add a manifest (<file>{MANIFEST_SUFFIX}) with school_year")]
    if len(distinct) > 1:
        said = ", ".join(f"{place} says {year}" for place, year in years.items())
        return None, [
            file_error("Q01", f"the school year is not clear: {said}", "send the right year's file, rightly named")
        ]
    year = distinct.pop()
    if collaborative.period_end(year) is None:
        return None, [file_error("Q01", f"the calendar has no school year {year}", "add the year to periods.csv")]
    if not mapping.covers(year):
        message = f"the mapping {mapping.mapping} is not meant for the school year {year}"
        return None, [file_error("Q01", message, "check the file's year, or widen the mapping's years")]
    return year, []


def file_error(rule_id: str, message: str, what_to_do: str, line: int | None = None, column: str = "") -> Finding:
    """A finding that refuses the whole file."""
    return Finding(rule_id, "file", "error", line, column, message, what_to_do, 1, 1)
