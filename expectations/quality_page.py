"""The quality page of a home: every rule, district and night, from the registry, the ledger and the nights remembered.

Belongs here: gathering what stands on the page, and writing it. Does not belong here: how it looks
(``reporting.quality_page``), or what is remembered of earlier nights (``quality_history.py``).
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations.quality_history import EVERYBODY, History, Night, follow, page_folder, read_history
from expectations.rules import Registry, load_registry
from ingestion.delivery_status import refused_whole
from ingestion.home import Home, write_atomically
from ingestion.ledger import Ledger
from ingestion.night_record import read_night
from ingestion.selection import last_held
from reporting.quality_page.contents import (
    WORST_FIRST,
    DistrictLine,
    Finding,
    HeldLine,
    Mark,
    NightLine,
    QualityPage,
    RuleLine,
    What,
)
from reporting.quality_page.page import render_page

if TYPE_CHECKING:
    from ingestion.collaborative import Collaborative

NIGHTS_SHOWN = 60
MARKS_SHOWN = 30
FINDINGS_SHOWN = 500


def page_path(home: Home) -> Path:
    """Where the page lies."""
    return home.path / "quality" / "index.html"


def write_quality_page(home: Home, ledger: Ledger, collaborative: Collaborative) -> Path:
    """Take up what the night found, and write the page anew; the caller holds the home's lock."""
    registry = load_registry()
    history = follow(home, ledger, registry, read_night(home))
    page_folder(home)
    write_atomically(page_path(home), render_page(gather(history, registry, ledger, collaborative)))
    return page_path(home)


def gather_now(home: Home, ledger: Ledger, collaborative: Collaborative) -> QualityPage:
    """What the page says, without taking up anything new."""
    return gather(read_history(home), load_registry(), ledger, collaborative)


def gather(history: History, registry: Registry, ledger: Ledger, collaborative: Collaborative) -> QualityPage:
    """What stands on the page."""
    nights = history.nights[::-1][:NIGHTS_SHOWN]
    marked = nights[:MARKS_SHOWN]
    held = _held(ledger, collaborative)
    findings = sorted((Finding(**one) for one in history.standing), key=_worst_first)
    day = collaborative.today()
    waivers = sorted(collaborative.waivers, key=lambda one: (one.district, one.rule))
    return QualityPage(
        collaborative=collaborative.name,
        nights=tuple(_night(night) for night in nights),
        held=held,
        waivers=tuple((one.state(day), f"{one.place()}: {one.words(day)}") for one in waivers),
        findings=tuple(findings[:FINDINGS_SHOWN]),
        n_findings_left_out=max(0, len(findings) - FINDINGS_SHOWN),
        rules=tuple(
            RuleLine(
                **rule.model_dump(include={"id", "door", "severity", "scope", "owner", "why", "what_to_do"}),
                is_waivable=rule.waivable,
                trend=tuple(_mark(night, night.rules.get(rule.id, {})) for night in marked),
            )
            for rule in registry.rules
        ),
        districts=_districts(collaborative, held, findings, marked),
    )


def _worst_first(one: Finding) -> tuple[Any, ...]:
    return WORST_FIRST.index(one.what), one.rule_id, one.who, one.domain, one.school_year or 0


def _held(ledger: Ledger, collaborative: Collaborative) -> tuple[HeldLine, ...]:
    """Each district's domain and year that is held, or whose newest file was refused as a whole."""
    found = {}
    for row in last_held(ledger):
        key = (row["district_id"], row["domain"], row["school_year"])
        found[key] = HeldLine(*key, row["rule_id"] or "", row["decided_at"][:10], row["reason"] or "")
    for row in refused_whole(ledger, collaborative):
        key = (row["sender"], row["domain"], row["school_year"])
        why = f"{row['file_name']} was refused as a whole"
        found.setdefault(key, HeldLine(*key, row["rule_id"] or "", row["received_at"][:10], why))
    return tuple(found[key] for key in sorted(found))


def _districts(
    collaborative: Collaborative, held: tuple[HeldLine, ...], findings: list[Finding], marked: list[Night]
) -> tuple[DistrictLine, ...]:
    """Every district that anything is known of: judged in a night, held, or with a finding that stands."""
    own: dict[str, dict[Any, set[str]]] = defaultdict(lambda: defaultdict(set))
    for one in findings:
        if one.who != EVERYBODY:
            own[one.who][one.what].add(one.rule_id)
    domains: dict[str, list[str]] = defaultdict(list)
    for line in held:
        domains[line.district_id].append(f"{line.domain} {line.school_year}")
    known = {who for night in marked for who in night.districts} | set(own) | set(domains)
    names = {district.district_id: district.name for district in collaborative.districts}
    names |= {sender.sender_id: sender.name for sender in collaborative.senders}
    return tuple(
        DistrictLine(
            district_id=who,
            name=names.get(who, ""),
            held=tuple(domains.get(who, ())),
            found={what: tuple(sorted(own[who][what])) for what in WORST_FIRST if own[who][what]},
            trend=tuple(_mark(night, night.districts.get(who, {})) for night in marked),
        )
        for who in sorted(known)
    )


def _mark(night: Night, counts: dict[str, int]) -> Mark:
    return Mark(_time(night), {what: counts[what] for what in WORST_FIRST if counts.get(what)})


def _night(night: Night) -> NightLine:
    record = night.record
    doors = record.get("doors", {})
    found: list[tuple[str, What, int]] = [
        (rule, what, counts[what])
        for what in WORST_FIRST[:-1]
        for rule, counts in sorted(night.rules.items())
        if counts.get(what)
    ]
    return NightLine(
        began_at=_time(night),
        outcome=_outcome(record),
        reason=record.get("failure") or record.get("refused") or record.get("nothing_to_build") or "",
        doors=tuple((f"door {number}", doors.get(f"door_{number}", "not reached")) for number in (1, 2, 3)),
        build_id=record.get("build_id") or "",
        release_id=record.get("release_id") or "",
        as_of=record.get("as_of") or "",
        found=tuple(found),
    )


def _outcome(record: dict[str, Any]) -> str:
    if record.get("failure"):
        return "failed"
    doors = record.get("doors", {})
    if record.get("refused") or any(doors.get(name, "passed") != "passed" for name in ("door_2", "door_3")):
        return "refused"
    if record.get("release_id"):
        return "released"
    if record.get("nothing_to_build"):
        return "nothing to build"
    return "did not come to its end" if record.get("build_id") or not doors else "landed"


def _time(night: Night) -> str:
    return f"{night.began_at[:10]} {night.began_at[11:16]} UTC"
