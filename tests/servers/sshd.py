"""An sshd with its own key and configuration, that serves one folder by sftp to one key."""

import getpass
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.process import LOOPBACK, free_port, is_listening, need, own_folder, running

_CONFIGURATION = """
ListenAddress {host}:{port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/user_key.pub
PidFile {folder}/pid
PasswordAuthentication no
KbdInteractiveAuthentication no
PubkeyAuthentication yes
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
Subsystem sftp internal-sftp
ForceCommand internal-sftp
"""


@dataclass(frozen=True)
class SftpServer:
    """Where it listens, who may log in with which key, and the file of known hosts that names its own key alone.

    A client that checks this file talks to no other server.
    """

    port: int
    user: str
    private_key: Path
    known_hosts: Path

    def source(self, path: Path, **more: object) -> dict[str, object]:
        """A source of ``sources.yaml`` that reads a folder of the server."""
        return {
            "source": "vendor",
            "kind": "sftp",
            "host": LOOPBACK,
            "port": self.port,
            "user": self.user,
            "known_hosts": str(self.known_hosts),
            "private_key": str(self.private_key),
            "path": str(path),
            "complete": "done",
            "timeout_seconds": 10,
            **more,
        }


@contextmanager
def run_sshd() -> Iterator[SftpServer]:
    """A server until the block ends."""
    server = need("sshd", "openssh-server")
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True, mode=0o755)
    with own_folder("schoolstat-sshd-") as folder:
        port = free_port()
        for name in ("host_key", "user_key"):
            make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", folder / name]
            subprocess.run(make, check=True)
        configuration = folder / "sshd_config"
        configuration.write_text(_CONFIGURATION.format(host=LOOPBACK, port=port, folder=folder), encoding="utf-8")
        known = folder / "known_hosts"
        known.write_text(f"[{LOOPBACK}]:{port} {(folder / 'host_key.pub').read_text()}", encoding="utf-8")
        with running([server, "-D", "-e", "-f", configuration], folder / "log", lambda: is_listening(port)):
            yield SftpServer(port, getpass.getuser(), folder / "user_key", known)
