"""``schoolstat destroy``: a district, or some of its school years, leaves the home for good.

Belongs here: the order of the steps, what is noted of each, and the certificate. Does not belong here: the steps
(``ingestion.destruction``, ``ingestion.forgetting``, ``publishing.destruction``).

What is to go is written down before the first step, in ``plan.json`` beside the certificate to be. Readers get a new
release without the district first, made from an empty file; then its bytes go. A run that was killed, or refused by a
door or a target, is taken up by the same command: what was done is in the plan.
"""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from rich.text import Text

from ingestion import arrivals_to_destroy as arrived
from ingestion import destruction as landed
from ingestion import forgetting
from ingestion.admission import destroy as mark_destroyed
from ingestion.collaborative import Collaborative
from ingestion.destroyed_slots import SlotOfDelivery, key_of, not_destroyed
from ingestion.destruction import Scope
from ingestion.home import Home
from ingestion.ledger import Ledger, Row, open_ledger, utc_now
from ingestion.report_cards import outbox_of
from ingestion.sources.configuration import SqlSource
from ingestion.yaml_document import ConfigurationError
from publishing import destruction as released
from reporting.destruction_certificate import describe_plan
from schoolstat.configured import load_whole
from schoolstat.errors import DestructionStopped
from schoolstat.releases import Shown
from schoolstat.removals import (
    PAGE,
    Plan,
    Step,
    Work,
    clear_targets,
    deliveries_gone,
    drop_releases,
    keep_plan,
    next_id,
    release_without,
    releases_with,
    run_steps,
    unfinished_plans,
)

OF_A_SLOT = (*landed.OF_A_SLOT, "domain")


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
        begun = _unfinished(home, scope)
        plan = begun or _make_plan(home, ledger, collaborative, inbox, scope, reason)
        work = Work(home, collaborative, inbox, ledger, plan)
        if begun and _take_up_late(work):
            plan["done"] = {}
        keep_plan(home, plan)
        certificate = run_steps(work, STEPS)
    folder = home.certificates / plan["certificate_id"]
    return Shown(certificate, Text(f"{describe_plan(plan)}\ndestroyed; the certificate: {folder / PAGE}"))


# What is to go


def _load(folder: Path, scope: Scope) -> Collaborative:
    collaborative = load_whole(folder)
    if not scope.district_id.isalnum() or scope.district_id in {sender.sender_id for sender in collaborative.senders}:
        raise ConfigurationError([f"{scope.district_id!r} is no district's id: those are of letters and digits only"])
    asking = sorted(
        f"{source.source}/{extract.extract}"
        for source in collaborative.sources
        if isinstance(source, SqlSource)
        for extract in source.extracts
        for part in extract.slices()
        if part.district_id == scope.district_id and scope.covers(part.school_year)
    )
    if asking:
        years = ", ".join(map(str, scope.school_years)) or "the district"
        raise ConfigurationError([f"sources.yaml still asks for {years} in {', '.join(asking)}: take it out first"])
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
    ids = landed.ids_that_go(ledger, scope, deliveries)
    raw_files, raw_staying = landed.list_raw_files(home, ledger, deliveries, ids, deliveries_gone(home))
    arrivals, archives = arrived.list_arrivals(home, ledger, inbox, ids)
    cards = landed.list_cards(home, outbox_of(home, collaborative), scope)
    holding = released.releases_holding(home, scope)
    releases = releases_with(home, {slot["delivery_id"] for slot in slots}, holding)
    if not (slots or raw_files or arrivals or cards or releases):
        raise ConfigurationError([f"nothing of {scope.district_id} is in {home.path} that could be destroyed"])
    plan = {
        "certificate_id": next_id(home, "destroyed"),
        "what": "destroy",
        "collaborative_id": collaborative.id,
        "district_id": scope.district_id,
        "school_years": list(scope.school_years),
        "reason": reason,
        "asked_by": getpass.getuser(),
        "asked_at": utc_now(),
        "slots": [{name: slot[name] for name in OF_A_SLOT} for slot in slots],
        "deliveries": deliveries,
        "raw_files": raw_files,
        "raw_files_staying": raw_staying,
        "arrivals": arrivals,
        "archives_to_remove_by_hand": archives,
        "cards": cards,
        "vault": forgetting.count_entries(home, scope),
        "releases": releases,
        "publications": released.count_secrets(home, scope),
        "done": {},
    }
    return plan | {"left_by_hand": arrived.list_left(home, ledger, inbox, scope, plan)}


def _unfinished(home: Home, scope: Scope) -> Plan | None:
    """The plan of the same scope that was begun, and has no certificate yet."""
    wanted = (scope.district_id, list(scope.school_years))
    same = (plan for plan in unfinished_plans(home) if (plan.get("district_id"), plan["school_years"]) == wanted)
    return next(same, None)


# The steps, each of which may be done again


def _scope(work: Work) -> Scope:
    return Scope(work.plan["district_id"], tuple(work.plan["school_years"]))


def _slots(work: Work) -> list[SlotOfDelivery]:
    return [key_of({**slot, "district_id": work.plan["district_id"]}) for slot in work.plan["slots"]]


def _take_from_inbox(work: Work) -> Plan:
    arrived.remove_arrivals(work.plan["arrivals"])
    return {"files": len(work.plan["arrivals"])}


