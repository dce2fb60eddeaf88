"""``guard.py SIGNAL COMMAND…``: a server for as long as somebody holds the other end of its standard input.

Whoever starts it may be killed in any way: its end of the pipe closes, and the server is told to stop; so it is when
the guard itself is told to. The kernel's own signal of a parent's death would not do: a server that changes its user
loses it.
"""

import signal
import subprocess
import sys
import threading

SECONDS_TO_STOP = 20


def guard(stop: signal.Signals, command: list[str]) -> int:
    """Run a command until it ends or standard input does; gives its exit code."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    signal.signal(signal.SIGTERM, lambda *_: process.send_signal(stop))
    threading.Thread(target=_end_with_input, args=(process, stop), daemon=True).start()
    return process.wait()


def _end_with_input(process: subprocess.Popen[bytes], stop: signal.Signals) -> None:
    sys.stdin.buffer.read()
    process.send_signal(stop)
    try:
        process.wait(SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        process.kill()


if __name__ == "__main__":
    sys.exit(guard(signal.Signals[sys.argv[1]], sys.argv[2:]))
