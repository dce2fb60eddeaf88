"""``schoolstat destroy``: a district, or some of its school years, leaves the home for good.

Belongs here: the order of the steps, what is noted of each, and the certificate. Does not belong here: the steps
(``ingestion.destruction``, ``ingestion.forgetting``, ``publishing.destruction``).

What is to go is written down before the first step, in ``plan.json`` beside the certificate to be. Readers get a new
release without the district first, made from an empty file; then its bytes go. A run that was killed, or refused by a
door or a target, is taken up by the same command: what was done is in the plan.
"""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import metadata
from pathlib import Path
from typing import Any

from rich.text import Text

from ingestion import destruction as landed
from ingestion import forgetting
from ingestion.admission import destroy as mark_destroyed
from ingestion.collaborative import Collaborative
from ingestion.destroyed_slots import SlotOfDelivery, key_of, not_destroyed
from ingestion.destruction import Scope
from ingestion.home import Home, write_atomically
from ingestion.ledger import Ledger, open_ledger, utc_now
from ingestion.report_cards import outbox_of
from ingestion.yaml_document import ConfigurationError
from publishing import destruction as released
from publishing.release import current_release_id
from publishing.shelf import describe_release, release_ids
from publishing.targets.follow import find_leftovers, follow_current
from publishing.targets.words import TargetFault
from reporting.destruction_certificate import describe_plan, render_certificate
from schoolstat.configured import load_whole
from schoolstat.errors import DestructionStopped
from schoolstat.releases import Shown

PLAN, CERTIFICATE, PAGE = "plan.json", "certificate.json", "certificate.html"
NOT_COPIED = 4

Plan = dict[str, Any]


@dataclass(frozen=True)
class _Work:
    """All that the steps need."""

    home: Home
    collaborative: Collaborative
    inbox: Path
    ledger: Ledger
    scope: Scope
    plan: Plan

    @property
    def slots(self) -> list[SlotOfDelivery]:
        return [key_of({**slot, "district_id": self.scope.district_id}) for slot in self.plan["slots"]]

    @property
    def hashes(self) -> set[str]:
        return {record["sha256"] for record in self.plan["raw_files"]}


def look(home: Home, collaborative_folder: Path, inbox: Path, scope: Scope, reason: str) -> Shown:
    """What would go, and nothing done."""
    collaborative = _load(collaborative_folder, scope)
    with home.lock(), closing(open_ledger(home)) as ledger:
        plan = _unfinished(home, scope) or _make_plan(home, ledger, collaborative, inbox, scope, reason)
    return Shown(plan, Text(describe_plan(plan)))


def destroy(home: Home, collaborative_folder: Path, inbox: Path, scope: Scope, reason: str) -> Shown:
    """Destroy a district, or some of its school years, and write the certificate.

    Raises:
        ConfigurationError: the district is on the roster still, or nothing of it is here.
        DestructionStopped: a door or a target stands in the way.
        HomeBusy: another process is working on the home.
    """
    collaborative = _load(collaborative_folder, scope)
    with home.lock(), closing(open_ledger(home)) as ledger:
        plan = _unfinished(home, scope)
        if plan is None:
            plan = _make_plan(home, ledger, collaborative, inbox, scope, reason)
            _keep(home, plan)
        work = _Work(home, collaborative, inbox, ledger, scope, plan)
        for name, step in STEPS:
            if name not in plan["done"]:
                told = step(work)
                plan["done"][name] = {"at": utc_now(), **told}
                _keep(home, plan)
        certificate = _certify(work)
    folder = home.certificates / plan["certificate_id"]
    return Shown(certificate, Text(f"{describe_plan(plan)}\ndestroyed; the certificate: {folder / PAGE}"))


# What is to go


def _load(folder: Path, scope: Scope) -> Collaborative:
    collaborative = load_whole(folder)
    if not scope.school_years and scope.district_id in collaborative.district_ids:
        raise ConfigurationError(
            [
                f"{scope.district_id} is on the roster: take its row off districts.csv (and its schools' off "
                "schools.csv) first, else the next night lands its files again; for single school years give --year"
            ]
        )
    return collaborative


def _make_plan(
    home: Home, ledger: Ledger, collaborative: Collaborative, inbox: Path, scope: Scope, reason: str
) -> Plan:
    slots = not_destroyed(ledger, landed.list_slots(ledger, scope))
    deliveries = landed.list_deliveries(ledger, scope, slots)
    raw_files, raw_staying = landed.list_raw_files(home, deliveries)
    hashes = {record["sha256"] for record in raw_files}
    arrivals, archives = landed.list_arrivals(home, ledger, inbox, hashes)
    cards = landed.list_cards(home, outbox_of(home, collaborative), scope)
    if not (slots or raw_files or arrivals or cards):
        raise ConfigurationError([f"nothing of {scope.district_id} is in {home.path} that could be destroyed"])
    names = (*landed.OF_A_SLOT, "domain")
    return {
        "certificate_id": _next_id(home),
        "collaborative_id": collaborative.id,
        "district_id": scope.district_id,
        "school_years": list(scope.school_years),
        "reason": reason,
        "asked_by": getpass.getuser(),
        "asked_at": utc_now(),
        "slots": [{name: slot[name] for name in names} for slot in slots],
        "deliveries": deliveries,
        "raw_files": raw_files,
        "raw_files_staying": raw_staying,
        "arrivals": arrivals,
        "archives_to_remove_by_hand": archives,
        "cards": cards,
        "vault": forgetting.count_entries(home, scope),
        "releases": _releases_with(home, slots),
        "publications": released.count_secrets(home, scope),
        "done": {},
    }


