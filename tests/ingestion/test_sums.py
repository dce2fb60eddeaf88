"""Columns that a mapping adds up of others, codes that look like numbers, identities that hold nobody."""

from decimal import Decimal

import pytest

from ingestion.configuration import load_collaborative
from ingestion.yaml_document import ConfigurationError
from tests.ingestion.delivered_files import errors, load_little, read, write_configuration
from tests.ingestion.given_mapping import HEAD

MAPPING = (
    f"{HEAD}school_year: 2020\n"
    + """\
columns:
  code: {heading: Code, type: code}
  all: {heading: All, type: number}
  debt: {heading: Debt, type: number}
  taxes: {heading: Taxes, type: number}
  pupils: {heading: Pupils, type: number}
  rest: {SUM, type: number}
markers: {'': not_reported, s: suppressed, '-1': not_reported, '-3': suppressed}
districts: {column: code, width: 4, suffix: '0000', totals: []}
every: {variant: v, period: year, subgroup: all, breakdown: all}
rows:
  - metric_id: M
    value: {divide: rest, by: pupils}
    numerator: {column: rest}
  - {metric_id: N, value: {column: all}}
"""
)
LESS = "add: [all, taxes], less: [debt]"
SHOWN = """\
identities:
  shown: {value: pupils, parts: [all, taxes, debt], empty_parts: add_nothing, tolerance: 1000}
"""


def _figures(tmp_path, of_sum, *lines):
    """Status, numerator and value of each row's quotient."""
    found = load_little(tmp_path, **{"mappings/given.yaml": MAPPING.replace("SUM", of_sum) + SHOWN})
    reading = read(found, tmp_path / "inbox", "given.csv", ["Code,All,Debt,Taxes,Pupils", *lines])
    rows = [row for row in reading.table.to_pylist() if row["metric_id"] == "M"]
    return [(row["value_status"], row["numerator"], row["value"]) for row in rows], reading


def test_a_sum_is_exact_and_lands_as_any_number(tmp_path):
    figures, reading = _figures(tmp_path, LESS, "0001,0.1,0.3,0.2,2", "0002,100,10,-5,2", "0003,3,1,1,4")
    assert errors(reading) == []
    assert figures == [("reported", 0, 0), ("reported", 85, Decimal("42.5")), ("reported", 3, Decimal("0.75"))]


@pytest.mark.parametrize(
    ("empty", "rows"),
    [
        ("", [("not_reported", None)] * 3 + [("suppressed", None)] * 2),
        (
            ", empty_parts: add_nothing",
            [("reported", 9), ("reported", 1), ("not_reported", None), ("suppressed", None), ("suppressed", None)],
        ),
    ],
)
def test_a_sum_without_a_part_is_no_sum_unless_it_is_declared_that_empty_adds_nothing(tmp_path, empty, rows):
    lines = ["0001,9,,,3", "0002,,1,2,3", "0003,,1,,3", "0001,9,s,,3", "0002,9,-3,0,3"]
    found = [_figures(tmp_path / str(number), LESS + empty, line)[0][0] for number, line in enumerate(lines)]
    assert [each[:2] for each in found] == rows


def test_a_code_that_looks_like_a_number_is_never_one(tmp_path):
    figures, reading = _figures(tmp_path, LESS, "0001,-1,0,0,3", "0002,7,-1,0,3", "0003,7,-10,-3.0,1")
    assert figures == [("not_reported", None, None), ("not_reported", None, None), ("reported", 14, 14)]
    values = {row["district_id"]: row["value"] for row in reading.table.to_pylist() if row["metric_id"] == "N"}
    assert values == {"00010000": None, "00020000": 7, "00030000": 7}


def test_a_part_that_cannot_be_read_refuses_its_row_once(tmp_path):
    _, reading = _figures(tmp_path, LESS, "0001,x,1,2,3", "0002,1,1,1,1", *[f"0003,{n},1,1,1" for n in (1, 1)])
    assert [(reject.line, reject.column) for reject in reading.rejects] == [(2, "All")]


@pytest.mark.parametrize(
    ("of_sum", "message"),
    [
        ("add: [all, nobody]", "'nobody' must be a column"),
        ("add: [all, rest]", "'rest' must be a column"),
        ("add: [all, code]", "'code' must be a column of type number"),
        ("heading: All, add: [all]", "needs a heading, or merge or add"),
        ("heading: Rest, less: [debt]", "belong to a column with add"),
        ("heading: Rest, empty_parts: add_nothing", "belong to a column with add"),
        ("add: [all], occurrence: 2", "has no cells of its own"),
        ("add: [all], less: [debt], empty_parts: add_nothing", "needs an identity that holds these columns"),
    ],
)
def test_a_sum_that_cannot_be_meant_is_refused(tmp_path, of_sum, message):
    write_configuration(tmp_path, **{"mappings/given.yaml": MAPPING.replace("SUM", of_sum)})
    with pytest.raises(ConfigurationError) as caught:
        load_collaborative(tmp_path)
    assert message in "\n".join(caught.value.messages)


@pytest.mark.parametrize(
    ("told", "shown"),
    [("", True), ("[all, taxes, debt]->[all, taxes]", False), ("add_nothing->leave_the_row_out", False)],
)
def test_that_empty_adds_nothing_is_shown_by_an_identity_of_all_parts(tmp_path, told, shown):
    identity = SHOWN.replace(*told.split("->")) if told else SHOWN
    mapping = MAPPING.replace("SUM", LESS + ", empty_parts: add_nothing") + identity
    write_configuration(tmp_path, **{"mappings/given.yaml": mapping})
    if shown:
        load_collaborative(tmp_path)
        return
    with pytest.raises(ConfigurationError, match="needs an identity that holds these columns"):
        load_collaborative(tmp_path)


@pytest.mark.parametrize(("more", "held"), [("", 1), (", holds_districts: false", 0)])
def test_an_identity_may_be_looked_at_and_hold_nobody(tmp_path, more, held):
    identity = f"identities:\n  parts: {{value: all, parts: [debt, taxes], tolerance: 0{more}}}\n"
    mapping = MAPPING.replace("SUM", LESS) + identity
    found = load_little(tmp_path, **{"mappings/given.yaml": mapping})
    lines = ["Code,All,Debt,Taxes,Pupils", "0001,3,1,2,1", "0002,4,1,2,1"]
    reading = read(found, tmp_path / "inbox", "given.csv", lines)
    (finding,) = [finding for finding in reading.findings if finding.rule_id == "I01"]
    assert (finding.severity, finding.n_checked, finding.n_failed) == ("warning", 2, 1)
    assert ("will be held" in finding.message) is bool(held)
    assert len(reading.identity_failures) == held
