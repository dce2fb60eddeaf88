"""Computed figures that others have seen: the publications on disk, and which of them serves each school year.

Belongs here: reading a publication's certificate and files, and handing them to a build. Does not belong here: making
a publication (``publishing``) and what it must hide (``expectations.disclosure``).

A publication is frozen: files of one folder that nobody edits, each bound by its hash in ``certificate.json``, which
names the publication before it. A later publication serves in place of an earlier one for the school years that it
covers; the earlier one stays, as what others have seen.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingestion.archive import hash_file
from ingestion.home import Home
from ingestion.sql_text import literal, select_nothing

CERTIFICATE = "certificate.json"
FIGURES = "figures.parquet"
SECRETS = "secrets.parquet"
PUBLICATION_ID = re.compile(r"p(\d{6,})-[0-9a-f]+")

COLUMNS = {
    "district_id": "varchar",
    "entity_type": "varchar",
    "entity_id": "varchar",
    "school_id": "varchar",
    "school_year": "integer",
    "fiscal_year": "integer",
    "period": "varchar",
    "subgroup": "varchar",
    "breakdown": "varchar",
    "metric_id": "varchar",
    "variant": "varchar",
    "value": "decimal(38, 10)",
    "value_low": "decimal(38, 10)",
    "value_high": "decimal(38, 10)",
    "level": "decimal(9, 6)",
    "numerator": "decimal(38, 6)",
    "denominator": "decimal(38, 6)",
    "n": "decimal(38, 6)",
    "basis": "varchar",
    "vintage": "varchar",
    "method_version": "varchar",
    "data_through": "date",
    "freshness": "varchar",
    "value_status": "varchar",
    "ppe_family": "varchar",
    "denominator_basis": "varchar",
}
"""Columns of a publication's figures, in order."""


class PublicationCorrupt(Exception):
    """A publication on disk is not what was published."""


@dataclass(frozen=True)
class FrozenPublication:
    """One publication on disk.

    Attributes:
        publication_id: its name, in the order of publications.
        folder: where its files lie.
        certificate: what was published, when, from which build, and how its proof ended.
    """

    publication_id: str
    folder: Path
    certificate: dict[str, Any]

    @property
    def school_years(self) -> tuple[int, ...]:
        """The school years that it covers."""
        return tuple(self.certificate["school_years"])

    @property
    def withheld(self) -> dict[str, dict[str, int]]:
        """By school year the metrics that could not be proved, with how many figures each has; none mostly."""
        withheld = {year: proof.get("withheld", {}) for year, proof in self.certificate["proof"].items()}
        return {year: each for year, each in withheld.items() if each}

    @property
    def figures(self) -> Path:
        """What is shown."""
        return self.folder / FIGURES

    @property
    def secrets(self) -> Path:
        """The same figures as they were, for the proof of later publications; the operator's alone.

        Written anew without a district that was destroyed, they have a name of their own.
        """
        return self.folder / next((name for name in self.certificate["files"] if name != FIGURES), SECRETS)


def list_publications(home: Home) -> list[FrozenPublication]:
    """All publications, oldest first, each as it was published.

    Raises:
        PublicationCorrupt: a file was changed, or one is missing of a chain.
    """
    names = sorted(path.name for path in home.publications.glob("p*") if PUBLICATION_ID.fullmatch(path.name))
    found: list[FrozenPublication] = []
    for name in names:
        publication = FrozenPublication(name, home.publications / name, read_certificate(home.publications / name))
        before = found[-1].publication_id if found else None
        if publication.certificate["previous_publication_id"] != before:
            raise PublicationCorrupt(
                f"publication {name} came after {publication.certificate['previous_publication_id']}, which is not "
                "there; bring it back from the backup: what others have seen must be known"
            )
        found.append(publication)
    return found


def read_certificate(folder: Path) -> dict[str, Any]:
    """A publication's certificate, if it and the files that it names are what was written.

    Raises:
        PublicationCorrupt: they are not.
    """
    try:
        certificate = json.loads((folder / CERTIFICATE).read_text(encoding="utf-8"))
        told = certificate.pop("sha256")
    except (OSError, ValueError, KeyError, AttributeError):
        raise PublicationCorrupt(f"publication {folder.name}: its certificate cannot be read") from None
    if told != hash_certificate(certificate):
        raise PublicationCorrupt(f"publication {folder.name}: its certificate was changed afterwards")
    for name, sha256 in certificate["files"].items():
        path = folder / name
        if not path.is_file() or hash_file(path) != sha256:
            raise PublicationCorrupt(f"publication {folder.name}: {name} is missing or was changed; restore it")
    return certificate


def hash_certificate(certificate: dict[str, Any]) -> str:
    """Hash of everything that a certificate says."""
    return hashlib.sha256(json.dumps(certificate, sort_keys=True).encode()).hexdigest()


def find_serving(publications: Iterable[FrozenPublication]) -> dict[int, FrozenPublication]:
    """For each school year the publication that serves it: the latest that covers it."""
    return {year: each for each in publications for year in each.school_years}


def hash_serving(serving: dict[int, FrozenPublication]) -> str:
    """What a build takes of publications, in one hash."""
    told = [(year, each.publication_id, each.certificate["files"][FIGURES]) for year, each in sorted(serving.items())]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:20]


def select_published(serving: dict[int, FrozenPublication]) -> str:
    """SQL of the figures that serve; of none where nothing was published."""
    rows = [
        f"select {', '.join(COLUMNS)} from read_parquet({literal(str(each.figures.resolve()))}) "
        f"where school_year = {year}"
        for year, each in sorted(serving.items())
    ]
    return " union all ".join(rows or [select_nothing(COLUMNS)])


def next_publication_id(publications: Sequence[FrozenPublication], content: str) -> str:
    """The name of the next publication, of what it shows."""
    found = PUBLICATION_ID.fullmatch(publications[-1].publication_id) if publications else None
    return f"p{(int(found[1]) if found else 0) + 1:06d}-{content[:8]}"
