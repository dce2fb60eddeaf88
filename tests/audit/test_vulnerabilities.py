"""The judge of known vulnerabilities: what nobody accepts today is a fault, and so is what nobody reports any more."""

import json
from datetime import date

import pytest

from tests.audit import vulnerabilities
from tests.audit.vulnerabilities import Accepted, judge, main

TODAY = date(2026, 3, 31)
NAMES = {"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"]}
REPORTED = [
    {"name": "some-package", "version": "1.0", "vulns": [NAMES]},
    {"name": "other", "version": "2", "vulns": []},
]
UNASKED = [{"name": "some-package", "skip_reason": "no network"}]


def accept(package="Some_Package", known_as="CVE-2026-1", until=TODAY):
    return Accepted(package, known_as, "we never call it", "a founder", until)


@pytest.mark.parametrize(
    ("accepted", "said"),
    [
        ([], ["mend it"]),
        ([accept()], []),
        ([accept(known_as="PYSEC-2026-1")], []),
        ([accept(until=date(2026, 3, 30))], ["accepted until 2026-03-30 and not longer"]),
        ([accept(until=date(2026, 3, 30)), accept()], []),
        ([accept(package="other")], ["mend it", "nobody reports it"]),
        ([accept(), accept(known_as="CVE-2026-2")], ["nobody reports it"]),
    ],
)
def test_judge__what_is_accepted_holds_for_that_package_and_id_until_its_day(accepted, said):
    faults = judge(REPORTED, accepted, TODAY)
    assert len(faults) == len(said)
    assert all(words in fault for words, fault in zip(said, faults, strict=True))


def test_judge__where_nothing_could_be_asked_nothing_is_out_of_date():
    assert judge(UNASKED, [accept()], TODAY) == []


@pytest.mark.parametrize(("offline", "ends_with"), [("", 1), ("1", 0)])
def test_main__ends_with_a_fault_where_nothing_could_be_asked_unless_told(tmp_path, monkeypatch, offline, ends_with):
    said = tmp_path / "said.json"
    said.write_text(json.dumps({"dependencies": UNASKED}), encoding="utf-8")
    monkeypatch.setenv("AUDIT_OFFLINE", offline)
    assert main([str(said)]) == ends_with


def test_read__every_entry_says_why_who_and_until_when(tmp_path, monkeypatch):
    listed = tmp_path / "vulnerabilities.yaml"
    entry = "{package: duckdb, id: CVE-1, why: not called, who: us, until: 2026-12-31}"
    listed.write_text(f"accepted: [{entry}]", encoding="utf-8")
    assert Accepted.read(listed)[0].until == date(2026, 12, 31)
    listed.write_text("accepted: [{package: duckdb, id: CVE-1}]", encoding="utf-8")
    with pytest.raises(TypeError, match="why"):
        Accepted.read(listed)
    assert all(entry.why and entry.who for entry in Accepted.read(vulnerabilities.ACCEPTED))
