"""JSON as a sheet of text: one record a line, or a list of records somewhere in a document.

Belongs here: finding the records, and flattening each to cells under headings with points. Does not belong here: what
a text means (``casting.py``).

Numbers keep the digits they are written with, ``true`` and ``false`` stay, what is missing or null is an empty cell. A
record's line is its line where each has one, else its number in the list. Rows of which one record holds many
(``explode``) are numbered through: each must be told from the others of its record. A document is read twice, first for
its headings: it is never held as a whole.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from ingestion.mapping_parts import JsonRecords, collapse
from ingestion.sheet import LONGEST_CELL, ReadOptions, Sheet, UnreadableFile, text_schema

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 50_000
DEEPEST = 20
"""Levels of a record: one that is deeper is a document of its own."""
_LARGEST_EXPONENT = 400
_AGAIN = "export it again"
_TOO_DEEP = "send the records flat, or name their list"

Record = tuple[int, dict[str, Any]]


class _Once(dict[str, Any]):
    """An object whose keys stand once: of two, one would be lost without a word."""

    def __setitem__(self, key: str, value: Any) -> None:
        if key in self:
            raise _Doubled(key)
        super().__setitem__(key, value)


class _Doubled(ValueError):
    """A key that stands twice in one object."""


def read_json(path: Path, options: ReadOptions, records: JsonRecords) -> Sheet:
    """Read the records of a JSON document, or of a file with one on each line.

    Raises:
        UnreadableFile: it is no JSON, or a wanted heading holds no cells.
    """
    wanted = tuple(dict.fromkeys(options.headings))
    seen: dict[str, None] = {}
    for _ in _rows(_records(path, options, records), records, (), seen):
        pass
    headings = tuple(heading if heading in seen else "" for heading in wanted)
    headings += tuple(heading for heading in seen if heading not in wanted)
    rows = _rows(_records(path, options, records), records, wanted, {})
    return Sheet((), headings, None, _batches(rows, wanted, headings))


def _batches(
    rows: Iterator[tuple[int, list[str]]], wanted: tuple[str, ...], headings: tuple[str, ...]
) -> Iterator[pa.Table]:
    """The rows some at a time; under headings that nobody wants stands nothing."""
    import pyarrow as pa

    schema = text_schema(len(headings))
    while batch := list(islice(rows, BATCH_ROWS)):
        columns = [pa.array([row[place] for _, row in batch], pa.string()) for place in range(len(wanted))]
        nothing = pa.repeat(pa.scalar("", pa.string()), len(batch))
        lines = pa.array([line for line, _ in batch], pa.int32())
        cells = pa.repeat(pa.scalar(0, pa.int32()), len(batch))
        others = [nothing] * (len(headings) - len(wanted))
        yield pa.table([*columns, *others, lines, cells], schema=schema)


def _records(path: Path, options: ReadOptions, records: JsonRecords) -> Iterator[Record]:
    with path.open("rb") as handle:
        start = handle.read(4096).decode(options.encoding, errors="ignore")
    is_list = start.lstrip("\N{ZERO WIDTH NO-BREAK SPACE} \t\r\n").startswith("[")
    if not records.records and not is_list:
        yield from _lines(path, options.encoding)
    else:
        yield from _listed(path, options.encoding, f"{records.records}.item" if records.records else "item")


def _lines(path: Path, encoding: str) -> Iterator[Record]:
    """One record on each line; blank lines are passed over."""
    name = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
    line = 0
    try:
        with path.open(encoding=name, newline="") as handle:
            for line, text in enumerate(handle, start=1):
                if text.strip():
                    yield line, _parse(text, line)
    except UnicodeError:
        _refuse(line + 1, f"a character is not in the encoding {encoding}", f"save it as {encoding} text")


def _parse(text: str, line: int) -> dict[str, Any]:
    try:
        record = json.loads(
            text, object_pairs_hook=_once, parse_float=Decimal, parse_int=Decimal, parse_constant=_no_number
        )
    except _Doubled:
        _refuse(line, "a key stands twice in one object", _AGAIN)
    except (ValueError, RecursionError, ArithmeticError):
        _refuse(line, f"line {line} is no record of JSON", "send one object on each line, or name where the list is")
    return _object(record, line)


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    record = _Once()
    for key, value in pairs:
        record[key] = value
    return record


def _no_number(_: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")


def _listed(path: Path, encoding: str, prefix: str) -> Iterator[Record]:
    """The records of a list, one after the other; the document is never held as a whole."""
    import ijson

    with path.open("rb") as handle:
        source: Any = handle
        if codecs.lookup(encoding).name != "utf-8":
            source = codecs.EncodedFile(handle, "utf-8", encoding)
        elif handle.read(3) != codecs.BOM_UTF8:
            handle.seek(0)
        number = 0
        try:
            events = ijson.parse(_shallow(ijson.basic_parse(source)))
            for number, record in enumerate(ijson.items(events, prefix, map_type=_Once), start=1):
                yield number, _object(record, number)
        except _Doubled:
            _refuse(number + 1, "a key stands twice in one object", _AGAIN)
        except RecursionError:
            _refuse(number + 1, f"the document has more than {2 * DEEPEST} levels", _TOO_DEEP)
        except (ijson.JSONError, UnicodeError, ArithmeticError):
            message = f"the document is damaged or cut off after {number} records"
            _refuse(number + 1, message, "export it again and check its size before sending")


def _shallow(events: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """The parser's events, until the document is too deep: its way to each level would be kept, and fill the memory."""
    level = 0
    for event in events:
        if event[0] in ("start_map", "start_array"):
            level += 1
            if level > 2 * DEEPEST:
                raise RecursionError
        elif event[0] in ("end_map", "end_array"):
            level -= 1
        yield event


