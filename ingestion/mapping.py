"""How one sender's file becomes rows of a contract.

Belongs here: the shape of ``mappings/*.yaml`` and which mapping a file belongs to. Does not belong here:
reading and merging these files (``mapping_files.py``), opening a sender's files (``readers.py``) or applying a mapping
(``reading.py``).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from functools import cache
from typing import Any, Self

from pydantic import Field, model_validator

from ingestion.mapping_parts import (
    Districts,
    FixedWidth,
    FromColumn,
    FromDelivery,
    JsonRecords,
    Name,
    Part,
    Quotient,
    RowChoice,
    SourceColumn,
    Status,
    collapse,
)
from ingestion.mapping_promises import ControlTotal, Identity, RowCount
from ingestion.unpivot import expand_unpivot
from ingestion.yaml_document import ConfigurationError

__all__ = ["ControlTotal", "FromColumn", "FromDelivery", "Mapping", "collapse", "find_mapping"]

Source = str | FromColumn | FromDelivery | Quotient
"""Where a landed value comes from; a text is a constant."""

FILE_GROUPS = {"school_year", "vintage", "district_id", "part"}
"""Named groups that a file's name may carry."""

_ARCHIVE = re.compile(r"[^/]*\.(?:zip|gz)/", re.IGNORECASE)
"""A folder that is an archive."""


