"""How a cell is written, in DuckDB SQL: parts of cells, numbers, dates, texts of a closed list.

Belongs here: from the text of a cell to its value, for one column as its mapping describes it; NULL is what cannot be
read so. Does not belong here: which columns there are and what lands (``casting.py``).
"""

from __future__ import annotations

import re

from ingestion.mapping_parts import ISO_DATE, MERGED_PART, SourceColumn
from ingestion.sql_text import NARROW, exact_number, literal, literals, number_pattern

FIRST_SERIAL_DAY = 61
"""The first of March 1900. Before it, spreadsheet programs count a day that never was."""

MOST_DECIMALS = 30
"""Decimals that a number may be written with where it is rounded."""

LAST_SERIAL_DAY = 2_958_465
"""The last day of the year 9999."""

FIRST_YEAR = 1900
"""Before it, a year was written with fewer than four digits: ``%Y`` reads ``26`` as the year 26."""


def part_of_cell(cell: str, column: SourceColumn) -> str:
    """The part of a cell that a column reads, with its leading zeros; NULL where it is not written so."""
    if column.extract is not None:
        whole = literal(f"^(?:{column.extract})$")
        cell = (
            f"(CASE WHEN {cell} = '' THEN '' WHEN regexp_matches({cell}, {whole}) "
            f"THEN trim(regexp_extract({cell}, {whole}, 1)) END)"
        )
    if column.pad is not None:
        digits = literal(f"^[0-9]{{1,{column.pad - 1}}}$")
        cell = f"(CASE WHEN regexp_matches({cell}, {digits}) THEN lpad({cell}, {column.pad}, '0') ELSE {cell} END)"
    return cell


def merged_cell(template: str, cells: dict[str, str]) -> str:
    """Cells put together as ``merge`` says; empty where they all are."""
    pieces = re.split(MERGED_PART, template)
    texts = [literal(piece) if number % 2 == 0 else cells[piece] for number, piece in enumerate(pieces) if piece]
    are_empty = " AND ".join(f"{cell} = ''" for cell in cells.values())
    return f"(CASE WHEN {are_empty} THEN '' ELSE {' || '.join(texts)} END)"


def number(cell: str, column: SourceColumn, whole: int, scale: int) -> str:
    """A number as the column says that numbers are written."""
    kept = scale if column.round_to is None else min(scale, column.round_to)
    pattern = number_pattern(
        column.symbols,
        column.thousands,
        scale if column.round_to is None else MOST_DECIMALS,
        symbols_after=column.symbols_after,
        decimal=column.decimal,
        negatives=column.negatives,
    )
    sql_type = f"DECIMAL({whole + scale}, {scale})"
    plain = _when_plain(cell, sql_type) if whole + scale <= NARROW and column.decimal == "." else ""
    exact = exact_number(_digits_only(cell, column), whole, kept)
    if kept != scale:
        exact = f"CAST({exact} AS {sql_type})"
    return f"CASE WHEN cells <> 0 THEN NULL {plain} WHEN regexp_full_match({cell}, {literal(pattern)}) THEN {exact} END"


def _digits_only(cell: str, column: SourceColumn) -> str:
    """A number without what is no digit, its minus in front and a point before its decimals."""
    blanks = "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}" if column.thousands == " " else ""
    signs = "()-" if column.negatives else ""
    dropped = column.symbols + column.symbols_after + column.thousands + blanks + signs
    digits = f"translate({cell}, {literal(dropped)}, '')" if dropped else cell
    if column.decimal != ".":
        digits = f"replace({digits}, {literal(column.decimal)}, '.')"
    if column.negatives:
        digits = f"(CASE WHEN contains({cell}, '-') OR contains({cell}, '(') THEN '-' ELSE '' END || {digits})"
    return digits


def code(cell: str, codes: dict[str, str]) -> str:
    """A text of a closed list."""
    if all(text == meaning for text, meaning in codes.items()):
        return f"CASE WHEN {cell} IN ({literals(codes)}) THEN {cell} END"
    whens = " ".join(f"WHEN {literal(text)} THEN {literal(meaning)}" for text, meaning in codes.items())
    return f"CASE {cell} {whens} END"


def boolean(cell: str, codes: dict[str, str]) -> str:
    """True or false."""
    if not codes:
        return f"CASE lower({cell}) WHEN 'true' THEN true WHEN 'false' THEN false END"
    whens = " ".join(f"WHEN {literal(text)} THEN {meaning}" for text, meaning in codes.items())
    return f"CASE {cell} {whens} END"


def date(cell: str, column: SourceColumn) -> str:
    """A day, where every way of writing one that reads the cell gives the same."""
    days = _days(cell, column)
    return days[0] if len(days) == 1 else f"CASE WHEN {_n_days(days)} = 1 THEN coalesce({', '.join(days)}) END"


def is_ambiguous(cell: str, column: SourceColumn) -> str:
    """Whether a cell is one day in one way of writing and another in another."""
    days = _days(cell, column)
    return f"{_n_days(days)} > 1" if len(days) > 1 else "false"


def _n_days(days: list[str]) -> str:
    return f"len(list_distinct([{', '.join(days)}]))"


def _days(cell: str, column: SourceColumn) -> list[str]:
    days = [_date(cell, each) for each in column.formats]
    if column.excel_serial:
        serial = f"TRY_CAST({cell} AS INTEGER)"
        within = f"{serial} BETWEEN {FIRST_SERIAL_DAY} AND {LAST_SERIAL_DAY}"
        is_whole = f"regexp_full_match({cell}, '[0-9]{{1,7}}')"
        days.append(f"CASE WHEN {is_whole} AND {within} THEN DATE '1899-12-30' + {serial} END")
    return days


def _date(cell: str, date_format: str) -> str:
    """A date; a workbook's cell of date and time counts as a date at midnight."""
    if date_format != ISO_DATE:
        return f"CAST({_moment(cell, date_format)} AS DATE)"
    day, midnight = f"TRY_CAST({cell} AS DATE)", f"CAST(TRY_CAST({cell} AS DATE) AS VARCHAR) || 'T00:00:00'"
    is_day = f"strlen({cell}) = 10 AND CAST({day} AS VARCHAR) = {cell}"
    return f"CASE WHEN {is_day} THEN {day} WHEN strlen({cell}) = 19 AND {midnight} = {cell} THEN {day} END"


def timestamp(cell: str, date_format: str) -> str:
    """A day and a time of it, with or without (parts of) seconds; a zone is not read: times are the district's own."""
    if date_format != ISO_DATE:
        return _moment(cell, date_format)
    pattern = literal("[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?")
    return f"CASE WHEN regexp_full_match({cell}, {pattern}) THEN TRY_CAST({cell} AS TIMESTAMP) END"


def _moment(cell: str, date_format: str) -> str:
    """A day, and perhaps a time, in signs of ``strptime``."""
    moment = f"TRY_STRPTIME({cell}, {literal(date_format)})"
    return f"CASE WHEN year({moment}) >= {FIRST_YEAR} THEN {moment} END"


def _when_plain(cell: str, sql_type: str) -> str:
    """The usual form of a number, which is told by its being written the same again; cheaper than a pattern."""
    return f"WHEN CAST(TRY_CAST({cell} AS {sql_type}) AS VARCHAR) = {cell} THEN TRY_CAST({cell} AS {sql_type})"
