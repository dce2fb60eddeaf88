"""JSON as a delivery: which values become cells, and what refuses the file."""

import json

import pytest

from ingestion.mapping_parts import JsonRecords
from tests.ingestion.delivered_files import LINES as LINES_OF_A_DISTRICT
from tests.ingestion.delivered_files import load_little, read
from tests.ingestion.read_forms import read_text, refuse, rows

LINES = JsonRecords()


# JSON


def test_json__one_record_on_each_line(tmp_path):
    text = '\ufeff{"code": "0001", "amount": 1.50, "x": null}\n\n{"amount": true, "code": 12345678901234567890}\n'
    sheet = read_text(tmp_path, text, json=LINES)
    assert sheet.headings == ("code", "amount", "x")
    assert rows(sheet) == [(1, 0, "0001", "1.50", ""), (3, 0, "12345678901234567890", "true", "")]


def test_json__a_list_within_a_document_with_values_within_values(tmp_path):
    document = {"data": {"students": [{"id": {"code": "1"}, "amount": 1e-7}, {"id": {}, "amount": None}]}, "more": [1]}
    sheet = read_text(
        tmp_path, json.dumps(document, indent=1), ("id.code", "amount"), json=JsonRecords(records="data.students")
    )
    assert rows(sheet) == [(1, 0, "1", "0.0000001"), (2, 0, "", "")]


def test_json__each_entry_of_a_list_is_a_row_and_a_record_without_one_too(tmp_path):
    records = [
        {"code": "1", "in": {"rows": [{"amount": 1}, {"amount": 2}]}},
        {"code": "2", "in": {"rows": []}},
        {"code": "3"},
        {"code": "4", "in": {"rows": [{"amount": 5}]}},
    ]
    sheet = read_text(tmp_path, json.dumps(records), ("code", "in.rows.amount"), json=JsonRecords(explode="in.rows"))
    assert rows(sheet) == [(1, 0, "1", "1"), (2, 0, "1", "2"), (3, 0, "2", ""), (4, 0, "3", ""), (5, 0, "4", "5")]


def test_json__of_plain_values_in_a_list_each_is_a_row(tmp_path):
    sheet = read_text(tmp_path, '{"code": "1", "amount": [5, 6]}', json=JsonRecords(explode="amount"))
    assert rows(sheet) == [(1, 0, "1", "5"), (2, 0, "1", "6")]


@pytest.mark.parametrize(
    ("entries", "landed", "rejected", "duplicate"),
    [
        ([("Teachers", 1), ("Cooks", 2), ("Tuition", 3)], [1, 3], 1, 0),
        ([("Teachers", 1), ("Teachers", 1), ("Tuition", 3)], [1, 3], 0, 1),
    ],
)
def test_json__each_row_of_a_record_is_refused_or_repeated_for_itself(tmp_path, entries, landed, rejected, duplicate):
    mapping = LINES_OF_A_DISTRICT.replace("csv", "json") + "json: {explode: rows}\n"
    for name in ("category", "amount"):
        mapping = mapping.replace(f"heading: {name}", f"heading: rows.{name}")
    little = load_little(tmp_path, **{"mappings/lines.yaml": mapping})
    record = {"item": "Classroom", "rows": [{"category": category, "amount": amount} for category, amount in entries]}
    reading = read(little, tmp_path, "00010000/lines_2020.json", json.dumps([record]), row_by_row=True)
    assert (reading.rows_landed, reading.rows_rejected, reading.rows_duplicate) == (len(landed), rejected, duplicate)
    assert sorted(reading.table["amount_usd"].to_pylist()) == landed
    assert [reject.line for reject in reading.rejects] == [2] * rejected


def test_json__a_heading_that_no_record_has_is_missing(tmp_path):
    sheet = read_text(tmp_path, '{"code": "1"}\n', json=LINES)
    assert sheet.headings == ("code", "")


@pytest.mark.parametrize(
    ("text", "records", "line", "words"),
    [
        ('{"code": 1}\n{"code": 2,\n', "", 2, "line 2 is no record of JSON"),
        ('{"code": 1}\n[1]\n', "", 2, "is no object"),
        ('{"code": NaN}\n', "", 1, "is no record"),
        ('{"code": 1e99999999999999999999}\n', "", 1, "is no record"),
        ('{"code": 1, "code": 2}\n', "", 1, "a key stands twice"),
        ('[{"code": 1, "code": 2}]', "", 1, "a key stands twice"),
        ('{"code": [1]}\n', "", 1, "'code' is a list"),
        ('{"code": "a\\u0000b"}\n', "", 1, "characters that are no text"),
        ('{"code": "\\ud800"}\n', "", 1, "characters that are no text"),
        ('[{"code": 1}, {"code"', "", 2, "cut off after 1 records"),
        ('{"d": [{"code": 1}, 3]}', "d", 2, "is no object"),
        ('{"a.b": 1, "a": {"b": 2}}\n', "", 1, "the same heading"),
        ('{"a":' * 30 + "1" + "}" * 30, "", 1, "more than 20 levels"),
        ("[" * 100_000, "", 1, "more than 40 levels"),
        ('{"a":' * 100_000, "", 1, "is no record"),
        (b'{"code": "caf\xe9"}\n', "", 1, "not in the encoding utf-8"),
    ],
)
def test_json__what_is_damaged_is_refused_by_line(tmp_path, text, records, line, words):
    found, message = refuse(tmp_path, text, json=JsonRecords(records=records))
    assert words in message
    assert found == line


def test_json__that_no_mapping_asks_for_is_named(tmp_path):
    for text in ('{"code": 1}', '[{"code": 1}]'):
        assert refuse(tmp_path, text) == (1, "the file is a JSON document, not a table")