class Mapping(Part):
    """One mapping file.

    Attributes:
        mapping: name, unique in the collaborative.
        title: name for people.
        sender: who sends the file; a district's file may say it by the group ``district_id`` of ``file`` instead.
        file: regular expression of the file's name; a folder may stand before it. Its groups ``school_year``,
            ``vintage``, ``district_id`` and ``part`` are used; a part is a slot of its own beside the other parts.
        contract: contract that it fills.
        contract_version: version of that contract it was written for.
        report: name of the report, for a contract that holds many.
        domain: domain of the report, for a contract that leaves it to the report.
        school_year: year of the one file that it is meant for, where that file does not say it; or the column that says
            it, in a file of many years. Where the years stand side by side, each of ``rows`` says its own.
        first_school_year: earliest year it is meant for.
        last_school_year: latest year it is meant for.
        encoding: encoding of a text file; ``detect`` finds utf-8, utf-16, cp1252 or latin-1 and says which.
        delimiter: what separates the cells of a text file; ``detect`` finds comma, tab, semicolon, pipe or caret.
        heading_rows: over how many rows the headings are written; what stands in one column is joined by a blank.
        fixed_width: where the cells of a text file without separators stand.
        json: where the records of a JSON document are; ``{}`` when it is a list, or has one record on each line. A
            value within a value has a heading with points.
        sheet: name of a workbook's sheet, the first one when left out; or a list of sheets with the same headings,
            which are read one below the other.
        given_headings: the headings of a file that has none, in the order of its columns.
        title_row: regular expression that a line above the headings must match; its group ``school_year`` is used.
        notes: regular expression of the notes below the data: the last rows of the file that match it are no data.
        columns: columns that are read, by the name that the rest of the mapping uses.
        ignored_headings: headings that the file has and nobody needs; ``*`` for all that are not read.
        markers: texts that stand in place of a number, and what they mean; an empty text is an empty cell.
        districts: where the district's code stands; left out for a district's own file.
        only_rows: by column, the rows that the mapping is about; others are counted as ignored.
        skip_rows: by column, rows that it is not about.
        every: values that all landed rows share.
        rows: one entry for each row that lands from one source row.
        unpivot: short for many columns and rows that differ by a part of their heading (``unpivot.py``); what comes of
            it stands in ``columns`` and ``rows``.
        row_count: how many data rows a whole file has.
        control_totals: by column, what the total row must agree with.
        identities: by name, what the numbers of each row must be to each other.
        extended: names of the mappings that it extends, the nearest first; said by ``extends`` alone.
    """

    mapping: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    sender: str | None = None
    file: str
    contract: str
    contract_version: int
    report: str = ""
    domain: str = ""
    school_year: int | FromColumn | None = None
    first_school_year: int | None = None
    last_school_year: int | None = None
    encoding: str = "utf-8"
    delimiter: str = Field(default=",", pattern=r'^(?:[^\w\s"]|[ \t]|detect)$')
    heading_rows: int = Field(default=1, ge=1, le=3)
    fixed_width: FixedWidth | None = None
    json_records: JsonRecords | None = Field(default=None, alias="json")
    sheet: str | list[str] | None = None
    given_headings: tuple[str, ...] = Field(default=(), strict=False)
    title_row: str | None = None
    notes: str | None = None
    columns: dict[Name, SourceColumn] = Field(min_length=1)
    ignored_headings: tuple[str, ...] = Field(default=(), strict=False)
    markers: dict[str, Status] = Field(default_factory=dict)
    districts: Districts | None = None
    only_rows: dict[Name, RowChoice] = Field(default_factory=dict)
    skip_rows: dict[Name, RowChoice] = Field(default_factory=dict)
    every: dict[Name, Source] = Field(default_factory=dict)
    rows: tuple[dict[Name, Source], ...] = Field(strict=False, min_length=1)
    row_count: RowCount = RowCount()
    control_totals: dict[Name, ControlTotal] = Field(default_factory=dict)
    identities: dict[Name, Identity] = Field(default_factory=dict)
    extended: tuple[str, ...] = Field(default=(), strict=False, exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _unpivot(cls, said: Any) -> Any:
        return expand_unpivot(said) if isinstance(said, dict) and "unpivot" in said else said

    @model_validator(mode="after")
    def _file_is_a_pattern(self) -> Self:
        for name, pattern, allowed in (
            ("file", self.file, FILE_GROUPS),
            ("title_row", self.title_row or "", {"school_year"}),
            ("notes", self.notes or "", set()),
        ):
            try:
                groups = set(re.compile(pattern).groupindex)
            except re.error as error:
                raise ValueError(f"{name} is not a regular expression: {error}") from None
            if groups - allowed:
                raise ValueError(f"{name} has the unknown group {', '.join(sorted(groups - allowed))}")
        if (self.sender is None) != ("district_id" in self.match_groups):
            raise ValueError("the sender must be said once: by sender, or by the group (?P<district_id>…) of file")
        return self

    @property
    def match_groups(self) -> set[str]:
        """Named groups of ``file``."""
        return set(re.compile(self.file).groupindex)

    @property
    def mapping_id(self) -> str:
        """The mapping's name."""
        return self.mapping

    @property
    def content_hash(self) -> str:
        """Hash of everything the mapping says: a corrected mapping makes a new delivery."""
        said = self.model_dump(mode="json", exclude_defaults=True)
        content = json.dumps(said, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(content.encode()).hexdigest()

    @property
    def year_column(self) -> str | None:
        """The column that says the school year of each row."""
        return self.school_year.column if isinstance(self.school_year, FromColumn) else None

    @property
    def only_year(self) -> int | None:
        """The school year of the one file that it is meant for."""
        return self.school_year if isinstance(self.school_year, int) else None

    @property
    def row_years(self) -> tuple[int, ...]:
        """School years that stand side by side in one source row; empty when it is of one year."""
        said = (self.source(number, "school_year") for number in range(len(self.rows)))
        return tuple(sorted({int(year) for year in said if isinstance(year, str) and year.isdecimal()}))

    @property
    def holds_many_years(self) -> bool:
        """Whether a file of it is of no single school year."""
        return self.year_column is not None or bool(self.row_years)

    def heading(self, name: str) -> str:
        """The heading over a column's cells; several, joined, where it is put together."""
        column = self.columns[name]
        return column.heading if column.has_cells else " + ".join(self.heading(part) for part in column.merged)

    @property
    def sheets(self) -> tuple[str, ...]:
        """Sheets of a workbook that are read; none for the first one."""
        return (self.sheet,) if isinstance(self.sheet, str) else tuple(self.sheet or ())

    @property
    def headings(self) -> tuple[str, ...]:
        """Every heading that is read."""
        return tuple(column.heading for column in self.columns.values() if column.has_cells)

    def source(self, number: int, name: str) -> Source | None:
        """Where a column of the landed row with that number comes from."""
        return self.rows[number].get(name, self.every.get(name))

    def match(self, relative_path: str) -> re.Match[str] | None:
        """Match a file's path below the inbox; the archive that a file came in is a folder that may be left out."""
        pattern, unpacked = _below_a_folder(self.file), _ARCHIVE.sub("", relative_path)
        found = pattern.fullmatch(relative_path)
        return found or (pattern.fullmatch(unpacked) if unpacked != relative_path else None)

    def covers(self, school_year: int) -> bool:
        """Whether the mapping is meant for that year."""
        return (self.first_school_year or 0) <= school_year <= (self.last_school_year or 9999)


@cache
def _below_a_folder(file: str) -> re.Pattern[str]:
    return re.compile(f"(?:.*/)?(?:{file})")


def find_mapping(mappings: Iterable[Mapping], relative_path: str) -> Mapping | None:
    """The mapping that a file belongs to, or None when none is meant for it.

    Where a mapping and one that extends it claim the same file, it belongs to the latter: so a district overrides
    single lines of the mapping that serves its vendor's other customers.

    Raises:
        ConfigurationError: more than one mapping claims the file.
    """
    found = [mapping for mapping in mappings if mapping.match(relative_path)]
    overridden = {name for mapping in found for name in mapping.extended}
    left = [mapping for mapping in found if mapping.mapping not in overridden]
    if len(left) > 1:
        names = ", ".join(mapping.mapping for mapping in left)
        raise ConfigurationError([f"{relative_path}: is claimed by {names}; make their 'file' patterns differ"])
    return left[0] if left else None
