"""Workbooks of the old form (``.xls``): the values of their cells.

Belongs here: opening one, and what each of its cells holds. Does not belong here: workbooks of today's form, and
writing values as text (``workbooks.py``).
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ingestion.sheet import UnreadableFile

if TYPE_CHECKING:
    from xlrd.sheet import Sheet

START = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_DAMAGE = (
    ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError, struct.error,
)  # fmt: skip
"""What the library raises of damaged bytes, beside errors of its own."""
_FIRST_DAY, _PAST_THE_LAST_DAY = 7_306, 2_958_466
"""The days from 1920 to 9999, as they are counted. Below is a duration: hours that are added up look like a day."""


def read_old_tables(path: Path, sheets: Sequence[str]) -> list[list[list[Any]]]:
    """The cells of a workbook's sheets, row by row; of the first one when none is named.

    A formula that failed is the text that the program shows.

    Raises:
        UnreadableFile: it cannot be opened, or has no such sheet.
    """
    from xlrd import open_workbook
    from xlrd.biffh import XLRDError
    from xlrd.compdoc import CompDocError

    try:
        with open_workbook(str(path), logfile=io.StringIO(), on_demand=True, ragged_rows=True) as workbook:
            names = workbook.sheet_names()
            check_sheets(sheets, names)
            return [list(_rows(workbook.sheet_by_name(name), workbook.datemode)) for name in sheets or names[:1]]
    except (XLRDError, CompDocError, *_DAMAGE) as error:
        raise damaged(type(error).__name__) from None


def check_sheets(sheets: Sequence[str], names: Sequence[str]) -> None:
    """Whether a workbook has the sheets that are asked for.

    Raises:
        UnreadableFile: one is missing.
    """
    for missing in (name for name in sheets if name not in names):
        message = f"the workbook has no sheet '{missing}'"
        raise UnreadableFile("D02", None, message, "keep the sheet's name as the sender's export has it")


def damaged(why: str) -> UnreadableFile:
    """What is said of a workbook that cannot be read."""
    message = f"the workbook cannot be opened ({why})"
    return UnreadableFile("D02", None, message, "open it, save it anew and send it again")


def _rows(sheet: Sheet, date_mode: Literal[0, 1]) -> Iterator[list[Any]]:
    """Rows of the same length."""
    from xlrd import XL_CELL_BOOLEAN, XL_CELL_DATE, XL_CELL_ERROR, error_text_from_code

    forms = {
        XL_CELL_BOOLEAN: bool,
        XL_CELL_DATE: partial(_day, date_mode=date_mode),
        XL_CELL_ERROR: error_text_from_code.__getitem__,
    }
    for number in range(sheet.nrows):
        values, kinds = list[Any](sheet.row_values(number)), sheet.row_types(number)
        for column, kind in enumerate(kinds):
            if kind in forms:
                values[column] = forms[kind](values[column])
        yield values + [""] * (sheet.ncols - len(values))


def _day(days: float, date_mode: Literal[0, 1]) -> Any:
    """A day, with its time if there is one; a time; or the number, where it is none of a calendar."""
    from xlrd.xldate import xldate_as_datetime

    if not 0 <= days < _PAST_THE_LAST_DAY:
        return days
    moment = xldate_as_datetime(days, date_mode)
    if days < 1:
        return moment.time()
    if days < _FIRST_DAY:
        return timedelta(days=days)
    return moment if days % 1 else moment.date()
