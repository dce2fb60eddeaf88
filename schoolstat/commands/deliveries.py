"""What was delivered and what serves: deliveries, admit, revoke, and the ledger's rebuild.

Does not belong here: deciding (``schoolstat.admissions``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from ingestion.settings import resolve_collaborative, resolve_home
from schoolstat.commands.options import (
    CollaborativeOption,
    DeliveryArgument,
    DistrictOption,
    JsonOption,
    ReasonOption,
)
from schoolstat.commands.output import existing_home, show

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ingestion.home import Home
    from schoolstat.releases import Shown

    Decide = Callable[[Home, Path, str, str, tuple[str, ...]], Shown]

app = typer.Typer()
deliveries_app = typer.Typer(no_args_is_help=True, help="What was delivered, and what serves.")
ledger_app = typer.Typer(no_args_is_help=True, help="The ledger: the index of what landed.")
app.add_typer(deliveries_app, name="deliveries")
app.add_typer(ledger_app, name="ledger")


@app.command()
def admit(
    delivery_id: DeliveryArgument,
    reason: ReasonOption,
    district: DistrictOption = None,
    collaborative: CollaborativeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a delivery serve: an older one again, or one that a door held. No file changes; refresh builds on it."""
    from schoolstat.admissions import admit as decide

    _decide(decide, delivery_id, reason, district, collaborative, as_json=as_json)


@app.command()
def revoke(
    delivery_id: DeliveryArgument,
    reason: ReasonOption,
    district: DistrictOption = None,
    collaborative: CollaborativeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a delivery's admission back: what was admitted before it serves again. Refresh builds on it."""
    from schoolstat.admissions import take_back as decide

    _decide(decide, delivery_id, reason, district, collaborative, as_json=as_json)


def _decide(
    decide: Decide,
    delivery_id: str,
    reason: str,
    districts: list[str] | None,
    collaborative: Path | None,
    *,
    as_json: bool,
) -> None:
    """Decide on a delivery by hand, and say what follows."""
    home = existing_home()
    shown = decide(home, resolve_collaborative(home, collaborative), delivery_id, reason, tuple(districts or ()))
    show(shown.to_dict, shown.render, as_json=as_json)


@deliveries_app.command("list")
def list_deliveries(as_json: JsonOption = False) -> None:
    """All deliveries, the newest first, and how many of its slots each serves."""
    from schoolstat.admissions import list_deliveries as list_all

    listing = list_all(existing_home())
    show(listing.to_dict, listing.render, as_json=as_json)


@ledger_app.command()
def rebuild(as_json: JsonOption = False) -> None:
    """Write the ledger anew from landing's sidecars; the old file is kept beside it."""
    from schoolstat.ledger import rebuild_from_sidecars

    rebuilt = rebuild_from_sidecars(resolve_home())
    show(rebuilt.to_dict, rebuilt.render, as_json=as_json)
