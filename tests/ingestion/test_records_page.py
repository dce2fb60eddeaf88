"""docs/records.md says what each file of records holds: the same as the contracts and the template's mappings do.

``PYTHONPATH=. python -m tests.ingestion.test_records_page`` prints the tables as they must be.
"""

import re
from pathlib import Path

import pytest

from ingestion.configuration import load_collaborative
from ingestion.contract import load_contracts
from ingestion.delivery_facts import Manifest
from tests.ingestion.delivered_files import read_path

REPOSITORY = Path(__file__).resolve().parents[2]
TEMPLATE = load_collaborative(REPOSITORY / "collaboratives" / "template")
MAPPINGS = {mapping.contract: mapping for mapping in TEMPLATE.mappings}
YEAR = 2026
IN_THE_VAULT = "Compared with other rows of the same state id (rule Q13); never lands."
IDS = {
    "student_local_id": "The district's own id of the pupil, the same in all its files; what lands is a random number.",
    "state_student_id": "The state's id of the pupil, the same in every district; what lands is a random number.",
}
WORDS = {"code": "code", "text": "text", "boolean": "true or false", "date": "date"}


@pytest.fixture(scope="module")
def sections():
    """The document's part about each file, by the extract's name."""
    text = (REPOSITORY / "docs" / "records.md").read_text(encoding="utf-8")
    parts = re.split(r"^## `(\w+)\.csv`$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def build_table(name):
    """The table of one file: a row for each heading, in the mapping's order."""
    mapping, contract = MAPPINGS[name], load_contracts()[name]
    target_of = {source.column: target for target, source in mapping.rows[0].items()}
    lines = ["| heading | type | must be filled | allowed words | what |", "|---|---|---|---|---|"]
    for column, source in mapping.columns.items():
        target = contract.column(target_of[column]) if column in target_of else None
        kind = WORDS.get(source.type) or _number(target)
        kind += f", as `{source.pattern}`" if source.pattern else ""
        required = "yes" if target and target.required else "no"
        closed = target.allowed if target else ()
        allowed = [f"{text} = {meaning}" for text, meaning in source.codes.items()] or closed
        what = IDS.get(target.pseudonym, target.description) if target else IN_THE_VAULT
        lines.append(f"| `{source.heading}` | {kind} | {required} | {', '.join(allowed)} | {what} |")
    return lines


def _number(target):
    return "whole number" if target.type == "integer" else f"number, {target.digits[1]} decimals"


def _block(section):
    return re.search(r"```csv\n(.*?)```", section, flags=re.DOTALL)[1]


def test_the_page__has_each_file_of_records(sections):
    assert set(sections) == set(MAPPINGS)
    assert len(sections) == 9


@pytest.mark.parametrize("name", MAPPINGS)
def test_the_page__says_of_each_heading_what_contract_and_mapping_say(sections, name):
    section = sections[name]
    assert [line for line in section.splitlines() if line.startswith("|")] == build_table(name)
    assert " ".join(load_contracts()[name].description.split()) in " ".join(section.split())
    for ignored in MAPPINGS[name].ignored_headings:
        assert f"`{ignored}`" in section


@pytest.mark.parametrize("name", MAPPINGS)
def test_the_page__has_a_row_of_each_file_that_is_taken(sections, name, tmp_path):
    relative = f"99010000/{YEAR}/{name}.csv"
    path = tmp_path / relative
    path.parent.mkdir(parents=True)
    path.write_text(_block(sections[name]), encoding="utf-8")
    reading = read_path(TEMPLATE, path, relative)
    assert (reading.state, reading.rows_landed, reading.rows_rejected) == ("accepted", 1, 0), reading.findings
    assert [finding.rule_id for finding in reading.findings if finding.severity != "passed"] == []


def test_the_page__names_every_key_of_a_manifest(sections):
    text = (REPOSITORY / "docs" / "records.md").read_text(encoding="utf-8").split("## `")[0]
    assert [key for key in Manifest.model_fields if f"`{key}`" not in text] == []


if __name__ == "__main__":
    for each in MAPPINGS:
        print(f"## `{each}.csv`\n\n{' '.join(load_contracts()[each].description.split())}\n")
        print("\n".join(build_table(each)))
