"""Vendors' exports, as published with made-up pupils: every row of each sample is landed, refused or a repetition."""

import re
from pathlib import Path

import pytest

from ingestion.contract import load_contracts
from ingestion.mapping_files import SHIPPED, load_mapping
from ingestion.reading import read_delivery
from tests.ingestion.delivered_files import load_little

SAMPLES = {
    "nwea/map_growth": ("MAP_Growth/sample_anonymized_file.csv", "map_growth.csv", (7, 6, 1, 0), 6),
    "nwea/map_reading_fluency": ("MAP_Fluency/sample_anonymized_file.csv", "map_fluency.csv", (9, 9, 0, 0), 27),
    "fountas_pinnell/text_level": (
        "Fountas_and_Pinnell/sample_anonymized_file_FnP.csv",
        "fountas_pinnell.csv",
        (10, 10, 0, 0),
        10,
    ),
    "mvpa/mvpa": ("MVPA/sample_anonymized_file.csv", "mvpa.csv", (5, 5, 0, 0), 5),
    "tx_staar/staar_interim": ("STAAR_Interim/sample_anonymized_file.csv", "staar_interim.csv", (5, 5, 0, 0), 5),
    "pearson/cmas": ("CMAS/sample_anonymized_file.csv", "cmas.csv", (5, 4, 1, 0), 4),
    "wida/access": ("ACCESS/sample_anonymized_file_ACCESS.csv", "access.csv", (4, 3, 1, 0), 24),
    "act/act": ("ACT/sample_anonymized_file.csv", "act.csv", (5, 5, 0, 0), 35),
    "win/career_readiness": ("WIN/sample_anonymized_file.csv", "win.csv", (5, 5, 0, 0), 20),
    "amplify/dibels_8": ("Dibels_8_Benchmark/sample_anonymized_file.csv", "dibels_8.csv", (5, 5, 0, 0), 5),
    "amplify/dibels_next": ("Dibels_Next_Benchmark/sample_anonymized_file.csv", "dibels_next.csv", (5, 5, 0, 0), 5),
}
"""By shipped mapping: the sample, the name it would have in an inbox, rows (in, landed, rejected, duplicate), and rows
that come of them."""
NAMES = re.compile(r"name|birth|dob|address", re.IGNORECASE)


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    """A collaborative with a district that sends the samples."""
    return load_little(tmp_path_factory.mktemp("little"))


def read(ours, samples: Path, name: str):
    sample, file, *_ = SAMPLES[name]
    mapping, _ = load_mapping(SHIPPED / f"{name}.yaml")
    return read_delivery(samples / sample, f"00010000/2020/{file}", mapping, load_contracts()[mapping.contract], ours)


@pytest.mark.parametrize("name", SAMPLES)
def test_each_row_of_a_vendors_sample_is_accounted_for(ours, real_records, name):
    reading = read(ours, real_records / "ea_vendor_samples", name)
    counts = (reading.rows_in, reading.rows_landed, reading.rows_rejected, reading.rows_duplicate)
    *_, expected, n_rows = SAMPLES[name]
    assert counts == expected, [finding.message for finding in reading.findings if finding.severity != "passed"]
    assert reading.table.num_rows == n_rows


@pytest.mark.parametrize("name", SAMPLES)
def test_no_name_and_no_birth_date_is_read_of_a_vendors_file(name):
    mapping, _ = load_mapping(SHIPPED / f"{name}.yaml")
    read = [column.heading for column in mapping.columns.values()]
    assert [heading for heading in read if NAMES.search(heading)] in ([], ["TestName"])
    assert mapping.match_groups == {"district_id", "school_year"}
