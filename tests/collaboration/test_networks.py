"""Networks are data; every fault in them is found, with its line."""

from dataclasses import replace
from pathlib import Path

import pytest

from collaboration.networks import Membership, load_networks
from ingestion.collaborative import Collaborative, District
from ingestion.yaml_document import ConfigurationError

HEADINGS = "network_id,name,district_id,from_year,to_year\n"
DISTRICTS = (
    District("90010000", "Synthetic Alder", "public_school_district"),
    District("90020000", "Synthetic Birch", "public_school_district", member_from=2018),
    District("90030000", "Synthetic Cedar", "public_school_district"),
)


@pytest.fixture
def collaborative(tmp_path: Path) -> Collaborative:
    return build_collaborative(tmp_path, DISTRICTS)


def build_collaborative(folder: Path, districts: tuple[District, ...]) -> Collaborative:
    return Collaborative(
        id="demo",
        name="Demo",
        state="XX",
        folder=folder,
        time_zone="America/New_York",
        nightly_hour=4,
        docs_url="",
        owners=("team:data",),
        releases_kept=3,
        senders=(),
        districts=districts,
        periods=(),
        threshold_rows=(),
        value_ranges=(),
        state_functions=(),
        mappings=(),
    )


def write_networks(collaborative: Collaborative, rows: str) -> Path:
    path = collaborative.folder / "networks.csv"
    path.write_text(HEADINGS + rows, encoding="utf-8")
    return path


def faults_of(collaborative: Collaborative) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load_networks(collaborative)
    return caught.value.messages


def test_load_networks__without_the_file_there_are_none(collaborative: Collaborative) -> None:
    networks = load_networks(collaborative)
    assert networks.names == {}
    with pytest.raises(ConfigurationError, match="'coast' is not a network of Demo; known: none"):
        networks.members("coast", 2018)


def test_members__are_in_the_network_and_on_the_roster_that_year(collaborative: Collaborative) -> None:
    write_networks(
        collaborative,
        "coast,Coast,90030000,,2018\ncoast,Coast,90020000,,\ncoast,Coast,90010000,2018,\nhills,Hills,90010000,,\n",
    )
    networks = load_networks(collaborative)
    assert networks.names == {"coast": "Coast", "hills": "Hills"}
    assert networks.members("coast", 2017) == ("90030000",)
    assert networks.members("coast", 2018) == ("90010000", "90020000", "90030000")
    assert networks.members("coast", 2019) == ("90010000", "90020000")


def test_members__a_district_may_leave_and_come_back(collaborative: Collaborative) -> None:
    write_networks(collaborative, "coast,Coast,90010000,,2017\ncoast,Coast,90010000,2019,\n")
    networks = load_networks(collaborative)
    assert [networks.members("coast", year) for year in (2017, 2018, 2019)] == [("90010000",), (), ("90010000",)]


def test_all_members__are_in_the_network_in_any_year(collaborative: Collaborative) -> None:
    write_networks(collaborative, "coast,Coast,90030000,,2018\ncoast,Coast,90010000,2018,\nhills,Hills,90020000,,\n")
    networks = load_networks(collaborative)
    assert networks.all_members("coast") == ("90010000", "90030000")
    with pytest.raises(ConfigurationError, match="'plains' is not a network of Demo; known: coast, hills"):
        networks.all_members("plains")


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ("coast,Coast,90010000,,\n\ncoast,Coast,1,,\n", ":4:district_id: '1' is not on the roster"),
        ("coast,Coast,90010000,,\ncoast,Cost,90020000,,\n", ":3:name: must be 'Coast'"),
        ("coast,Coast,90010000,2019,2018\n", ":2:to_year: the district leaves before it joins"),
        ("coast,Coast,90010000,,2018\ncoast,Coast,90010000,2018,\n", ":3:from_year: overlaps another row"),
        ("coast,Coast,90010000,,\ncoast,Coast,90010000,,\n", ":3:network_id: repeats"),
        ("coast,Coast,90010000,soon,\n", ":2:from_year: "),
        ("coast,,90010000,,\n", ":2:name: is required and missing"),
    ],
)
def test_load_networks__says_where_each_fault_is(collaborative: Collaborative, rows: str, fault: str) -> None:
    path = write_networks(collaborative, rows)
    messages = faults_of(collaborative)
    assert len(messages) == 1
    assert messages[0].startswith(f"{path}{fault}")


def test_load_networks__a_row_on_two_lines_keeps_the_count_right(collaborative: Collaborative) -> None:
    path = write_networks(collaborative, 'coast,"Co\nast",90010000,,\ncoast,"Co\nast",1,,\n')
    assert faults_of(collaborative)[0].startswith(f"{path}:4:district_id: ")


def test_load_networks__finds_every_fault_at_once(collaborative: Collaborative) -> None:
    write_networks(collaborative, "coast,Coast,1,,\ncoast,Coast,2,,\n")
    assert len(faults_of(collaborative)) == 2


def test_overlaps__shares_at_least_one_year() -> None:
    first = Membership("coast", "Coast", "90010000", 2016, 2018)
    assert first.overlaps(replace(first, from_year=2018, to_year=None))
    assert not first.overlaps(replace(first, from_year=2019, to_year=None))
    assert not first.overlaps(replace(first, district_id="90020000"))
