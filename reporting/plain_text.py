"""Words of other people's files, made safe to show.

Belongs here: what every report does with a text that it did not write (file names, headings, reasons). Does not belong
here: what a report says.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from rich.text import Text

_LINE_ENDS = re.compile(r"[\r\n\t]+")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""With these a spreadsheet takes a text for a formula; file names, headings and names of schools are others' texts."""
_INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def clean(text: object) -> str:
    """The text on one line, without characters that a terminal would obey instead of showing.

    Args:
        text: anything; None becomes an empty text.
    """
    shown = _LINE_ENDS.sub(" ", "" if text is None else str(text))
    return "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(each) in _INVISIBLE else each for each in shown)


def spreadsheet_cell(text: str) -> str:
    """A text that a spreadsheet shows and never works out, whoever wrote it; numbers are not handed in here."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def show(text: object, style: str = "") -> Text:
    """The cleaned text for rich, which then reads no markup in it; long words are folded, never cut."""
    return Text(clean(text), style=style, overflow="fold")


def show_whole(text: object, style: str = "") -> Text:
    """The cleaned text on one line that is never broken, however narrow the terminal: a path stays one to copy."""
    return Text(clean(text), style=style, no_wrap=True, overflow="ignore")


def count(number: int, one: str) -> str:
    """A number with its noun: ``1 row``, ``2 rows``."""
    return f"{number:,} {one if number == 1 else one + 's'}"


def list_some(names: Iterable[str], limit: int) -> str:
    """The first names, and how many are left out."""
    everyone = [clean(name) for name in names]
    left_out = len(everyone) - limit
    return ", ".join(everyone[:limit]) + (f" and {left_out:,} more" if left_out > 0 else "")


def add_up(rows_in: int, landed: int, rejected: int, duplicate: int, ignored: int = 0) -> str:
    """The accounting of rows; an equation that does not hold is shown as one that does not.

    Rows that the mapping is not about are no part of it, and are told behind it.
    """
    sign = "=" if rows_in == landed + rejected + duplicate else "≠"
    others = f", {ignored:,} about something else" if ignored else ""
    return f"{rows_in:,} in {sign} {landed:,} landed + {rejected:,} rejected + {duplicate:,} duplicate{others}"
