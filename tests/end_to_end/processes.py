"""What other processes run in the tests of this folder: a job with one process a step, and nights that get killed.

Belongs here: only what a child process must be able to import. Children fork from one server that has the heavy
libraries imported, else most of the time would go into importing them anew.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from multiprocessing.process import BaseProcess
from typing import Any

import dagster as dg

from tests.end_to_end.house import PRELOADED, House


def build_multiprocess_nightly() -> Any:
    """The nightly job with a process for each step."""
    from orchestration.build import build_defs

    start = {"forkserver": {"preload_modules": PRELOADED}}
    executor = dg.multiprocess_executor.configured({"max_concurrent": 1, "start_method": start})
    return build_defs(executor=executor).resolve_job_def("nightly")


def start_refresh(house: House) -> BaseProcess:
    """Start ``schoolstat refresh`` in a process of its own."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    arguments = ["schoolstat", "refresh", "-c", str(house.collaborative), "--inbox", str(house.inbox)]
    child = context.Process(target=_refresh, args=(arguments, str(house.home.path)), daemon=True)
    child.start()
    return child


def _refresh(arguments: list[str], home: str) -> None:
    from schoolstat.cli import main

    os.environ["SCHOOLSTAT_HOME"] = home
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    sys.argv = arguments
    main()
