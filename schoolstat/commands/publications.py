"""Publications of computed figures: list, and make one by hand.

Does not belong here: what a publication is (``publishing.freezing``).
"""

from __future__ import annotations

from typing import Annotated

import typer

from schoolstat.commands.options import CollaborativeOption, JsonOption, ReasonOption
from schoolstat.commands.output import existing_home, show

app = typer.Typer()
publications_app = typer.Typer(no_args_is_help=True, help="What others have seen of computed figures.")
app.add_typer(publications_app, name="publications")


@publications_app.command("list")
def list_(as_json: JsonOption = False) -> None:
    """All publications, the newest first: what each showed, hid and kept."""
    from schoolstat.publications import list_all

    listing = list_all(existing_home())
    show(listing.to_dict, listing.render, as_json=as_json)


@publications_app.command("make")
def make_one(
    school_years: Annotated[
        list[int], typer.Option("--school-year", help="School year, by the year in which it ends (repeatable).")
    ],
    reason: ReasonOption,
    collaborative: CollaborativeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Publish today what the calendar does not name: a declared restatement. Proved like any other, or refused."""
    from ingestion.settings import resolve_collaborative
    from schoolstat.publications import make

    home = existing_home()
    shown = make(home, resolve_collaborative(home, collaborative), tuple(sorted(set(school_years))), reason)
    show(shown.to_dict, shown.render, as_json=as_json)
