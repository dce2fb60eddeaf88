"""What a refusal asks for, in words that a clerk can act on."""

import pytest

from ingestion import refusals
from tests.ingestion.delivered_files import LINES, RATES, RATES_ROWS, load_little, read


@pytest.mark.parametrize(("found", "word"), [(";", "semicolon"), ("\t", "tab"), ("|", "pipe")])
def test_another_separator_is_named_with_what_to_write(tmp_path, found, word):
    little = load_little(tmp_path / "collaborative")
    rows = [row.replace('"', "").replace(",", found) for row in RATES_ROWS]
    reading = read(little, tmp_path / "inbox", "rates_2020.csv", rows)
    assert reading.state == "quarantined"
    fault = reading.problems[0]
    assert fault.message == f"the cells are separated by a {word}, where the mapping expects a comma"
    assert "'delimiter: \"" in fault.what_to_do


def test_a_sign_and_commas_that_are_not_declared_are_named(tmp_path):
    plain = RATES.replace(", thousands: ','}\n  dollars", "}\n  dollars").replace("symbols: $, thousands: ','", "")
    little = load_little(tmp_path / "collaborative", **{"mappings/rates.yaml": plain})
    reading = read(little, tmp_path / "inbox", "rates_2020.csv", RATES_ROWS)
    reasons = {reject.column: reject.reason for reject in reading.rejects}
    assert "a sign such as $ (symbols) and commas of thousands (thousands) must be declared" in reasons["Dollars"]
    assert "write it as -1234.50" in reasons["Dollars"]


def test_an_unknown_text_is_told_those_that_are_known(tmp_path):
    little = load_little(tmp_path / "collaborative", **{"mappings/lines.yaml": LINES})
    rows = ["category,item,amount", "Teachers,A,1", "Zoo,B,1"]
    reading = read(little, tmp_path / "inbox", "00010000/lines_2020.csv", rows)
    (reject,) = reading.rejects
    assert "knows (Teachers, Tuition); correct it, or add it to the mapping's codes" in reject.reason


def test_of_very_many_refused_rows_all_are_counted_and_the_first_are_listed(tmp_path, monkeypatch):
    monkeypatch.setattr(refusals, "MOST_LISTED", 3)
    little = load_little(tmp_path / "collaborative")
    rows = ["category,item,amount", *(f"Zoo,{number},1" for number in range(5)), "Teachers,A,1"]
    reading = read(little, tmp_path / "inbox", "00010000/lines_2020.csv", rows, row_by_row=True)
    assert (reading.rows_in, reading.rows_landed, reading.rows_rejected) == (6, 1, 5)
    assert [reject.line for reject in reading.rejects] == [2, 3, 4]
    (finding,) = [finding for finding in reading.problems if finding.scope == "row"]
    assert (finding.n_failed, finding.line) == (5, 2)
    assert "the first 3 are listed" in finding.message
