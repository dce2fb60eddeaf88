"""What every reader of files ends in: one table of text, or a file that cannot be read as one.

Belongs here: the shape of that table, what a mapping says about a file's form, and the exception. Does not belong
here: reading any form (``readers.py`` chooses among them).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pyarrow as pa

    from ingestion.mapping import Mapping
    from ingestion.mapping_parts import FixedWidth, JsonRecords

WHOLE_UP_TO = 2**53
"""From here on a binary fraction leaves out whole numbers: a code or an amount that was kept as one is not itself."""
LONGEST_CELL = 131_072
"""Characters of the longest cell of any form: what is longer is a quotation mark that was never closed."""

DETECT = "detect"
"""An encoding or a delimiter that a mapping leaves to the file; what was found is said."""

NumberedRow = tuple[int, Sequence[str]]
"""A row with its line."""


class UnreadableFile(Exception):
    """The file cannot be read as a table.

    Attributes:
        rule_id: the rule that refuses it.
        line: the line at fault, or None.
        message: what is wrong.
        what_to_do: what the sender does about it.
    """

    def __init__(self, rule_id: str, line: int | None, message: str, what_to_do: str):
        self.rule_id, self.line, self.message, self.what_to_do = rule_id, line, message, what_to_do
        super().__init__(f"{message}; {what_to_do}")


@dataclass(frozen=True)
class ReadOptions:
    """What a mapping says about the file's form.

    Attributes:
        headings: headings to look for; the row that holds at least half of those that a file must have is the row of
            headings.
        encoding: encoding of a text file, or ``detect``.
        delimiter: what separates the cells of a text file, or ``detect``.
        sheets: names of a workbook's sheets, read one below the other; the first one when none is named.
        notes: regular expression of the notes below the data; None when there are none.
        heading_rows: over how many rows the headings are written.
        fixed_width: where the cells of a text file without separators stand; None when it has them.
        json: where the records of a JSON document are; None when it is no such document.
        optional: headings among them that a file may lack.
        given_headings: the headings of a file that has none.
    """

    headings: tuple[str, ...]
    encoding: str = "utf-8"
    delimiter: str = ","
    sheets: tuple[str, ...] = ()
    notes: str | None = None
    heading_rows: int = 1
    fixed_width: FixedWidth | None = None
    json: JsonRecords | None = None
    optional: tuple[str, ...] = ()
    given_headings: tuple[str, ...] = ()

    @classmethod
    def of(cls, mapping: Mapping) -> ReadOptions:
        """What a mapping says about the form of its files."""
        return cls(
            mapping.headings,
            mapping.encoding,
            mapping.delimiter,
            mapping.sheets,
            mapping.notes,
            mapping.heading_rows,
            mapping.fixed_width,
            mapping.json_records,
            tuple(column.heading for column in mapping.columns.values() if column.has_cells and column.optional),
            mapping.given_headings,
        )


@dataclass(frozen=True)
class Remark:
    """Something about a file's form that was found, and that somebody may have to confirm.

    Attributes:
        severity: ``passed`` where nothing else was possible, ``warning`` where it was a guess or is unusual.
        line: the line it is about, or None.
        message: what was found.
        what_to_do: what to do about it; empty when nothing.
    """

    severity: Literal["warning", "passed"]
    line: int | None
    message: str
    what_to_do: str = ""


@dataclass(frozen=True)
class Sheet:
    """One table of text: what stands above the data, read already, and the data, read as they are taken.

    A file larger than memory goes through as a stream. A reader gives ``batches`` as a generator that reads on when it
    is asked; whoever takes them does so once. What is wrong with a row further down, such as a quotation mark that is
    never closed, is raised while they are taken (:class:`UnreadableFile`), and nothing of the file lands then.

    Attributes:
        title_lines: non-empty cells of each row above the headings, joined.
        headings: headings as they stand, blanks collapsed; over several rows, joined by a blank.
        heading_line: line of the headings, the last where they have several; None where a form has no such line.
        batches: data rows, some ten or hundred thousand at a time, with the columns of :func:`text_schema`: text
            ``c0`` … in the headings' order, ``line``, and ``cells``, the row's number of cells (0 where that is the
            number of headings).
        remarks: what was found about the form; complete when the batches are taken.
    """

    title_lines: tuple[str, ...]
    headings: tuple[str, ...]
    heading_line: int | None
    batches: Iterator[pa.Table]
    remarks: list[Remark] = field(default_factory=list)

    @cached_property
    def table(self) -> pa.Table:
        """All data rows at once, for what is known to be small; takes the batches.

        Raises:
            UnreadableFile: a row cannot be read.
        """
        import pyarrow as pa

        return pa.concat_tables([text_schema(len(self.headings)).empty_table(), *self.batches])


def text_schema(width: int) -> pa.Schema:
    """The schema of a sheet's batches."""
    import pyarrow as pa

    cells = [pa.field(f"c{number}", pa.string()) for number in range(width)]
    return pa.schema([*cells, pa.field("line", pa.int32()), pa.field("cells", pa.int32())])
