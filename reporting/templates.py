"""The pages' templates: one way to fill them in, one style.

Belongs here: what is true of every page (each text is escaped, and what a browser would obey instead of showing is
replaced; no request goes out, no script runs). Does not belong here: what stands on a page.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reporting.plain_text import clean

if TYPE_CHECKING:
    from jinja2 import Template


@cache
def load_template(name: str) -> Template:
    """A template by its path below this folder."""
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
    return environment.get_template(name)


def _shown(value: Any) -> Any:
    return clean(value) if type(value) is str else value
