"""Parquet as a sheet of text: each value as its one canonical text.

Belongs here: opening such a file and writing its values. Does not belong here: what a text means (``casting.py``).

Whole numbers and decimals keep all their digits, dates are year-month-day, dates with a time get a ``T`` between,
booleans are ``true`` and ``false``, what is missing is an empty cell. A binary fraction is written with the fewest
digits that give it back: a sum of cents that was kept as one has more decimals than money takes, and its row is refused
(rule D03), never rounded. Values within a structure are headings with a point; lists are no cells.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.mapping_parts import collapse
from ingestion.sheet import LONGEST_CELL, WHOLE_UP_TO, ReadOptions, Sheet, UnreadableFile, text_schema

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

START = b"PAR1"
BATCH_ROWS = 50_000


def read_parquet(path: Path, options: ReadOptions) -> Sheet:
    """Read a Parquet file; a row's line is its number.

    Raises:
        UnreadableFile: it is damaged, or one of the wanted columns holds no cells.
    """
    with _damage_is_told(), _opened(path) as source:
        headings = tuple(_headings(source.schema_arrow))
    return Sheet((), headings, None, _batches(path, headings, set(options.headings)))


def _batches(path: Path, headings: tuple[str, ...], wanted: set[str]) -> Iterator[pa.Table]:
    import pyarrow as pa

    with _damage_is_told(), _opened(path) as source:
        for batch in _text_batches(source, headings, wanted):
            yield pa.Table.from_batches([batch])


def _opened(path: Path) -> pq.ParquetFile:
    import pyarrow.parquet as pq

    return pq.ParquetFile(path, page_checksum_verification=True)


@contextmanager
def _damage_is_told() -> Iterator[None]:
    """Tell a damaged file as one that cannot be read; faults of the machine stay what they are."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, UnicodeError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise _damaged(error) from None


def _damaged(error: Exception) -> UnreadableFile:
    message = f"the Parquet file is damaged or cut off ({type(error).__name__})"
    return UnreadableFile("D02", None, message, "write it again, with checksums, and compare sizes after sending")


def _headings(schema: pa.Schema) -> Iterator[str]:
    for field in schema:
        yield from _dotted(field.name, field.type)


def _dotted(name: str, kind: pa.DataType) -> Iterator[str]:
    import pyarrow as pa

    if isinstance(kind, pa.StructType):
        for number in range(kind.num_fields):
            yield from _dotted(f"{name}.{kind.field(number).name}", kind.field(number).type)
    else:
        yield collapse(name)


def _text_batches(source: Any, headings: tuple[str, ...], wanted: set[str]) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    schema, line = text_schema(len(headings)), 1
    for batch in source.iter_batches(batch_size=BATCH_ROWS):
        columns = [leaf for column in batch.columns for leaf in _leaves(column)]
        pairs = zip(headings, columns, strict=True)
        texts = [_text(column, heading, heading in wanted) for heading, column in pairs]
        lines = pa.arange(line, line + batch.num_rows).cast(pa.int32())
        line += batch.num_rows
        cells = pa.repeat(pa.scalar(0, pa.int32()), batch.num_rows)
        yield pa.record_batch([*texts, lines, cells], schema=schema)


def _leaves(column: pa.Array) -> Iterator[pa.Array]:
    import pyarrow as pa

    if isinstance(column, pa.StructArray):
        for leaf in column.flatten():
            yield from _leaves(leaf)
    else:
        yield column


def _text(column: pa.Array, heading: str, is_wanted: bool) -> pa.Array:
    """A column's texts; of a column that nobody wants, only those that cost no thought."""
    import pyarrow as pa

    if isinstance(column, pa.DictionaryArray):
        column = column.dictionary_decode()
    if not _holds_cells(column.type):
        if is_wanted:
            message = f"the column '{heading}' holds lists or other values that are no cells"
            raise UnreadableFile("D02", None, message, "send a column of text, numbers, dates or truth values")
        return pa.repeat(pa.scalar("", pa.string()), len(column))
    text = _write(column).cast(pa.string()).fill_null("")
    _refuse_strange_text(text, heading)
    return text


def _holds_cells(kind: pa.DataType) -> bool:
    from pyarrow import types

    plain = (types.is_string, types.is_large_string, types.is_string_view, types.is_binary, types.is_large_binary)
    numbers = (types.is_integer, types.is_decimal, types.is_floating, types.is_boolean, types.is_null)
    times = (types.is_date, types.is_timestamp, types.is_time)
    return any(is_kind(kind) for is_kind in (*plain, *numbers, *times))


def _write(column: pa.Array) -> pa.Array:
    import pyarrow as pa
    from pyarrow import types

    kind = column.type
    if types.is_floating(kind):
        return _mapped(column.cast(pa.float32() if types.is_float16(kind) else kind).cast(pa.string()), _plain_fraction)
    if types.is_decimal(kind):
        return _mapped(column.cast(pa.string()), lambda text: format(Decimal(text), "f"), only_with="E")
    if types.is_timestamp(kind):
        naive = column.cast(pa.timestamp(kind.unit, "UTC")) if kind.tz else column
        return _mapped(naive.cast(pa.string()), _iso_time)
    if types.is_date64(kind):
        return column.cast(pa.date32()).cast(pa.string())
    return column.cast(pa.string())


def _mapped(texts: pa.Array, write: Any, only_with: str = "") -> pa.Array:
    """Texts written otherwise; each different one once, and none where the sign is in no text."""
    import pyarrow as pa

    different = texts.dictionary_encode()
    written = [write(text) if only_with in text else text for text in different.dictionary.to_pylist()]
    return pa.DictionaryArray.from_arrays(different.indices, pa.array(written, pa.string())).dictionary_decode()


def _plain_fraction(text: str) -> str:
    """A binary fraction without an exponent, unless it is too large to be exactly one number."""
    if text.lstrip("-") in ("nan", "inf"):
        return text
    number = Decimal(text)
    return format(number, "f") if abs(number) < WHOLE_UP_TO and number else "0" if not number else f"{number:E}"


def _iso_time(text: str) -> str:
    """``2026-09-01T00:00:00``: with a fraction only where there is one, with the zone only where one was given."""
    moment = text.replace(" ", "T", 1)
    zone = moment[len(moment.rstrip("Z")) :]
    body = moment.removesuffix("Z")
    return (body.rstrip("0").rstrip(".") if "." in body else body) + zone


def _refuse_strange_text(text: pa.Array, heading: str) -> None:
    from pyarrow import compute

    functions: Any = compute
    if functions.any(functions.match_substring(text, "\0")).as_py():
        message = f"the column '{heading}' holds NUL bytes"
        raise UnreadableFile("D02", None, message, "the file was damaged on its way; write it again")
    longest = functions.max(functions.binary_length(text)).as_py()
    if longest is not None and longest > LONGEST_CELL:
        message = f"the column '{heading}' holds a cell of more than {LONGEST_CELL:,} characters"
        raise UnreadableFile("D02", None, message, "send the table without documents in its cells")
