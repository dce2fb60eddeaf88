"""What removes landed bytes goes step by step, by a plan that is kept: what destroying and rekeying do alike.

Belongs here: the plan beside the certificate to be, a new release, the targets, and the certificate. Does not belong
here: which steps there are (``destruction``, ``rekeying``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import metadata
from pathlib import Path
from typing import Any

from ingestion.collaborative import Collaborative
from ingestion.destroyed_slots import SlotOfDelivery
from ingestion.home import Home, write_atomically
from ingestion.ledger import Ledger, utc_now
from publishing import destruction as released
from publishing.release import current_release_id
from publishing.shelf import describe_release, release_ids
from publishing.targets.follow import find_leftovers, follow_current
from publishing.targets.words import TargetFault
from reporting.destruction_certificate import render_certificate
from schoolstat.errors import DestructionStopped

PLAN, CERTIFICATE, PAGE = "plan.json", "certificate.json", "certificate.html"
NOT_COPIED = 4

Plan = dict[str, Any]


@dataclass(frozen=True)
class Work:
    """All that steps need."""

    home: Home
    collaborative: Collaborative
    inbox: Path
    ledger: Ledger
    plan: Plan


Step = tuple[str, Callable[[Work], Plan]]


def run_steps(work: Work, steps: Sequence[Step]) -> Plan:
    """Do what the plan does not call done, in order; gives the certificate."""
    for name, step in steps:
        if name not in work.plan["done"]:
            told = step(work)
            work.plan["done"][name] = {"at": utc_now(), **told}
            keep_plan(work.home, work.plan)
    return _certify(work)


def keep_plan(home: Home, plan: Plan) -> None:
    """Write a plan, so that whatever ends the run, the next one goes on."""
    folder = home.certificates / plan["certificate_id"]
    folder.mkdir(parents=True, exist_ok=True)
    home.certificates.chmod(0o700)
    write_atomically(folder / PLAN, json.dumps(plan, indent=1, default=str) + "\n")


def drop_plan(home: Home, plan: Plan) -> None:
    """Forget a plan of which nothing was done."""
    folder = home.certificates / plan["certificate_id"]
    (folder / PLAN).unlink(missing_ok=True)
    folder.rmdir()


def unfinished_plans(home: Home) -> Iterator[Plan]:
    """Plans that were begun, and have no certificate yet."""
    for path in sorted(home.certificates.glob(f"*/{PLAN}")):
        if not path.with_name(CERTIFICATE).exists():
            yield json.loads(path.read_text(encoding="utf-8"))


def deliveries_gone(home: Home) -> set[str]:
    """Deliveries whose bytes were destroyed before, by the certificates."""
    told = (json.loads(path.read_text(encoding="utf-8")) for path in home.certificates.glob(f"*/{CERTIFICATE}"))
    deliveries = (row for each in told if each["what"] == "destroy" for row in each["deliveries"])
    return {row["delivery_id"] for row in deliveries if row["is_own"] or row["holds_people"]}


def next_id(home: Home, kind: str) -> str:
    """The name of the next certificate."""
    return f"{kind}-{1 + sum(1 for _ in home.certificates.glob('*/')):06d}"


def releases_with(home: Home, deliveries: Collection[str], holding: Collection[str] = ()) -> list[dict[str, str]]:
    """Releases that were made of any of these deliveries, and those named as ``holding`` rows, with their hashes."""
    made = released.releases_with(home, deliveries)
    names = [name for name in release_ids(home) if name in made or name in holding]
    return [{"release_id": name, "content_hash": describe_release(home, name).content_hash} for name in names]


def release_without(work: Work, slots: Collection[SlotOfDelivery]) -> Plan:
    """Run a night, whose release is made from an empty file and without these slots.

    Raises:
        DestructionStopped: it made none.
    """
    from schoolstat.refresh import run_night

    home = work.home
    if released.serves_any(home, work.ledger, slots):
        released.forget_released_build(home, work.ledger)
    summary, _ = run_night(home, work.collaborative.folder, work.inbox)
    if released.serves_any(home, work.ledger, slots):
        why = summary.reason or summary.outcome
        raise DestructionStopped(f"the night made no release without the rows that go: {why}")
    release_id = current_release_id(home)
    if release_id is None:
        return {"release_id": None}
    one = describe_release(home, release_id)
    return {"release_id": release_id, "build_id": one.build_id, "content_hash": one.content_hash}


def drop_releases(work: Work) -> Plan:
    """Remove the releases that the plan names, and all builds but the current release's."""
    dropped = [record["release_id"] for record in work.plan["releases"]]
    released.drop_releases(work.home, dropped)
    return {"releases": len(dropped), "builds": len(released.drop_builds(work.home, work.ledger))}


def clear_targets(work: Work) -> Plan:
    """Let each target follow, and look whether it holds anything of other releases still.

    Raises:
        DestructionStopped: one does, or does not answer.
    """
    home, settings = work.home, work.collaborative.targets
    outcomes = follow_current(home, settings, work.collaborative.id)
    failed = [f"{one.target}: {one.message}" for one in outcomes if one.outcome == "failed"]
    if failed:
        raise DestructionStopped("; ".join(failed), NOT_COPIED)
    try:
        left = {name: kept for name, kept in find_leftovers(settings, release_ids(home)).items() if kept}
    except TargetFault as fault:
        raise DestructionStopped(str(fault), NOT_COPIED) from None
    if left:
        named = "; ".join(f"{name} still holds {', '.join(kept[:3])}" for name, kept in left.items())
        raise DestructionStopped(f"{named}, as while somebody reads it", NOT_COPIED)
    return {one.target: one.release_id for one in outcomes}


def _certify(work: Work) -> Plan:
    """Write the certificate, the page first: where its JSON is, it is complete."""
    plan, home = work.plan, work.home
    done_at = utc_now()
    days = work.collaborative.agreement.backup_days
    told = {name: value for name, value in plan.items() if name != "done"}
    certificate = {
        **told,
        "completed_at": done_at,
        "steps": plan["done"],
        "schoolstat_version": metadata.version("schoolstat"),
        "backups": {
            "kept_days": days,
            "expire_on": (date.fromisoformat(done_at[:10]) + timedelta(days=days)).isoformat(),
            "agreement": work.collaborative.agreement.agreement,
        },
    }
    folder = home.certificates / plan["certificate_id"]
    write_atomically(folder / PAGE, render_certificate(certificate))
    write_atomically(folder / CERTIFICATE, json.dumps(certificate, indent=1, default=str) + "\n")
    (folder / PLAN).unlink()
    return certificate
