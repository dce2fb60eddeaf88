"""A file that no mapping covers yet, as columns: their headings, and what their cells look like.

Belongs here: finding the row of headings without knowing one of them, and telling dates, numbers and closed lists apart
in the first rows. Does not belong here: reading a delivery (``readers.py``), what the columns mean
(``suggestions.py``).
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from statistics import median

from ingestion.detection import DELIMITERS, detect_encoding
from ingestion.heading_words import split_words
from ingestion.mapping_parts import ISO_DATE, collapse
from ingestion.parquet_files import START as PARQUET
from ingestion.sheet import UnreadableFile
from ingestion.suggestions import CellType, SourceHeading
from ingestion.workbooks import STARTS as WORKBOOKS
from ingestion.workbooks import read_workbook

ROWS_LOOKED_AT = 2_000
_ROWS_BEFORE_HEADINGS = 30
_DATE_FORMATS = (ISO_DATE, "%m/%d/%Y", "%Y/%m/%d", "%m-%d-%Y", "%d/%m/%Y", "%m/%d/%y", "%d-%b-%Y", "%Y-%m-%dT%H:%M:%SZ")
_COMPACT_DATES = ("%Y%m%d", "%m%d%Y")
_NUMBER = re.compile(r"-?\$?-?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?%?|\(\$?[\d,]+(?:\.\d+)?\)")
_BOOLEANS = ({"true", "false"}, {"yes", "no"}, {"y", "n"}, {"t", "f"}, {"1", "0"})
MARKERS = {
    "": "not_reported",
    "-": "not_reported",
    "--": "not_reported",
    "---": "not_reported",
    "NA": "not_reported",
    "N/A": "not_reported",
    "NULL": "not_reported",
    "*": "suppressed",
}
"""Texts that usually stand in place of a number; a person confirms what a sender means by them."""
FEW_TEXTS = 24
MOST = 0.6
"""What share of the cells says what a column holds: the others are for the rules of a delivery to refuse."""


@dataclass(frozen=True)
class SampleColumn:
    """One column of a sample.

    Attributes:
        heading: the heading, blanks collapsed.
        occurrence: which one, where a heading stands more than once.
        type: what the cells look like.
        date_format: how dates are written.
        is_ambiguous: the same dates could be written another way, the day before the month or behind it.
        symbols: what stands before numbers.
        thousands: what separates their thousands.
        texts: of a closed list the different texts and how often each stands there; else empty.
        markers: texts in place of numbers.
    """

    heading: str
    occurrence: int
    type: CellType
    date_format: str = ISO_DATE
    is_ambiguous: bool = False
    symbols: str = ""
    thousands: str = ""
    texts: dict[str, int] = field(default_factory=dict)
    markers: tuple[str, ...] = ()

    @property
    def source(self) -> SourceHeading:
        """What a suggestion looks at."""
        return SourceHeading(self.heading, self.type, frozenset(self.texts))


@dataclass(frozen=True)
class Sample:
    """A file's form and columns.

    Attributes:
        path: the file.
        encoding: of a text file.
        delimiter: of a text file.
        heading_line: line of the headings.
        n_rows: rows that were looked at.
        columns: the columns, in order; those without a heading are left out.
    """

    path: Path
    encoding: str
    delimiter: str
    heading_line: int
    n_rows: int
    columns: tuple[SampleColumn, ...]


def look_at(path: Path) -> Sample:
    """Read the first rows of a file.

    Raises:
        UnreadableFile: it is no table, or has no row that could be headings.
    """
    with path.open("rb") as handle:
        start = handle.read(8)
    encoding, delimiter = "utf-8", ","
    if start.startswith(WORKBOOKS):
        rows = [list(cells) for _, cells in islice(read_workbook(path), ROWS_LOOKED_AT)]
    elif start.startswith(PARQUET):
        rows = _parquet_rows(path)
    else:
        encoding, _ = detect_encoding(path)
        delimiter, rows = _text_rows(path, encoding)
    at = _heading_row(rows)
    if at is None:
        message = "no row of the file could be its headings"
        raise UnreadableFile("D02", 1, message, "export it as a table with one row of headings")
    return Sample(path, encoding, delimiter, at + 1, len(rows) - at - 1, tuple(_columns(rows[at], rows[at + 1 :])))


def _text_rows(path: Path, encoding: str) -> tuple[str, list[list[str]]]:
    """The separator that makes the widest rows, and the rows."""

    def read(delimiter: str, number: int) -> list[list[str]]:
        with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="") as handle:
            return list(islice(csv.reader(handle, delimiter=delimiter), number))

    def width(delimiter: str) -> float:
        rows = [row for row in read(delimiter, 200) if any(row)]
        return median(len(row) for row in rows) if rows else 0

    try:
        delimiter = max(DELIMITERS, key=width)
        return delimiter, read(delimiter, ROWS_LOOKED_AT)
    except csv.Error:
        raise UnreadableFile("D02", None, "the file is no table of text", "export it as CSV or as a workbook") from None


def _parquet_rows(path: Path) -> list[list[str]]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        batch = next(file.iter_batches(batch_size=ROWS_LOOKED_AT), None)
        names = list(file.schema_arrow.names)
    columns = batch.to_pydict().values() if batch is not None else []
    cells = zip(*columns, strict=True)
    return [names, *(["" if cell is None else str(cell) for cell in row] for row in cells)]


def _heading_row(rows: Sequence[Sequence[str]]) -> int | None:
    """The first row that is nearly as wide as the table, says nothing twice too often and holds no numbers."""
    widest = max((_filled(row) for row in rows[: _ROWS_BEFORE_HEADINGS + 20]), default=0)
    for number, row in enumerate(rows[:_ROWS_BEFORE_HEADINGS]):
        cells = [cell.strip() for cell in row if cell.strip()]
        words = [cell for cell in cells if re.search("[A-Za-z]", cell)]
        is_wide = widest and len(cells) >= max(2, 0.6 * widest)
        if is_wide and len(words) >= 0.8 * len(cells) and len(set(cells)) >= 0.7 * len(cells):
            return number
    return None


def _filled(row: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)


def _columns(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[SampleColumn]:
    seen: Counter[str] = Counter()
    for place, text in enumerate(headings):
        heading = collapse(text)
        seen[heading] += 1
        if heading:
            cells = [row[place].strip() if place < len(row) else "" for row in rows if any(row)]
            yield _describe(heading, seen[heading], cells)


def _describe(heading: str, occurrence: int, cells: Sequence[str]) -> SampleColumn:
    filled = [cell for cell in cells if cell]
    known = [cell for cell in filled if cell not in MARKERS]
    texts = Counter(known)
    few = dict(texts) if len(texts) <= FEW_TEXTS else {}
    if not known:
        return SampleColumn(heading, occurrence, "empty")
    date_formats = _date_formats(heading, known)
    if date_formats:
        return SampleColumn(heading, occurrence, "date", date_formats[0], len(date_formats) > 1)
    if any({text.lower() for text in texts} <= words for words in _BOOLEANS) and len(known) > 1:
        return SampleColumn(heading, occurrence, "boolean", texts=dict(texts))
    n_numbers = sum(bool(_NUMBER.fullmatch(cell) and re.search(r"\d", cell)) for cell in known)
    if n_numbers >= MOST * len(known) and not _has_leading_zeros(known):
        markers = tuple(sorted({cell for cell in cells if cell in MARKERS}))
        symbols = "".join(sign for sign in "$" if any(sign in cell for cell in known))
        thousands = "," if any("," in cell for cell in known) else ""
        return SampleColumn(
            heading, occurrence, "number", symbols=symbols, thousands=thousands, texts=few, markers=markers
        )
    kind: CellType = "text" if any(" " in cell for cell in known) else "code"
    all_texts = dict(Counter(filled)) if few else {}  # here a marker is a code like any other
    return SampleColumn(heading, occurrence, kind, texts=all_texts)


def _has_leading_zeros(cells: Iterable[str]) -> bool:
    return any(len(cell) > 1 and cell.startswith("0") and cell.isdecimal() for cell in cells)


def _date_formats(heading: str, cells: Sequence[str]) -> list[str]:
    """The forms in which most cells are dates; digits alone only where the heading speaks of a date."""
    compact = _COMPACT_DATES if {"date", "day", "birth"} & set(split_words(heading)) else ()
    times = {form: sum(_is_date(cell, form) for cell in cells) for form in (*_DATE_FORMATS, *compact)}
    most = max(times.values())
    return [form for form, number in times.items() if number == most] if most >= MOST * len(cells) else []


def _is_date(cell: str, form: str) -> bool:
    try:
        return 1900 <= datetime.strptime(cell, form).year <= 2100  # noqa: DTZ007 -- a day has no zone
    except ValueError:
        return False
