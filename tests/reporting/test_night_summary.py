"""The night's table says what is fresh, what is held and why, and where to look."""

import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

from reporting.held import HeldLine
from reporting.night_summary import (
    LISTED,
    DoorLine,
    FileLine,
    NightSummary,
    RestatedLine,
    build_record,
    build_renderable,
)

RELEASED = NightSummary(
    collaborative="[bold]Demo[/bold] collaborative",
    outcome="released",
    rows_in=96,
    rows_landed=95,
    rows_rejected=1,
    n_districts_fresh=10,
    held=(HeldLine("90030000", "finance", 2017, "F05", "2026-11-22", "the ten functions do not add up to the total"),),
    never_admitted=("90120000",),
    files=(
        FileLine("fy2017/functions.csv", "landed", 13, 12, 1, 0),
        FileLine("fy2017/enrolment.csv", "no_mapping"),
        FileLine("fy2020/old.xlsx", "unchanged", 12, 12, 0, 0),
        FileLine(
            "fy2020/bad.xlsx",
            "quarantined",
            12,
            0,
            12,
            0,
            finding="line 3: D02: gone",
            hint="schoolstat check bad.xlsx",
        ),
    ),
    doors=(DoorLine("door 1", "passed"), DoorLine("door 2", "failed", ("F05: 1 district",))),
    as_of="2020-06-30",
    restated=(RestatedLine(2019, {"SS.A03": 12, "SS.A01": 3}),),
    build_id="b1",
    release_id="r1",
    places=(("collaborative", "home/releases/r1/collaborative.duckdb"),),
    open_ui="schoolstat ui",
)


def printed(summary: NightSummary, width: int = 80) -> str:
    target = io.StringIO()
    Console(width=width, file=target, color_system=None).print(build_renderable(summary), crop=False)
    return target.getvalue()


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("width", [40, 80, 200])
def test_table__fits_and_loses_no_word(width: int) -> None:
    text = printed(RELEASED, width)
    assert max(len(line) for line in text.splitlines()) <= width
    for label in ("outcome", "districts", "held", "never admitted", "files", "rows", "door 1", "door 2", "release"):
        assert label in text
    assert "…" not in text


def test_table__says_everything_that_a_person_asks_for() -> None:
    text = squeezed(printed(RELEASED, 200))
    for words in (
        "[bold]Demo[/bold] collaborative",
        "released, as of 2020-06-30",
        "10 fresh, 1 held, 0 stale, 1 never admitted",
        "90030000 finance 2017: F05: the ten functions do not add up to the total",
        "4 files: 1 landed, 1 no mapping yet, 1 refused as a whole, 1 seen before",
        "fy2017/functions.csv: landed, rows 13 in = 12 landed + 1 rejected + 0 duplicate",
        "fy2020/bad.xlsx: refused as a whole, rows 12 in = 0 landed + 12 rejected + 0 duplicate",
        "line 3: D02: gone schoolstat check bad.xlsx",
        "no mapping yet: fy2017/enrolment.csv 1 other file: 1 seen before",
        "96 in = 95 landed + 1 rejected + 0 duplicate",
        "door 1 passed",
        "door 2 failed: F05: 1 district",
        "restated figures of 2019 restated: 15 (SS.A01, SS.A03)",
        "home/releases/r1/collaborative.duckdb",
        "To look at it: schoolstat ui",
    ):
        assert squeezed(words) in text


DEEP = "ma_dese_profiles/fy2017/district_expenditures_by_function_per_pupil_fy2017_and_a_name_that_does_not_end.csv"


@pytest.mark.parametrize("width", [40, 80])
def test_table__a_path_is_never_broken(width: int) -> None:
    """A broken path can be neither copied nor searched for."""
    files = tuple(FileLine(DEEP, outcome) for outcome in ("quarantined", "unreadable", "no_mapping"))
    summary = NightSummary("Demo", "released", files=files, places=(("for staff", f"/{DEEP}"),), open_ui=f"/{DEEP}")
    text = printed(summary, width)
    assert text.count(DEEP) == 5
    others = [line for line in text.splitlines() if DEEP not in line]
    assert max(map(len, others)) <= width


