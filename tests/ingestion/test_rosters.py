"""Schools of a collaborative, what became of them, and years from which a metric means something else."""

import pyarrow.parquet as pq
import pytest

from ingestion.configuration import compile_configuration
from ingestion.home import Home
from tests.ingestion.delivered_files import load_little, refuse_configuration

SCHOOLS = """\
school_id,district_id,name,school_type,open_from,open_to
00010505,00010000,Abel High,public_school,,
00020005,00020000,Baker Elementary,public_school,2019,2020
"""
SUCCESSIONS = """\
predecessor_id,successor_id,kind,school_year,note
00090000,00010000,merged,2016,Gone joined Abel
00030000,00030000,renamed,2020,It was Coal
,00020005,opened,2019,
"""
BREAKS = """\
metric_id,subgroup,entity_type,from_school_year,note
SS.X,low_income,,2015,A new definition
PPE.D02,,state,2020,Charter districts are listed
"""
ROSTERS = {"schools.csv": SCHOOLS, "entity_succession.csv": SUCCESSIONS, "series_breaks.csv": BREAKS}


def test_a_collaborative_does_without_schools_successions_and_breaks(tmp_path):
    little = load_little(tmp_path / "c")
    assert (little.schools, little.entity_successions, little.series_breaks) == ((), (), ())
    compiled = compile_configuration(little, Home(tmp_path / "home"))
    for name in ("schools", "entity_succession", "series_breaks"):
        assert pq.read_table(compiled.folder / f"{name}.parquet").num_rows == 0


def test_the_schools_of_a_year_are_those_open_in_it(tmp_path):
    little = load_little(tmp_path, **ROSTERS)
    assert [school.name for school in little.schools_open(2020)] == ["Abel High", "Baker Elementary"]
    assert [school.name for school in little.schools_open(2021)] == ["Abel High"]
    assert [school.name for school in little.schools_open(2018)] == ["Abel High"]
    assert little.school("00020005").district_id == "00020000"
    assert little.school("00020000") is None


def test_schools_successions_and_breaks_are_compiled(tmp_path):
    compiled = compile_configuration(load_little(tmp_path / "c", **ROSTERS), Home(tmp_path / "home"))
    rows = {path.stem: pq.read_table(path).to_pylist() for path in compiled.folder.glob("*.parquet")}
    assert rows["schools"][1] == {
        "school_id": "00020005",
        "district_id": "00020000",
        "name": "Baker Elementary",
        "school_type": "public_school",
        "open_from": 2019,
        "open_to": 2020,
    }
    assert [(row["predecessor_id"], row["successor_id"], row["kind"]) for row in rows["entity_succession"]] == [
        ("00090000", "00010000", "merged"),
        ("00030000", "00030000", "renamed"),
        (None, "00020005", "opened"),
    ]
    assert [tuple(row.values()) for row in rows["series_breaks"]] == [
        ("SS.X", "low_income", None, 2015, "A new definition"),
        ("PPE.D02", None, "state", 2020, "Charter districts are listed"),
    ]


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("schools.csv", "00020005", "00010505", "schools.csv:3:school_id: repeats the school_id of line 2"),
        ("schools.csv", "2019,2020", "2021,2020", "schools.csv:3:1: the school closes before it opens"),
        ("schools.csv", "00010505,00010000", "0001-505,00010000", "schools.csv:2:1: school_id must be of letters"),
        ("schools.csv", "00010505,00010000", "00010505,00770000", "00010505 is of 00770000, which districts.csv lacks"),
        ("schools.csv", "00010505,", "00020000,", "00020000 is a district too"),
        ("entity_succession.csv", "00090000,00010000", "00090000,00770000", "00770000 is neither in districts.csv nor"),
        ("entity_succession.csv", "00090000,00010000", "00010000,00010000", "has another successor than itself"),
        ("entity_succession.csv", ",00020005,opened", "00010505,00020005,opened", "predecessor_id is for all"),
        ("entity_succession.csv", "renamed", "closed", "successor_id is for all that has one"),
        ("entity_succession.csv", "renamed", "moved", "entity_succession.csv:3:kind:"),
        ("series_breaks.csv", "SS.X,low_income,,2015", "PPE.D02,,state,2020", "series_breaks.csv:3:metric_id: repeats"),
        ("series_breaks.csv", ",state,", ",town,", "series_breaks.csv:3:entity_type:"),
    ],
)
def test_a_fault_of_the_rosters_is_named(tmp_path, file, old, new, message):
    assert old in ROSTERS[file]
    messages = refuse_configuration(tmp_path, **ROSTERS | {file: ROSTERS[file].replace(old, new, 1)})
    assert any(message in text for text in messages), messages
