"""A night with a waived failure: the district is released, every report says so, and it stands so once it expired."""

import shutil
from dataclasses import replace
from decimal import Decimal

import pytest

from ingestion.ledger import open_ledger
from synthetic.made_up_spending import DETAILED_DISTRICT
from synthetic.state_files import LINE_ITEMS_FILE

pytestmark = pytest.mark.xdist_group("nights")

CEDAR = DETAILED_DISTRICT.code + "0000"
WAIVER = f"""waivers:
  - rule: F02
    district: "{CEDAR}"
    reason: An amended report is under way.
    granted_by: Jo Clerk
    granted_on: 2020-01-01
    expires_on: 2999-12-31
"""
WORDS = "by Jo Clerk because An amended report is under way."


def double_line_items(house):
    """Lines that do not come to the total that the state prints."""
    path = house.inbox / LINE_ITEMS_FILE
    head, *rows = [line.rsplit(",", 1) for line in path.read_text(encoding="utf-8").splitlines()]
    doubled = [f"{before},{2 * Decimal(amount)}" for before, amount in rows]
    path.write_text("\n".join([",".join(head), *doubled]) + "\n", encoding="utf-8")


def test_a_waiver__lets_a_district_through_door_2_and_costs_no_night_when_it_expires(house, tmp_path):
    folder = shutil.copytree(house.collaborative, tmp_path / "demo")
    for lender in ("massachusetts", "template"):
        (tmp_path / lender).symlink_to(house.collaborative.parent / lender)
    house = replace(house, collaborative=folder)
    (folder / "waivers.yaml").write_text(WAIVER, encoding="utf-8")
    double_line_items(house)
    summary, code = house.refresh()
    assert (summary.outcome, code, summary.held) == ("released", 0, ())
    assert summary.waivers == (f"{CEDAR} F02: waived until 2999-12-31 {WORDS}",)
    ledger = open_ledger(house.home)
    results = [row for row in ledger.rule_results(house.build_id()) if row["status"] == "waived"]
    ledger.close()
    (waived,) = [row for row in results if row["rule_id"] == "F02"]
    assert (waived["district_id"], waived["n_failed"] > 0) == (CEDAR, True)
    assert waived["message"].endswith(f"; waived until 2999-12-31 {WORDS}")
    page = (house.home.path / "quality" / "index.html").read_text(encoding="utf-8")
    assert f"{CEDAR} F02: waived until 2999-12-31 {WORDS}" in page

    (folder / "waivers.yaml").write_text(WAIVER.replace("2999", "2020"), encoding="utf-8")
    summary, code = house.refresh()
    assert (summary.outcome, code, summary.held) == ("released", 0, ())
    over = f"the waiver {WORDS[:-1]}. expired on 2020-12-31"
    assert summary.waivers == (f"{CEDAR} F02: {over}",)
    page = (house.home.path / "quality" / "index.html").read_text(encoding="utf-8")
    assert f"{over}; it stands in the last release as it was waived then" in page
