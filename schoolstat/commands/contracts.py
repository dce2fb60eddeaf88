"""What districts send: list, show, templates to fill in, pages.

Does not belong here: what is told of an extract (``schoolstat.contracts``).
"""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from schoolstat.commands.options import CollaborativeOption, JsonOption
from schoolstat.commands.output import show

app = typer.Typer()
contracts_app = typer.Typer(no_args_is_help=True, help="What a district sends: each file, its headings, templates.")
app.add_typer(contracts_app, name="contracts")

NameArgument = Annotated[str, typer.Argument(help="Name of an extract, such as attendance.")]


class Format(StrEnum):
    """Of a template."""

    CSV = "csv"
    XLSX = "xlsx"


@contracts_app.command("list")
def list_contracts(collaborative: CollaborativeOption = None, as_json: JsonOption = False) -> None:
    """List the files that a district can send."""
    from schoolstat.contracts import find_extracts

    found = find_extracts(collaborative)
    show(found.to_dict, found.render, as_json=as_json)


@contracts_app.command("show")
def show_contract(name: NameArgument, collaborative: CollaborativeOption = None, as_json: JsonOption = False) -> None:
    """Show one file: what a row is, each heading, the words that are allowed."""
    from schoolstat.contracts import find_extract

    found = find_extract(name, collaborative)
    show(found.to_dict, found.render, as_json=as_json)


@contracts_app.command("template")
def write_template(
    name: NameArgument,
    form: Annotated[
        Format, typer.Option("--format", help="A line of headings, or a workbook with lists.")
    ] = Format.CSV,
    output: Annotated[
        Path | None, typer.Option("--output", help="Where to; without it csv is printed, xlsx lies beside you.")
    ] = None,
    collaborative: CollaborativeOption = None,
) -> None:
    """Write a template to fill in, with the headings as the collaborative's mapping reads them."""
    from schoolstat.contract_workbook import write_workbook
    from schoolstat.contracts import find_extract, print_template

    extract = find_extract(name, collaborative)
    if output and not output.parent.is_dir():
        raise typer.BadParameter(f"{output.parent} is not a folder", param_hint="--output")
    if form is Format.XLSX:
        write_workbook(extract, output or Path(f"{name}.xlsx"))
    elif output:
        output.write_text(print_template(extract), encoding="utf-8", newline="")
    else:
        sys.stdout.write(print_template(extract))


@contracts_app.command("pages")
def write_pages(
    folder: Annotated[Path, typer.Argument(help="Where to; the product's own lie in docs/records.")],
) -> None:
    """Write the documents about all files, a page for each domain."""
    from schoolstat.contract_pages import write_pages

    for path in write_pages(folder):
        sys.stdout.write(f"{path}\n")
