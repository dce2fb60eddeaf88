"""Nights with a waived failure, and with rules that became stricter: what is released stands or is left out, by its
rule, and nobody else loses the night."""

import shutil
from dataclasses import replace
from decimal import Decimal

import pytest

from ingestion.ledger import open_ledger
from synthetic.made_up_spending import DETAILED_DISTRICT
from synthetic.state_files import LINE_ITEMS_FILE
from tests.end_to_end.house import DEMO

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
STRICT = DEMO / "thresholds.csv"
LOOSE = 'component_sum_tolerance_per_pupil,0.001,"ours for a while"\n'
JUNIPER = "90090000"
FIGURES = """
select district_id, school_year, metric_id, variant, breakdown, value
from mart_metric_value
where basis = 'reported'
order by all
"""
WORDS = "by Jo Clerk because An amended report is under way."


def double_line_items(house):
    """Lines that do not come to the total that the state prints."""
    path = house.inbox / LINE_ITEMS_FILE
    head, *rows = [line.rsplit(",", 1) for line in path.read_text(encoding="utf-8").splitlines()]
    doubled = [f"{before},{2 * Decimal(amount)}" for before, amount in rows]
    path.write_text("\n".join([",".join(head), *doubled]) + "\n", encoding="utf-8")


def waive_cedar(house, tmp_path):
    """A collaborative that waives F02 for Cedar, and lets functions miss their total a little, as another's do."""
    folder = shutil.copytree(house.collaborative, tmp_path / "demo")
    for lender in ("massachusetts", "template"):
        (tmp_path / lender).symlink_to(house.collaborative.parent / lender)
    (folder / "waivers.yaml").write_text(WAIVER, encoding="utf-8")
    double_line_items(house)
    house.change_functions({("9009", "Teachers"): Decimal("0.0001")})
    (folder / "thresholds.csv").write_text(STRICT.read_text(encoding="utf-8") + LOOSE, encoding="utf-8")
    return replace(house, collaborative=folder)


def test_a_waiver__lets_a_district_through_door_2_and_costs_no_night_when_it_ends(house, tmp_path):
    house = waive_cedar(house, tmp_path)
    folder = house.collaborative
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

    (folder / "waivers.yaml").unlink()
    summary, code = house.refresh()
    assert (summary.outcome, code, summary.held, summary.waivers) == ("released", 0, (), ())
    (told,) = summary.doors[1].messages
    assert told.startswith(f"F02 failed in {CEDAR} (")
    assert "it stands in the last release, where the rule did not hold it" in told

    (folder / "waivers.yaml").write_text(WAIVER, encoding="utf-8")
    (folder / "thresholds.csv").write_text(STRICT.read_text(encoding="utf-8"), encoding="utf-8")
    before = house.served(FIGURES)
    summary, code = house.refresh()
    assert (summary.outcome, code, summary.doors[1].messages) == ("released", 0, ())
    (left,) = summary.held
    assert (left.district_id, left.domain, left.school_year, left.rule_id) == (JUNIPER, "finance", 2017, "F05")
    assert left.reason.startswith("Left out, as what was released fails now")
    assert house.served(FIGURES) == [row for row in before if row[:2] != (JUNIPER, 2017)] != before
    where = f"where district_id = '{JUNIPER}' and domain = 'finance' and school_year = 2017"
    assert house.served(f"select state, is_held, held_rule from dim_delivery_status {where}") == [
        ("never_admitted", True, "F05")
    ]

    (folder / "thresholds.csv").write_text(STRICT.read_text(encoding="utf-8") + LOOSE, encoding="utf-8")
    summary, code = house.refresh()
    assert (summary.outcome, code, summary.held) == ("released", 0, ())
    assert house.served(FIGURES) == before
