"""``schoolstat rekey``: the key of the pseudonyms was disclosed; people get other surrogates, and the old ones go.

Belongs here: the order of the steps. Does not belong here: the steps (``ingestion.rekeying``, ``removals``).

A rotation keeps surrogates under a new key. Here whoever holds a copy of the vault and its key must be able to do
nothing with what is in the home from now on: every file about people that landed is read again from the archive, under
the new key, and lands with new surrogates and what was decided of it; then the old rows go, and every release that
held them.
"""

from __future__ import annotations

import getpass
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from rich.text import Text

from ingestion import rekeying
from ingestion.admission import exchange
from ingestion.collaborative import Collaborative
from ingestion.destroyed_slots import SlotOfDelivery, key_of, not_destroyed
from ingestion.home import Home
from ingestion.ledger import Ledger, Row, open_ledger, utc_now
from ingestion.rekeying import ReadsOtherwise
from ingestion.yaml_document import ConfigurationError
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
    drop_plan,
    drop_releases,
    keep_plan,
    next_id,
    release_without,
    releases_with,
    run_steps,
    unfinished_plans,
)

EVERYBODY = "every district"
OF_A_SLOT = (
    *("delivery_id", "district_id", "contract", "extract", "domain", "school_year", "n_rows", "content_hash"),
    *("file_name", "file_sha256", "sender", "key_id"),
)


def look(home: Home, collaborative_folder: Path, inbox: Path, reason: str, *, drops_unreadable: bool) -> Shown:
    """What would be exchanged, and nothing done."""
    with home.lock(), closing(open_ledger(home)) as ledger:
        plan = _unfinished(home) or _make_plan(home, ledger, load_whole(collaborative_folder), inbox, reason)
        _require_readable(plan, drops_unreadable=drops_unreadable)
    return Shown(plan, Text(describe_plan(plan)))


def rekey(home: Home, collaborative_folder: Path, inbox: Path, reason: str, *, drops_unreadable: bool) -> Shown:
    """Exchange every surrogate for another, under a new key, and write the certificate.

    Raises:
        ConfigurationError: nothing about people is here, or files of it cannot be read again.
        PseudonymKeyError: the key that is given is the old one.
        DestructionStopped: a file reads otherwise than it did, or a door or a target stands in the way.
    """
    collaborative = load_whole(collaborative_folder)
    with home.lock(), closing(open_ledger(home)) as ledger:
        plan = _unfinished(home)
        if plan is None:
            plan = _make_plan(home, ledger, collaborative, inbox, reason)
            _require_readable(plan, drops_unreadable=drops_unreadable)
            rekeying.require_new_key(plan["old_key_ids"])
            keep_plan(home, plan)
        certificate = run_steps(Work(home, collaborative, inbox, ledger, plan), STEPS)
    words = f"{describe_plan(plan)}\nexchanged; the certificate: {home.certificates / plan['certificate_id'] / PAGE}"
    return Shown(certificate, Text(words))


def _make_plan(home: Home, ledger: Ledger, collaborative: Collaborative, inbox: Path, reason: str) -> Plan:
    slots = not_destroyed(ledger, rekeying.list_people_slots(ledger))
    if not slots:
        raise ConfigurationError([f"nothing about people has landed in {home.path}"])
    files, missing = rekeying.list_files(home, ledger, collaborative, inbox, slots)
    return {
        "certificate_id": next_id(home, "rekeyed"),
        "what": "rekey",
        "collaborative_id": collaborative.id,
        "district_id": EVERYBODY,
        "school_years": [],
        "reason": reason,
        "asked_by": getpass.getuser(),
        "asked_at": utc_now(),
        "old_key_ids": sorted({slot["key_id"] for slot in slots}),
        "slots": [{name: slot[name] for name in OF_A_SLOT} for slot in slots],
        "deliveries": sorted({slot["delivery_id"] for slot in slots}),
        "files": files,
        "not_read_again": missing,
        "raw_files": [],
        "raw_files_staying": [],
        "arrivals": [],
        "archives_to_remove_by_hand": [],
        "releases": releases_with(home, {slot["delivery_id"] for slot in slots}),
        "done": {},
    }


def _require_readable(plan: Plan, *, drops_unreadable: bool) -> None:
    if plan["not_read_again"] and not drops_unreadable:
        raise ConfigurationError(
            [
                *(f"{one['file_name']} of {one['sender']}: {one['why']}" for one in plan["not_read_again"]),
                "these serve and cannot be read again: ask for them anew, or give --drop-unreadable, and their rows go",
            ]
        )


def _unfinished(home: Home) -> Plan | None:
    return next((plan for plan in unfinished_plans(home) if plan["what"] == "rekey"), None)


# The steps, each of which may be done again


def _land_again(work: Work) -> Plan:
    with _told_as_stop(work):
        key_id = rekeying.land_again(work.home, work.collaborative, work.inbox, work.plan["files"])
        rekeying.compare(work.home, work.ledger, work.plan["slots"], work.plan["files"])
    if key_id in work.plan["old_key_ids"]:
        raise DestructionStopped("the pseudonym key is still the old one: set SCHOOLSTAT_PSEUDONYM_KEY_FILE anew")
    return {"files": len(work.plan["files"]), "key_id": key_id}


def _take_over(work: Work) -> Plan:
    """Rows, decisions, vault and key: from here on nothing is of the old key but what goes."""
    plan = work.plan
    with _told_as_stop(work):
        new_of = rekeying.take_over(work.home, work.ledger, plan["slots"], plan["files"])
    reason = f"rekeyed, see certificate {plan['certificate_id']}: {plan['reason']}"
    exchange(work.home, work.ledger, new_of, plan["slots"], plan["asked_by"], reason)
    rekeying.switch_vault(work.home)
    return {"deliveries": len(set(new_of.values()))}


def _release_anew(work: Work) -> Plan:
    return release_without(work, _keys(work.plan["slots"]))


def _remove_old(work: Work) -> Plan:
    rekeying.remove_old(work.home, work.plan["slots"])
    return {"slots": len(work.plan["slots"]), "rows": sum(slot["n_rows"] for slot in work.plan["slots"])}


def _keys(slots: Iterable[Row]) -> list[SlotOfDelivery]:
    return [key_of(slot) for slot in slots]


@contextmanager
def _told_as_stop(work: Work) -> Iterator[None]:
    """A file that reads otherwise stops everything; as long as nothing was exchanged, the next run begins anew."""
    try:
        yield
    except ReadsOtherwise as fault:
        if not any(work.ledger.delivery(record.get("becomes") or "") for record in work.plan["files"]):
            drop_plan(work.home, work.plan)
        raise DestructionStopped(str(fault)) from None


STEPS: tuple[Step, ...] = (
    ("again", _land_again),
    ("exchange", _take_over),
    ("release", _release_anew),
    ("releases", drop_releases),
    ("landing", _remove_old),
    ("targets", clear_targets),
)
