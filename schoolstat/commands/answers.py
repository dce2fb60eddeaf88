"""Asking the current release: query and plot.

Does not belong here: the questions themselves (``schoolstat.query``, ``schoolstat.plot``).
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from schoolstat.commands.options import JsonOption
from schoolstat.commands.output import existing_home, show

app = typer.Typer()
plot_app = typer.Typer(no_args_is_help=True, help="Pictures of the current release for the terminal.")
app.add_typer(plot_app, name="plot")


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="One select over the tables of the current release.")],
    audience: Annotated[
        str, typer.Option("--audience", help="collaborative, shared, or district:<id>.")
    ] = "collaborative",
    as_json: JsonOption = False,
) -> None:
    """Ask the current release a question; a table in a terminal, lines with tabs between the cells in a pipe."""
    from schoolstat.query import run_query

    answer = run_query(existing_home(), sql, audience)
    if as_json or sys.stdout.isatty():
        show(answer.to_dict, answer.render, as_json=as_json)
    else:
        sys.stdout.write(answer.to_lines())


@plot_app.command("spending-against-need")
def plot_spending_against_need(
    year: Annotated[int | None, typer.Option(help="School year, named by the year in which it ends.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Each school's dollars per pupil against its share of pupils of low income."""
    from schoolstat.plot import find_spending_against_need

    found = find_spending_against_need(existing_home(), year)
    show(found.to_dict, found.render, as_json=as_json)
