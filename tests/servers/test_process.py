"""No server outlives the tests that started it, however they end."""

import os
import signal
import subprocess
import sys
import time

from tests.servers.process import GUARD

STARTS = """
import time
from pathlib import Path
from tests.servers.process import running
folder = Path({folder!r})
pid = folder / "pid"
with running(["sh", "-c", f"echo $$ > {{pid}}; exec sleep 300"], folder / "log", pid.is_file):
    print("runs", flush=True)
    time.sleep(300)
"""


def until(happened):
    last = time.monotonic() + 20
    while not happened() and time.monotonic() < last:
        time.sleep(0.02)
    return happened()


def ends(pid):
    return until(lambda: not is_running(pid))


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_running__a_killed_test_run_leaves_no_server(repository, tmp_path):
    code = STARTS.format(folder=str(tmp_path))
    tests = subprocess.Popen([sys.executable, "-c", code], cwd=repository, stdout=subprocess.PIPE)
    assert tests.stdout.readline() == b"runs\n"
    server = int((tmp_path / "pid").read_text())
    assert is_running(server)
    tests.send_signal(signal.SIGKILL)
    tests.communicate()
    assert ends(server)


def test_guard__that_is_told_to_stop_stops_its_server(tmp_path):
    pid = tmp_path / "pid"
    command = [
        sys.executable,
        str(GUARD),
        "SIGTERM",
        "sh",
        "-c",
        f"echo $$ > {pid}.new; mv {pid}.new {pid}; exec sleep 300",
    ]
    guard = subprocess.Popen(command, stdin=subprocess.PIPE)
    assert until(pid.is_file)
    guard.terminate()
    guard.communicate()
    assert ends(int(pid.read_text()))
