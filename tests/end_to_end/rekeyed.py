"""``schoolstat rekey`` as its keeper gives it, through its release: killed while it exchanges rows, and given again.

Belongs here: running it on a house, and looking at what it left. Does not belong here: its single steps
(``tests/ingestion/test_rekeying.py``).
"""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from contextlib import redirect_stdout
from typing import Any

import duckdb
import pytest

from publishing.release import open_release
from tests.canaries import find_canaries
from tests.end_to_end.house import House, environment_kept

KEYS = ("student_key", "person_key", "staff_key")
OF_A_RELEASE = ("release_info",)
WHICH_ROWS = (*KEYS, "delivery_id")
"""Columns that are others after an exchange, and nothing else is."""

KILLED = """
import os, signal
from ingestion import rekeying
from schoolstat.cli import main
move, moved = rekeying._move, []
def killed(*delivery):
    if moved:
        os.kill(os.getpid(), signal.SIGKILL)
    moved.append(move(*delivery))
rekeying._move = killed
main()
"""
COMMAND = ("rekey", "--reason", "the key was disclosed", "--yes")


def rekey(house: House, district: str) -> None:
    """Exchange every surrogate: readers have the old release until they have the new one, of the same figures."""
    before, release_id, old = figures(house, district), house.current(), surrogates(house)
    assert len(old) > 20 and find_canaries(house.home.builds, map(str, sorted(old)[:5]))
    with environment_kept():
        os.environ.update(_environment(house))
        killed = subprocess.run([sys.executable, "-c", KILLED, *COMMAND], check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    (plan,) = house.home.certificates.glob("rekeyed-*/plan.json")
    done = json.loads(plan.read_text(encoding="utf-8"))["done"]
    assert ("again" in done, "exchange" in done) == (True, False)
    assert house.current() == release_id and figures(house, district) == before
    stopped, code = house.refresh()
    assert (stopped.outcome, code, house.current()) == ("failed", 1, release_id), stopped
    assert "schoolstat rekey" in stopped.reason

    code, said = run(house, *COMMAND)
    assert code == 0, said
    (certificate,) = house.home.certificates.glob("rekeyed-*/certificate.json")
    told = json.loads(certificate.read_text(encoding="utf-8"))
    assert house.current() == told["steps"]["release"]["release_id"] != release_id
    assert [one["release_id"] for one in told["releases"]] == [release_id]
    assert figures(house, district) == before
    new = surrogates(house)
    assert len(new) == len(old) and not new & old
    assert find_canaries(house.home.path, map(str, sorted(old))) == []
    assert find_canaries(house.home.builds, map(str, sorted(new)[:5]))


def figures(house: House, district: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row that the collaborative and the district are served, without surrogates and ids of deliveries."""
    found = {}
    for audience in ("collaborative", f"district:{district}"):
        with duckdb.connect(str(open_release(house.home, audience)), read_only=True) as connection:
            for (name,) in connection.execute("select table_name from information_schema.tables").fetchall():
                if name not in OF_A_RELEASE:
                    columns = f"columns(c -> c not in {WHICH_ROWS})"
                    sql = f'select {columns} from "{name}" order by all'
                    found[f"{audience} {name}"] = connection.execute(sql).fetchall()
    assert any(rows for name, rows in found.items() if name.startswith("district:"))
    return found


def surrogates(house: House) -> set[int]:
    """Every surrogate of a landed row."""
    found: set[int] = set()
    for path in house.home.landing.glob("*/*/*/[!.]*.parquet"):
        with duckdb.connect() as connection:
            source = f"read_parquet('{path}', hive_partitioning = false)"
            columns = {name for name, *_ in connection.execute(f"describe from {source}").fetchall()}
            for name in columns.intersection(KEYS):
                sql = f"select distinct {name} from {source} where {name} is not null"
                found |= {row[0] for row in connection.execute(sql).fetchall()}
    return found


def run(house: House, *arguments: str) -> tuple[int, str]:
    """A command of the command line, in this process: its exit code, and what it printed."""
    from schoolstat.cli import main

    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, environment_kept(), redirect_stdout(printed):
        patch.setattr(sys, "argv", ["schoolstat", *arguments])
        os.environ.update(_environment(house))
        with pytest.raises(SystemExit) as ended:
            main()
    return int(ended.value.code or 0), printed.getvalue()


def _environment(house: House) -> dict[str, str]:
    places = {"HOME": house.home.path, "COLLABORATIVE": house.collaborative, "INBOX": house.inbox}
    return {f"SCHOOLSTAT_{name}": str(path) for name, path in places.items()}
