import pyarrow as pa
import pytest

from ingestion.contract import SLOT_COLUMNS, Contract, load_contracts
from ingestion.yaml_document import ConfigurationError, read_yaml

PUPILS = {"calendar", "students", "enrollments", "programs", "attendance", "discipline", "assessments", "screeners"}
PUPILS |= {"course_grades", "interventions", "intervention_sessions"}
STAFF = {"staff", "staff_assignments", "staff_absences", "positions", "payroll_benefits"}
LEDGER = {"chart_of_accounts", "gl_actuals", "gl_budget", "gl_balances", "grants", "payroll_runs", "risk_costs"}
OPERATIONS = {"transport_routes", "transport_monthly", "food_service", "buildings", "work_orders", "energy"}
OPERATIONS |= {"helpdesk", "devices", "network", "procurement_ap"}
TOGETHER = {"survey_responses", "survey_invitations", "goals", "goal_milestones", "goal_ratings", "stocktakes"}
TOGETHER |= {"broker_registry", "broker_matches"}
REPORTS = {"eoyr_report", "state_reported_measures"}

CONTRACT = """\
name: things
version: 1
title: Things
description: One row per thing.
domain: finance
admission: each
cadence: annual
keeps_vintages: true
key: [district_id, school_year, thing]
columns:
  - {name: thing, type: text, required: true, description: A thing.}
  - {name: amount, type: "decimal(18,2)", required: false, description: An amount.}
"""


def test_the_shipped_contracts_have_the_slot_first_in_their_key():
    contracts = load_contracts()
    assert set(contracts) == PUPILS | STAFF | LEDGER | OPERATIONS | TOGETHER | REPORTS | {"out_of_district"}
    for contract in contracts.values():
        assert contract.key[:2] == SLOT_COLUMNS


def test_no_column_of_a_pupil_contract_is_named_like_what_never_lands():
    for name in PUPILS - {"calendar"}:
        contract = load_contracts()[name]
        (student_key,) = [column for column in contract.columns if column.name == "student_key"]
        assert contract.holds_people and student_key.sql_type == "BIGINT"
        assert not {"student_local_id", "state_student_id", "first_name", "last_name", "birth_date"} & set(
            contract.landing_schema().names
        )
        assert contract.landing_schema().field("student_key").type == pa.int64()
    assert not any(load_contracts()[name].holds_people for name in LEDGER | OPERATIONS | REPORTS | {"calendar"})


def test_money_lands_exactly_and_values_keep_ten_decimals():
    contracts = load_contracts()
    assert contracts["eoyr_report"].arrow_schema().field("amount_usd").type == pa.decimal128(18, 2)
    measures = contracts["state_reported_measures"].arrow_schema()
    assert measures.field("value").type == pa.decimal128(38, 10)
    assert measures.field("numerator").type == pa.decimal128(38, 6)
    assert not measures.field("district_id").nullable


def test_landing_adds_the_delivery_and_nothing_else():
    contract = load_contracts()["eoyr_report"]
    landed, read = contract.landing_schema().names, contract.arrow_schema().names
    assert [name for name in landed if name not in read] == ["delivery_id"]
    assert landed[-2:] == ["delivery_id", "source_line"]


def test_a_contract_of_many_reports_names_each_as_an_extract_of_its_own():
    contracts = load_contracts()
    assert contracts["state_reported_measures"].extract("x") == "state_reported_measures.x"
    assert contracts["eoyr_report"].extract("") == "eoyr_report"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("key: [district_id, school_year, thing]", "key: [thing]", "key must start with district_id, school_year"),
        ("school_year, thing]", "school_year, other]", "key names unknown columns (other)"),
        ("version: 1", "version: one", "valid integer"),
        ("type: text", "type: money", "pattern"),
        ("type: text", "type: surrogate", "pseudonym belongs to a column of type surrogate"),
        ("title: Things", "titel: Things", "is not a known key"),
        ("name: thing, type: text, required: true", "name: thing, type: text, required: false", "may be empty: thing"),
        ("required: false,", "required: false, feeds: [PPE.S01],", "amount feeds metrics that the contract does not"),
        ("cadence: annual", "cadence: sometimes", "'nightly'"),
        ("key: [d", "feeds: [PPE]\nkey: [d", "should match pattern"),
        ("required: true,", "required: true, feeds: [PPE.S01],", "feeds of a required column are the contract's own"),
        ("required: true,", "required: true, personal: id,", "an id of a person lands as a surrogate"),
        (
            "required: false,",
            "required: false, personal: attribute,",
            "tells of a person, but no column is the id of one",
        ),
    ],
)
def test_a_faulty_contract_is_refused_with_its_place(tmp_path, old, new, message):
    path = tmp_path / "things.yaml"
    path.write_text(CONTRACT.replace(old, new))
    with pytest.raises(ConfigurationError) as caught:
        read_yaml(path).validate(Contract)
    assert any(message in text and text.startswith(f"{path}:") for text in caught.value.messages), str(caught.value)


def test_each_column_about_a_person_says_so():
    for contract in load_contracts().values():
        classes = {column.name: column.personal for column in contract.columns}
        assert ("id" in classes.values()) == contract.holds_people
        assert contract.holds_people or set(classes.values()) == {"none"}, contract.name


def test_a_required_column_feeds_what_the_contract_feeds():
    contract = load_contracts()["assessments"]
    by_name = {column.name: contract.feeds_of(column) for column in contract.columns}
    assert by_name["subject"] == contract.feeds
    assert by_name["sgp"] == ("SS.P02",)
    assert by_name["raw_score"] == ()


def test_yaml__of_a_changed_file_is_read_anew_and_nobody_changes_what_others_get(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("rows: [1]\n")
    first = read_yaml(path)
    first.data["rows"].append(2)
    first.places.clear()
    assert read_yaml(path).data == {"rows": [1]} and read_yaml(path).places
    path.write_text("rows: [3]\n")
    assert read_yaml(path).data == {"rows": [3]}
    path.with_name("b.yaml").write_text("rows: [3]\n")
    assert read_yaml(path.with_name("b.yaml")).place(("rows",)).startswith(str(path.with_name("b.yaml")))
