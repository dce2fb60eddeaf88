"""Small pieces of SQL text: names, texts, and the pattern of a number.

Belongs here: quoting, so that nothing from a mapping or a file is ever read as SQL. Does not belong here: queries.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

BLANKS = " \t\n\r\N{NO-BREAK SPACE}"
"""What may stand around a cell without being part of it."""

NARROW = 18
"""Digits up to which DuckDB reads a decimal more than a hundred times faster than a wider one."""


def quote(name: str) -> str:
    """An identifier for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text for SQL."""
    return "'" + text.replace("'", "''") + "'"


def literals(texts: Iterable[str]) -> str:
    """A list of texts for SQL's IN; an empty list holds one NULL, so that nothing is in it."""
    return ", ".join(map(literal, texts)) or "NULL::VARCHAR"


def select_nothing(columns: Mapping[str, str]) -> str:
    """SQL of no row, with these columns and types."""
    return f"select {', '.join(f'null::{kind} as {quote(name)}' for name, kind in columns.items())} where false"


def trimmed(column: str) -> str:
    """A cell without the blanks around it, non-breaking ones included."""
    return f"trim({column}, {' || '.join(f'chr({ord(blank)})' for blank in BLANKS)})"


def exact_number(text: str, whole: int, scale: int) -> str:
    """A text that :func:`number_pattern` has let through, as a decimal; NULL when it has too many digits.

    The narrow decimal is tried first, since it is so much cheaper.
    """
    wide = f"DECIMAL({whole + scale}, {scale})"
    if whole + scale <= NARROW or scale > NARROW:
        return f"TRY_CAST({text} AS {wide})"
    return f"coalesce(CAST(TRY_CAST({text} AS DECIMAL({NARROW}, {scale})) AS {wide}), TRY_CAST({text} AS {wide}))"


def number_pattern(
    symbols: str,
    thousands: str,
    scale: int,
    *,
    symbols_after: str = "",
    decimal: str = ".",
    negatives: Iterable[str] = (),
) -> str:
    """Regular expression of a number as it may be written: no exponent, no more decimals than fit.

    Args:
        symbols: one of them may stand before it.
        thousands: separator of thousands.
        scale: decimals.
        symbols_after: one of them may stand behind it.
        decimal: what stands before the decimals.
        negatives: ``brackets`` and ``minus_behind``, where a negative number may be written so.
    """
    before = f"[{re.escape(symbols)}]?" if symbols else ""
    after = f" ?[{re.escape(symbols_after)}]?" if symbols_after else ""
    separator = "[ \u00a0\u202f]" if thousands == " " else re.escape(thousands)
    whole = f"(?:[0-9]{{1,3}}(?:{separator}[0-9]{{3}})+|[0-9]+)" if thousands else "[0-9]+"
    point = re.escape(decimal)
    if scale == 0:
        digits = f"{whole}(?:{point}0*)?"
    else:
        digits = f"(?:{whole}(?:{point}[0-9]{{0,{scale}}}0*)?|{point}[0-9]{{1,{scale}}}0*)"
    ways = [f"-?{before}{digits}{after}"]
    if "brackets" in negatives:
        ways += [f"{before}\\({digits}\\){after}", f"\\({before}{digits}{after}\\)"]
    if "minus_behind" in negatives:
        ways.append(f"{before}{digits}{after}-")
    return ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"
