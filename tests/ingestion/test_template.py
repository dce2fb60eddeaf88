"""collaboratives/template is complete by itself, and reads records as the demo does."""

import shutil
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from collaboration.networks import load_networks
from ingestion.configuration import load_collaborative
from tests.ingestion.delivered_files import read_path


@pytest.fixture
def copied(repository, tmp_path):
    """The template where a newcomer copies it: with no other collaborative beside it."""
    return load_collaborative(shutil.copytree(repository / "collaboratives" / "template", tmp_path / "ours"))


def test_the_template__loads_where_it_was_copied_to(copied):
    assert copied.id == "ours"
    assert {school.district_id for school in copied.schools} == {district.district_id for district in copied.districts}
    assert load_networks(copied).all_members("neighbors") == ("99010000", "99020000")


def test_the_demo__reads_records_by_the_templates_mappings(repository, copied):
    demo = load_collaborative(repository / "collaboratives" / "demo")
    records = {mapping.mapping for mapping in demo.mappings if mapping.mapping.startswith("records_")}
    assert records == {mapping.mapping for mapping in copied.mappings}
    assert len(records) == 42


def test_the_template__reads_a_file_of_records(copied, tmp_path):
    name = "99010000/2026/calendar.csv"
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    headings = "school_id,calendar_code,date,is_instructional,day_minutes,event"
    path.write_text(f"{headings}\n99010005,A,2025-09-03,true,390,Instructional day\n", encoding="utf-8")
    reading = read_path(copied, path, name)
    assert (reading.state, reading.rows_landed, reading.rows_rejected) == ("accepted", 1, 0)


@pytest.mark.parametrize("name", ["devices.parquet", "devices_part_2026_09.parquet"])
def test_the_template__reads_parquet_and_parts(copied, tmp_path, name):
    name = f"99010000/2026/{name}"
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    device = {"device_id": ["D1"], "type": ["laptop"], "acquired": [date(2024, 8, 1)], "status": ["in_use"]}
    pq.write_table(pa.table(device), path)
    reading = read_path(copied, path, name)
    assert (reading.state, reading.rows_landed) == ("accepted", 1)
    assert reading.extract == ("devices.2026_09" if "_" in path.stem else "devices")
