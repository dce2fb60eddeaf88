"""Making a publication: computed figures of a released build, hidden as the agreement says, proved, and frozen.

Belongs here: from a released build to the files of one publication. Does not belong here: what is hidden
(``expectations.disclosure``), and serving it (``ingestion.published_figures``, dbt).

A publication is made of the build that readers have, which has passed the doors. The next build takes it in and serves
it, night after night, until the calendar names another date.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from expectations.disclosure.cells import Key
from expectations.disclosure.judged_year import JudgedYear, judge_year, widths_of
from expectations.disclosure.proof import find_leaks
from expectations.disclosure.published_rows import (
    SECRET_COLUMNS,
    read_candidates,
    read_rows,
    read_seen,
    write_rows,
)
from ingestion.archive import hash_file
from ingestion.build_inputs import BUILD_HASH
from ingestion.collaborative import Collaborative
from ingestion.home import Home, sync_folder, write_atomically
from ingestion.ledger import Ledger, utc_now
from ingestion.published_figures import (
    CERTIFICATE,
    COLUMNS,
    FIGURES,
    SECRETS,
    FrozenPublication,
    hash_certificate,
    list_publications,
    next_publication_id,
    read_certificate,
)
from publishing.manifest import read_manifest
from publishing.refusals import finished_build

DRAFT = ".draft"


class PublicationRefused(Exception):
    """Nothing was published; what others have seen stays what it was."""


@dataclass(frozen=True)
class Occasion:
    """Why a publication is made.

    Attributes:
        publish_on: the date of the calendar, or the day on which somebody made it.
        school_years: the school years that it covers.
        made_by: ``calendar``, or who made it.
        reason: why, where it is not the calendar.
    """

    publish_on: date
    school_years: tuple[int, ...]
    made_by: str = "calendar"
    reason: str = ""


def find_due(collaborative: Collaborative, publications: Sequence[FrozenPublication], today: date) -> Occasion | None:
    """The latest date of the calendar that has come, unless it was kept; of several missed dates the last counts."""
    kept = {each.certificate["publish_on"] for each in publications if each.certificate["made_by"] == "calendar"}
    come = [each for each in collaborative.agreement.publications if each.publish_on <= today]
    if not come or come[-1].publish_on.isoformat() in kept:
        return None
    return Occasion(come[-1].publish_on, come[-1].school_years)


def make_publication(home: Home, ledger: Ledger, collaborative: Collaborative, occasion: Occasion) -> FrozenPublication:
    """Freeze the computed figures of the release that readers have; the next build serves them.

    Raises:
        PublicationRefused: there is no release, or figures could be worked out; nothing was published.
    """
    build_id, build_file = _released_build(home, ledger)
    earlier = list_publications(home)
    draft = home.publications / DRAFT
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True, mode=0o700)
    try:
        years = _judge_years(build_file, earlier, collaborative, occasion)
        certificate = _write(draft, years, earlier, collaborative, occasion, build_id)
        certificate["release_id"] = read_manifest(home.current_release.resolve())["release_id"]
        text = {**certificate, "sha256": hash_certificate(certificate)}
        write_atomically(draft / CERTIFICATE, json.dumps(text, indent=1, sort_keys=True) + "\n")
        draft.chmod(0o700)
        folder = home.publications / certificate["publication_id"]
        draft.rename(folder)
        sync_folder(home.publications)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return FrozenPublication(folder.name, folder, read_certificate(folder))


def _released_build(home: Home, ledger: Ledger) -> tuple[str, Path]:
    """The build of the current release, if its file is what the doors saw."""
    released = ledger.released_build(home.current_release)
    if released is None:
        raise PublicationRefused("nothing has been released yet, so there is nothing to publish; refresh first")
    path = finished_build(home, released["build_id"])
    told = path.with_name(BUILD_HASH)
    if not path.is_file() or not told.is_file() or hash_file(path) != told.read_text(encoding="utf-8").strip():
        raise PublicationRefused(f"build {released['build_id']}: its file is not what the doors saw; refresh again")
    return released["build_id"], path


def _judge_years(
    build_file: Path, earlier: Sequence[FrozenPublication], collaborative: Collaborative, occasion: Occasion
) -> dict[int, JudgedYear]:
    widths, years = widths_of(collaborative.agreement), {}
    with duckdb.connect(str(build_file), read_only=True, config={"threads": 1}) as connection:
        for year in occasion.school_years:
            try:
                candidates = read_candidates(connection, year)
            except duckdb.CatalogException:
                words = "the released build is of an older version, without candidates; refresh first"
                raise PublicationRefused(words) from None
            years[year] = judge_year(candidates, read_seen(connection, earlier, year), widths)
    return years


def _write(
    folder: Path,
    years: dict[int, JudgedYear],
    earlier: Sequence[FrozenPublication],
    collaborative: Collaborative,
    occasion: Occasion,
    build_id: str,
) -> dict[str, Any]:
    """Write both files, read them back, and prove what they say."""
    agreement = collaborative.agreement
    with duckdb.connect(config={"threads": 1}) as connection:
        write_rows(connection, folder / FIGURES, COLUMNS, [row for each in years.values() for row in each.rows])
        secrets = [row for each in years.values() for row in each.secrets]
        write_rows(connection, folder / SECRETS, SECRET_COLUMNS, secrets)
        for year, each in years.items():
            shown, behind = (read_rows(connection, folder / name, year) for name in (FIGURES, SECRETS))
            _require_proof(year, find_leaks(shown, behind, widths_of(agreement), each.withheld))
    for path in folder.iterdir():
        path.chmod(0o400)
    files = {name: hash_file(folder / name) for name in (FIGURES, SECRETS)}
    content = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
    return {
        "publication_id": next_publication_id(earlier, content),
        "previous_publication_id": earlier[-1].publication_id if earlier else None,
        "publish_on": occasion.publish_on.isoformat(),
        "school_years": list(occasion.school_years),
        "made_by": occasion.made_by,
        "reason": occasion.reason,
        "made_at": utc_now(),
        "build_id": build_id,
        "agreement": {"name": agreement.agreement, **asdict(widths_of(agreement))},
        "files": files,
        "proof": {str(year): each.numbers for year, each in years.items()},
    }


def _require_proof(year: int, leaks: Sequence[Key]) -> None:
    if leaks:
        named = "; ".join(sorted({f"{key.metric[0]} {key.entity_type} {key.entity_id}" for key in leaks})[:5])
        raise PublicationRefused(
            f"school year {year}: {len(leaks)} hidden figures could be worked out from what others have seen "
            f"({named}). Nothing was published. Look at agreement.yaml: share fewer groups or kinds of entities, or "
            "wait for a date on which more has changed."
        )
