"""What is asked of a database: one table or query, and the files that its rows become.

Belongs here: the shape of an entry of ``extracts`` and the slices that it stands for. Does not belong here: asking
(``sql.py``).
"""

from __future__ import annotations

import hashlib
import json
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

_NAME = r"[A-Za-z_][A-Za-z0-9_$#]*"
_TYPE = r"^(text|integer|boolean|date|timestamp|decimal\(\d{1,2},\d{1,2}\))$"
_FILE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*\.(parquet|csv)")
PLACEHOLDERS = {"district_id", "school_year"}


@dataclass(frozen=True)
class Slice:
    """One file of an extract: whose rows, of which year.

    Attributes:
        district_id: the district; empty for a file of many.
        code: the district's code in the database; None when every row is the district's.
        school_year: the year; 0 for a file of many.
        file: the file's path below the source's folder.
    """

    district_id: str
    code: str | None
    school_year: int
    file: str


class SqlExtract(BaseModel):
    """One table or query.

    Attributes:
        extract: its name, unique in the source.
        table: the table or view, with its schema in front where it needs one.
        query: a select, in place of a table; it is the operator's own SQL and is not changed.
        columns: columns that are taken; all when left out.
        types: type of a column where the database does not say it exactly.
        district: the district of all rows.
        district_column: the column with the district's code, when the rows are of many.
        districts: the district of each code.
        year_column: the column with the school year, when the rows are of many.
        school_years: the years that are asked for; one without ``year_column`` is the year of all rows.
        key: columns that make a row unique.
        watermark: the column that grows whenever a row is added or changed: then only rows since the last night are
            asked for, and laid over the last full file by ``key``.
        full_every_nights: after so many days everything is asked for again, so that removed rows go.
        file: the path of the file, with ``{district_id}`` and ``{school_year}``; ``.parquet`` or ``.csv``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    extract: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    table: str | None = Field(default=None, pattern=rf"^{_NAME}(\.{_NAME}){{0,2}}$")
    query: str | None = None
    columns: tuple[str, ...] = Field(default=(), strict=False)
    types: dict[str, str] = Field(default_factory=dict)
    district: str | None = None
    district_column: str | None = None
    districts: dict[str, str] = Field(default_factory=dict)
    year_column: str | None = None
    school_years: tuple[int, ...] = Field(default=(), strict=False)
    key: tuple[str, ...] = Field(default=(), strict=False)
    watermark: str | None = None
    full_every_nights: int = Field(default=7, ge=1)
    file: str

    @model_validator(mode="after")
    def _is_clear(self) -> Self:
        for is_wrong, words in self._faults():
            if is_wrong:
                raise ValueError(words)
        return self

    def _faults(self) -> Iterator[tuple[bool, str]]:
        yield (self.table is None) == (self.query is None), "needs a table or a query, and not both"
        unknown = [each for each in self.types.values() if not re.fullmatch(_TYPE, each)]
        yield bool(unknown), "types: each is text, integer, boolean, date, timestamp or decimal(p,s)"
        yield self.district is not None and self.district_column is not None, "has one of district, district_column"
        yield (self.district_column is not None) != bool(self.districts), "district_column and districts go together"
        yield self.year_column is not None and not self.school_years, "year_column needs school_years"
        yield self.year_column is None and len(self.school_years) > 1, "several school_years need year_column"
        yield self.watermark is not None and not self.key, "watermark needs key: rows are laid over others by it"
        yield self.watermark is not None and not self.file.endswith(".parquet"), "watermark needs a .parquet file"
        named = {*self.key, self.watermark, self.district_column, self.year_column} - {None, *self.columns}
        yield bool(self.columns and named), f"columns lacks {', '.join(sorted(map(str, named)))}, which is used"
        yield from self._faults_of_file()

    def _faults_of_file(self) -> Iterator[tuple[bool, str]]:
        try:
            named = {name for _, name, _, _ in string.Formatter().parse(self.file) if name is not None}
        except ValueError:
            yield True, "file: a brace is open"
            return
        yield bool(named - PLACEHOLDERS), "file may name {district_id} and {school_year} only"
        has_district = self.district is not None or bool(self.districts)
        yield "district_id" in named and not has_district, "file names {district_id}: give district or districts"
        yield "district_id" not in named and len(self.districts) > 1, "file needs {district_id}: each has a file"
        yield "school_year" in named and not self.school_years, "file names {school_year}: give school_years"
        yield "school_year" not in named and len(self.school_years) > 1, "file needs {school_year}: each has a file"
        shown = self.file.replace("{district_id}", "d").replace("{school_year}", "y")
        yield _FILE.fullmatch(shown) is None, "file must be a path of plain names that ends in .parquet or .csv"

    def named_districts(self) -> Iterator[tuple[str, str]]:
        """Each district that is named, with the key that names it."""
        if self.district is not None:
            yield "district", self.district
        for district_id in self.districts.values():
            yield "districts", district_id

    def slices(self) -> Iterator[Slice]:
        """The files that the extract becomes."""
        whose = list(self.districts.items()) or [(None, self.district or "")]
        for code, district_id in whose:
            for year in self.school_years or (0,):
                file = self.file.format(district_id=district_id, school_year=year)
                yield Slice(district_id, code, year, file)

    @property
    def content_hash(self) -> str:
        """Hash of what is asked: a changed question is asked in full."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:20]
