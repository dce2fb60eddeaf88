"""The known vulnerabilities of the locked packages, against those that somebody has looked at.

``python -m tests.audit.vulnerabilities FILE`` reads what pip-audit says, and ends with 1 if one is known that nobody
accepts today, if one is accepted that nobody reports, or if nothing could be asked (AUDIT_OFFLINE=1 does without).
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml
from packaging.utils import canonicalize_name

ACCEPTED = Path(__file__).with_name("vulnerabilities.yaml")


@dataclass(frozen=True)
class Accepted:
    """A vulnerability that somebody has looked at, and the last day on which that holds."""

    package: str
    id: str
    why: str
    who: str
    until: date

    @classmethod
    def read(cls, path: Path = ACCEPTED) -> list[Accepted]:
        """What a file accepts; every field must be there."""
        return [cls(**entry) for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["accepted"]]

    def covers(self, package: str, ids: set[str]) -> bool:
        """Whether it is this one, by its id or another name of it."""
        return canonicalize_name(self.package) == canonicalize_name(package) and self.id in ids


def judge(packages: list[dict[str, Any]], accepted: list[Accepted], today: date) -> list[str]:
    """What is wrong: vulnerabilities that nobody accepts today, and accepted ones that nobody reports."""
    known = [
        (one["name"], one["version"], fault["id"], {fault["id"], *fault.get("aliases", ())})
        for one in packages
        for fault in one.get("vulns", ())
    ]
    asked = [one["name"] for one in packages if "skip_reason" not in one]
    faults = []
    for name, version, first, ids in known:
        until = max((each.until for each in accepted if each.covers(name, ids)), default=None)
        if until is None:
            faults.append(f"{name} {version}: {first}: mend it, or say in {ACCEPTED.name} why it does not reach us")
        elif until < today:
            faults.append(f"{name} {version}: {first}: accepted until {until} and not longer: look at it again")
    stale = [each for each in accepted if asked and not any(each.covers(name, ids) for name, _, _, ids in known)]
    return faults + [f"{each.package}: {each.id}: nobody reports it now: take it out" for each in stale]


def main(arguments: list[str]) -> int:
    """Judge what pip-audit says; gives the exit code."""
    packages = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))["dependencies"]
    unasked = [one for one in packages if "skip_reason" in one]
    if packages and len(unasked) == len(packages) and not os.environ.get("AUDIT_OFFLINE"):
        print(f"no list of vulnerabilities could be asked ({unasked[0]['skip_reason']}); AUDIT_OFFLINE=1 does without")
        return 1
    accepted = Accepted.read()
    faults = judge(packages, accepted, datetime.now(UTC).date())
    told = f"{len(packages)} packages, of {len(unasked)} nothing is known; {len(accepted)} accepted"
    print(*faults, f"vulnerabilities: {len(faults)} to look at; {told}", sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