def _object(record: Any, line: int) -> dict[str, Any]:
    if not isinstance(record, dict):
        _refuse(line, f"record {line} is no object with names and values", "send a list of objects")
    return record


def _rows(
    records: Iterable[Record], form: JsonRecords, wanted: tuple[str, ...], seen: dict[str, None]
) -> Iterator[tuple[int, list[str]]]:
    """Cells of the wanted headings, record by record; ``seen`` gets every heading."""
    number = 0
    for line, record in records:
        for part in _exploded(record, form.explode, line):
            number += 1
            flat: dict[str, Any] = {}
            _flatten(part, "", flat, line, DEEPEST)
            seen.update(dict.fromkeys(flat))
            cells = [_cell(flat[heading], heading, line) if heading in flat else "" for heading in wanted]
            yield number if form.explode else line, cells


def _exploded(record: dict[str, Any], explode: str | None, line: int) -> list[dict[str, Any]]:
    """The record once for each entry of the list that is named; once, without it, where the list is empty or absent."""
    if explode is None:
        return [record]
    *folders, last = explode.split(".")
    holder: Any = record
    for name in folders:
        holder = holder.get(name) if isinstance(holder, dict) else None
    entries = holder.get(last) if isinstance(holder, dict) else None
    if entries is None or entries == []:
        return [_replaced(record, folders, last, None)]
    if not isinstance(entries, list):
        _refuse(line, f"'{explode}' is no list", "name another part of the record under explode")
    return [_replaced(record, folders, last, entry) for entry in entries]


def _replaced(record: dict[str, Any], folders: list[str], last: str, entry: Any) -> dict[str, Any]:
    """A copy of the record in which the list is one of its entries, or left out."""
    copy = dict(record)
    if not folders:
        copy.pop(last, None)
        return copy if entry is None else copy | {last: entry}
    inner = record.get(folders[0])
    copy[folders[0]] = _replaced(inner if isinstance(inner, dict) else {}, folders[1:], last, entry)
    return copy


def _flatten(value: dict[str, Any], before: str, flat: dict[str, Any], line: int, levels: int) -> None:
    if levels == 0:
        _refuse(line, f"a record has more than {DEEPEST} levels", _TOO_DEEP)
    for key, inner in value.items():
        heading = collapse(f"{before}{key}")
        if isinstance(inner, dict):
            _flatten(inner, f"{before}{key}.", flat, line, levels - 1)
        elif heading in flat:
            _refuse(line, "two values of one record have the same heading", "name them apart")
        else:
            flat[heading] = inner


def _cell(value: Any, heading: str, line: int) -> str:
    if isinstance(value, list):
        _refuse(line, f"'{heading}' is a list, not a cell", "name the list under explode, or send one value")
    text = value if isinstance(value, str) else _written(value)
    if "\0" in text or (not text.isascii() and not _is_text(text)):
        _refuse(line, f"'{heading}' holds characters that are no text", "the file was damaged on its way; " + _AGAIN)
    if len(text) > LONGEST_CELL:
        _refuse(line, f"'{heading}' has more than {LONGEST_CELL:,} characters", _AGAIN)
    return text


def _written(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    number = Decimal(value)
    return format(number, "f") if abs(number.adjusted()) <= _LARGEST_EXPONENT else str(number)


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse(line: int, message: str, what_to_do: str) -> NoReturn:
    raise UnreadableFile("D02", line, message, what_to_do)
