"""I01 at door 1: rows that break their own identity hold their district, and nobody else."""

from expectations import doors
from expectations.admission_rules import _about_the_district
from expectations.doors import door_1
from expectations.rules import load_registry
from ingestion.admission import record_admissions
from ingestion.candidates import Candidate
from ingestion.findings import Finding, IdentityFailure
from tests.ingestion.small_deliveries import make_collaborative

DISTRICTS = tuple(f"{number:04d}0000" for number in range(1, 11))
READ = tuple(Finding(rule, "file", "passed", None, "", "as expected", "", 1, 0) for rule in ("D02", "Q01"))
SOUND = Finding("I01", "row", "passed", None, "Rate", "agrees", "", 10, 0)
BROKEN = Finding("I01", "row", "warning", 3, "Rate", "disagrees", "correct the rows", 10, 3)


def judge(place):
    verdicts = door_1(place.home, place.ledger, make_collaborative(*DISTRICTS))
    record_admissions(place.home, place.ledger, verdicts)
    return {verdict.district_id: verdict for verdict in verdicts}


def deliver(place, *broken, finding=BROKEN, **facts):
    failures = tuple(IdentityFailure(district, "rate", 3) for district in broken)
    amounts = {district: ["1.00", "2.00"] for district in DISTRICTS}
    return place.deliver(amounts, findings=(*READ, finding), identity_failures=failures, **facts)


def test_i01__three_bad_rows_hold_three_districts_and_nobody_else(place):
    bad = DISTRICTS[2:5]
    landed = deliver(place, *bad)
    verdicts = judge(place)
    assert {district for district, verdict in verdicts.items() if not verdict.admitted} == set(bad)
    held = verdicts[bad[0]]
    assert held.rule_id == "I01"
    assert held.reason.startswith("I01 failed: 1 of 2.")
    recorded = [row for row in place.ledger.rule_results(landed.delivery_id) if row["rule_id"] == "I01"]
    assert {row["district_id"] for row in recorded if row["status"] == "failed"} == set(bad)


def test_i01__a_file_whose_rows_agree_holds_nobody(place):
    deliver(place, finding=SOUND)
    assert all(verdict.admitted for verdict in judge(place).values())


def test_i01__a_fault_of_one_year_does_not_hold_another(place):
    """One file of two years, of which the ledger names the one at fault."""
    landed = deliver(place, DISTRICTS[0], school_year=2017)
    rows = place.ledger.rule_results(landed.delivery_id)
    judged = [
        _about_the_district(load_registry().rule("I01"), Candidate(DISTRICTS[0], "finance", year), _of_i01(rows))
        for year in (2017, 2018)
    ]
    assert [{row["status"] for row in found} for found in judged] == [{"failed"}, {"passed"}]


def _of_i01(rows):
    return [row for row in rows if row["rule_id"] == "I01"]


def test_i01__the_corrected_file_is_admitted(place):
    deliver(place, DISTRICTS[0])
    assert not judge(place)[DISTRICTS[0]].admitted
    deliver(place, finding=SOUND)
    assert judge(place)[DISTRICTS[0]].admitted


def test_i01__only_the_rule_in_the_registry_holds(place, monkeypatch):
    """The mutant: without its row in the registry the broken rows would be admitted."""
    registry = load_registry()
    fewer = tuple(rule for rule in registry.rules if rule.id != "I01")
    monkeypatch.setattr(doors, "load_registry", lambda: registry.model_copy(update={"rules": fewer}))
    deliver(place, DISTRICTS[0])
    assert judge(place)[DISTRICTS[0]].admitted
