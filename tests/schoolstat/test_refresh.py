"""What a night refuses before anything is read."""

import shutil

import pytest

from ingestion.home import Home
from ingestion.yaml_document import ConfigurationError
from schoolstat.refresh import run_night


def test_run_night__refuses_a_network_with_a_district_off_the_roster(repository, tmp_path):
    folder = shutil.copytree(repository / "collaboratives" / "template", tmp_path / "ours")
    with (folder / "networks.csv").open("a", encoding="utf-8") as handle:
        handle.write("neighbors,Neighbors,99770000,,\n")
    (tmp_path / "inbox").mkdir()
    with pytest.raises(ConfigurationError, match=r"networks\.csv:4:district_id: '99770000' is not on the roster"):
        run_night(Home(tmp_path / "home"), folder, tmp_path / "inbox")
    assert not (tmp_path / "home").exists()
