"""Fetching from a real sshd."""

import os

import pytest

from tests.ingestion.sources.conftest import fetching, words

__all__ = ["fetching"]


@pytest.fixture
def drop(tmp_path):
    folder = tmp_path / "out"
    (folder / "2025").mkdir(parents=True)
    (folder / "2025" / "gl.csv").write_bytes(b"a,b\n" * 50_000)
    (folder / "2025" / "gl.csv.done").touch()
    return folder


def test_sftp__takes_complete_files_and_then_nothing(fetching, sftp_server, drop):
    (drop / "half.csv").write_text("half", encoding="utf-8")
    (drop / "link.csv").symlink_to("/etc/hostname")
    (drop / "link.csv.done").touch()
    first = fetching.fetch(sftp_server.source(drop))
    assert first.outcome == "fetched", first.message
    assert words(first) == {"gl.csv": "fetched", "half.csv": "waiting"}
    assert fetching.arrived() == {"vendor/2025/gl.csv": b"a,b\n" * 50_000}
    again = fetching.fetch(sftp_server.source(drop))
    assert (again.outcome, words(again)) == ("nothing_new", {"gl.csv": "unchanged", "half.csv": "waiting"})
    (drop / "2025" / "gl.csv").write_bytes(b"a,b\n1,2\n")
    os.utime(drop / "2025" / "gl.csv.done")
    assert words(fetching.fetch(sftp_server.source(drop)))["gl.csv"] == "fetched"
    assert fetching.arrived() == {"vendor/2025/gl.csv": b"a,b\n1,2\n"}


def test_sftp__a_key_that_known_hosts_does_not_have_is_never_accepted(fetching, sftp_server, drop, tmp_path):
    unknown = tmp_path / "known_hosts"
    unknown.write_text("", encoding="utf-8")
    outcome = fetching.fetch(sftp_server.source(drop, known_hosts=str(unknown)))
    assert (outcome.outcome, fetching.arrived()) == ("unknown_host_key", {})
    other = (sftp_server.private_key.with_suffix(".pub")).read_text(encoding="utf-8")
    unknown.write_text(f"[127.0.0.1]:{sftp_server.port} {other}", encoding="utf-8")
    outcome = fetching.fetch(sftp_server.source(drop, known_hosts=str(unknown)))
    assert (outcome.outcome, fetching.arrived()) == ("unknown_host_key", {})
    assert "another key" in outcome.message
    assert unknown.read_text(encoding="utf-8").count("\n") == 1  # nothing was added


@pytest.mark.parametrize("line", [b"[127.0.0.1]:22 ssh-ed25519 AAAAnokey\n", b"caf\xe9 ssh-rsa AAAA\n"])
def test_sftp__known_hosts_with_a_line_that_is_no_key_is_an_outcome(fetching, sftp_server, drop, tmp_path, line):
    broken = tmp_path / "known_hosts"
    broken.write_bytes(line)
    outcome = fetching.fetch(sftp_server.source(drop, known_hosts=str(broken)))
    assert outcome.outcome == "not_configured"
    assert f"{broken} holds a line that is no key" in outcome.message


def test_sftp__who_may_not_log_in_or_nobody_who_answers_is_an_outcome(fetching, sftp_server, drop, tmp_path):
    import paramiko

    from tests.servers.process import free_port

    stranger = tmp_path / "stranger"
    paramiko.RSAKey.generate(2048).write_private_key_file(str(stranger))
    locked = tmp_path / "locked"
    paramiko.RSAKey.generate(2048).write_private_key_file(str(locked), "a phrase")
    refused = fetching.fetch(sftp_server.source(drop, private_key=str(stranger)))
    seen = {
        "stranger": refused.outcome,
        "nobody": fetching.fetch(sftp_server.source(drop, port=free_port())).outcome,
        "no key": fetching.fetch(sftp_server.source(drop, private_key=str(tmp_path / "none"))).outcome,
        "locked key": fetching.fetch(sftp_server.source(drop, private_key=str(locked))).outcome,
        "no hosts": fetching.fetch(sftp_server.source(drop, known_hosts=str(tmp_path / "none"))).outcome,
        "no folder": fetching.fetch(sftp_server.source(drop / "none")).outcome,
    }
    assert seen == {
        "stranger": "refused",
        "nobody": "unreachable",
        "no key": "not_configured",
        "locked key": "not_configured",
        "no hosts": "not_configured",
        "no folder": "refused",
    }


def test_sftp__who_takes_the_call_and_says_nothing_times_out(fetching, sftp_server, drop):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        source = sftp_server.source(drop, port=silent.getsockname()[1], timeout_seconds=1)
        outcome = fetching.fetch(source)
    assert outcome.outcome == "timed_out"
