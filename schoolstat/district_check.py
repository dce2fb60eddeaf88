"""A newcomer's first delivery, judged before anything is sent: each file, and what door 1 says across them.

Belongs here: what of a district's files is known, what is missing, and what to do next. Does not belong here: reading
(``ingestion.inbox``), the rules (``expectations``).

The files go through an inbox, a landing and a ledger of their own, in a folder of the system's temporary files that
only this user can read and that is removed afterwards, whatever happens. What other districts sent is not there: rules
that compare districts with each other, or with an earlier delivery, have nothing to find.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from ingestion.collaborative import Collaborative
from ingestion.contract import load_contracts
from ingestion.findings import Finding
from ingestion.home import Home
from ingestion.inbox import process_inbox
from ingestion.inbox_pass import FileOutcome
from ingestion.ledger import open_ledger
from ingestion.ledger_database import URL_VARIABLE
from ingestion.mapping import Mapping
from ingestion.yaml_document import ConfigurationError
from reporting.plain_text import add_up, count, list_some, show, show_whole
from schoolstat.configured import load_whole
from schoolstat.district_add import DRAFTS
from schoolstat.newcomer_files import NewcomerFile, find_files, tell_year

if TYPE_CHECKING:
    from ingestion.admission import Verdict

ADMITTED, UNREADY, REFUSED = 0, 2, 3
LISTED = 6


@dataclass(frozen=True)
class DistrictCheck:
    """What stands between a district and its first night.

    Attributes:
        district_id: the district.
        folder: where its files lie.
        collaborative_folder: whose configuration was asked.
        files: each file, and what would become of it.
        outcomes: by path below the inbox, what became of it in the trial.
        verdicts: what door 1 says of each domain and school year.
        missing: extracts that the collaborative's mappings would read and that no file fills, with what they feed.
        drafts: drafts of this district that wait for a person.
    """

    district_id: str
    folder: Path
    collaborative_folder: Path
    files: tuple[NewcomerFile, ...]
    outcomes: dict[str, FileOutcome]
    verdicts: tuple[Verdict, ...]
    missing: dict[str, tuple[str, ...]]
    drafts: tuple[str, ...]

    @property
    def code(self) -> int:
        """0 when a first delivery would be admitted, 2 when a file has no mapping, 3 when something is refused."""
        bad = ("quarantined", "unreadable", "refused")
        refused = any(outcome.outcome in bad for outcome in self.outcomes.values())
        if refused or not all(verdict.admitted for verdict in self.verdicts):
            return REFUSED
        return ADMITTED if self.verdicts and not self._unmapped else UNREADY

    @property
    def _unmapped(self) -> list[NewcomerFile]:
        return [file for file in self.files if file.mapping is None and file.refusal is None]

    def _outcome(self, file: NewcomerFile) -> FileOutcome:
        """What became of a file; one of an archive of which nothing is known was not looked at."""
        return self.outcomes.get(file.relative_path) or FileOutcome(file.relative_path, "no_mapping")

    @property
    def next_step(self) -> str:
        """What to do next, in plain words."""
        if self._unmapped and self.drafts:
            return f"go through {list_some(self.drafts, LISTED)}, move what is right to mappings/, and check again"
        if self._unmapped:
            target = f"{self.collaborative_folder}/mappings/NAME.yaml"
            file = self._unmapped[0]
            named = file.path if file.archive is None else f"{file.archive}/{file.name}"
            return f"schoolstat mapping suggest {named} --district {self.district_id} -o {target}, and check again"
        if self.code == REFUSED:
            return "correct what is listed, export the files again, and check again"
        return f"lay the files into INBOX/{self.district_id}/<school year>/; the next night takes them"

    def to_dict(self) -> dict[str, Any]:
        """As values for JSON."""
        return {
            "district_id": self.district_id,
            "admitted": self.code == ADMITTED,
            "files": [self._file_record(file) for file in self.files],
            "door_1": [
                {name: getattr(verdict, name) for name in ("domain", "school_year", "admitted", "rule_id", "reason")}
                for verdict in self.verdicts
            ],
            "missing": {extract: list(feeds) for extract, feeds in self.missing.items()},
            "drafts": list(self.drafts),
            "next_step": self.next_step,
        }

    def _file_record(self, file: NewcomerFile) -> dict[str, Any]:
        outcome = self._outcome(file)
        return {
            "file": str(file.delivered[0]),
            "as": file.relative_path,
            "mapping": file.mapping.mapping if file.mapping else None,
            "outcome": outcome.outcome,
            **{name: getattr(outcome, name) for name in ("rows_in", "rows_landed", "rows_rejected", "rows_duplicate")},
            "findings": [_words(finding) for finding in _faults(outcome)],
        }

    def render(self) -> RenderableType:
        """For the terminal."""
        parts: list[RenderableType] = [show(f"{self.district_id}: {count(len(self.files), 'file')}", "bold")]
        parts += [show(told, "yellow") for told in tell_year(self.files)]
        for file in self.files:
            parts += self._file_lines(file)
        parts += [show("door 1, across the files:", "bold"), *map(_indented, self._verdict_lines())]
        if self.missing:
            parts.append(show("not there, which the collaborative's mappings would read:", "bold"))
            worst = sorted(self.missing.items(), key=lambda each: -len(each[1]))
            parts += [_indented(show(f"{name}{_costs(feeds)}")) for name, feeds in worst[:LISTED]]
            if worst[LISTED:]:
                parts.append(_indented(show(f"and {list_some([name for name, _ in worst[LISTED:]], 40)}")))
        return Group(*parts, show("next:", "bold"), show_whole(f"  {self.next_step}"))

    def _file_lines(self, file: NewcomerFile) -> Iterator[RenderableType]:
        outcome = self._outcome(file)
        if file.refusal is not None:
            yield _indented(show(f"{file.name}: {outcome.outcome}: {_words(file.refusal)}", "red"))
            return
        if file.mapping is None:
            yield _indented(show(f"{file.name}: no mapping knows it", "yellow"))
            return
        added = add_up(outcome.rows_in, outcome.rows_landed, outcome.rows_rejected, outcome.rows_duplicate)
        style = {"landed": "green" if not outcome.rows_rejected else "yellow"}.get(outcome.outcome, "red")
        yield _indented(show(f"{file.name}: {outcome.outcome}, by {file.mapping.mapping}: {added}", style))
        if outcome.message:
            yield _indented(show(outcome.message), 4)
        for finding in _faults(outcome)[:LISTED]:
            yield _indented(show(_words(finding)), 4)

    def _verdict_lines(self) -> Iterator[Text]:
        if not self.verdicts:
            yield show("nothing landed that could be judged", "yellow")
        for verdict in self.verdicts:
            what = f"{verdict.domain} {verdict.school_year}"
            if verdict.admitted:
                yield show(f"{what}: admitted", "green")
            else:
                yield show(f"{what}: held by {verdict.rule_id}: {verdict.reason}", "red")


def check_district(
    collaborative_folder: Path, district_id: str, folder: Path, year: int | None = None
) -> DistrictCheck:
    """Take a district's files through a first night that nothing is kept of.

    Raises:
        ConfigurationError: the district is not on the roster, or the folder holds no file.
    """
    collaborative = load_whole(collaborative_folder)
    if collaborative.district(district_id) is None:
        step = f"schoolstat district add {district_id} NAME -c {collaborative_folder} --folder {folder}"
        raise ConfigurationError([f"{district_id}: is not on the roster yet: {step}"])
    with find_files(folder, district_id, year, collaborative) as files, _throwaway_home() as home:
        _lay_out(files, home.path / "inbox")
        outcomes, verdicts = _first_night(home, collaborative)
    drafts = sorted((collaborative_folder / DRAFTS).glob(f"d{district_id.lower()}_*.yaml"))
    return DistrictCheck(
        district_id=district_id,
        folder=folder,
        collaborative_folder=collaborative_folder,
        files=tuple(files),
        outcomes=outcomes,
        verdicts=tuple(verdicts),
        missing=_missing(collaborative, district_id, files),
        drafts=tuple(f"{DRAFTS}/{path.name}" for path in drafts),
    )


@contextmanager
def _throwaway_home() -> Iterator[Home]:
    """A home in a folder of its own, with a ledger of its own even where the collaborative's is elsewhere."""
    ledger_url = os.environ.pop(URL_VARIABLE, None)
    folder = Path(tempfile.mkdtemp(prefix="schoolstat-check-"))
    try:
        yield Home(folder / "home").ensure()
    finally:
        shutil.rmtree(folder)
        if ledger_url is not None:
            os.environ[URL_VARIABLE] = ledger_url


