import gzip
import zipfile

from reporting.check_report import render_lines
from schoolstat.check import check_files
from tests.ingestion.delivered_files import LINES_ROWS, write_configuration

LINES = "\n".join(LINES_ROWS) + "\n"


def test_check_files__looks_into_archives_and_leaves_nothing(tmp_path, monkeypatch):
    little, scratch = write_configuration(tmp_path / "little"), tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    folder = tmp_path / "00010000"
    folder.mkdir()
    with zipfile.ZipFile(folder / "sent.zip", "w") as archive:
        archive.writestr("lines_2020.csv", LINES)
        archive.writestr("notes.txt", "x")
    (folder / "lines_2020.csv.gz").write_bytes(gzip.compress(LINES.encode()))
    (folder / "bad.zip").write_bytes(b"PK")
    files, code = check_files(little, [folder / "sent.zip", folder / "lines_2020.csv.gz", folder / "bad.zip"])
    assert code == 3
    assert [(file.outcome, file.rows_landed) for file in files] == [
        ("accepted", 3),
        ("no_mapping", 0),
        ("accepted", 3),
        ("refused", 0),
    ]
    assert files[0].sender == "00010000"
    report = "\n".join(render_lines(files))
    assert "would not be unpacked" in report
    assert "the archive is damaged" in report
    assert list(scratch.iterdir()) == []
