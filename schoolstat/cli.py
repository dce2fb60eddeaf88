"""The command line: its groups of commands, exit codes, and nothing else.

Belongs here: what every command shares at the top: the app, and turning an error into a message and an exit code. Does
not belong here: commands (``schoolstat.commands``) and work (each command calls one function of the module of its
name). Exit codes: 0 released, nothing to do, or valid; 1 failure; 2 wrong usage or configuration; 3 a door refused and
nothing new was released; 4 the home has the release, and a target does not.
"""

from __future__ import annotations

import sys
from typing import NoReturn

import typer
from rich.console import Console
from typer.exceptions import TyperException

from ingestion.home import HomeBusy, HomeError
from ingestion.yaml_document import ConfigurationError
from schoolstat.commands import (
    answers,
    contracts,
    deliveries,
    destruction,
    districts,
    exports,
    mappings,
    nights,
    publications,
    releases,
    sources,
)
from schoolstat.commands.output import write_json

HELP = """SchoolStat: the analytics warehouse of a collaborative of school districts.

Exit codes: 0 released, nothing to do, or valid; 1 failure; 2 wrong usage or configuration; 3 a door refused and
nothing new was released; 4 the home has the release, and a target does not. State lies under SCHOOLSTAT_HOME
(default .schoolstat/)."""

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=HELP)
GROUPS = (
    *(nights, districts, mappings, answers, deliveries, releases, publications, sources, contracts, exports),
    destruction,
)
for group in GROUPS:
    app.add_typer(group.app)


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
        write_json({"error": message, "exit_code": code})
    sys.exit(code)


if __name__ == "__main__":
    main()
