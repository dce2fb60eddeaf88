"""A drop folder on an SFTP server, by paramiko.

fsspec's own client never reads a file of known hosts and accepts any key unless it is told to accept none, so it is not
used. Does not belong here: which files are complete (``drop.py``).
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from ingestion.sources.configuration import SftpSource
from ingestion.sources.drop import Entry
from ingestion.sources.outcomes import FileFault, SourceFault

if TYPE_CHECKING:
    import paramiko

DEEPEST = 10
_SECOND = 1_000_000_000
Result = TypeVar("Result")


class SftpPlace:
    """One session with a server whose key is known."""

    def __init__(self, source: SftpSource) -> None:
        self._where = f"{source.host}:{source.port}"
        self._top = source.path.rstrip("/") or "/"
        self._client = self._guarded(lambda: _connect(source))
        self._sftp = self._guarded(lambda: _open(self._client, source.timeout_seconds))

    def entries(self) -> Iterator[Entry]:
        """All regular files; links are not followed, and folders of a great depth are not entered."""
        return self._below("", DEEPEST)

    def _below(self, before: str, depth: int) -> Iterator[Entry]:
        try:
            found = self._guarded(lambda: self._sftp.listdir_attr(f"{self._top}/{before}"))
        except OSError as error:
            reason = error.strerror or "it is not there"
            raise SourceFault(
                "refused", f"the folder {self._top} of {self._where} cannot be listed: {reason}"
            ) from None
        for one in found:
            if one.filename in (".", ".."):
                continue
            path, mode = f"{before}{one.filename}", one.st_mode or 0
            if stat.S_ISDIR(mode) and depth and "/" not in one.filename:
                yield from self._below(f"{path}/", depth - 1)
            elif stat.S_ISREG(mode):
                yield _entry(path, one)

    def look(self, path: str) -> Entry:
        """One file as it stands now."""
        try:
            return _entry(path, self._guarded(lambda: self._sftp.lstat(f"{self._top}/{path}")))
        except OSError as error:
            raise FileFault(f"it cannot be read ({error.strerror or 'it is gone'})") from None

    def copy(self, path: str, target: BinaryIO) -> None:
        """Write a file's bytes to the target."""
        try:
            self._guarded(lambda: self._sftp.getfo(f"{self._top}/{path}", target, prefetch=True))
        except OSError as error:
            raise FileFault(f"it cannot be read ({error.strerror or 'it changed meanwhile'})") from None

    def close(self) -> None:
        """End the session."""
        self._client.close()

    def _guarded(self, ask: Callable[[], Result]) -> Result:
        """Ask the server; what goes wrong with the session is said in words. A file's own errors are left as they are.

        Raises:
            SourceFault: the session cannot be had, or ended.
        """
        import paramiko

        try:
            return ask()
        except paramiko.BadHostKeyException:
            words = "shows another key than known_hosts has: ask its keeper before anything is changed"
            raise SourceFault("unknown_host_key", f"{self._where} {words}") from None
        except paramiko.AuthenticationException:
            words = f"{self._where} refuses the user or the key: have the public key added there, or correct user"
            raise SourceFault("refused", words) from None
        except TimeoutError:
            raise SourceFault(
                "timed_out", f"{self._where} did not answer in time; it is tried again next time"
            ) from None
        except paramiko.SSHException as error:
            if "not found in known_hosts" in str(error):
                words = f"the key of {self._where} is not in known_hosts: get it from its keeper and add it"
                raise SourceFault("unknown_host_key", words) from None
            if "banner" in str(error) or "No existing session" in str(error):
                raise SourceFault("timed_out", f"{self._where} took the call and said nothing in time") from None
            words = f"the session with {self._where} failed ({type(error).__name__}); it is tried again next time"
            raise SourceFault("unreachable", words) from None
        except EOFError:
            raise SourceFault("unreachable", f"{self._where} ended the session; it is tried again next time") from None


def _connect(source: SftpSource) -> paramiko.SSHClient:
    import paramiko
    from paramiko.hostkeys import InvalidHostKey

    client = paramiko.SSHClient()
    try:
        client.load_host_keys(source.known_hosts)
    except OSError:
        words = f"known_hosts {source.known_hosts} cannot be read: write the server's key there"
        raise SourceFault("not_configured", words) from None
    except (InvalidHostKey, paramiko.SSHException, ValueError):  # also what is not UTF-8
        words = f"known_hosts {source.known_hosts} holds a line that is no key: correct it"
        raise SourceFault("not_configured", words) from None
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    try:
        client.connect(
            source.host,
            source.port,
            source.user,
            pkey=_read_key(source, source.private_key) if source.private_key else None,
            password=source.password_from.reveal() if source.password_from else None,
            timeout=source.timeout_seconds,
            banner_timeout=source.timeout_seconds,
            auth_timeout=source.timeout_seconds,
            allow_agent=False,
            look_for_keys=False,
        )
    except TimeoutError:
        raise
    except OSError as error:
        where = f"{source.host}:{source.port}"
        reason = error.strerror or "nobody answers"
        raise SourceFault("unreachable", f"{where} cannot be reached ({reason}); it is tried again next time") from None
    return client


def _read_key(source: SftpSource, path: str) -> paramiko.PKey:
    """The key, of whichever kind it is."""
    import paramiko

    phrase = source.passphrase_from.reveal() if source.passphrase_from else None
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key_file(path, phrase)
        except paramiko.PasswordRequiredException:
            raise SourceFault("not_configured", "private_key has a passphrase: name it with passphrase_from") from None
        except OSError as error:
            raise SourceFault("not_configured", f"private_key {path} cannot be read ({error.strerror})") from None
        except (paramiko.SSHException, ValueError):
            continue  # of another kind, or the passphrase is wrong
    raise SourceFault("not_configured", f"private_key {path} is no key that passphrase_from opens")


def _open(client: paramiko.SSHClient, seconds: int) -> paramiko.SFTPClient:
    session = client.open_sftp()
    channel = session.get_channel()
    if channel is not None:
        channel.settimeout(seconds)
    return session


def _entry(path: str, attributes: paramiko.SFTPAttributes) -> Entry:
    if not stat.S_ISREG(attributes.st_mode or 0):
        raise FileFault("it is no regular file any more", "refused")
    return Entry(path, attributes.st_size or 0, (attributes.st_mtime or 0) * _SECOND)
