"""The command line: options, exit codes, and nothing else.

Belongs here: commands and how they say what they found. Does not belong here: work (each command calls one function
of the module of its name). Exit codes: 0 released, nothing to do, or valid; 1 failure; 2 wrong usage or
configuration; 3 a gate refused and nothing new was released.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console, RenderableType
from typer.exceptions import TyperException

from ingestion.home import Home, HomeBusy, HomeError
from ingestion.settings import resolve_collaborative, resolve_home, resolve_inbox
from ingestion.yaml_document import ConfigurationError
from reporting import check_report, night_summary

HELP = """SchoolStat: the analytics warehouse of a collaborative of school districts.

Exit codes: 0 released, nothing to do, or valid; 1 failure; 2 wrong usage or configuration; 3 a gate refused and
nothing new was released. State lies under SCHOOLSTAT_HOME (default .schoolstat/)."""

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=HELP)
releases_app = typer.Typer(no_args_is_help=True, help="List, show and roll back releases.")
plot_app = typer.Typer(no_args_is_help=True, help="Pictures of the current release for the terminal.")
ledger_app = typer.Typer(no_args_is_help=True, help="The ledger: the index of what landed.")
deliveries_app = typer.Typer(no_args_is_help=True, help="What was delivered, and what serves.")
app.add_typer(releases_app, name="releases")
app.add_typer(deliveries_app, name="deliveries")
app.add_typer(ledger_app, name="ledger")
app.add_typer(plot_app, name="plot")


def _say_why(reason: str) -> str:
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
    _show(
        partial(night_summary.build_record, summary), partial(night_summary.build_renderable, summary), as_json=as_json
    )
    raise typer.Exit(code)


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Files; nothing is landed.", exists=True, dir_okay=False)],
    collaborative: CollaborativeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Validate files as the night would read them, and print the report; lands nothing."""
    from schoolstat.check import check_files

    checked, code = check_files(resolve_collaborative(resolve_home(), collaborative), files)
    _show(partial(check_report.build_record, checked), partial(check_report.build_renderable, checked), as_json=as_json)
    raise typer.Exit(code)


@app.command()
def status(collaborative: CollaborativeOption = None, as_json: JsonOption = False) -> None:
    """What is served now, and how the last night went."""
    from schoolstat.status import describe

    home = _existing_home()
    summary = describe(home, resolve_collaborative(home, collaborative))
    _show(
        partial(night_summary.build_record, summary), partial(night_summary.build_renderable, summary), as_json=as_json
    )


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="One select over the tables of the current release.")],
    audience: Annotated[
        str, typer.Option("--audience", help="collaborative, shared, or district:<id>.")
    ] = "collaborative",
    as_json: JsonOption = False,
) -> None:
    """Ask the current release a question."""
    from schoolstat.query import run_query

    answer = run_query(_existing_home(), sql, audience)
    _show(answer.to_dict, answer.render, as_json=as_json)


