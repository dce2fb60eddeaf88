"""Where report cards lie, and which is a sender's latest.

Belongs here: paths, writing a card in its three forms, finding cards again, and how far the cards have followed the
ledger. Does not belong here: what stands on a card.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from ingestion.home import Home, write_atomically
from reporting.report_card.card import ReportCard, from_json, to_json

FORMS = ("html", "csv", "json")
DELIVERIES = "deliveries"


def shelf(home: Home) -> Path:
    """The folder of all cards; closed to other users, as counts of a few pupils stand in them."""
    folder = home.path / "report_cards"
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def card_path(home: Home, card: ReportCard) -> Path:
    """Where a card's page lies; its other forms lie beside it under the same name."""
    if card.kind == "delivery":
        return shelf(home) / card.sender / DELIVERIES / f"{card.files[0].delivery_id}.html"
    return shelf(home) / card.sender / f"{night_name(card.made_at)}.html"


def night_name(made_at: str) -> str:
    """A night's name: its time to the microsecond, as two may begin in one second; names sort as the nights came."""
    return datetime.fromisoformat(made_at).strftime("%Y%m%dT%H%M%S-%fZ")


def write_card(home: Home, card: ReportCard, forms: dict[str, Callable[[ReportCard], str]]) -> Path:
    """Write a card in all its forms, the page last: where a page is, the others are.

    Nothing waits for the disk here: a night has hundreds of cards, and waits once for all of them.
    """
    page = card_path(home, card)
    page.parent.mkdir(parents=True, exist_ok=True)
    texts = {"json": to_json(card), **{form: render(card) for form, render in forms.items()}}
    for form in ("json", "csv", "html"):
        target = page.with_suffix(f".{form}")
        draft = target.with_name(f".{target.name}.draft")
        draft.write_text(texts[form], encoding="utf-8")
        draft.replace(target)
    return page


def copy_to_outbox(page: Path, outbox: Path, sender: str) -> list[Path]:
    """Copy a card to the sender's folder of the outbox, in all its forms; what is made is closed to other users."""
    folder = outbox / sender
    outbox.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.mkdir(exist_ok=True, mode=0o700)
    copies = []
    for form in FORMS:
        source, target = page.with_suffix(f".{form}"), folder / f"report_card_{page.stem}.{form}"
        draft = target.with_name(f".{target.name}.draft")
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        shutil.copyfile(source, draft)
        draft.replace(target)
        copies.append(target)
    return copies


def nights_of(home: Home, sender: str) -> list[str]:
    """Names of the nights that a sender has a card of, oldest first."""
    return sorted(path.stem for path in (shelf(home) / sender).glob("[!.]*.html"))


def senders_with_cards(home: Home) -> list[str]:
    """Who has a card, sorted."""
    return sorted(path.name for path in shelf(home).iterdir() if path.is_dir() and nights_of(home, path.name))


def page_of(home: Home, sender: str, night: str) -> Path:
    """The page of a sender's card of one night."""
    return shelf(home) / sender / f"{night}.html"


def latest_card(home: Home, sender: str) -> ReportCard | None:
    """A sender's latest card; None where there is none that can be read."""
    nights = nights_of(home, sender)
    return read_card(page_of(home, sender, nights[-1])) if nights else None


def read_card(page: Path) -> ReportCard | None:
    """The card of a page; None where it cannot be read, as when another version of the product wrote it."""
    try:
        return from_json(page.with_suffix(".json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def read_progress(home: Home) -> dict[str, int | str]:
    """How far the cards have followed the ledger."""
    return _read_note(home, "progress")


def write_progress(home: Home, progress: dict[str, int | str]) -> None:
    """Note how far the cards have followed the ledger."""
    _write_note(home, "progress", progress)


def read_copied(home: Home) -> dict[str, str]:
    """Of which night each sender's card was last copied to the outbox: what was taken from there is not put back."""
    return _read_note(home, "outbox")


def write_copied(home: Home, copied: dict[str, str]) -> None:
    """Note of which night each sender's card was last copied to the outbox."""
    _write_note(home, "outbox", copied)


def _read_note(home: Home, name: str) -> dict[str, Any]:
    path = shelf(home) / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _write_note(home: Home, name: str, content: Mapping[str, int | str]) -> None:
    write_atomically(shelf(home) / f"{name}.json", json.dumps(content) + "\n")
