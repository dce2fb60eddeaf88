"""Texts of other people's files are shown, not obeyed."""

import pytest

from reporting.plain_text import add_up, clean, count, list_some, show, spreadsheet_cell


def test_clean__puts_a_text_on_one_line_without_control_characters() -> None:
    assert clean("Total\r\nIn-District") == "Total In-District"
    assert clean("a\x1b[31mb\u202ec") == "a\N{REPLACEMENT CHARACTER}[31mb\N{REPLACEMENT CHARACTER}c"
    assert clean(None) == ""
    assert clean(0) == "0"


def test_show__reads_no_markup() -> None:
    assert show("[red]x[/red]").plain == "[red]x[/red]"
    assert not show("[red]x[/red]").spans


def test_add_up__shows_an_equation_that_does_not_hold() -> None:
    assert add_up(1200, 1190, 9, 1) == "1,200 in = 1,190 landed + 9 rejected + 1 duplicate"
    assert add_up(10, 5, 1, 1) == "10 in ≠ 5 landed + 1 rejected + 1 duplicate"


def test_count__and_list_some() -> None:
    assert [count(0, "row"), count(1, "row"), count(1234, "row")] == ["0 rows", "1 row", "1,234 rows"]
    assert list_some(["a", "b"], 2) == "a, b"
    assert list_some(["a", "b", "c"], 2) == "a, b and 1 more"


def test_add_up__tells_rows_about_something_else_behind_the_equation() -> None:
    assert add_up(10, 9, 1, 0, 3) == "10 in = 9 landed + 1 rejected + 0 duplicate, 3 about something else"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1"])
def test_spreadsheet_cell__is_no_formula(text: str) -> None:
    assert spreadsheet_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "School = 1", "1-2", "'=1"])
def test_spreadsheet_cell__leaves_other_texts(text: str) -> None:
    assert spreadsheet_cell(text) == text