def _stop_serving(work: Work) -> Plan:
    slots = [{**slot, "district_id": _scope(work).district_id} for slot in work.plan["slots"]]
    reason = landed.destroyed_reason(work.plan["certificate_id"])
    mark_destroyed(work.home, work.ledger, slots, f"{reason}: {work.plan['reason']}", work.plan["asked_by"])
    return {"slots": len(slots)}


def _release_without(work: Work) -> Plan:
    """A release without it; what that night itself landed of it goes too, by another one."""
    told = release_without(work, _slots(work))
    if _take_up_late(work):
        keep_plan(work.home, work.plan)
        _stop_serving(work)
        told = release_without(work, _slots(work))
    return told


def _forget_secrets(work: Work) -> Plan:
    released.forget_secrets(work.home, _scope(work), work.plan["certificate_id"])
    return {"rows": sum(work.plan["publications"].values())}


def _remove_landed(work: Work) -> Plan:
    landed.remove_landed(work.home, _scope(work), work.plan["slots"])
    return {"slots": len(work.plan["slots"]), "rows": sum(slot["n_rows"] for slot in work.plan["slots"])}


def _take_up_late(work: Work) -> bool:
    """Add to the plan what landed of the scope since it was made; gives whether anything did."""
    plan, known = work.plan, set(_slots(work))
    slots = not_destroyed(work.ledger, landed.list_slots(work.ledger, _scope(work)))
    late = [slot for slot in slots if key_of(slot) not in known]
    if late:
        plan["slots"] += [{name: slot[name] for name in OF_A_SLOT} for slot in late]
        _look_again(work, late)
        listed = {record["release_id"] for record in plan["releases"]}
        made = releases_with(work.home, {slot["delivery_id"] for slot in late})
        plan["releases"] += [record for record in made if record["release_id"] not in listed]
    return bool(late)


def _look_again(work: Work, late_slots: Sequence[Row] = ()) -> None:
    """Add to the plan what the night brought since it was made, and take from it what others need by now."""
    plan, scope = work.plan, _scope(work)
    known = {row["delivery_id"] for row in plan["deliveries"]}
    late = landed.list_deliveries(work.ledger, scope, late_slots)
    plan["deliveries"] += [row for row in late if row["delivery_id"] not in known]
    ids = landed.ids_that_go(work.ledger, scope, plan["deliveries"])
    going, staying = landed.list_raw_files(work.home, work.ledger, plan["deliveries"], ids, deliveries_gone(work.home))
    raw_files = {raw["path"]: raw for raw in (*plan["raw_files"], *going)}
    stays = {raw["path"] for raw in staying}
    plan["raw_files"] = [raw for path, raw in raw_files.items() if path not in stays]
    plan["raw_files_staying"] = staying
    arrivals, plan["archives_to_remove_by_hand"] = arrived.list_arrivals(work.home, work.ledger, work.inbox, ids)
    arrived.remove_arrivals(arrivals)
    listed = {each["path"] for each in plan["arrivals"]}
    plan["arrivals"] += [each for each in arrivals if each["path"] not in listed]


def _remove_raw_files(work: Work) -> Plan:
    _look_again(work)
    landed.remove_raw_files(work.home, work.plan["raw_files"])
    return {"files": len(work.plan["raw_files"])}


def _forget_surrogates(work: Work) -> Plan:
    return forgetting.forget(work.home, _scope(work))


def _clear_ledger(work: Work) -> Plan:
    landed.stub_sidecars(work.home, _scope(work), work.plan["deliveries"])
    landed.remove_ledger_rows(work.ledger, _scope(work), work.plan["deliveries"])
    return {}


def _remove_cards(work: Work) -> Plan:
    landed.remove_cards(work.home, _scope(work), work.plan["cards"])
    return {"files": sum(card["files"] for card in work.plan["cards"])}


def _forget_runs(work: Work) -> Plan:
    from orchestration.run_records import forget_runs

    n_files = forget_runs(work.home)
    released.drop_configurations(work.home, work.ledger)
    return {"files": n_files}


def _search(work: Work) -> Plan:
    """Look into every file: what is found must be figures that others have seen."""
    plan = work.plan
    plan["left_by_hand"] = arrived.list_left(work.home, work.ledger, work.inbox, _scope(work), plan)
    brought = [one["path"] for one in plan["left_by_hand"] if Path(one["path"]).is_relative_to(work.home.incoming)]
    brought += [each["path"] for each in plan["arrivals"] if Path(each["path"]).is_file()]
    if brought:
        raise DestructionStopped(
            f"files of it are here still or again: {', '.join(brought[:5])}; have them taken away where a source or a "
            "sender offers them, remove them here, and give the same command again"
        )
    found = released.find_rows(work.home, _scope(work))
    shown, unexpected = released.tell_published(found)
    left = [*landed.find_landed(work.home, _scope(work)), *unexpected]
    if left:
        raise DestructionStopped(f"rows are left in {len(left)} places: {', '.join(left[:5])}")
    return {"published_rows": shown, "figures": released.count_figures(work.home, _scope(work))}


STEPS: tuple[Step, ...] = (
    ("inbox", _take_from_inbox),
    ("admissions", _stop_serving),
    ("release", _release_without),
    ("releases", drop_releases),
    ("publications", _forget_secrets),
    ("landing", _remove_landed),
    ("archive", _remove_raw_files),
    ("vault", _forget_surrogates),
    ("ledger", _clear_ledger),
    ("cards", _remove_cards),
    ("runs", _forget_runs),
    ("targets", clear_targets),
    ("search", _search),
)