def _lay_out(files: Sequence[NewcomerFile], inbox: Path) -> None:
    """The files as an inbox has them: the same bytes under the name they will have."""
    for source, relative_path in dict.fromkeys(file.delivered for file in files):
        target = inbox / relative_path
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            raise ConfigurationError([f"{source}: another file would have the same name {relative_path}"])
        try:
            target.hardlink_to(source.resolve())
        except OSError:  # another disk, or one without links
            shutil.copyfile(source, target)


def _first_night(home: Home, collaborative: Collaborative) -> tuple[dict[str, FileOutcome], list[Verdict]]:
    from expectations.doors import door_1

    with closing(open_ledger(home)) as ledger:
        result = process_inbox(home, ledger, collaborative, home.path / "inbox")
        verdicts = door_1(home, ledger, collaborative)
    return {outcome.relative_path: outcome for outcome in result.files}, verdicts


def _missing(
    collaborative: Collaborative, district_id: str, files: Sequence[NewcomerFile]
) -> dict[str, tuple[str, ...]]:
    """Contracts that mappings of districts' own files fill, and that no file of this district does."""
    there = {file.mapping.contract for file in files if file.mapping}
    known = {
        mapping.contract
        for mapping in collaborative.mappings
        if mapping.contract not in there and _is_meant_for(mapping, district_id)
    }
    contracts = load_contracts()
    return {name: contracts[name].feeds for name in sorted(known)}


def _is_meant_for(mapping: Mapping, district_id: str) -> bool:
    """Whether a district of that id may send the mapping's files."""
    said = re.search(r"\(\?P<district_id>([^()]*)\)", mapping.file)
    return said is not None and re.fullmatch(said[1], district_id) is not None


def _faults(outcome: FileOutcome) -> list[Finding]:
    return [finding for finding in outcome.findings if finding.severity != "passed"]


def _words(finding: Finding) -> str:
    place = ", ".join(
        part
        for part in (
            f"line {finding.line}" if finding.line else "",
            f"column '{finding.column}'" if finding.column else "",
        )
        if part
    )
    said = f"{finding.rule_id}: {finding.message}; {finding.what_to_do}" if finding.what_to_do else finding.message
    return f"{place}: {said}" if place else said


def _costs(feeds: Sequence[str]) -> str:
    return f": without it the district lacks {list_some(feeds, LISTED)}" if feeds else ""


def _indented(what: RenderableType, by: int = 2) -> Padding:
    return Padding(what, (0, 0, 0, by))
