"""Files for others: made from the current release, or about the warehouse itself.

Does not belong here: their layouts (``schoolstat.essa_file``, ``orchestration.dbt_docs``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from schoolstat.commands.options import CollaborativeOption
from schoolstat.commands.output import existing_home

app = typer.Typer()
export_app = typer.Typer(no_args_is_help=True, help="Files for others, and a page about the warehouse.")
app.add_typer(export_app, name="export")


@export_app.command("essa")
def export_essa(
    fiscal_year: Annotated[int, typer.Option("--fiscal-year", help="Fiscal year, by the year in which it ends.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The CSV file to write.")],
    district: Annotated[str | None, typer.Option(help="One district's id; all districts if left out.")] = None,
    collaborative: CollaborativeOption = None,
) -> None:
    """Each school's spending per pupil as states take it under ESSA: site and central, federal and other, personnel."""
    from ingestion.settings import resolve_collaborative
    from schoolstat.configured import load_whole
    from schoolstat.essa_file import make_essa_file

    home = existing_home()
    least = load_whole(resolve_collaborative(home, collaborative)).thresholds["essa_minimum_pupils"]
    made = make_essa_file(home, fiscal_year, district, least)
    output.write_text(made.to_csv(), encoding="utf-8")
    few = f"{made.n_hidden} of fewer than {least:.0f} pupils without amounts"
    unknown = f"{made.n_unknown} with amounts that are not known (DNR)"
    Console().print(f"{len(made.rows)} schools written to {output}: {few}, {unknown}", highlight=False)


@export_app.command("docs")
def export_docs(
    output: Annotated[Path, typer.Option("--output", "-o", help="The HTML file to write.")],
) -> None:
    """Every table, column, test and use, and what is made of what: one page of HTML, without anybody's rows."""
    from orchestration.dbt_docs import write_docs

    write_docs(output)
    Console().print(f"written to {output}", highlight=False)
