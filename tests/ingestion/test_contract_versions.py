"""What was written for an earlier version of a contract is read by what the contract's YAML says of its changes."""

import duckdb
import pyarrow as pa
import pytest

from ingestion.contract import Contract, load_contracts
from ingestion.contract_versions import names_before, upgrade_mapping
from ingestion.landing import slot_path
from ingestion.landing_views import landing_columns, select_landed
from ingestion.mapping import Mapping
from ingestion.mapping_checks import check_mapping
from ingestion.yaml_document import ConfigurationError, read_yaml
from tests.ingestion.small_deliveries import EOYR

THINGS = """\
name: eoyr_report
version: 3
title: Things
description: One row per thing.
domain: finance
admission: each
cadence: annual
keeps_vintages: false
key: [district_id, school_year, thing]
changes:
  - version: 2
    added: [color]
    renamed: {label: name}
  - version: 3
    renamed: {name: title}
    removed: [weight]
columns:
  - {name: thing, type: text, required: true, description: A thing.}
  - {name: title, type: text, required: false, description: Its title.}
  - {name: color, type: text, required: false, description: Its color.}
"""
MAPPING = {
    "mapping": "things",
    "title": "Things",
    "sender": "state",
    "file": "things.csv",
    "contract": "eoyr_report",
    "columns": {name: {"heading": name, "type": "text"} for name in ("thing", "label", "weight")},
}


@pytest.fixture
def contract(tmp_path):
    path = tmp_path / "things.yaml"
    path.write_text(THINGS)
    return read_yaml(path).validate(Contract)


def make_mapping(version, *names):
    rows = [{name: {"column": source} for name, source in names}]
    return Mapping.model_validate({**MAPPING, "contract_version": version, "rows": rows})


def test_upgrade_mapping__fills_what_was_renamed_and_leaves_out_what_was_removed(contract):
    then = make_mapping(1, ("thing", "thing"), ("label", "label"), ("weight", "weight"))
    now = upgrade_mapping(then, contract)
    assert {name: source.column for name, source in now.rows[0].items()} == {"thing": "thing", "title": "label"}
    assert now.contract_version == 3
    assert list(check_mapping(now, {"eoyr_report": contract})) == []


def test_upgrade_mapping__of_the_version_between_has_its_own_names(contract):
    now = upgrade_mapping(make_mapping(2, ("thing", "thing"), ("name", "label")), contract)
    assert set(now.rows[0]) == {"thing", "title"}


def test_upgrade_mapping__a_name_that_its_version_had_given_up_is_a_fault(contract):
    mapping = upgrade_mapping(make_mapping(2, ("thing", "thing"), ("label", "label")), contract)
    assert [words for _, words in check_mapping(mapping, {"eoyr_report": contract})] == [
        "is not a column of eoyr_report that a mapping fills"
    ]


@pytest.mark.parametrize("version", [0, 4])
def test_upgrade_mapping__a_version_that_no_change_leads_from_is_told(contract, version):
    mapping = upgrade_mapping(make_mapping(version, ("thing", "thing")), contract)
    faults = dict(check_mapping(mapping, {"eoyr_report": contract}))
    assert "eoyr_report is version 3, and no change leads there from this one" in faults[("contract_version",)]


def test_upgrade_mapping__a_removed_column_of_the_newest_version_is_a_fault(contract):
    mapping = make_mapping(3, ("thing", "thing"), ("weight", "weight"))
    assert [words for _, words in check_mapping(upgrade_mapping(mapping, contract), {"eoyr_report": contract})] == [
        "is not a column of eoyr_report that a mapping fills"
    ]


def test_names_before__go_back_one_version_at_a_time(contract):
    assert names_before(contract, "title") == ["name", "label"]
    assert names_before(contract, "thing") == []


def write_landed(home, contract, delivery, **columns):
    """A landed file of one row, with these columns beside the slot's own."""
    import pyarrow.parquet as pq

    path = slot_path(home, contract.name, 2025, "A", delivery)
    path.parent.mkdir(parents=True, exist_ok=True)
    values = {"district_id": "A", "school_year": 2025, **columns, "delivery_id": delivery, "source_line": 2}
    table = pa.table({name: [value] for name, value in values.items()})
    for name in ("school_year", "source_line"):
        table = table.set_column(table.column_names.index(name), name, table.column(name).cast(pa.int32()))
    pq.write_table(table, path)
    return {"district_id": "A", "school_year": 2025, "delivery_id": delivery}


def test_select_landed__files_of_every_version_stand_side_by_side(place, contract):
    slots = [
        write_landed(place.home, contract, "one", thing="a", label="first", weight="7"),
        write_landed(place.home, contract, "two", thing="b", name="second", color="red", weight="7"),
        write_landed(place.home, contract, "three", thing="c", title="third", color="blue"),
    ]
    with duckdb.connect() as connection:
        found = connection.sql(f"from ({select_landed(place.home, contract, slots, 'none')}) order by thing")
        types = dict(zip(found.columns, map(str, found.types), strict=True))
        rows = [row[2:5] for row in found.fetchall()]
    assert rows == [("a", "first", None), ("b", "second", "red"), ("c", "third", "blue")]
    assert types == landing_columns(contract)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  - version: 2\n", "  - version: 4\n", "changes must name each version up to 3, in order"),
        ("version: 3\ntitle", "version: 4\ntitle", "changes must name each version up to 4, in order"),
        ("added: [color]", "added: [colour]", "changes of version 2 speak of colour, which is no column"),
        ("{name: color, type: text, required: false", "{name: color, type: text, required: true", "cannot be required"),
        ("removed: [weight]", "removed: [thing]", "a name is not used twice"),
    ],
)
def test_changes_that_do_not_lead_to_the_contract_are_refused(tmp_path, old, new, message):
    path = tmp_path / "things.yaml"
    path.write_text(THINGS.replace(old, new))
    with pytest.raises(ConfigurationError) as caught:
        read_yaml(path).validate(Contract)
    assert message in str(caught.value)


def test_the_shipped_contracts_read_every_version_that_was_ever_shipped():
    assert all(1 in contract.versions_read for contract in load_contracts().values())
    assert EOYR.versions_read == range(1, 2)
