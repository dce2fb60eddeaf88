"""The night and what leads to it: refresh, check, status, and what sets a night up.

Does not belong here: work (each command calls one function of the module of its name).
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ingestion.settings import resolve_collaborative, resolve_home, resolve_inbox
from reporting import night_summary
from schoolstat.commands.options import (
    AsOfOption,
    CollaborativeOption,
    DistrictOption,
    InboxOption,
    JsonOption,
    YearOption,
)
from schoolstat.commands.output import existing_home, show

app = typer.Typer()


@app.command()
def refresh(
    collaborative: CollaborativeOption = None,
    inbox: InboxOption = None,
    district: DistrictOption = None,
    year: YearOption = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the night: land, admit, build, judge, release. The run is seen in Dagster's UI."""
    from schoolstat.refresh import run_night

    home = resolve_home()
    summary, code = run_night(
        home,
        resolve_collaborative(home, collaborative),
        resolve_inbox(home, inbox),
        districts=tuple(district or ()),
        years=tuple(year or ()),
        as_of=as_of.date() if as_of else None,
    )
    show(
        partial(night_summary.build_record, summary), partial(night_summary.build_renderable, summary), as_json=as_json
    )
    raise typer.Exit(code)


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Files; nothing is landed.", exists=True, dir_okay=False)],
    collaborative: CollaborativeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Validate files as the night would read them, and print the report card; lands nothing."""
    from schoolstat.check import check as check_all

    home = resolve_home()
    checked = check_all(home, resolve_collaborative(home, collaborative), files)
    show(checked.to_dict, checked.render, as_json=as_json)
    raise typer.Exit(checked.code)


@app.command("report-card")
def report_card(
    district: Annotated[
        str | None, typer.Argument(help="A district, or who sends for many; everybody's grade if left out.")
    ] = None,
    night: Annotated[str, typer.Option(help="A night or its day, as in 2026-11-22; the latest if left out.")] = "",
    as_json: JsonOption = False,
) -> None:
    """The latest report card of a district, and where its page lies; or everybody's grades."""
    from schoolstat.report_cards import list_cards, show_card

    home = existing_home()
    shown = show_card(home, district, night) if district else list_cards(home)
    show(shown.to_dict, shown.render, as_json=as_json)


@app.command()
def status(collaborative: CollaborativeOption = None, as_json: JsonOption = False) -> None:
    """What is served now, and how the last night went."""
    from schoolstat.status import describe

    home = existing_home()
    summary = describe(home, resolve_collaborative(home, collaborative))
    show(
        partial(night_summary.build_record, summary), partial(night_summary.build_renderable, summary), as_json=as_json
    )


@app.command()
def quality(collaborative: CollaborativeOption = None, as_json: JsonOption = False) -> None:
    """Which rules did not pass and still stand, what is held and waived, and where the quality page lies."""
    from schoolstat.quality import show_quality

    home = existing_home()
    shown = show_quality(home, resolve_collaborative(home, collaborative))
    show(shown.to_dict, shown.render, as_json=as_json)


@app.command()
def generate(
    folder: Annotated[Path, typer.Argument(help="Where to write; made when it is not there.", file_okay=False)],
    scale: Annotated[
        str | None, typer.Option(help="1 is a million pupils, 0.01 ten thousand; the demo's own if left out.")
    ] = None,
    districts: Annotated[int | None, typer.Option(min=1, max=50, help="How many; 12, or 50 with a scale.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed writes the same bytes.")] = 2017,
    years: Annotated[str, typer.Option(help="School years, with commas between; 2026 is in progress.")] = "2025,2026",
    as_json: JsonOption = False,
) -> None:
    """Write a made-up collaborative, two nights of deliveries and the truth about them; all of it synthetic."""
    from schoolstat.generate import write_synthetic

    written = write_synthetic(folder, scale, districts, seed, years)
    show(written.to_dict, written.render, as_json=as_json)


@app.command()
def prepare() -> None:
    """Parse the dbt project, and build it over no rows: once for this code, so that no night does so."""
    from orchestration.blank_build import prepare_blank
    from orchestration.dbt_runner import prepare_manifest

    prepare_manifest()
    failed = prepare_blank()
    if failed:
        typer.echo(f"dbt does not pass over no rows: {', '.join(failed)}; nights make every model", err=True)


@app.command()
def ui(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 3000,
    collaborative: CollaborativeOption = None,
) -> None:
    """Open Dagster's UI and its daemon for this home, on 127.0.0.1 only."""
    from schoolstat.ui import serve

    home = resolve_home()
    raise typer.Exit(serve(home, resolve_collaborative(home, collaborative), port))
