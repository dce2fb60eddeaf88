"""Names of files that are not what they seem.

Belongs here: what is wrong with a name, of a file of the inbox or within an archive. Does not belong here: which
mapping a name belongs to (``mapping.py``).
"""

from __future__ import annotations

import unicodedata

LONGEST_NAME = 255
"""Bytes of a name with its folders."""

_ALIKE = {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC"}
"""Alphabets with letters that look the same."""


def find_name_fault(name: str) -> str | None:
    """What is wrong with a name whose folders are separated by ``/``; None when nothing is."""
    if any(unicodedata.category(sign).startswith("C") for sign in name):
        return "holds signs that cannot be seen"
    if len(name.encode()) > LONGEST_NAME:
        return f"is longer than {LONGEST_NAME} bytes"
    if unicodedata.normalize("NFKC", name) != unicodedata.normalize("NFC", name):
        return "holds signs that look like others"
    if any(len(_alphabets(part)) > 1 for part in name.split("/")):
        return "mixes letters of two alphabets that look alike"
    return None


def find_path_fault(name: str) -> str | None:
    """What is wrong with a name that must stay below its folder."""
    if name.startswith("/") or "\\" in name or name[1:2] == ":":
        return "leads out of its folder"
    if {"..", ".", ""} & set(name.split("/")):
        return "leads out of its folder"
    return find_name_fault(name)


def show_name(name: str) -> str:
    """A name in plain signs and no longer than a line has room for."""
    plain = ascii(name)
    return plain if len(plain) <= 60 else f"{plain[:56]}…'"


def _alphabets(text: str) -> set[str]:
    letters = (unicodedata.name(sign, "").split(" ")[0] for sign in text if sign.isalpha())
    return set(letters) & _ALIKE
