"""From a file's bytes to a table of text: every cell as it stands, with its line.

Belongs here: choosing the reader by what the bytes are, and text, delimited or in fixed columns. Does not belong here:
the other forms (``workbooks.py``, ``parquet_files.py``, ``json_records.py``), finding the row of headings
(``table_head.py``), what a cell means (``casting.py``).
"""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion import detection, parquet_files, workbooks
from ingestion.json_records import read_json
from ingestion.mapping_parts import FixedWidth
from ingestion.plain_text import PIECE_SIZE, UTF_8, Piece, read_pieces, read_plain_rows, start_of_line
from ingestion.settled_headings import settle_headings
from ingestion.sheet import DETECT, LONGEST_CELL, NumberedRow, ReadOptions, Remark, Sheet, UnreadableFile
from ingestion.table_head import ROWS_BEFORE_HEADINGS, Head, build_sheet, count_headings, find_head, text_batches

if TYPE_CHECKING:
    import pyarrow as pa

_OTHER_FORMS = {
    b"%pdf": "a PDF document",
    b"<!doctype": "a web page, perhaps a login page",
    b"<html": "a web page, perhaps a login page",
    b"<?xml": "an XML document",
    b"\x1f\x8b": "a gzip archive",
    b'{"': "a JSON document",
    b"[{": "a JSON document",
}
_WHAT_TO_DO = {
    "a gzip archive": "name it .gz, so that it is unpacked",
    "a JSON document": "export it as CSV, or say under 'json' in the mapping where its records are",
}


def read_sheet(path: Path, options: ReadOptions) -> Sheet:
    """Read a file as a table of text; what the bytes are decides, not the name's ending.

    Raises:
        UnreadableFile: it is no table, or a damaged one.
    """
    return settle_headings(_read(path, options), options)


def _read(path: Path, options: ReadOptions) -> Sheet:
    with path.open("rb") as handle:
        start = handle.read(512)
    if not start:
        raise UnreadableFile("Q01", None, "the file is empty", "export it again and check its size before sending")
    if start.startswith(workbooks.STARTS):
        return build_sheet(workbooks.read_workbook(path, options.sheets), options)
    if start.startswith(parquet_files.START):
        return parquet_files.read_parquet(path, options)
    return _read_text(path, options, start)


def _read_text(path: Path, options: ReadOptions, start: bytes) -> Sheet:
    remarks: list[Remark] = []
    if options.encoding == DETECT:
        encoding, remark = detection.detect_encoding(path)
        options, remarks = replace(options, encoding=encoding), [remark]
    _refuse_other_forms(start, options)
    if options.json is not None:
        sheet = read_json(path, options, options.json)
    elif options.fixed_width is not None:
        sheet = _read_carefully(path, options, options.fixed_width)
    else:
        if options.delimiter == DETECT:
            options = replace(options, delimiter=_detect_delimiter(path, options))
            remarks.append(detection.tell_delimiter(options.delimiter))
        sheet = _read_plain(path, options) or _read_separated(path, options)
    sheet.remarks[:0] = remarks
    return sheet


def _refuse_other_forms(start: bytes, options: ReadOptions) -> None:
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for signature, form in _OTHER_FORMS.items():
        is_asked_for = form == "a JSON document" and options.json is not None
        if text.startswith(signature) and not is_asked_for:
            what_to_do = _WHAT_TO_DO.get(form, "export it as CSV or as a workbook")
            raise UnreadableFile("D02", 1, f"the file is {form}, not a table", what_to_do)
    marks = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    if start.startswith(marks) and not codecs.lookup(options.encoding).name.startswith("utf-16"):
        message = f"the file is utf-16 text, which is not in the encoding {options.encoding}"
        what_to_do = f"save it as {options.encoding} text, or write 'encoding: utf-16' into the mapping"
        raise UnreadableFile("D02", 1, message, what_to_do)


def _detect_delimiter(path: Path, options: ReadOptions) -> str:
    """The separator with which most of the wanted headings are found; the comma when none is."""
    return max(detection.DELIMITERS, key=lambda delimiter: _headings_with(path, options, delimiter))


def _headings_with(path: Path, options: ReadOptions, delimiter: str) -> int:
    """How many of the wanted headings are found with a separator."""
    try:
        with _open_text(path, options.encoding) as handle:
            return count_headings(_delimited_rows(handle, delimiter), options)
    except UnicodeError:
        return 0


def _read_plain(path: Path, options: ReadOptions) -> Sheet | None:
    """The same sheet as the careful reader's for much less, or None: then that one reads it, or says what is wrong.

    From the first piece below the head on that is not plain, the careful reader goes on.
    """
    pieces = read_pieces(path, _codec(options.encoding), options.delimiter)
    text = next(pieces).text
    if text is None:
        return None
    try:
        start = text[: start_of_line(text, ROWS_BEFORE_HEADINGS + 1)].decode()
        head = find_head(_delimited_rows(io.StringIO(start, newline=""), options.delimiter), options)
    except (UnicodeError, UnreadableFile):
        return None
    data = text[start_of_line(text, head.line + 1) :]
    first = read_plain_rows(data, head.line + 1, len(head.headings), options.delimiter, LONGEST_CELL)
    if first is None:
        return None
    return head.build_sheet(chain([first], _plain_batches(path, options, head, pieces)), options.notes)


def _plain_batches(path: Path, options: ReadOptions, head: Head, pieces: Iterator[Piece]) -> Iterator[pa.Table]:
    """The rows of these pieces; from the first that is not plain to the file's end, as the careful reader has them."""
    width = len(head.headings)
    for piece in pieces:
        rows = None
        if piece.text is not None:
            rows = read_plain_rows(piece.text, piece.line, width, options.delimiter, LONGEST_CELL)
        if rows is None:
            yield from text_batches(_text_rows(path, options, None, piece.place, piece.line), width)
            return
        yield rows


