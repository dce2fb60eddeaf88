"""What sources.yaml may say, and how its faults are told."""

import pytest

from ingestion.configuration import load_collaborative
from ingestion.sources.configuration import load_sources
from ingestion.yaml_document import ConfigurationError

SFTP = """
  - source: vendor
    kind: sftp
    host: sftp.example.org
    user: cedar
    known_hosts: known_hosts
    {secret}
    path: /out
    complete: done
"""
SQL = """
  - source: books
    kind: sql
    url_from: {{env: BOOKS_URL}}
    extracts:
      - extract: ledger
        {line}
        file: {file}
"""


def faults_of(tmp_path, text):
    (tmp_path / "sources.yaml").write_text(f"sources:{text}", encoding="utf-8")
    faults: list[str] = []
    loaded = load_sources(tmp_path, {"00490000"}, faults)
    return [fault.removeprefix(str(tmp_path)) for fault in faults], loaded


def test_load_sources__a_collaborative_may_have_none(tmp_path):
    faults: list[str] = []
    assert load_sources(tmp_path, set(), faults) == ()
    assert faults == []


def test_load_sources__finds_its_own_files_beside_it(tmp_path):
    faults, (source,) = faults_of(tmp_path, SFTP.format(secret="private_key: /keys/cedar"))
    assert faults == []
    assert (source.known_hosts, source.private_key) == (str(tmp_path / "known_hosts"), "/keys/cedar")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (SFTP.format(secret="password: hunter2"), "/sources.yaml:7:5: password: a secret never stands in this file"),
        (SFTP.format(secret="private_key: k\n    prot: 22"), "/sources.yaml:8:5: prot: is not a known key"),
        (SFTP.format(secret="timeout_seconds: 9"), "/sources.yaml:2:5: this file: needs private_key (a file) or pass"),
        ("\n  - source: a\n    kind: ftp\n", "/sources.yaml:3:5: kind: must be one of folder, sftp, s3, sql"),
        ("\n  - source: a\n    kind: folder\n    complete: whole\n", "complete: whole is for s3 only"),
        ("\n  - {source: a, kind: folder, complete: done}\n" * 2, "'a' is the name of another source too"),
        ("\n  - {source: a, kind: folder, complete: done, under: ../..}\n", "/sources.yaml:2:47: under: "),
        ("\n  - {source: a, kind: folder, complete: done, files: '('}\n", "files is not a regular expression"),
        (" nothing\n", "/sources.yaml:1:1: sources: must be a list of sources"),
        (SQL.format(line="table: lines", file="a.xlsx"), "file must be a path of plain names"),
        (SQL.format(line="table: lines", file="../a.csv"), "file must be a path of plain names"),
        (SQL.format(line='table: "lines; drop table x"', file="a.csv"), "/sources.yaml:7:9: extracts.0.table: "),
        (SQL.format(line="columns: [a]", file="a.csv"), "needs a table or a query, and not both"),
        (SQL.format(line="table: a\n        watermark: b", file="a.parquet"), "watermark needs key"),
        (SQL.format(line="table: a\n        watermark: b\n        key: [c]", file="a.csv"), "needs a .parquet file"),
        (SQL.format(line="table: a\n        columns: [a]\n        key: [c]", file="a.csv"), "columns lacks c"),
        (SQL.format(line="table: a\n        types: {a: money}", file="a.csv"), "types: each is text, integer"),
        (SQL.format(line="table: a", file='"{district_id}.csv"'), "give district or districts"),
        (SQL.format(line="table: a", file='"{pupil}.csv"'), "file may name {district_id} and {school_year} only"),
        (
            SQL.format(line='table: a\n        district: "77"', file="a.csv"),
            "yaml:8:9: district: 77 is not on the roster",
        ),
    ],
)
def test_load_sources__names_each_fault_with_its_place(tmp_path, text, fault):
    faults, _ = faults_of(tmp_path, text)
    assert fault in "\n".join(faults)
    assert "hunter2" not in "\n".join(faults)


def test_load_collaborative__tells_faults_of_sources_with_the_others(repository, tmp_path):
    import shutil

    folder = shutil.copytree(repository / "collaboratives" / "template", tmp_path / "ours")
    assert load_collaborative(folder).sources == ()
    (folder / "sources.yaml").write_text("sources:\n  - {source: a, kind: ftp}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"sources\.yaml:2:17: kind: must be one of"):
        load_collaborative(folder)
