"""What removes landed bytes: destroy, and rekey.

Does not belong here: the work (``schoolstat.destruction``, ``schoolstat.rekeying``).
"""

from __future__ import annotations

from typing import Annotated

import typer

from ingestion.settings import resolve_collaborative, resolve_inbox
from schoolstat.commands.options import CollaborativeOption, InboxOption, JsonOption, ReasonOption, YearOption
from schoolstat.commands.output import existing_home, show

app = typer.Typer()

YesOption = Annotated[bool, typer.Option("--yes", help="Do it. Without it: tell what would go, and do nothing.")]


@app.command()
def destroy(
    district: Annotated[str, typer.Argument(help="The district's id.")],
    reason: ReasonOption,
    year: YearOption = None,
    yes: YesOption = False,
    collaborative: CollaborativeOption = None,
    inbox: InboxOption = None,
    as_json: JsonOption = False,
) -> None:
    """Destroy all that is here of a district, or of some of its school years, and write a certificate.

    Readers get a new release without it first. A run that was stopped is taken up by the same command.
    """
    from ingestion.destruction import Scope
    from schoolstat import destruction

    home = existing_home()
    scope = Scope(district, tuple(sorted(set(year or ()))))
    act = destruction.destroy if yes else destruction.look
    shown = act(home, resolve_collaborative(home, collaborative), resolve_inbox(home, inbox), scope, reason)
    show(shown.to_dict, shown.render, as_json=as_json)
    if not yes:
        typer.echo("nothing was done: with --yes it is destroyed, for good", err=True)


@app.command()
def rekey(
    reason: ReasonOption,
    drop_unreadable: Annotated[
        bool, typer.Option("--drop-unreadable", help="Let rows go whose raw files cannot be read again.")
    ] = False,
    yes: YesOption = False,
    collaborative: CollaborativeOption = None,
    inbox: InboxOption = None,
    as_json: JsonOption = False,
) -> None:
    """The key of the pseudonyms was disclosed: land everything about people anew, under a new one.

    A run that was stopped is taken up by the same command. To change the key every year, see the runbook: that keeps
    surrogates as they are.
    """
    from schoolstat import rekeying

    home = existing_home()
    act = rekeying.rekey if yes else rekeying.look
    folder, arrivals = resolve_collaborative(home, collaborative), resolve_inbox(home, inbox)
    shown = act(home, folder, arrivals, reason, drops_unreadable=drop_unreadable)
    show(shown.to_dict, shown.render, as_json=as_json)
    if not yes:
        typer.echo("nothing was done: with --yes everything about people is exchanged", err=True)
