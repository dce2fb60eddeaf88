"""Starting and stopping one server process.

Belongs here: what all servers share. Does not belong here: what one kind of server needs.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

LOOPBACK = "127.0.0.1"
SECONDS_TO_START = 60
GUARD = Path(__file__).with_name("guard.py")


def need(program: str | Path, package: str) -> str:
    """The path of a program; where it is missing the test is skipped, in CI it fails."""
    found = shutil.which(str(program), path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin")
    if found is None:
        message = f"needs {Path(program).name}: install Debian's package {package}"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return found


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as listening:
        listening.bind((LOOPBACK, 0))
        return listening.getsockname()[1]


@contextmanager
def own_folder(prefix: str, user: str | None = None) -> Iterator[Path]:
    """A folder that the server's own user may enter, which a folder of pytest's is not."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    if user is not None:
        shutil.chown(folder, user, user)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running(
    command: Sequence[str | Path], log: Path, answers: Callable[[], bool], stop: signal.Signals = signal.SIGTERM
) -> Iterator[None]:
    """Run a server until the block ends, or this process does; what it says goes to the log."""
    with log.open("ab") as output:
        guarded = [sys.executable, str(GUARD), stop.name, *map(str, command)]
        pipes = {"stdin": subprocess.PIPE, "stdout": output, "stderr": output}
        process = subprocess.Popen(guarded, **pipes, start_new_session=True)
    try:
        _wait(process, log, answers)
        yield
    finally:
        process.communicate()  # closes its input, upon which it stops the server


def _wait(process: subprocess.Popen[bytes], log: Path, answers: Callable[[], bool]) -> None:
    until = time.monotonic() + SECONDS_TO_START
    while not answers():
        if process.poll() is not None or time.monotonic() > until:
            pytest.fail(f"the server did not start:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)


def unique(name: str) -> str:
    """A name that no other test has, for what is made in a base that they share."""
    return f"{name}_{secrets.token_hex(5)}"


def is_listening(port: int) -> bool:
    """Whether somebody listens on a port of the loopback."""
    with socket.socket() as asking:
        return asking.connect_ex((LOOPBACK, port)) == 0
