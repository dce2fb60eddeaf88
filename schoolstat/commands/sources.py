"""Where deliveries are fetched from: fetch, and sources.

Does not belong here: fetching (``schoolstat.sources``).
"""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from ingestion.settings import resolve_collaborative, resolve_home
from reporting import source_report
from schoolstat.commands.options import CollaborativeOption, JsonOption
from schoolstat.commands.output import show

app = typer.Typer()


@app.command()
def fetch(
    source: Annotated[list[str] | None, typer.Option("--source", help="Only this source (repeatable).")] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Ask databases for everything, not only for what is newer.")
    ] = False,
    collaborative: CollaborativeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take what is complete and new from the sources of sources.yaml; refresh does so first, and lands it."""
    from schoolstat.sources import fetch_now

    home = resolve_home()
    lines, code = fetch_now(home, resolve_collaborative(home, collaborative), tuple(source or ()), full=full)
    show(partial(source_report.build_record, lines), partial(source_report.build_renderable, lines), as_json=as_json)
    raise typer.Exit(code)


@app.command()
def sources(collaborative: CollaborativeOption = None, as_json: JsonOption = False) -> None:
    """The sources of sources.yaml, how each fared last, and how far databases were read."""
    from schoolstat.sources import list_sources

    home = resolve_home()
    lines = list_sources(home, resolve_collaborative(home, collaborative))
    show(partial(source_report.build_record, lines), partial(source_report.build_renderable, lines), as_json=as_json)
