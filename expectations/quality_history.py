"""What the quality page remembers: each night's results in counts, and what was found and stands still.

Belongs here: following the ledger's rule results from where the last look stopped. Does not belong here: the page
(``quality_page.py``). The file is a memory, not the truth: without it the page begins anew with the next night.

A finding of doors 2 and 3 stands until that door has judged another build; one of door 1 until its rules judge the
district's domain and year again, or, where it was found while a file was read, until another file of that extract and
year is read.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from expectations.rules import Registry
from ingestion.home import Home, write_atomically
from ingestion.ledger import Ledger, Row, utc_now
from ingestion.ledger_tables import delivery, rule_result

KEPT_NIGHTS = 400
EVERYBODY = ""
SHOWN_OF_A_NIGHT = ("release_id", "build_id", "as_of", "failure", "refused", "nothing_to_build")

OF_A_FINDING = ("rule_id", "door", "what", "who", "domain", "school_year", "n_failed", "n_checked", "message")

logger = logging.getLogger(__name__)


@dataclass
class Night:
    """One night: what its record said, and how often each thing was found, by rule and by district."""

    began_at: str
    record: dict[str, Any] = field(default_factory=dict)
    rules: dict[str, dict[str, int]] = field(default_factory=dict)
    districts: dict[str, dict[str, int]] = field(default_factory=dict)


@dataclass
class History:
    """The nights, oldest first, and the findings that stand; ``last_id`` is the last result that was looked at."""

    last_id: int = 0
    nights: list[Night] = field(default_factory=list)
    standing: list[dict[str, Any]] = field(default_factory=list)


def page_folder(home: Home) -> Path:
    """Where the page and its memory lie; closed to other users, as counts of a few pupils stand there."""
    folder = home.path / "quality"
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def begin_night(home: Home, ledger: Ledger) -> None:
    """Open a night: results that come from now on are its own."""
    history = read_history(home)
    if not history.nights:
        history.last_id = int(ledger.read(sa.select(sa.func.max(rule_result.c.id).label("id")))[0]["id"] or 0)
    history.nights = [*history.nights, Night(utc_now())][-KEPT_NIGHTS:]
    _write(home, history)


def follow(home: Home, ledger: Ledger, registry: Registry, record: Mapping[str, Any]) -> History:
    """Take up the results that came since the last look, as those of the last night; gives all that is remembered.

    Args:
        home: the home; the caller holds its lock.
        ledger: the ledger.
        registry: the rules, some of which only warn.
        record: the night's record.
    """
    history = read_history(home)
    if not history.nights:
        return history
    rows = _results_after(ledger, history.last_id, [rule.id for rule in registry.rules if rule.severity == "warn"])
    night = history.nights[-1]
    doors = {name: record[name]["result"] for name in ("door_1", "door_2", "door_3") if name in record}
    night.record = {name: record[name] for name in SHOWN_OF_A_NIGHT if record.get(name)} | {"doors": doors}
    _count(night, rows)
    history.standing = _still_standing(history.standing, rows) + _found(rows)
    history.last_id = max((row["last_id"] for row in rows), default=history.last_id)
    _write(home, history)
    return history


def read_history(home: Home) -> History:
    """What is remembered; nothing before the first night, nor of a file that cannot be read, which is kept beside."""
    path = page_folder(home) / "history.json"
    if not path.exists():
        return History()
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        history = History(int(content["last_id"]), [Night(**each) for each in content["nights"]], content["standing"])
        if any(set(one) != set(OF_A_FINDING) for one in history.standing):
            raise ValueError("a finding has other keys")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        aside = path.with_name(f"history-{utc_now().replace(':', '')}.broken.json")
        path.replace(aside)
        logger.warning(
            "%s cannot be read (%s): kept as %s; the quality page begins anew", path, type(error).__name__, aside.name
        )
        return History()
    return history


def _write(home: Home, history: History) -> None:
    write_atomically(page_folder(home) / "history.json", json.dumps(asdict(history), separators=(",", ":")) + "\n")


def _results_after(ledger: Ledger, last_id: int, warns: Collection[str]) -> list[Row]:
    """Results by rule, place and outcome; of doors 2 and 3 those of the last build alone."""
    result = rule_result.c
    only_warns = result.severity.is_not(None) & ((result.severity == "warning") | (result.scope == "row"))
    what = sa.case(
        (result.status == "could_not_run", "could_not_run"),
        (result.status == "waived", "waived"),
        ((result.status == "failed") & (result.rule_id.in_(warns) | only_warns), "warned"),
        (result.severity == "warning", "warned"),
        (result.status == "failed", "failed"),
        (result.status == "passed", "passed"),
        else_="nothing",
    ).label("what")
    who = sa.func.coalesce(result.district_id, delivery.c.sender, EVERYBODY).label("who")
    domain = sa.func.coalesce(result.domain, delivery.c.extract, "").label("domain")
    year = sa.func.coalesce(result.school_year, delivery.c.school_year).label("school_year")
    build = sa.case((result.door > 1, result.subject), else_="").label("build")
    place = (result.door, result.rule_id, who, domain, year, what, build)
    sums = [sa.func.max(result[name]).label(name) for name in ("n_failed", "n_checked", "message")]
    query = (
        sa.select(*place, *sums, sa.func.max(result.id).label("last_id"))
        .join(delivery, delivery.c.delivery_id == result.subject, isouter=True)
        .where(result.id > last_id)
        .group_by(*place)
    )
    rows = ledger.read(query.order_by(sa.text("last_id")))
    last = {row["door"]: row["build"] for row in rows}
    return [row for row in rows if row["build"] == last[row["door"]]]


def _count(night: Night, rows: Collection[Row]) -> None:
    """Add results to a night; what a door judges twice in one night counts as it was judged last."""
    again = {row["rule_id"] for row in rows if row["door"] > 1}
    night.rules = {rule: counts for rule, counts in night.rules.items() if rule not in again}
    for row in rows:
        if row["what"] != "nothing":
            counted = Counter(night.rules.get(row["rule_id"], {}))
            night.rules[row["rule_id"]] = dict(counted + Counter([row["what"]]))
            if row["who"] != EVERYBODY:
                counted = Counter(night.districts.get(row["who"], {}))
                night.districts[row["who"]] = dict(counted + Counter([row["what"]]))


def _still_standing(standing: Collection[dict[str, Any]], rows: Collection[Row]) -> list[dict[str, Any]]:
    judged_doors = {row["door"] for row in rows if row["door"] > 1}
    judged = {(row["who"], row["domain"], row["school_year"]) for row in rows if row["door"] == 1}
    return [
        one
        for one in standing
        if one["door"] not in judged_doors
        and (one["door"] > 1 or (one["who"], one["domain"], one["school_year"]) not in judged)
    ]


def _found(rows: Collection[Row]) -> list[dict[str, Any]]:
    found = [row for row in rows if row["what"] not in ("passed", "nothing")]
    return [{**{name: row[name] for name in OF_A_FINDING}, "message": row["message"] or ""} for row in found]
