"""``schoolstat contracts``: lists, shows, and templates that can be filled in and sent."""

import json

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from ingestion.configuration import load_collaborative
from ingestion.contract import load_contracts
from schoolstat.cli import app
from schoolstat.contract_workbook import write_workbook
from schoolstat.contracts import TEMPLATE, find_extract, find_extracts, print_template
from tests.ingestion.delivered_files import read_path


def run(*arguments):
    result = CliRunner().invoke(app, ["contracts", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_list__has_every_extract_with_its_cadence():
    rows = {row["name"]: row for row in json.loads(run("list", "--json"))}
    assert len(rows) == 42
    assert rows["energy"] == {
        "name": "energy",
        "version": 1,
        "title": "Energy and water",
        "domain": "operations",
        "cadence": "monthly",
        "columns": len(load_contracts()["energy"].columns),
    }


def test_show__tells_of_each_heading_and_what_it_feeds():
    headings = {row["heading"]: row for row in json.loads(run("show", "work_orders", "--json"))["headings"]}
    assert headings["type"]["allowed"] == {"PM": "preventive", "CM": "corrective"}
    assert (headings["completed"]["must_be_filled"], headings["completed"]["feeds"]) == ("optional", ["OP.FM04"])
    assert headings["wo_id"]["must_be_filled"] == "yes"


def test_show__in_words_names_the_extract():
    assert "helpdesk, version 1: Help desk" in run("show", "helpdesk")


def test_list_and_show__break_no_word_at_80_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    listed = run("list")
    for extract in find_extracts().extracts:
        assert all(word in listed for word in (extract.name, *extract.contract.title.split()))
    shown = run("show", "staff_assignments")
    for heading in find_extract("staff_assignments").headings:
        assert all(word in shown for word in (heading.heading, *heading.allowed, *heading.what.split()))
    assert max(map(len, (listed + shown).splitlines())) <= 80


def test_show__of_an_extract_that_nobody_sends_names_those_that_are_sent():
    result = CliRunner().invoke(app, ["contracts", "show", "eoyr_report"])
    assert result.exit_code != 0
    assert "known are assessments, attendance" in str(result.exception)


def test_template__as_csv_is_a_line_of_headings(tmp_path):
    printed = run("template", "network")
    assert printed == "site,month,provisioned_mbps\n"
    run("template", "network", "--output", str(tmp_path / "network.csv"))
    assert (tmp_path / "network.csv").read_text() == printed


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_template__says_where_it_cannot_be_written(tmp_path, form):
    place = str(tmp_path / "nowhere" / "one")
    result = CliRunner().invoke(app, ["contracts", "template", "network", "--format", form, "--output", place])
    assert (result.exit_code, isinstance(result.exception, SystemExit)) == (2, True)
    assert "--output" in result.output


@pytest.mark.parametrize("name", ["discipline", "work_orders", "transport_monthly", "helpdesk"])
def test_template__as_a_workbook_has_the_headings_and_the_words(name, tmp_path):
    extract = find_extract(name)
    run("template", name, "--format", "xlsx", "--output", str(tmp_path / "one.xlsx"))
    write_workbook(extract, tmp_path / "two.xlsx")
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
    book = CalamineWorkbook.from_path(tmp_path / "one.xlsx")
    assert book.sheet_names == [name, "Explanations", "Words"]
    (headings,) = book.get_sheet_by_name(name).to_python()
    assert ",".join(headings) + "\n" == print_template(extract)
    explained = [row[0] for row in book.get_sheet_by_name("Explanations").to_python()[3:]]
    assert explained == headings
    words = list(zip(*book.get_sheet_by_name("Words").to_python(), strict=True))
    offered = {column[0]: [word for word in column[1:] if word] for column in words if column[0]}
    closed = {each.heading: list(each.allowed) for each in extract.headings if each.allowed}
    assert closed.items() <= offered.items()
    assert all(offered[heading] == ["true", "false"] for heading in offered.keys() - closed.keys())


def test_a_workbook_that_was_filled_in__is_read_as_the_extract(tmp_path):
    extract = find_extract("transport_monthly")
    relative = "99010000/2026/transport_monthly.xlsx"
    path = tmp_path / relative
    path.parent.mkdir(parents=True)
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("transport_monthly")
        for place, each in enumerate(extract.headings):
            sheet.write_string(0, place, each.heading)
            sheet.write_string(1, place, each.example)
    reading = read_path(load_collaborative(TEMPLATE), path, relative)
    assert (reading.state, reading.rows_landed) == ("accepted", 1), reading.findings
