"""No server outlives the tests that started it, however they end."""

import os
import signal
import subprocess
import sys
import time

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
    until = time.monotonic() + 20
    while is_running(server) and time.monotonic() < until:
        time.sleep(0.02)
    assert not is_running(server)
