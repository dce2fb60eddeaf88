"""What is served now and how the last night went, gathered from the home.

Belongs here: reading the night's record, the current release and the ledger into a ``NightSummary``. Does not belong
here: its layout (``reporting.night_summary``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb

from ingestion.collaborative import Collaborative
from ingestion.home import ALL_DISTRICTS, Home, HomeError
from ingestion.night_record import read_night
from publishing.shelf import current_release_id, list_releases, release_number
from reporting.night_summary import DoorLine, FileLine, NightSummary, Outcome, RestatedLine, TargetLine
from reporting.plain_text import count
from schoolstat.configured import load_whole
from schoolstat.in_force import find_in_force
from schoolstat.publications import describe_withheld
from schoolstat.refused_files import explain
from schoolstat.sources import lines_of_night

COUNTS = ("rows_in", "rows_landed", "rows_rejected", "rows_duplicate")


def describe(
    home: Home, collaborative_folder: Path, *, tonight: bool = False, success: bool | None = None
) -> NightSummary:
    """Summarize the last night and what is served.

    Args:
        home: state folder.
        collaborative_folder: configuration.
        tonight: the night has just ended (else: some time ago).
        success: whether tonight's run ended well; None when it is not known.

    Raises:
        HomeError: the home serves another collaborative.
    """
    collaborative = load_whole(collaborative_folder)
    served = home.served()
    if served and served[0] != collaborative.id:
        raise HomeError(f"{home.path} serves the collaborative '{served[0]}', not '{collaborative.id}'")
    night = read_night(home)
    files = tuple(
        FileLine(
            f["relative_path"],
            f["outcome"],
            *(f[name] for name in COUNTS),
            message=f.get("message", ""),
            rows_ignored=f.get("rows_ignored", 0),
        )
        for f in night.get("files", ())
    )
    in_force = find_in_force(home, collaborative)
    tonights = {file.relative_path for file in files if file.outcome == "quarantined"}
    still_refused = [FileLine(path, "quarantined") for path in in_force.refused if path not in tonights]
    districts = _districts(home)
    release = current_release_id(home)
    return NightSummary(
        collaborative=collaborative.name,
        outcome=_outcome(night, success),
        reason=_reason(night),
        **{name: sum(getattr(file, name) for file in files) for name in COUNTS},
        n_districts_fresh=len(districts["fresh"]),
        held=in_force.held,
        stale=tuple(districts["stale"]),
        never_admitted=tuple(districts["never_admitted"]),
        off_roster=in_force.off_roster,
        waivers=tuple(describe_waivers(collaborative)),
        sources=lines_of_night(night.get("sources", ())),
        files=explain(home, collaborative, files),
        still_refused=explain(home, collaborative, still_refused),
        doors=tuple(_doors(night)),
        as_of=str(night.get("as_of") or ""),
        build_id=night.get("build_id"),
        release_id=release,
        went_back_from=_went_back_from(home, release),
        publication=_publication(night),
        is_publication_short=bool(night.get("publication_refused") or night.get("publication_withheld")),
        restated=_restated(night.get("restated") or ()),
        report_cards=_report_cards(night.get("report_cards")),
        targets=tuple(
            TargetLine(one["target"], one["outcome"], one["message"], one.get("note", ""))
            for one in night.get("targets", ())
        ),
        places=_places(home, release),
        open_ui=_open_ui(home) if tonight else "",
    )


def describe_waivers(collaborative: Collaborative) -> Iterator[str]:
    """Each waiver of the collaborative: where, of which rule, and until when, by whom and why."""
    day = collaborative.today()
    for one in sorted(collaborative.waivers, key=lambda one: (one.district, one.rule)):
        yield f"{one.place()}: {one.words(day)}"


def _outcome(night: dict[str, Any], success: bool | None) -> Outcome:
    if night.get("failure"):
        return "failed"
    if night.get("refused"):
        return "refused"
    if success is False and not _left_behind(night):
        return "failed"
    if night.get("release_id"):
        return "released"
    if night.get("nothing_to_build"):
        return "nothing_to_build"
    return "interrupted" if night else "not_run"


def _left_behind(night: dict[str, Any]) -> bool:
    """Whether a target could not take the release: the run failed there alone, or the record would name the failure."""
    return any(target["outcome"] == "failed" for target in night.get("targets", ()))


def _reason(night: dict[str, Any]) -> str:
    return str(night.get("failure") or night.get("refused") or night.get("nothing_to_build") or "")


def _publication(night: dict[str, Any]) -> str:
    """What became of a publication that was due, in words."""
    if refusal := night.get("publication_refused"):
        return f"refused: {refusal}"
    if not night.get("publication_id"):
        return ""
    withheld = describe_withheld(night.get("publication_withheld", {}))
    return f"{night['publication_id']} made of the release before and served from now on{withheld}"


def _restated(counted: Sequence[dict[str, Any]]) -> tuple[RestatedLine, ...]:
    """Figures of closed years that tonight's release says something else of than the one before, by year."""
    years = sorted({row["school_year"] for row in counted})
    return tuple(
        RestatedLine(year, {row["metric_id"]: row["n_figures"] for row in counted if row["school_year"] == year})
        for year in years
    )


