"""A report card as one page that stands alone: no request goes out, no script runs, and it prints.

Belongs here: handing a card to the template beside this module. Does not belong here: what stands on it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reporting.plain_text import clean
from reporting.report_card import words

if TYPE_CHECKING:
    from jinja2 import Template

    from reporting.report_card.card import ReportCard


def render_page(card: ReportCard) -> str:
    """The page as HTML; every text is escaped, and what a browser would obey instead of showing is replaced."""
    widest = max((line.rows.rows_in for line in card.trend), default=0)
    return _template().render(card=card, words=words, widest=widest)


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = "{:,}".format
    return environment.get_template("page.html.j2")


def _shown(value: Any) -> Any:
    return clean(value) if type(value) is str else value
