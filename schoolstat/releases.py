"""Releases for people: listing, showing, going back.

Does not belong here: what a release is (``publishing.release``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from ingestion.home import Home
from ingestion.ledger import open_ledger
from publishing import release as published


@dataclass(frozen=True)
class Shown:
    """Something with a form for machines and one for the terminal."""

    content: dict[str, Any]
    renderable: RenderableType

    def to_dict(self) -> dict[str, Any]:
        """Values for JSON."""
        return self.content

    def render(self) -> RenderableType:
        """What the terminal shows."""
        return self.renderable


def list_releases(home: Home) -> Shown:
    """All releases that are kept, the newest first."""
    records = [_record(one) for one in reversed(published.list_releases(home))]
    table = Table(box=box.SIMPLE, pad_edge=False)
    for heading in ("release", "build"):
        table.add_column(heading, no_wrap=True)
    table.add_column("released at (UTC)")
    table.add_column("")
    for record in records:
        cells = (record["release_id"], record["build_id"], record["released_at"][:19].replace("T", " "))
        table.add_row(*map(Text, cells), Text("current" if record["is_current"] else ""))
    return Shown({"releases": records}, table if records else Text("nothing has been released yet"))


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
    """Make an earlier release current."""
    with home.lock():
        one = published.rollback(home, open_ledger(home), release_id)
    return Shown(_record(one), Text(f"readers now get {one.release_id} (build {one.build_id})"))


def _record(one: published.Release) -> dict[str, Any]:
    names = ("release_id", "build_id", "content_hash", "released_at", "previous_release_id", "is_current")
    return {name: getattr(one, name) for name in names} | {"path": str(one.path)}