def _report_cards(made: dict[str, Any] | None) -> str:
    """What became of the report cards, in words."""
    if made is None:
        return ""
    words = f"{count(made['written'], 'district')} got a new one; schoolstat report-card shows them"
    sent = f"; {count(made['n_sent'], 'message')} sent" if made["n_sent"] else ""
    waiting = f"; {count(made['n_waiting'], 'message')} not sent: {made['reason']}" if made["n_waiting"] else ""
    n_left = made.get("n_not_copied", 0)
    left = f"; {count(n_left, 'card')} not copied to the outbox: {made['why_not_copied']}" if n_left else ""
    return words + sent + waiting + left


def _went_back_from(home: Home, release: str | None) -> str | None:
    """The newest release that somebody went back from, if the current one is older."""
    left = set(home.rolled_back())
    if release is None or not left:
        return None
    newer = [one.release_id for one in list_releases(home) if one.build_id in left]
    newer = [release_id for release_id in newer if release_number(release_id) > release_number(release)]
    return max(newer, key=release_number, default=None)


def _doors(night: dict[str, Any]) -> list[DoorLine]:
    lines = []
    for number in (1, 2, 3):
        door = night.get(f"door_{number}")
        lines.append(
            DoorLine(f"door {number}", door["result"], tuple(door["messages"]))
            if door
            else DoorLine(f"door {number}", "not reached")
        )
    return lines


def _districts(home: Home) -> dict[str, list[str]]:
    """Districts of the current release by their worst freshness; those without any figures apart."""
    groups: dict[str, list[str]] = {"fresh": [], "held": [], "stale": [], "never_admitted": []}
    path = home.current_release / "collaborative.duckdb"
    if not path.exists():
        return groups
    with duckdb.connect(str(path.resolve()), read_only=True) as connection:
        rows = connection.execute(
            """
            select
                s.district_id,
                case
                    when not coalesce(bool_or(s.state = 'admitted'), false) then 'never_admitted'
                    when bool_or(s.state = 'admitted' and s.freshness = 'stale') then 'stale'
                    when bool_or(s.is_held) then 'held'
                    else 'fresh'
                end as word
            from dim_delivery_status as s
            where s.district_id <> ?
            group by s.district_id
            order by s.district_id
            """,
            [ALL_DISTRICTS],
        ).fetchall()
    for district_id, word in rows:
        groups[word].append(district_id)
    return groups


def _places(home: Home, release: str | None) -> tuple[tuple[str, str], ...]:
    if release is None:
        return (("home", str(home.path)),)
    folder = home.releases / release
    return (("for staff", str(folder / "collaborative.duckdb")), ("for everyone", str(folder / "shared.duckdb")))


def _open_ui(home: Home) -> str:
    default = Path(".schoolstat").resolve() == home.path
    return "make ui" if default else f"SCHOOLSTAT_HOME={home.path} make ui"
