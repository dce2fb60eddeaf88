"""``python -m tests.chaos [--reads N] [--kills N]``: every fault at full count, and a table of what was seen.

Ends with 1 if a reader saw anything but good rows, or a kill lost or mixed anything.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

from ingestion.target_settings import PostgresTarget
from publishing.release import publish
from tests.chaos import on_disk, on_files, on_intake, on_postgres
from tests.expectations.made_build import make_workshop
from tests.publishing.conftest import FIRST, SECOND, pass_doors
from tests.servers.postgres import run_postgres

READERS = 4
FINE = {"said so", "good", "sound", "killed", "old", "new", "one of both", "next night works"}


ON_FILES = {
    "killed while judged": (on_intake.kill_while_judged, "kills"),
    "killed while built by dbt": (on_intake.kill_while_built, "kills"),
    "files, killed while switched": (on_files.kill_while_switched, "kills"),
    "files, killed while released": (on_files.kill_while_released, "kills"),
    "files, reads": (on_files.read_files, "reads"),
}
ON_POSTGRES = {
    "postgres, reads": (on_postgres.read_postgres, "reads"),
    "postgres, killed while switched": (on_postgres.kill_while_switched, "kills"),
    "postgres, killed while loaded": (on_postgres.kill_while_loaded, "kills"),
}


def main() -> int:
    """Try everything; gives the exit code."""
    options = argparse.ArgumentParser(prog="python -m tests.chaos")
    options.add_argument("--reads", type=int, default=10_000, help="of all readers together, on each target")
    options.add_argument("--kills", type=int, default=200, help="of each stage")
    asked = options.parse_args()
    counts = {"reads": (READERS, -(-asked.reads // READERS)), "kills": (asked.kills,)}
    with tempfile.TemporaryDirectory(prefix="chaos-") as name, run_postgres() as url:
        top = Path(name)
        server, faults = url.set(drivername="postgresql"), 0
        for number, (what, (try_it, n)) in enumerate(ON_POSTGRES.items()):
            uri = _create(server, f"chaos_{number}")
            target = PostgresTarget(role_prefix=f"chaos_{number}", timeout_seconds=10)
            faults += _tell(what, try_it(top / what, uri, target, *counts[n]))
        (top / "landed").mkdir()
        faults += _tell("killed while landed", on_intake.kill_while_landed(top / "landed", asked.kills))
        second = _second_home(top / "made")
        faults += _tell("disk full while released", on_disk.fill_while_released(top / "full", second))
        faults += sum(_tell(what, try_it(top / what, second, *counts[n])) for what, (try_it, n) in ON_FILES.items())
    return 1 if faults else 0


def _tell(what: str, found: Any) -> int:
    """Say what was seen, and give the number of faults."""
    seen, n_published = found if isinstance(found, tuple) else (found, 0)
    words = ", ".join(f"{n:,} {word}" for word, n in sorted(seen.items()))
    across = f" across {n_published:,} publishes" if n_published else ""
    print(f"{what}{across}: {words}", flush=True)
    return sum(n for word, n in seen.items() if word not in FINE)


def _second_home(folder: Path) -> Path:
    """A home whose first build is released and whose second passed its doors."""
    first = pass_doors(make_workshop(folder / "home", FIRST))
    publish(first.home, first.ledger, FIRST, first.collaborative)
    pass_doors(first.next_build(SECOND)).ledger.close()
    return first.home.path


def _create(server: sa.URL, name: str) -> str:
    """A database, whose URI the environment names from now on."""
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(f"create database {name}")
    uri = server.set(database=name).render_as_string(hide_password=False)
    os.environ["SCHOOLSTAT_POSTGRES_URL"] = uri
    return uri


if __name__ == "__main__":
    sys.exit(main())
