"""The quality page: what each night found by rule and district, what stands, and nothing that a browser fetches."""

import json
import re
from dataclasses import replace
from datetime import date

import pytest

from expectations.quality_history import begin_night, follow, read_history
from expectations.quality_page import gather_now, page_path, write_quality_page
from expectations.rules import load_registry
from ingestion.night_record import start_night
from ingestion.waivers import Waiver
from schoolstat import quality
from tests.ingestion.small_deliveries import make_collaborative

ONE, TWO = "00010000", "00020000"
REASON = "<script>alert(1)</script> & more"
TERM = {"granted_on": date(2026, 1, 1), "expires_on": date(2026, 12, 31)}
WAIVED = Waiver(rule="F02", district=TWO, reason=REASON, granted_by="Jo", **TERM)


@pytest.fixture
def collaborative(monkeypatch):
    monkeypatch.setattr("ingestion.collaborative.Collaborative.today", lambda _: date(2026, 10, 1))
    return replace(make_collaborative(ONE, TWO), waivers=(WAIVED,))


def result(rule_id, status, district=ONE, door=2, subject="build1", **facts):
    n_failed = int(status in ("failed", "waived"))
    counts = {"n_checked": 4, "n_failed": n_failed, "scope": "district"}
    return {
        "door": door,
        "subject": subject,
        "rule_id": rule_id,
        "status": status,
        "district_id": district,
        **counts,
    } | facts


def night(place, *rows, **record):
    begin_night(place.home, place.ledger)
    place.ledger.record_rule_results(rows)
    start_night(place.home, **record)


def standing(place, collaborative):
    page = gather_now(place.home, place.ledger, collaborative)
    return {(one.rule_id, one.who, one.domain): one.what for one in page.findings}


def test_history__counts_by_rule_and_district_and_what_only_warns_is_no_failure(place, collaborative):
    rows = [
        result("F02", "failed"),
        result("F02", "waived", TWO),
        result("Q09", "failed"),
        result("Q09", "passed", TWO),
        result("R01", "could_not_run", None),
        result("D01", "nothing_to_check", None),
    ]
    night(place, *rows, door_2={"result": "failed", "messages": []}, refused="door 2 refused the build")
    write_quality_page(place.home, place.ledger, collaborative)
    (found,) = read_history(place.home).nights
    assert found.rules == {
        "F02": {"failed": 1, "waived": 1},
        "Q09": {"warned": 1, "passed": 1},
        "R01": {"could_not_run": 1},
    }
    assert found.districts == {ONE: {"failed": 1, "warned": 1}, TWO: {"waived": 1, "passed": 1}}
    page = gather_now(place.home, place.ledger, collaborative)
    assert [(one.rule_id, one.what) for one in page.findings] == [
        ("R01", "could_not_run"), ("F02", "failed"), ("F02", "waived"), ("Q09", "warned")
    ]  # fmt: skip
    assert (page.nights[0].outcome, page.nights[0].reason) == ("refused", "door 2 refused the build")
    assert {line.district_id: line.found for line in page.districts} == {
        ONE: {"failed": ("F02",), "warned": ("Q09",)},
        TWO: {"waived": ("F02",)},
    }


def test_history__a_finding_stands_until_its_door_judges_another_build(place, collaborative):
    night(place, result("F02", "failed"), result("M03", "failed", None, door=3))
    write_quality_page(place.home, place.ledger, collaborative)
    night(place)
    write_quality_page(place.home, place.ledger, collaborative)
    assert standing(place, collaborative) == {("F02", ONE, ""): "failed", ("M03", "", ""): "failed"}
    night(place, result("F02", "failed", subject="build2"), result("F02", "passed", subject="build3"))
    write_quality_page(place.home, place.ledger, collaborative)
    assert standing(place, collaborative) == {("M03", "", ""): "failed"}
    marks = [mark.worst for mark in gather_now(place.home, place.ledger, collaborative).rules[0].trend]
    assert marks == ["nothing"] * 3
    trend = {
        rule.id: [mark.worst for mark in rule.trend]
        for rule in gather_now(place.home, place.ledger, collaborative).rules
    }
    assert trend["F02"] == ["passed", "nothing", "failed"]


