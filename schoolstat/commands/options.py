"""Options that several commands share.

Does not belong here: an option of one command, which stands where the command does.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer


def _say_why(reason: str) -> str:
    """The reason without blanks around it, or a refusal of none."""
    if not reason.strip():
        raise typer.BadParameter("say in a few words why")
    return reason.strip()


CollaborativeOption = Annotated[
    Path | None,
    typer.Option(
        "-c", "--collaborative", help="Folder of the collaborative's configuration.", exists=True, file_okay=False
    ),
]
InboxOption = Annotated[
    Path | None, typer.Option("--inbox", help="Folder where deliveries arrive.", exists=True, file_okay=False)
]
DistrictOption = Annotated[
    list[str] | None, typer.Option("--district", help="Only this district (repeatable; network:<id> for a network).")
]
YearOption = Annotated[
    list[int] | None,
    typer.Option("--year", help="Only this school year, named by the year in which it ends (repeatable)."),
]
AsOfOption = Annotated[
    datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Date that freshness is measured at.")
]
DeliveryArgument = Annotated[
    str, typer.Argument(help="A delivery id, as 'schoolstat deliveries list' shows it, or enough of its beginning.")
]
ReasonOption = Annotated[str, typer.Option("--reason", callback=_say_why, help="Why; kept in the ledger for good.")]
JsonOption = Annotated[
    bool, typer.Option("--json", help="One JSON object on stdout, also for an error; all else on stderr.")
]
