"""The licence of every package that SchoolStat needs at run time, against those that may be.

``python -m tests.audit.licences packages`` prints them; ``python -m tests.audit.licences judge FILE`` reads what
pip-licenses says of them, writes a table, and ends with 1 if one is unknown or may not be.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

POLICY = Path(__file__).with_name("licences.yaml")


@dataclass(frozen=True)
class Policy:
    """What may be, and the packages that were looked at one by one, by name and licence."""

    allowed: frozenset[str]
    looked_at: dict[tuple[str, str], str]

    @classmethod
    def read(cls, path: Path = POLICY) -> Policy:
        """The policy of a file."""
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        looked_at = {(each["package"], each["licence"]): each["why"] for each in content["looked_at"]}
        return cls(frozenset(content["allowed"]), looked_at)

    def may_be(self, package: str, licence: str) -> bool:
        """Whether a package under this licence may be used."""
        return (canonicalize_name(package), licence) in self.looked_at or self._is_allowed(licence)

    def _is_allowed(self, licence: str) -> bool:
        parts = [part.strip(" ()") for part in re.split(r";|\bAND\b", licence)] if licence not in self.allowed else []
        return licence in self.allowed or all(self._is_one_allowed(part) for part in parts)

    def _is_one_allowed(self, part: str) -> bool:
        return part in self.allowed or (
            "OR" in part.split() and any(choice.strip() in self.allowed for choice in re.split(r"\bOR\b", part))
        )


def runtime_packages(name: str = "schoolstat") -> list[str]:
    """A distribution and all that it needs at run time here, by their canonical names."""
    seen: set[tuple[str, frozenset[str]]] = set()
    wanted = [(canonicalize_name(name), frozenset[str]())]
    while wanted:
        one = wanted.pop()
        if one in seen:
            continue
        seen.add(one)
        for text in metadata.distribution(one[0]).requires or ():
            needed = Requirement(text)
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in (one[1] or {""})):
                wanted.append((canonicalize_name(needed.name), frozenset(needed.extras)))
    return sorted({package for package, _ in seen} - {canonicalize_name(name)})


def judge(rows: Iterable[dict[str, Any]], packages: Iterable[str], policy: Policy) -> list[str]:
    """What is wrong: packages of which nothing is known, and licences that may not be."""
    known = {canonicalize_name(row["Name"]): row["License"] for row in rows}
    missing = [f"{package}: pip-licenses says nothing of it" for package in packages if package not in known]
    return missing + [
        f"{package}: {licence}: look at it, and say in {POLICY.name} why it may be used"
        for package, licence in sorted(known.items())
        if not policy.may_be(package, licence)
    ]


def main(arguments: list[str]) -> int:
    """Print the packages, or judge their licences; gives the exit code."""
    if arguments == ["packages"]:
        print(*runtime_packages())
        return 0
    rows = json.loads(Path(arguments[1]).read_text(encoding="utf-8"))
    faults = judge(rows, runtime_packages(), Policy.read())
    print(*(faults or [f"licences: {len(rows)} packages, each may be used"]), sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
