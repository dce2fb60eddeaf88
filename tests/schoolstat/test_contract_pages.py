"""docs/records says of each file what contracts and the template's mappings say, and its example is taken.

``schoolstat contracts pages docs/records`` writes the pages as they must be.
"""

import re
from pathlib import Path

import pytest

from ingestion.configuration import load_collaborative
from ingestion.contract import load_contracts
from ingestion.delivery_facts import Manifest
from schoolstat.contract_pages import build_pages, print_example
from schoolstat.contracts import TEMPLATE, find_extracts
from tests.ingestion.delivered_files import read_path

REPOSITORY = Path(__file__).resolve().parents[2]
RECORDS = REPOSITORY / "docs" / "records"
EXTRACTS = {extract.name: extract for extract in find_extracts().extracts}
OF_STATES = {"eoyr_report", "state_reported_measures"}
YEAR = 2026


@pytest.fixture(scope="module")
def template():
    return load_collaborative(TEMPLATE)


def test_the_pages__are_what_contracts_and_mappings_say():
    pages = build_pages()
    assert {path.name for path in RECORDS.iterdir()} == set(pages)
    stale = [name for name, text in pages.items() if (RECORDS / name).read_text(encoding="utf-8") != text]
    assert stale == [], "run: schoolstat contracts pages docs/records"


def test_the_pages__have_every_contract_that_a_district_fills():
    assert set(EXTRACTS) == set(load_contracts()) - OF_STATES
    headings = re.findall(r"^## `(\w+)\.csv`$", "\n".join(build_pages().values()), flags=re.MULTILINE)
    assert sorted(headings) == sorted(EXTRACTS)


@pytest.mark.parametrize("name", EXTRACTS)
def test_the_mapping__fills_every_column_of_its_contract(name):
    extract = EXTRACTS[name]
    assert set(extract.mapping.rows[0]) == {column.name for column in extract.contract.columns}
    assert extract.mapping.contract_version == extract.contract.version


@pytest.mark.parametrize("name", EXTRACTS)
def test_the_example__is_taken_without_a_remark(name, template, tmp_path):
    relative = f"99010000/{YEAR}/{name}.csv"
    path = tmp_path / relative
    path.parent.mkdir(parents=True)
    path.write_text(print_example(EXTRACTS[name]), encoding="utf-8")
    reading = read_path(template, path, relative)
    assert (reading.state, reading.rows_landed, reading.rows_rejected) == ("accepted", 1, 0), reading.findings
    assert [finding.rule_id for finding in reading.findings if finding.severity != "passed"] == []


def test_the_general_page__names_every_key_of_a_manifest():
    text = (REPOSITORY / "docs" / "records.md").read_text(encoding="utf-8")
    assert [key for key in Manifest.model_fields if f"`{key}`" not in text] == []
