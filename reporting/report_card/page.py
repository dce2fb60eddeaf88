"""A report card as one page that stands alone: no request goes out, no script runs, and it prints.

Belongs here: handing a card to the template beside this module. Does not belong here: what stands on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporting.report_card import words
from reporting.templates import load_template

if TYPE_CHECKING:
    from reporting.report_card.card import ReportCard


def render_page(card: ReportCard) -> str:
    """The page as HTML; every text is escaped, and what a browser would obey instead of showing is replaced."""
    widest = max((line.rows.rows_in for line in card.trend), default=0)
    return load_template("report_card/page.html.j2").render(card=card, words=words, widest=widest)
