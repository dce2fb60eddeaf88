"""``targets.yaml``: what it may say, and that no secret stands in it."""

import pytest

from ingestion.target_settings import EVERY_AUDIENCE, read_targets


@pytest.fixture(autouse=True)
def no_url(monkeypatch):
    monkeypatch.delenv("SCHOOLSTAT_POSTGRES_URL", raising=False)


def read(folder, text=None):
    if text is not None:
        (folder / "targets.yaml").write_text(text, encoding="utf-8")
    faults = []
    return read_targets(folder, faults), faults


def test_read_targets__without_a_file_there_is_none(tmp_path):
    settings, faults = read(tmp_path)
    assert (settings.is_any, faults) == (False, [])


def test_read_targets__the_environment_alone_names_a_database(tmp_path, monkeypatch):
    monkeypatch.setenv("SCHOOLSTAT_POSTGRES_URL", "postgresql://host/base")
    settings, _ = read(tmp_path)
    assert settings.postgres is not None
    assert (settings.postgres.role_prefix, settings.postgres.audiences) == ("schoolstat", EVERY_AUDIENCE)
    assert read(tmp_path, "postgres: {role_prefix: cedar}")[0].postgres.role_prefix == "cedar"


def test_read_targets__a_bucket(tmp_path):
    settings, faults = read(tmp_path, "s3: {bucket: cedar, path: a/b, audiences: [shared]}")
    assert faults == []
    assert (settings.postgres, settings.s3.bucket, settings.s3.audiences) == (None, "cedar", ("shared",))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("s3: {bucket: cedar, secret_key: abc}", "s3.secret_key: is not a known key"),
        ("s3: {bucket: cedar, access_key_from: {env: A}}", "needs access_key_from and secret_key_from, or neither"),
        ("s3: {bucket: cedar, path: ../up}", "s3.path:"),
        ("postgres: {url: 'postgresql://u:p@h/b'}", "postgres.url: is not a known key"),
        ("postgres: {role_prefix: 'x; drop'}", "postgres.role_prefix:"),
        ("postgres: {audiences: [everybody]}", "postgres.audiences.0:"),
        ("postgres: {audiences: []}", "postgres.audiences:"),
    ],
)
def test_read_targets__faults_name_their_place(tmp_path, text, words):
    _, (fault, *_) = read(tmp_path, text)
    assert "targets.yaml:1:" in fault
    assert words in fault
