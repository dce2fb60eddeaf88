"""Districts: one joins, and is taken to its first admitted delivery.

Does not belong here: writing it into the folder (``schoolstat.district_add``), judging its files
(``schoolstat.district_check``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ingestion.settings import resolve_collaborative, resolve_home
from schoolstat.commands.options import CollaborativeOption, JsonOption
from schoolstat.commands.output import show

app = typer.Typer()
district_app = typer.Typer(no_args_is_help=True, help="A district joins: roster, mappings, first delivery.")
app.add_typer(district_app, name="district")

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="The district's id, as its files and folders carry it.")]
FilesYearOption = Annotated[
    int | None, typer.Option("--year", help="School year of the files, where no folder is named after it.")
]


@district_app.command()
def add(
    district_id: IdArgument,
    name: Annotated[str, typer.Argument(help="The district's name.")],
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Its files; they are only read.", exists=True, file_okay=False)
    ] = None,
    year: FilesYearOption = None,
    district_type: Annotated[
        str | None, typer.Option("--type", help="Its type; that of most districts if left out.")
    ] = None,
    schools: Annotated[
        Path | None, typer.Option(help="A table with school_id, name, school_type.", exists=True, dir_okay=False)
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be written, and write nothing.")] = False,
    collaborative: CollaborativeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a district on the roster, with its schools and a mapping for each of its files that none knows yet."""
    from schoolstat.district_add import add_district

    added = add_district(
        resolve_collaborative(resolve_home(), collaborative),
        district_id,
        name,
        folder=folder,
        year=year,
        district_type=district_type,
        schools=schools,
        dry_run=dry_run,
    )
    show(added.to_dict, added.render, as_json=as_json)


@district_app.command("check")
def check_one(
    district_id: IdArgument,
    folder: Annotated[Path, typer.Option("--folder", help="Its files; they are only read.", file_okay=False)],
    year: FilesYearOption = None,
    collaborative: CollaborativeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge a district's files as its first night would, each and across all of them; nothing is kept."""
    from schoolstat.district_check import check_district

    checked = check_district(resolve_collaborative(resolve_home(), collaborative), district_id, folder, year)
    show(checked.to_dict, checked.render, as_json=as_json)
    raise typer.Exit(checked.code)