def _read_separated(path: Path, options: ReadOptions) -> Sheet:
    """Read text between separators; where another one would find the headings, that is what is wrong."""
    try:
        return _read_carefully(path, options, None)
    except UnreadableFile as fault:
        found = _detect_delimiter(path, options)
        if _headings_with(path, options, options.delimiter) or not _headings_with(path, options, found):
            raise
        is_, said = detection.DELIMITERS[found], detection.DELIMITERS.get(options.delimiter, options.delimiter)
        message = f"the cells are separated by a {is_}, where the mapping expects a {said}"
        what_to_do = f"export it with a {said}, or write 'delimiter: {json.dumps(found)}' into the mapping"
        raise UnreadableFile(fault.rule_id, fault.line, message, what_to_do) from None


def _read_carefully(path: Path, options: ReadOptions, places: FixedWidth | None) -> Sheet:
    rows = _text_rows(path, options, places)
    if places is None:
        return build_sheet(rows, options)
    return _fixed_head(places).build_sheet(text_batches(rows, len(places.columns)), options.notes)


def _text_rows(
    path: Path, options: ReadOptions, places: FixedWidth | None, place: int = 0, line: int = 1
) -> Iterator[NumberedRow]:
    """The rows of a text from a place on, as a :class:`~ingestion.plain_text.Piece` names it."""
    try:
        with _open_text(path, options.encoding, place) as handle:
            if places is None:
                yield from _delimited_rows(handle, options.delimiter, line)
            else:
                yield from _fixed_rows(handle, places)
    except UnicodeError:
        raise UnreadableFile(
            "D02",
            _line_of_first_bad_byte(path, _codec(options.encoding)),
            f"a character is not in the encoding {options.encoding}",
            f"save the file as {options.encoding} text and send it again",
        ) from None


def _codec(encoding: str) -> str:
    """The codec that passes over a mark at the start."""
    return UTF_8 if codecs.lookup(encoding).name == "utf-8" else encoding


def _open_text(path: Path, encoding: str, place: int = 0) -> io.TextIOWrapper:
    """A text, open at a place as a :class:`~ingestion.plain_text.Piece` names it."""
    codec = _codec(encoding)
    handle = path.open(encoding="utf-8" if place and codec == UTF_8 else codec, newline="")
    if codec == UTF_8 and place:
        handle.seek(place)
        return handle
    while place:
        place -= len(handle.read(min(place, PIECE_SIZE)))
    return handle


def _fixed_head(places: FixedWidth) -> Head:
    """The head of a file that has none: its headings are the names in the mapping."""
    headings = tuple(places.columns)
    return Head((), headings, places.skip, (headings,), 1)


def _fixed_rows(handle: Iterable[str], places: FixedWidth) -> Iterator[NumberedRow]:
    """Rows of a file without separators; a row that is too short or too long has another number of cells."""
    columns = list(places.columns.values())
    end, last = max(place.end for place in columns), max(place.start for place in columns)
    for number, line in enumerate(_without_nul(handle), start=1):
        text = line.rstrip("\r\n")
        if number <= places.skip or not text.strip():
            continue
        if len(text) > LONGEST_CELL:
            raise UnreadableFile("D02", number, "the line is longer than any row", "export the file again")
        cells = [text[place.start - 1 : place.end].strip() for place in columns]
        is_cut_off = len(text) < last and not places.may_end_early
        if is_cut_off:
            cells = [cell for cell, place in zip(cells, columns, strict=True) if place.start <= len(text)]
        yield number, [*cells, text[end:]] if text[end:].strip() else cells


def _line_of_first_bad_byte(path: Path, encoding: str) -> int | None:
    """Where the first byte is that is no character of the encoding; lines end as an editor takes them to."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line, last = 1, ""
    with path.open("rb") as handle:
        for block in iter(lambda: handle.read(PIECE_SIZE), b""):
            text, is_good = _decode_what_can_be(decoder, block)
            line += text.count("\n") + text.count("\r") - (last + text).count("\r\n")
            if not is_good:
                return line
            last = text[-1:] or last
    return None if _decode_what_can_be(decoder, b"", final=True)[1] else line


def _decode_what_can_be(decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool = False) -> tuple[str, bool]:
    """The text up to the first byte that is no character, and whether there was none such."""
    try:
        return decoder.decode(block, final), True
    except UnicodeDecodeError as error:
        return error.object[: error.start].decode(error.encoding, errors="ignore"), False
    except UnicodeError:
        return "", False


def _delimited_rows(handle: Iterable[str], delimiter: str, first_line: int = 1) -> Iterator[NumberedRow]:
    """Rows with the line on which each begins; a cell may hold line ends of its own."""
    reader = csv.reader(_without_nul(handle, first_line), delimiter=delimiter, strict=True)
    csv.field_size_limit(LONGEST_CELL)
    line = first_line
    try:
        for cells in reader:
            yield line, cells
            line = first_line + reader.line_num
    except csv.Error as error:
        raise UnreadableFile(
            "D02",
            line,
            f"the row that begins on line {line} cannot be split into cells ({error})",
            "look for a quotation mark that is never closed, or a file that was cut off, and export it again",
        ) from None


def _without_nul(lines: Iterable[str], first_line: int = 1) -> Iterator[str]:
    for number, line in enumerate(lines, start=first_line):
        if "\0" in line:
            raise UnreadableFile(
                "D02", number, f"line {number} holds NUL bytes", "the file was damaged on its way; export it again"
            )
        yield line