@plot_app.command("spending-against-need")
def plot_spending_against_need(
    year: Annotated[int | None, typer.Option(help="School year, named by the year in which it ends.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Each school's dollars per pupil against its share of pupils of low income."""
    from schoolstat.plot import find_spending_against_need

    found = find_spending_against_need(_existing_home(), year)
    _show(found.to_dict, found.render, as_json=as_json)


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
    _show(written.to_dict, written.render, as_json=as_json)


@app.command()
def prepare() -> None:
    """Parse the dbt project once, so that Dagster's definitions load without doing so."""
    from orchestration.dbt_runner import prepare_manifest

    prepare_manifest()


@app.command()
def ui(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 3000,
    collaborative: CollaborativeOption = None,
) -> None:
    """Open Dagster's UI and its daemon for this home, on 127.0.0.1 only."""
    from schoolstat.ui import serve

    home = resolve_home()
    raise typer.Exit(serve(home, resolve_collaborative(home, collaborative), port))


@app.command()
def admit(
    delivery_id: DeliveryArgument,
    reason: ReasonOption,
    district: DistrictOption = None,
    collaborative: CollaborativeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a delivery serve: an older one again, or one that a door held. No file changes; refresh builds on it."""
    from schoolstat.admissions import admit as admit_delivery

    home = _existing_home()
    shown = admit_delivery(home, resolve_collaborative(home, collaborative), delivery_id, reason, tuple(district or ()))
    _show(shown.to_dict, shown.render, as_json=as_json)


@app.command()
def revoke(
    delivery_id: DeliveryArgument,
    reason: ReasonOption,
    district: DistrictOption = None,
    collaborative: CollaborativeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a delivery's admission back: what was admitted before it serves again. Refresh builds on it."""
    from schoolstat.admissions import take_back

    home = _existing_home()
    shown = take_back(home, resolve_collaborative(home, collaborative), delivery_id, reason, tuple(district or ()))
    _show(shown.to_dict, shown.render, as_json=as_json)


@deliveries_app.command("list")
def list_deliveries(as_json: JsonOption = False) -> None:
    """All deliveries, the newest first, and how many of its slots each serves."""
    from schoolstat.admissions import list_deliveries as list_all

    listing = list_all(_existing_home())
    _show(listing.to_dict, listing.render, as_json=as_json)


@releases_app.command("list")
def list_(as_json: JsonOption = False) -> None:
    """All releases that are kept, the newest first; the current one is marked."""
    from schoolstat.releases import list_releases

    listing = list_releases(_existing_home())
    _show(listing.to_dict, listing.render, as_json=as_json)


@releases_app.command()
def show(
    release_id: Annotated[str, typer.Argument(help="A release id, or 'current'.")] = "current",
    as_json: JsonOption = False,
) -> None:
    """One release's manifest: tables, rows, rules, inputs, hashes."""
    from schoolstat.releases import show_release

    shown = show_release(_existing_home(), release_id)
    _show(shown.to_dict, shown.render, as_json=as_json)


@releases_app.command()
def rollback(
    release_id: Annotated[str | None, typer.Argument(help="Where to; the one before the current if left out.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Make an earlier release the current one: a pointer moves, nothing is rebuilt."""
    from schoolstat.releases import roll_back

    shown = roll_back(_existing_home(), release_id)
    _show(shown.to_dict, shown.render, as_json=as_json)


@ledger_app.command()
def rebuild(as_json: JsonOption = False) -> None:
    """Write the ledger anew from landing's sidecars; the old file is kept beside it."""
    from schoolstat.ledger import rebuild_from_sidecars

    rebuilt = rebuild_from_sidecars(resolve_home())
    _show(rebuilt.to_dict, rebuilt.render, as_json=as_json)


def _existing_home() -> Home:
    """The home, for commands that only make sense in one that a night has run in; none is created."""
    home = resolve_home()
    if not (home.served() or home.ledger_path.exists()):
        raise HomeError(f"no home at {home.path}; set SCHOOLSTAT_HOME or run refresh")
    return home


def _show_night(summary: night_summary.NightSummary, *, as_json: bool) -> None:
    record, renderable = partial(night_summary.build_record, summary), partial(night_summary.build_renderable, summary)
    _show(record, renderable, as_json=as_json)


def _show(to_dict: Callable[[], object], render: Callable[[], RenderableType], *, as_json: bool) -> None:
    if as_json:
        _write_json(to_dict())
    else:
        Console().print(render(), crop=False)


def _write_json(content: object) -> None:
    sys.stdout.write(json.dumps(content, default=str, ensure_ascii=False) + "\n")


def main() -> NoReturn:
    """Run the CLI, turning what we expect to go wrong into a message and an exit code."""
    as_json = "--json" in sys.argv[1:]
    try:
        # For machines wrong usage is told by an object, too; for people typer tells it.
        code = app(standalone_mode=not as_json)
    except TyperException as error:
        _fail(error.format_message(), error.exit_code, as_json=as_json)
    except (ConfigurationError, HomeError) as error:
        _fail(str(error), 2, as_json=as_json)
    except HomeBusy as error:
        _fail(str(error), 1, as_json=as_json)
    except Exception as error:
        from schoolstat.errors import exit_code

        known = exit_code(error)
        if known is None:
            raise
        _fail(str(error), known, as_json=as_json)
    sys.exit(code)


def _fail(message: str, code: int, *, as_json: bool) -> NoReturn:
    """Tell people on stderr, in lines that are not broken, and machines by one object on stdout."""
    Console(stderr=True).print(message, style="bold red", markup=False, highlight=False, soft_wrap=True)
    if as_json:
        _write_json({"error": message, "exit_code": code})
    sys.exit(code)
