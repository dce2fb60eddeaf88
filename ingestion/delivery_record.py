"""What is kept of a delivery beside its rows: its sidecar, from which the ledger can be written anew.

Belongs here: the record of a delivery, its slots, what was refused and what each rule found. Does not belong here:
writing it (``sidecars.py``, ``ledger.py``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ingestion.identities import RULE as IDENTITY_RULE
from ingestion.ledger import utc_now
from ingestion.rows_to_land import NAME

if TYPE_CHECKING:
    from ingestion.findings import Finding, Reading
    from ingestion.landing import Slot


def describe_delivery(reading: Reading, delivery_id: str, slots: Sequence[Slot], key_id: str) -> dict[str, Any]:
    """The delivery's sidecar: all that the ledger keeps of it."""
    delivery = {
        "delivery_id": delivery_id,
        "sender": reading.sender,
        "contract": reading.contract.name,
        "extract": reading.extract,
        "domain": reading.domain,
        "mapping_id": reading.mapping.mapping_id,
        "mapping_hash": reading.mapping.content_hash,
        "contract_version": reading.contract.version,
        "key_id": key_id,
        "received_at": utc_now(),
    }
    copied = ("file_name", "file_sha256", "school_year", "vintage", "data_through", "state", "content")
    counts = ("rows_in", "rows_landed", "rows_rejected", "rows_duplicate", "rows_ignored")
    delivery |= {name: getattr(reading, name) for name in (*copied, *counts)}
    rejects = [
        {"delivery_id": delivery_id, "line": r.line, "column_name": r.column, "rule_id": r.rule_id, "reason": r.reason}
        for r in reading.rejects
    ]
    results = [_rule_result(reading, delivery_id, finding) for finding in reading.findings]
    results += _identity_results(reading, delivery_id)
    landed = [{"delivery_id": delivery_id, **vars(slot)} for slot in slots]
    return {"delivery": delivery, "slots": landed, "rejects": rejects, "rule_results": results}


def _rule_result(reading: Reading, delivery_id: str, finding: Finding) -> dict[str, Any]:
    """A finding as a result of door 1; one that refused something failed."""
    return {
        "door": 1,
        "subject": delivery_id,
        "rule_id": finding.rule_id,
        "scope": finding.scope,
        "domain": reading.domain,
        "school_year": reading.school_year,
        "n_checked": finding.n_checked,
        "n_failed": finding.n_failed,
        "status": "failed" if finding.severity == "error" else "passed",
        **_told(finding),
    }


def _told(finding: Finding) -> dict[str, Any]:
    """What somebody should read of a finding: nothing, where nothing was found."""
    told = {"severity": finding.severity}
    if finding.severity == "passed":
        return told
    place = {"line": finding.line, "column_name": finding.column}
    return told | place | {"message": finding.message, "what_to_do": finding.what_to_do}


def _identity_results(reading: Reading, delivery_id: str) -> list[dict[str, Any]]:
    """One failed result of door 1 for each district with a row that breaks its own identity (rule I01)."""
    failed = Counter(failure.district_id for failure in reading.identity_failures)
    counted = f"select district_id, count(distinct source_line) from {NAME} group by district_id"
    rows = dict(reading.rows.query(counted)) if failed else {}
    common = {"door": 1, "subject": delivery_id, "rule_id": IDENTITY_RULE, "scope": "district", "status": "failed"}
    common |= {"domain": reading.domain, "school_year": reading.school_year}
    return [
        common | {"district_id": district_id, "n_checked": rows.get(district_id, 0), "n_failed": n_failed}
        for district_id, n_failed in sorted(failed.items())
    ]
