"""``python -m tests.mutate [WORD…]``: breaks each formula and each rule in turn; a test must notice every one.

Belongs here: copies of the repository, two processes at a time, the table. Does not belong here: the mutants
(``mutants.yaml``), running tests in a copy (``mutation_process.py``).

Words choose the mutants whose name holds one of them. Exit 1 if a mutant survives, is stale or does not run, if a
formula or a rule has none, or if the tests fail on the copy that nobody changed: then a failure proves nothing.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

from tests.mutants import Mutant, find_faults, load_mutants
from tests.mutation_process import LARGE_LIBRARIES, OUTPUT, Outcome, serve

REPOSITORY = Path(__file__).resolve().parents[1]
PROCESSES = 2
TIME_LIMIT = 600
"""Seconds after which a process is given up."""

CONTEXT = multiprocessing.get_context("forkserver")


class Unsound(Exception):
    """The tests do not pass on a copy in which nothing is broken."""


@dataclass(frozen=True)
class Result:
    """What became of a mutant."""

    mutant: Mutant
    outcome: Outcome
    seconds: float

    @property
    def is_noticed(self) -> bool:
        """Whether a test failed on it, and not for a mutant that does not run."""
        return bool(self.outcome.failed) and not self.outcome.broken


def main(words: Sequence[str]) -> int:
    """Try every mutant, or those whose name holds one of the words."""
    started = time.monotonic()
    every = load_mutants()
    mutants = [mutant for mutant in every if not words or any(word in mutant.name for word in words)]
    if not mutants:
        print("no mutant has such a name")
        return 1
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # Great Expectations reads it when it is imported
    CONTEXT.set_forkserver_preload(LARGE_LIBRARIES)
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder, ThreadPoolExecutor(PROCESSES) as threads:
        base = Path(folder).resolve() / "base"
        copy_repository(base)
        faults = find_faults(every, base)
        if faults:
            print("\n".join(faults))
            return 1
        try:
            survivors = print_table(chain.from_iterable(try_all(base, mutants, threads)))
        except Unsound as unsound:
            print(f"The unchanged copy does not pass, so nothing is proved: {unsound}")
            return 1
    print(f"{len(mutants)} mutants, {survivors} survivors, {time.monotonic() - started:.0f} seconds")
    return 1 if survivors else 0


def try_all(base: Path, mutants: Sequence[Mutant], threads: ThreadPoolExecutor) -> Iterator[list[Result]]:
    """Try mutants, those that dbt must notice first, in two halves; results come in that order."""
    by_dbt = [mutant for mutant in mutants if mutant.unit]
    by_pytest = [mutant for mutant in mutants if mutant.tests]
    half = (len(by_dbt) + 1) // PROCESSES
    jobs: list[Callable[[], list[Result]]] = [
        partial(try_with_dbt, base, part) for part in (by_dbt[:half], by_dbt[half:]) if part
    ]
    if by_pytest:
        jobs.append(partial(pass_unchanged, base, sorted({test for mutant in by_pytest for test in mutant.tests})))
    jobs += [partial(try_with_pytest, base, mutant) for mutant in by_pytest]
    return threads.map(lambda job: job(), jobs)


def copy_repository(folder: Path) -> None:
    """Copy the files that git knows or would take, as they are now."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY, check=True, capture_output=True, text=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        if (REPOSITORY / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(REPOSITORY / name, folder / name)


def try_with_dbt(base: Path, mutants: Sequence[Mutant]) -> list[Result]:
    """Plant one mutant after another in one copy; dbt stays warm. Before and after all of them, its tests pass."""
    models = sorted({str(mutant.unit) for mutant in mutants})
    results = []
    with copied(base) as copy, open_process(copy) as ask:
        expect_pass(ask("build"))
        expect_pass(ask("unit", *models))
        for mutant in mutants:
            started = time.monotonic()
            mutant.plant(copy)
            results.append(Result(mutant, ask("unit", str(mutant.unit)), time.monotonic() - started))
            shutil.copyfile(base / mutant.file, copy / mutant.file)
        expect_pass(ask("unit", *models))
    return results


def try_with_pytest(base: Path, mutant: Mutant) -> list[Result]:
    """Plant one mutant in a copy of its own."""
    started = time.monotonic()
    with copied(base) as copy:
        mutant.plant(copy)
        with open_process(copy) as ask:
            return [Result(mutant, ask("tests", *mutant.tests), time.monotonic() - started)]


def pass_unchanged(base: Path, tests: Sequence[str]) -> list[Result]:
    """See pytest's tests pass where nothing is broken."""
    with copied(base) as copy, open_process(copy) as ask:
        expect_pass(ask("tests", *tests))
    return []


def expect_pass(outcome: Outcome) -> None:
    """Go no further when an unchanged copy does not pass."""
    if outcome.broken or outcome.failed:
        raise Unsound(outcome.broken or ", ".join(outcome.failed))


@contextmanager
def copied(base: Path) -> Iterator[Path]:
    """A copy of the base for a while."""
    with tempfile.TemporaryDirectory(dir=base.parent) as folder:
        yield Path(shutil.copytree(base, Path(folder) / "copy"))


@contextmanager
def open_process(copy: Path) -> Iterator[Callable[..., Outcome]]:
    """A new process that answers questions about a copy; one that dies or hangs has a broken outcome."""
    here, there = CONTEXT.Pipe()
    process = CONTEXT.Process(target=serve, args=(there, copy))
    process.start()
    there.close()

    def ask(*question: str) -> Outcome:
        try:
            here.send(question)
            if here.poll(TIME_LIMIT):
                return Outcome(*here.recv())
        except (EOFError, OSError):
            return Outcome(broken=(copy / OUTPUT).read_text(encoding="utf-8", errors="replace")[-3000:])
        process.kill()
        return Outcome(broken=f"no answer within {TIME_LIMIT} seconds")

    try:
        yield ask
    finally:
        here.close()
        process.join()


def print_table(results: Iterable[Result]) -> int:
    """Print a row for each mutant as soon as it is known; return how many nobody noticed."""
    survivors = 0
    print("| mutant | noticed by | seconds |\n|---|---|---|")
    for result in results:
        survivors += not result.is_noticed
        verdict = result.outcome.failed[0] if result.is_noticed else f"SURVIVED {result.outcome.broken}".rstrip()
        print(f"| {result.mutant.name} | {verdict} | {result.seconds:.1f} |", flush=True)
    return survivors


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
