"""What is held or refused stays told on quiet nights, until something newer replaces it."""

import json
from datetime import date
from decimal import Decimal

import pytest

from synthetic.state_files import FUNCTIONS_FILE, LINE_ITEMS_FILE

pytestmark = pytest.mark.xdist_group("nights")

JUNIPER = "90090000"
JUNIPER_IS_OFF = {("9009", "Teachers"): Decimal("0.0001")}
"""Too small for the file's control totals, too large for rule F05."""


def test_status__names_a_held_district_after_a_night_with_nothing_new(house, schoolstat):
    house.change_functions(JUNIPER_IS_OFF)
    first, _ = house.refresh()
    quiet, _ = house.refresh()
    assert (first.outcome, quiet.outcome) == ("released", "nothing_to_build")
    assert quiet.held == first.held
    (told,) = json.loads(schoolstat("status", "--json").out)["held"]
    assert (told["district_id"], told["domain"], told["school_year"]) == (JUNIPER, "finance", 2017)
    assert "F05" in told["rule_id"]
    assert told["reason"]
    assert date.fromisoformat(told["since"])
    assert f"{JUNIPER} finance 2017" in schoolstat("status").out


def test_status__names_a_refused_file_until_a_sound_one_comes(house, schoolstat):
    path = house.inbox / FUNCTIONS_FILE
    sound = path.read_bytes()
    path.write_bytes(sound.replace(b"Teachers", b"Techers", 1))
    said = schoolstat("refresh", "--inbox", str(house.inbox))
    check = f"schoolstat check {path}"
    for words in ("refused as a whole", "D02: the column 'Teachers", check, "2 other files: 2 seen before"):
        assert words in said.out
    assert said.out.index(check) < said.out.index("outcome") < said.out.rindex(str(house.current()))
    house.refresh()
    for words in ("refused on an earlier night", "D02: the column 'Teachers", check):
        assert words in schoolstat("status").out
    assert json.loads(schoolstat("status", "--json").out)["still_refused"][0]["relative_path"] == FUNCTIONS_FILE
    path.write_bytes(sound.replace(b"\r", b"\n"))
    house.refresh()
    assert json.loads(schoolstat("status", "--json").out)["still_refused"] == []


def test_status__a_district_s_own_refused_file_holds_it(house, schoolstat):
    path = house.inbox / LINE_ITEMS_FILE
    heading, rest = path.read_text(encoding="utf-8").split("\n", 1)
    path.write_text(f"No Such Heading\n{rest}", encoding="utf-8")
    house.refresh()
    quiet, _ = house.refresh()
    assert [(line.district_id, line.domain) for line in quiet.held] == [("90030000", "finance")]
    assert "was refused as a whole" in quiet.held[0].reason
    assert heading


def test_status__says_that_somebody_went_back_by_hand(house, schoolstat):
    assert json.loads(schoolstat("status", "--json").out)["went_back_from"] is None
    first = house.current()
    house.move_line_items(Decimal("100.00"))
    house.refresh()
    second = house.current()
    schoolstat("releases", "rollback")
    assert f"{first}: gone back to by hand, from {second}" in schoolstat("status").out
    assert json.loads(schoolstat("status", "--json").out)["went_back_from"] == second
    schoolstat("releases", "rollback", second)
    assert "by hand" not in schoolstat("status").out