def test_table__a_file_that_could_not_be_read_says_why() -> None:
    files = (FileLine("locked.csv", "unreadable", message="it cannot be opened; let the operator read it"),)
    text = squeezed(printed(NightSummary("Demo", "released", files=files)))
    assert squeezed("locked.csv: could not be read: it cannot be opened; let the operator read it") in text
    assert "rows0in" not in text.split("locked.csv")[1].split("outcome")[0]


def test_table__files_without_a_problem_are_only_counted_and_the_table_comes_last() -> None:
    sound = [FileLine(f"sound_{number}.csv", "landed", 3, 3) for number in range(400)]
    old = [FileLine(f"old_{number}.csv", "unchanged", 3, 2, 1) for number in range(37)]
    files = (*sound, FileLine("partly.csv", "landed", 3, 2, 1), *old)
    earlier = (FileLine("earlier.csv", "quarantined", hint="schoolstat check earlier.csv"),)
    summary = NightSummary("Demo", "released", files=files, still_refused=earlier, release_id="r2", went_back_from="r3")
    text = printed(summary)
    assert "437 other files: 400 landed, 37 seen before" in text
    assert not any(words in text for words in ("sound_", "old_"))
    for words in ("partly.csv:", "3 in = 2 landed + 1 rejected", "earlier.csv:", "refused on an earlier night"):
        assert text.index(words) < text.index("outcome")
    assert "r2: gone back to by hand, from r3" in text.splitlines()[-2]
    assert len(text.splitlines()) < 30
    assert len(build_record(summary)["files"]) == len(files)


def test_table__a_rule_is_named_once() -> None:
    held = (HeldLine("90030000", "finance", 2017, "I01", "2026-11-22", "I01 failed: 1 of 1."),)
    text = squeezed(printed(NightSummary("Demo", "released", held=held)))
    assert squeezed("90030000 finance 2017: I01 failed: 1 of 1.") in text


def test_table__many_files_without_a_mapping_are_counted() -> None:
    files = tuple(FileLine(f"file_{number}.csv", "no_mapping") for number in range(LISTED + 3))
    text = printed(NightSummary("Demo", "released", files=files))
    assert (text.count(".csv"), "and 3 more" in text) == (LISTED, True)


def test_table__without_anything_new_says_so() -> None:
    text = printed(NightSummary("Demo", "nothing_to_build", reason="the same inputs are released already"))
    assert "nothing to build: the same inputs are released already" in text
    assert "none arrived" in text
    assert "none yet" in text
    assert "To look at it" not in text


def test_table__a_refused_night_says_why_and_that_the_last_release_stays() -> None:
    text = printed(NightSummary("Demo", "refused", reason="door 2: F05", release_id="r0"), 200)
    assert "refused; the last release stays: door 2: F05" in text
    assert "r0" in text


def test_table__lists_the_first_names_and_the_record_all() -> None:
    names = tuple(f"9{number:03}0000" for number in range(40))
    held = tuple(HeldLine(name, "finance", 2017, "Q03", "", "codes") for name in names)
    summary = NightSummary("Demo", "released", held=held, never_admitted=names, stale=names)
    text = printed(summary, 200)
    assert "40 held, 40 stale, 40 never admitted" in text
    assert text.count(f"and {40 - LISTED} more") == 3
    record = json.loads(json.dumps(build_record(summary)))
    assert (len(record["held"]), len(record["never_admitted"]), len(record["stale"])) == (40, 40, 40)


def test_record__is_json() -> None:
    record = json.loads(json.dumps(build_record(RELEASED)))
    assert record["outcome"] == "released"
    assert record["places"] == {"collaborative": "home/releases/r1/collaborative.duckdb"}
    assert record["doors"][1] == {"name": "door 2", "result": "failed", "messages": ["F05: 1 district"]}


def test_summary__names_every_waiver():
    waivers = ("1 finance 2026 Q02: waived until 2026-12-31 by Jo because moved", "2 F02: the waiver by Jo expired")
    text = squeezed(printed(replace(RELEASED, waivers=waivers), 200))
    assert all(squeezed(line) in text for line in waivers)
    assert "waivers" not in printed(RELEASED)
