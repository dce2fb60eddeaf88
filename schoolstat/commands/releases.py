"""Releases: list, show, roll back, copy to targets.

Does not belong here: what a release is (``publishing``).
"""

from __future__ import annotations

from typing import Annotated

import typer

from schoolstat.commands.options import JsonOption
from schoolstat.commands.output import existing_home, show

app = typer.Typer()
releases_app = typer.Typer(no_args_is_help=True, help="List, show, roll back and copy releases.")
app.add_typer(releases_app, name="releases")


@releases_app.command("list")
def list_(as_json: JsonOption = False) -> None:
    """All releases that are kept, the newest first; the current one is marked, here and on each target."""
    from schoolstat.releases import list_releases

    listing = list_releases(existing_home())
    show(listing.to_dict, listing.render, as_json=as_json)


@releases_app.command("show")
def show_one(
    release_id: Annotated[str, typer.Argument(help="A release id, or 'current'.")] = "current",
    as_json: JsonOption = False,
) -> None:
    """One release's manifest: tables, rows, rules, inputs, hashes."""
    from schoolstat.releases import show_release

    shown = show_release(existing_home(), release_id)
    show(shown.to_dict, shown.render, as_json=as_json)


@releases_app.command()
def rollback(
    release_id: Annotated[str | None, typer.Argument(help="Where to; the one before the current if left out.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Make an earlier release the current one, here and on each target: pointers move, nothing is rebuilt."""
    from schoolstat.releases import roll_back

    shown = roll_back(existing_home(), release_id)
    show(shown.to_dict, shown.render, as_json=as_json)
    raise typer.Exit(shown.code)


@releases_app.command()
def copy(as_json: JsonOption = False) -> None:
    """Bring every target to the release that is current here; the night does it, too."""
    from schoolstat.releases import copy_release

    shown = copy_release(existing_home())
    show(shown.to_dict, shown.render, as_json=as_json)
    raise typer.Exit(shown.code)
