"""Releases for people: listing, showing, going back.

Does not belong here: what a release is (``publishing.release``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ingestion.home import Home
from ingestion.ledger import open_ledger
from ingestion.night_record import record_night
from ingestion.target_settings import TargetSettings, read_targets
from ingestion.yaml_document import ConfigurationError
from publishing import release as published
from publishing.targets.follow import TargetOutcome, TargetState, ask_targets, follow_current

RELEASED, NOT_COPIED = 0, 4


@dataclass(frozen=True)
class Shown:
    """Something with a form for machines and one for the terminal."""

    content: dict[str, Any]
    renderable: RenderableType
    code: int = RELEASED

    def to_dict(self) -> dict[str, Any]:
        """Values for JSON."""
        return self.content

    def render(self) -> RenderableType:
        """What the terminal shows."""
        return self.renderable


def list_releases(home: Home) -> Shown:
    """All releases that are kept, the newest first, and which of them each target has."""
    records = [_record(one) for one in reversed(published.list_releases(home))]
    targets = ask_targets(_targets(home)[1])
    table = Table(box=box.SIMPLE, pad_edge=False)
    for heading in ("release", "build"):
        table.add_column(heading, no_wrap=True)
    for heading in ("released at (UTC)", "", *(state.target for state in targets)):
        table.add_column(heading)
    for record in records:
        cells = (record["release_id"], record["build_id"], record["released_at"][:19].replace("T", " "))
        here = "current" if record["is_current"] else ""
        table.add_row(*map(Text, (*cells, here, *(_word(state, record["release_id"]) for state in targets))))
    content = {"releases": records, "targets": [asdict(state) for state in targets]}
    faults = [Text(f"{state.target}: {state.message}", style="red") for state in targets if state.message]
    return Shown(content, Group(table if records else Text("nothing has been released yet"), *faults))


def _word(state: TargetState, release_id: str) -> str:
    if state.message:
        return "?"
    return "current" if release_id == state.current else "kept" if release_id in state.kept else ""


def show_release(home: Home, release_id: str) -> Shown:
    """One release's manifest."""
    manifest = published.show_release(home, None if release_id == "current" else release_id)
    table = Table(show_header=False, title=Text(manifest["release_id"]))
    for name in ("build_id", "as_of", "released_at", "previous_release_id", "content_hash"):
        table.add_row(Text(name), Text(str(manifest[name])))
    for name, one in manifest["tables"].items():
        table.add_row(Text(name), Text(f"{one['rows']:,} rows"))
    table.add_row(Text("files"), Text(f"{len(manifest['files']):,}"))
    table.add_row(Text("input deliveries"), Text(f"{len(manifest['inputs']):,}"))
    for rule in manifest["rules"]:
        table.add_row(Text(f"door {rule['door']} {rule['id']}"), Text(rule["status"]))
    return Shown(manifest, table)


def roll_back(home: Home, release_id: str | None) -> Shown:
    """Make an earlier release current, here and on every target."""
    with home.lock():
        one = published.rollback(home, open_ledger(home), release_id)
        outcomes = _follow(home)
    return _tell(one, outcomes)


def copy_release(home: Home) -> Shown:
    """Bring every target to the release that is current here."""
    with home.lock():
        outcomes = _follow(home)
        release_id = published.current_release_id(home)
        if release_id is None:
            raise published.ReleaseUnknown("nothing has been released yet")
        one = next(one for one in published.list_releases(home) if one.release_id == release_id)
    return _tell(one, outcomes)


def _follow(home: Home) -> tuple[TargetOutcome, ...]:
    collaborative_id, settings = _targets(home)
    outcomes = follow_current(home, settings, collaborative_id)
    record_night(home, targets=[asdict(outcome) for outcome in outcomes])
    return outcomes


def _targets(home: Home) -> tuple[str, TargetSettings]:
    """Whose home it is, and its targets: nothing else of the configuration must be sound to go back."""
    served, faults = home.served(), list[str]()
    if served is None:
        return "", TargetSettings()
    settings = read_targets(served[1], faults)
    if faults:
        raise ConfigurationError(faults)
    return served[0], settings


def _tell(one: published.Release, outcomes: Sequence[TargetOutcome]) -> Shown:
    lines = [Text(f"readers now get {one.release_id} (build {one.build_id})")]
    for outcome in outcomes:
        failed = outcome.outcome == "failed"
        had = f"has it ({outcome.outcome}, {outcome.seconds} s){f'; {outcome.note}' if outcome.note else ''}"
        words = f"keeps what it had: {outcome.message}" if failed else had
        lines.append(Text(f"{outcome.target} {words}", style="red" if failed else ""))
    left_behind = any(outcome.outcome == "failed" for outcome in outcomes)
    content = {**_record(one), "targets": [asdict(outcome) for outcome in outcomes]}
    return Shown(content, Group(*lines), NOT_COPIED if left_behind else RELEASED)


def _record(one: published.Release) -> dict[str, Any]:
    names = ("release_id", "build_id", "content_hash", "released_at", "previous_release_id", "is_current")
    return {name: getattr(one, name) for name in names} | {"path": str(one.path)}
