"""Fetching by hand and listing sources, on a small collaborative of its own."""

import shutil
from dataclasses import asdict

import pytest
import yaml

from ingestion.home import Home
from ingestion.sources.outcomes import FileFetch, SourceOutcome
from ingestion.yaml_document import ConfigurationError
from schoolstat.sources import fetch_now, lines_of_night, list_sources


@pytest.fixture
def ours(repository, tmp_path):
    folder = shutil.copytree(repository / "collaboratives" / "template", tmp_path / "ours")
    (tmp_path / "drop").mkdir()
    (tmp_path / "drop" / "a.csv").write_text("a", encoding="utf-8")
    (tmp_path / "drop" / "a.csv.done").touch()
    (tmp_path / "drop" / "b.csv").write_text("b", encoding="utf-8")
    sources = [
        {"source": "birch", "kind": "folder", "path": str(tmp_path / "nowhere"), "complete": "done"},
        {"source": "cedar", "kind": "folder", "path": "../drop", "complete": "done"},
    ]
    (folder / "sources.yaml").write_text(yaml.safe_dump({"sources": sources}), encoding="utf-8")
    return folder


def test_fetch_now__fetches_from_the_others_when_one_is_down(ours, tmp_path):
    home = Home(tmp_path / "home")
    assert [line.outcome for line in list_sources(home, ours)] == ["never", "never"]
    lines, code = fetch_now(home, ours, (), full=False)
    assert code == 1
    assert [(line.source, line.outcome, line.n_fetched, line.n_waiting) for line in lines] == [
        ("birch", "unreachable", 0, 0),
        ("cedar", "fetched", 1, 1),
    ]
    assert [(file.path, file.outcome) for file in lines[1].files] == [("incoming/cedar/b.csv", "waiting")]
    listed = list_sources(home, ours)
    assert [(line.outcome, bool(line.succeeded_at)) for line in listed] == [("unreachable", False), ("fetched", True)]
    assert "is not a folder" in listed[0].message


def test_fetch_now__only_what_is_asked_for(ours, tmp_path):
    lines, code = fetch_now(Home(tmp_path / "home"), ours, ("cedar",), full=False)
    assert ([line.source for line in lines], code) == (["cedar"], 0)
    with pytest.raises(ConfigurationError, match="--source elm"):
        fetch_now(Home(tmp_path / "home"), ours, ("elm",), full=False)


def test_lines_of_night__say_what_somebody_should_know(ours):
    files = (FileFetch("incoming/cedar/a.csv", "fetched"), FileFetch("incoming/cedar/b.csv", "refused", "too large"))
    (line,) = lines_of_night([asdict(SourceOutcome("cedar", "folder", "fetched", files))])
    assert (line.n_fetched, [file.path for file in line.files]) == (1, ["incoming/cedar/b.csv"])
