"""A workbook to fill in: one extract's headings, with the words that are allowed offered in each cell.

Belongs here: sheets, formats and lists. Does not belong here: what is told of a heading (``ingestion.sender_guide``).
The reader takes the first sheet, so that the filled-in workbook can be sent as it is.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from ingestion.sender_guide import HeadingGuide
    from schoolstat.contracts import Extract

_ROWS = 5_000
"""Rows below the headings that offer the allowed words."""

_EXPLAINED = ("heading", "type", "must be filled", "allowed words", "feeds", "what", "example")
_WIDTHS = (24, 22, 14, 40, 30, 80, 22)


def write_workbook(extract: Extract, path: Path) -> None:
    """Write the workbook: the same bytes each time."""
    import xlsxwriter

    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"title": extract.contract.title, "created": datetime(2026, 1, 1, tzinfo=UTC)})
        bold = book.add_format({"bold": True})
        formats = {
            "code": book.add_format({"num_format": "@"}),  # text: a program must not take leading zeros away
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "timestamp": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        }
        sheet = book.add_worksheet(extract.name[:31])
        explanations, words = book.add_worksheet("Explanations"), book.add_worksheet("Words")
        sheet.freeze_panes(1, 0)
        for place, heading in enumerate(extract.headings):
            sheet.write_string(0, place, heading.heading, bold)
            sheet.set_column(place, place, max(12, len(heading.heading) + 2), formats.get(_form_of(heading)))
            _offer_words(sheet, words, place, heading)
        _explain(explanations, extract, bold)


def _form_of(heading: HeadingGuide) -> str:
    """How a program is to keep what is typed; a month is a text, or it would become a day."""
    if heading.type == "text" or (heading.type in ("date", "timestamp") and "%" in heading.kind):
        return "code"
    return heading.type


def _offer_words(sheet: Worksheet, words: Worksheet, place: int, heading: HeadingGuide) -> None:
    """Let each cell of a column choose among the words that are allowed, which stand in a sheet of their own."""
    offered = list(heading.allowed) or (["true", "false"] if heading.type == "boolean" else [])
    if not offered:
        return
    words.write_string(0, place, heading.heading)
    words.write_column(1, place, offered)
    from xlsxwriter.utility import xl_range_abs

    source = f"=Words!{xl_range_abs(1, place, len(offered), place)}"
    message = {"error_title": "Not a word that is read", "error_message": "Choose one of the list."}
    sheet.data_validation(1, place, _ROWS, place, {"validate": "list", "source": source, **message})


def _explain(sheet: Worksheet, extract: Extract, bold: Format) -> None:
    sheet.write_string(0, 0, f"{extract.contract.title}: {extract.contract.description}")
    sheet.write_row(2, 0, _EXPLAINED, bold)
    for row, each in enumerate(extract.headings, start=3):
        allowed = ", ".join(text if text == means else f"{text} = {means}" for text, means in each.allowed.items())
        cells = (each.heading, each.kind.replace("`", ""), each.must_be_filled, allowed, ", ".join(each.feeds))
        for place, cell in enumerate((*cells, each.what, each.example)):
            sheet.write_string(row, place, cell)
    for place, width in enumerate(_WIDTHS):
        sheet.set_column(place, place, width)
