"""Mappings: try one on a file, and have one drafted.

Does not belong here: trying (``schoolstat.mapping_trial``) or drafting (``schoolstat.mapping_suggestion``).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from schoolstat.commands.options import CollaborativeOption, JsonOption
from schoolstat.commands.output import show

app = typer.Typer()
mapping_app = typer.Typer(no_args_is_help=True, help="How a file becomes rows: try a mapping, or have one drafted.")
app.add_typer(mapping_app, name="mapping")

FileArgument = Annotated[Path, typer.Argument(help="The file; it is only read.", exists=True, dir_okay=False)]


@mapping_app.command("test")
def try_one(
    mapping: Annotated[str, typer.Argument(help="A mapping's file, or its name, such as nwea/map_growth.")],
    file: FileArgument,
    year: Annotated[int | None, typer.Option(help="School year of its rows, where nothing else says it.")] = None,
    collaborative: CollaborativeOption = None,
    as_json: JsonOption = False,
) -> None:
    """A sample in, rows out: the first rows as they would land, and what is refused. Needs no home, keeps nothing."""
    from schoolstat.mapping_trial import find_named_mapping, try_mapping

    tried = try_mapping(find_named_mapping(mapping, collaborative), file, year)
    show(tried.to_dict, tried.render, as_json=as_json)
    raise typer.Exit(tried.code)


@mapping_app.command()
def suggest(
    file: Annotated[Path, typer.Argument(help="The file, an archive of one, or export.zip/NAME; it is only read.")],
    contract: Annotated[str | None, typer.Option(help="What it holds, when you know; else that is guessed.")] = None,
    district: Annotated[str | None, typer.Option(help="Whose file it is; any district's if left out.")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Where to write the draft.")] = None,
    collaborative: CollaborativeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draft a mapping for a file by its headings and by what its cells look like; doubtful lines say so.

    Without -o the draft goes to stdout, and what it was drawn from to stderr.
    """
    from schoolstat.mapping_suggestion import draft_mapping, write
    from schoolstat.unpacked import unpack_one

    with unpack_one(file) as path:
        draft = draft_mapping(path, contract, collaborative, district)
    if output or as_json:
        draft = write(draft, output) if output else draft
        show(draft.to_dict, draft.render, as_json=as_json)
    else:
        Console(stderr=True).print(draft.render())
        sys.stdout.write(draft.text)