def test_history__a_finding_of_door_1_stands_until_its_domain_and_year_are_judged_again(place, collaborative):
    about = {"door": 1, "subject": "delivery1", "school_year": 2017}
    night(place, result("Q04", "failed", domain="finance", **about), result("Q04", "failed", domain="student", **about))
    write_quality_page(place.home, place.ledger, collaborative)
    night(place, result("Q03", "passed", domain="finance", **about))
    write_quality_page(place.home, place.ledger, collaborative)
    assert standing(place, collaborative) == {("Q04", ONE, "student"): "failed"}


def test_history__begins_with_the_first_night_and_takes_each_result_once(place, collaborative):
    place.ledger.record_rule_results([result("F02", "failed", subject="long ago")])
    night(place, result("F04", "failed"))
    for _ in range(2):
        follow(place.home, place.ledger, load_registry(), {})
    assert [each.rules for each in read_history(place.home).nights] == [{"F04": {"failed": 1}}]
    assert standing(place, collaborative) == {("F04", ONE, ""): "failed"}


def test_page__fetches_nothing_runs_nothing_and_escapes_what_others_wrote(place, collaborative):
    told = "a file called <img src=http://elsewhere.example/x.png>\x1b[31m"
    night(place, result("F04", "failed", message=told), door_2={"result": "passed", "messages": []}, release_id="r1")
    text = write_quality_page(place.home, place.ledger, collaborative).read_text(encoding="utf-8")
    assert re.findall(r"<(?:script|img|link|iframe|object)\b", text) == []
    assert {link[0] for link in re.findall(r'<[^>]*\b(?:src|href)="([^"]*)"', text)} == {"#"}
    assert "default-src 'none'" in text and "\x1b" not in text
    assert "&lt;img src=http://elsewhere.example/x.png&gt;" in text
    assert "waived until 2026-12-31 by Jo because &lt;script&gt;" in text
    assert page_path(place.home).parent.stat().st_mode & 0o077 == 0
    for rule in load_registry().rules:
        assert f'<tr id="{rule.id}">' in text


def test_page__names_what_is_held_and_since_when(place, collaborative):
    landed = place.deliver({ONE: ["1.00"]})
    slot = place.ledger.slots(landed.delivery_id)[0]
    held = {"seq": 1, "batch_id": "b", "decision": "held", "rule_id": "Q02", "reason": "Q02 failed: half a file"}
    names = ("district_id", "extract", "school_year", "delivery_id")
    row = {name: slot[name] for name in names} | {
        "domain": "finance",
        "decided_by": "door_1",
        "decided_at": "2026-09-30T03",
    }
    place.ledger.record_admissions([row | held])
    (line,) = gather_now(place.home, place.ledger, collaborative).held
    assert (line.district_id, line.rule_id, line.since, line.reason) == (
        ONE,
        "Q02",
        "2026-09-30",
        "Q02 failed: half a file",
    )


def test_command__says_what_stands_and_where_the_page_lies(place, collaborative, monkeypatch):
    monkeypatch.setattr(quality, "load_whole", lambda _: collaborative)
    night(place, result("F04", "failed"))
    path = write_quality_page(place.home, place.ledger, collaborative)
    shown = quality.show_quality(place.home, place.home.path)
    content = json.loads(json.dumps(shown.to_dict(), default=str))
    assert (content["page"], [one["rule_id"] for one in content["findings"]]) == (str(path), ["F04"])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('{"last_id"', '{"last'),
        ('"last_id"', '"last_seen"'),
        ('"began_at"', '"started_at"'),
        ('"n_failed":1', '"failures":1'),
    ],
)
def test_history__what_cannot_be_read_is_kept_beside_and_begins_anew(place, collaborative, caplog, old, new):
    night(place, result("F02", "failed"))
    write_quality_page(place.home, place.ledger, collaborative)
    path = place.home.path / "quality" / "history.json"
    broken = path.read_text(encoding="utf-8").replace(old, new)
    path.write_text(broken, encoding="utf-8")
    night(place, result("F14", "failed", TWO, subject="build2"))
    write_quality_page(place.home, place.ledger, collaborative)
    (found,) = read_history(place.home).nights
    assert found.rules == {"F14": {"failed": 1}}
    (aside,) = path.parent.glob("history-*.broken.json")
    assert aside.read_text(encoding="utf-8") == broken
    assert aside.name in caplog.text
