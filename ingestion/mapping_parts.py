"""The parts of a mapping: columns, who a row is about, forms of files.

Belongs here: their shape, as ``mappings/*.yaml`` writes it. Does not belong here: the mapping as a whole
(``mapping.py``), what it promises (``mapping_promises.py``), applying it (``reading.py``).
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Status = Literal["suppressed", "not_reported"]
ISO_DATE = "%Y-%m-%d"

MERGED_PART = r"\{([a-z][a-z0-9_]*)\}"
"""A column's name in ``merge``."""


class Part(BaseModel):
    """A part of a mapping: no key that is not known, no text read as a number."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SourceColumn(Part):
    """One column of the source file, a part of one, or several put together.

    Attributes:
        heading: heading in the file, with any run of blanks and line ends written as one blank; empty where the column
            has none.
        occurrence: which one, where a heading stands more than once: 1 is the leftmost.
        optional: whether a file may lack the column; all its cells then count as empty, and that is told.
        extract: regular expression that a whole cell must match; its one group is what is read, so that several columns
            can each take their part of one.
        merge: in place of a heading, how cells of other columns are put together: ``{county}-{number}``. It is empty
            where they all are.
        add: in place of a heading, other columns whose numbers are added up. It is not there where one of them is not.
        less: of such a column, the columns whose numbers are taken off the sum.
        empty_parts: whether parts that are not reported leave the sum out or add nothing, which a mapping may say only
            where an identity of its own holds them all with ``add_nothing``; a sum of which no part in ``add`` is
            reported is left out either way.
        pad: digits that a code has: one that lost its leading zeros gets them back.
        type: ``code``, ``text``, ``number``, ``date``, ``timestamp`` or ``boolean``.
        personal: what the cell says of a pupil that must be the same wherever the pupil's state id stands (rule Q13);
            only the vault compares it.
        pattern: regular expression that a whole code must match.
        date_format: how a date is written, in the signs of ``strptime``.
        date_formats: the same, where the file writes dates in several ways; a cell that two of them read as different
            days is refused.
        excel_serial: whether a date may stand there as the number that a spreadsheet program counts days with.
        symbols: characters that may stand before a number, such as ``$``.
        symbols_after: characters that may stand behind it, such as ``%``.
        thousands: separator of thousands, when numbers have one.
        decimal: what stands before the decimals.
        negatives: ways beside a minus in front in which the file writes negative numbers: ``(1,234)`` or ``1,234-``.
        round_to: decimals that a number keeps, where the file prints the noise of a program's arithmetic behind them;
            without it a number with more decimals than fit is refused.
        scale: what a printed number is divided by; 100 where the file prints percent and a share is meant.
        codes: for a closed list, what each text of the file means; for a number, texts that stand for one; for a
            boolean, the texts that mean ``true`` and ``false``, when these words themselves do not stand there.
        markers: like the mapping's own ``markers``, for this column alone and before them.
    """

    heading: str = ""
    occurrence: int = Field(default=1, ge=1)
    optional: bool = False
    extract: str | None = None
    merge: str | None = None
    add: tuple[str, ...] = Field(default=(), strict=False)
    less: tuple[str, ...] = Field(default=(), strict=False)
    empty_parts: Literal["leave_it_out", "add_nothing"] = "leave_it_out"
    pad: int | None = Field(default=None, ge=2, le=32)
    type: Literal["code", "text", "number", "date", "timestamp", "boolean"]
    personal: Literal["birth_date", "sex"] | None = None
    pattern: str | None = None
    date_format: str = ISO_DATE
    date_formats: tuple[str, ...] = Field(default=(), strict=False)
    excel_serial: bool = False
    symbols: str = ""
    symbols_after: str = ""
    thousands: Literal["", ",", ".", " ", "'"] = ""
    decimal: Literal[".", ","] = "."
    negatives: tuple[Literal["brackets", "minus_behind"], ...] = Field(default=(), strict=False)
    round_to: int | None = Field(default=None, ge=0, le=10)
    scale: Literal[1, 100] = 1
    codes: dict[str, str] = Field(default_factory=dict)
    markers: dict[str, Status] = Field(default_factory=dict)

    @field_validator("heading")
    @classmethod
    def _collapse(cls, heading: str) -> str:
        return collapse(heading)

    @model_validator(mode="after")
    def _stands_somewhere(self) -> Self:
        if [("heading" in self.model_fields_set), self.merge is not None, bool(self.add)].count(True) != 1:
            raise ValueError("needs a heading, or merge or add with the columns that it is put together of")
        if not self.has_cells and (self.occurrence != 1 or self.extract is not None):
            raise ValueError("a merged column has no cells of its own: remove occurrence and extract")
        if self.add and self.type != "number":
            raise ValueError("a sum is of type number")
        if not self.add and (self.less or self.empty_parts != "leave_it_out"):
            raise ValueError("less and empty_parts belong to a column with add")
        return self

    @property
    def has_cells(self) -> bool:
        """Whether it is read from cells under a heading, and not made of other columns."""
        return self.merge is None and not self.add

    @property
    def merged(self) -> tuple[str, ...]:
        """Names of the columns that it is put together of."""
        return (*re.findall(MERGED_PART, self.merge or ""), *self.add, *self.less)

    @property
    def formats(self) -> tuple[str, ...]:
        """Every way in which its dates are written."""
        return self.date_formats or (self.date_format,)


class Districts(Part):
    """Where a statewide file says which district, or which school of it, a row is about.

    Attributes:
        column: name of the code's column.
        entity: ``school`` when the code is a school's, whose district is its first ``district_digits`` digits.
        width: digits that a code must have.
        district_digits: of a school's code, the digits of its district's.
        suffix: digits that make it a ``district_id``.
        totals: codes of rows about the whole state; empty when the report has none.
        total_rows: how many such rows a whole file has.
    """

    column: str
    entity: Literal["district", "school"] = "district"
    width: int = Field(ge=1)
    district_digits: int | None = Field(default=None, ge=1)
    suffix: str = ""
    totals: tuple[str, ...] = Field(strict=False)
    total_rows: int = Field(default=1, ge=1)

    @model_validator(mode="after")
    def _a_school_says_its_district(self) -> Self:
        if (self.entity == "school") != (self.district_digits is not None):
            raise ValueError("district_digits belongs to a school's code, and only to it")
        return self


class FromColumn(Part):
    """A landed value taken from a column of the source.

    Attributes:
        column: name of the column.
        suffix: text that is put behind a text.
    """

    column: str
    suffix: str = ""


class Quotient(Part):
    """A landed figure that the file prints in two parts: one column divided by another.

    It is there where both are and the second is not zero; else it is what is said in place of them.

    Attributes:
        divide: name of the column that is divided.
        by: name of the column that it is divided by.
    """

    divide: str
    by: str


class RowChoice(Part):
    """Rows of the file, by one of their cells: one of some texts, or all that match.

    Attributes:
        texts: the whole cell, without blanks around it.
        matching: regular expression of the whole cell.
    """

    texts: tuple[str, ...] = Field(default=(), strict=False)
    matching: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _texts_alone(cls, said: object) -> object:
        return {"texts": said} if isinstance(said, (list, tuple)) else said

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if bool(self.texts) == (self.matching is not None):
            raise ValueError("needs a list of texts, or matching with a regular expression")
        return self


class FromDelivery(Part):
    """A landed value that belongs to the delivery as a whole."""

    delivery: Literal["school_year"]


class Place(Part):
    """Where the cells of a column stand in each line of a file without separators.

    Attributes:
        start: the first character, counted from 1.
        width: how many characters; the blanks around a cell are no part of it.
    """

    start: int = Field(ge=1)
    width: int = Field(ge=1)

    @property
    def end(self) -> int:
        """The character behind the last one, counted from 0."""
        return self.start - 1 + self.width


class FixedWidth(Part):
    """Columns of a text file without separators. It has no headings of its own: these are the names given here.

    Attributes:
        columns: by heading, where its cells stand; what stands between columns is not read.
        skip: lines above the data.
        may_end_early: whether blanks at the end of a line are left out by the sender; otherwise a line that ends before
            the last column begins was cut off, and its row is refused.
    """

    columns: dict[str, Place] = Field(min_length=1)
    skip: int = Field(default=0, ge=0)
    may_end_early: bool = False

    @model_validator(mode="after")
    def _columns_stand_apart(self) -> Self:
        in_order = sorted(self.columns.items(), key=lambda named: named[1].start)
        for (name, place), (following, next_place) in pairwise(in_order):
            if place.end >= next_place.start:
                raise ValueError(f"the columns '{name}' and '{following}' overlap")
        return self


class JsonRecords(Part):
    """Where the records of a JSON document are.

    Attributes:
        records: names that lead to the list of records, with points between; empty where the document is that list,
            or has one record on each line.
        explode: of a record, names that lead to a list of which each entry becomes a row of its own.
    """

    records: str = ""
    explode: str | None = None


def collapse(text: str) -> str:
    """A heading with every run of blanks, line ends and non-breaking blanks written as one blank."""
    return " ".join(text.split())