def _releases_with(home: Home, slots: list[dict[str, Any]]) -> list[dict[str, str]]:
    names = released.releases_with(home, {slot["delivery_id"] for slot in slots})
    return [{"release_id": name, "content_hash": describe_release(home, name).content_hash} for name in names]


def _plans(home: Home) -> Iterator[Plan]:
    for path in sorted(home.certificates.glob(f"*/{PLAN}")):
        yield json.loads(path.read_text(encoding="utf-8"))


def _unfinished(home: Home, scope: Scope) -> Plan | None:
    """The plan of the same scope that was begun, and has no certificate yet."""
    for plan in _plans(home):
        is_same = (plan["district_id"], tuple(plan["school_years"])) == (scope.district_id, scope.school_years)
        if is_same and not (home.certificates / plan["certificate_id"] / CERTIFICATE).exists():
            return plan
    return None


def _next_id(home: Home) -> str:
    return f"destroyed-{1 + sum(1 for _ in home.certificates.glob('*/')):06d}"


def _keep(home: Home, plan: Plan) -> None:
    folder = home.certificates / plan["certificate_id"]
    folder.mkdir(parents=True, exist_ok=True)
    home.certificates.chmod(0o700)
    write_atomically(folder / PLAN, json.dumps(plan, indent=1, default=str) + "\n")


# The steps, each of which may be done again


def _take_from_inbox(work: _Work) -> Plan:
    landed.remove_arrivals(work.plan["arrivals"])
    return {"files": len(work.plan["arrivals"])}


def _stop_serving(work: _Work) -> Plan:
    slots = [{**slot, "district_id": work.scope.district_id} for slot in work.plan["slots"]]
    reason = landed.destroyed_reason(work.plan["certificate_id"])
    mark_destroyed(work.home, work.ledger, slots, f"{reason}: {work.plan['reason']}", work.plan["asked_by"])
    return {"slots": len(slots)}


def _release_without(work: _Work) -> Plan:
    """A night: what it releases is made from an empty file and of the others' deliveries."""
    from schoolstat.refresh import run_night

    home = work.home
    if released.serves_any(home, work.ledger, work.slots):
        released.forget_released_build(home, work.ledger)
    summary, _ = run_night(home, work.collaborative.folder, work.inbox)
    if released.serves_any(home, work.ledger, work.slots):
        why = summary.reason or summary.outcome
        raise DestructionStopped(f"the night made no release without the district: {why}")
    release_id = current_release_id(home)
    if release_id is None:
        return {"release_id": None}
    one = describe_release(home, release_id)
    return {"release_id": release_id, "build_id": one.build_id, "content_hash": one.content_hash}


def _drop_releases(work: _Work) -> Plan:
    dropped = [record["release_id"] for record in work.plan["releases"]]
    released.drop_releases(work.home, dropped)
    return {"releases": len(dropped), "builds": len(released.drop_builds(work.home, work.ledger))}


def _forget_secrets(work: _Work) -> Plan:
    released.forget_secrets(work.home, work.scope, work.plan["certificate_id"])
    return {"rows": sum(work.plan["publications"].values())}


def _remove_landed(work: _Work) -> Plan:
    landed.remove_landed(work.home, work.scope, work.plan["slots"])
    return {"slots": len(work.plan["slots"]), "rows": sum(slot["n_rows"] for slot in work.plan["slots"])}


def _remove_raw_files(work: _Work) -> Plan:
    landed.remove_raw_files(work.home, work.plan["raw_files"])
    return {"files": len(work.plan["raw_files"])}


def _forget_surrogates(work: _Work) -> Plan:
    return forgetting.forget(work.home, work.scope)


def _clear_ledger(work: _Work) -> Plan:
    landed.stub_sidecars(work.home, work.scope, work.plan["deliveries"])
    landed.remove_ledger_rows(work.ledger, work.scope, work.plan["deliveries"], work.hashes)
    return {}


def _remove_cards(work: _Work) -> Plan:
    landed.remove_cards(work.home, work.scope, work.plan["cards"])
    return {"files": sum(card["files"] for card in work.plan["cards"])}


def _forget_runs(work: _Work) -> Plan:
    from orchestration.run_records import forget_runs

    n_files = forget_runs(work.home)
    released.drop_configurations(work.home, work.ledger)
    return {"files": n_files}


def _clear_targets(work: _Work) -> Plan:
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


def _search(work: _Work) -> Plan:
    """Look into every file: what is found must be figures that others have seen."""
    found = released.find_rows(work.home, work.scope)
    shown, unexpected = released.tell_published(found)
    left = [*landed.find_landed(work.home, work.scope), *unexpected]
    if left:
        raise DestructionStopped(f"rows are left in {len(left)} places: {', '.join(left[:5])}")
    return {"published_rows": shown, "figures": released.count_figures(work.home, work.scope)}


STEPS: tuple[tuple[str, Callable[[_Work], Plan]], ...] = (
    ("inbox", _take_from_inbox),
    ("admissions", _stop_serving),
    ("release", _release_without),
    ("releases", _drop_releases),
    ("publications", _forget_secrets),
    ("landing", _remove_landed),
    ("archive", _remove_raw_files),
    ("vault", _forget_surrogates),
    ("ledger", _clear_ledger),
    ("cards", _remove_cards),
    ("runs", _forget_runs),
    ("targets", _clear_targets),
    ("search", _search),
)


# The certificate


def _certify(work: _Work) -> Plan:
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
