"""A sender learns what arrived, what is wrong, where, and what to do."""

import io
import json
from types import SimpleNamespace

import pytest
from rich.console import Console

from reporting.check_report import (
    REFUSED_ROWS_SHOWN,
    CheckedFile,
    FindingLine,
    RefusedRow,
    build_record,
    build_renderable,
    describe_reading,
    render_lines,
)

PASSED = FindingLine("Q01", "passed", None, "", "327 rows", "", 327, 0)
HEADING = FindingLine(
    "D02", "error", 1, "Total\rSpending", "the heading is missing", "send it with all headings", 17, 1
)
UNKNOWN = RefusedRow(9, "LEA", "Q04", "the code is not on the roster; correct it or ask for the district to be added")

COUNTS = ("rows_in", "rows_landed", "rows_rejected", "rows_duplicate", "rows_ignored")


def checked(**changes: object) -> CheckedFile:
    values: dict = {
        "relative_path": "fy2017/[bold]functions.csv",
        "outcome": "accepted_with_rejects",
        "mapping": "ma_ppe_by_function",
        "extract": "state_reported_measures.ma_ppe_by_function",
        "sender": "ma_dese",
        "school_year": 2017,
        "vintage": "2018",
        "rows_in": 327,
        "rows_landed": 326,
        "rows_rejected": 1,
        "findings": (PASSED,),
        "refused_rows": (UNKNOWN,),
    }
    return CheckedFile(**{**values, **changes})


def printed(files: list[CheckedFile], width: int) -> str:
    target = io.StringIO()
    Console(width=width, color_system=None, file=target).print(build_renderable(files))
    return target.getvalue()


def test_lines__say_what_arrived_and_where_each_row_was_refused() -> None:
    assert render_lines([checked()]) == [
        "fy2017/[bold]functions.csv: would land without the refused rows",
        "  read as state_reported_measures.ma_ppe_by_function (mapping ma_ppe_by_function) from ma_dese, "
        "school year 2017, vintage 2018",
        "  rows: 327 in = 326 landed + 1 rejected + 0 duplicate",
        "  fy2017/[bold]functions.csv:9:LEA: Q04: the code is not on the roster; correct it or ask for the district "
        "to be added",
        "  1 check passed",
    ]


def test_lines__say_which_rule_refused_the_file_and_what_to_do() -> None:
    lines = render_lines([checked(outcome="quarantined", findings=(PASSED, HEADING), refused_rows=())])
    assert lines[0].endswith(": would be refused as a whole")
    assert lines[3:] == [
        "  fy2017/[bold]functions.csv:1:Total Spending: error D02: the heading is missing (1 of 17)",
        "    what to do: send it with all headings",
    ]


def test_lines__a_file_without_mapping_says_only_that() -> None:
    lines = render_lines([CheckedFile("notes.txt", "no_mapping")])
    assert lines == [
        "notes.txt: no mapping yet: nothing would happen",
        "  what to do: check the file's name, or ask for a mapping for this report",
    ]


def test_lines__many_refused_rows_are_counted_and_the_record_holds_them_all() -> None:
    rows = tuple(RefusedRow(line, "LEA", "Q03", "four digits are needed") for line in range(2, 40))
    file = checked(rows_landed=289, rows_rejected=38, refused_rows=rows)
    lines = render_lines([file])
    assert sum(": Q03: " in line for line in lines) == REFUSED_ROWS_SHOWN
    assert "  and 18 more refusals; --json lists them all" in lines
    assert len(build_record([file])["files"][0]["refused_rows"]) == 38


@pytest.mark.parametrize("width", [80, 200])
def test_renderable__shows_the_same_words_at_any_width(width: int) -> None:
    files = [checked(), checked(outcome="quarantined", findings=(HEADING,))]
    text = printed(files, width)
    assert max(len(line) for line in text.splitlines()) <= width
    assert "".join(text.split()) == "".join("".join(render_lines(files)).split())


def test_record__is_json_with_counts_of_files() -> None:
    files = [checked(), checked(outcome="quarantined"), CheckedFile("notes.txt", "no_mapping")]
    record = json.loads(json.dumps(build_record(files)))
    assert (record["n_files"], record["n_refused"], record["n_without_mapping"]) == (3, 1, 1)
    assert record["files"][0]["findings"][0]["n_checked"] == 327
    assert record["files"][2]["verdict"] == "no mapping yet: nothing would happen"


def test_describe_reading__takes_over_what_was_found() -> None:
    reading = SimpleNamespace(
        **{name: getattr(checked(), name) for name in ("relative_path", "extract", "sender", "school_year", "vintage")},
        **{name: getattr(checked(), name) for name in COUNTS},
        mapping=SimpleNamespace(mapping_id="ma_ppe_by_function"),
        state="accepted_with_rejects",
        findings=(PASSED,),
        rejects=(UNKNOWN,),
    )
    assert describe_reading(reading) == checked()
