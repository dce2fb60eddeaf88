"""Which contract a file of unknown headings is for, and what each of its columns means.

Belongs here: weighing what is known of a column, its heading and what its cells look like, and choosing. Does not
belong here: the known names (``known_names.py``), looking at cells (``sample_columns.py``), writing the draft
(``draft_mapping.py``).

Plain methods, in this order: (1) each heading is compared with every known name of every column of a contract, and of
each column the likest counts; (2) what the cells look like takes away from columns that they do not fit; (3) within a
contract the best pair of heading and column is taken first, then the next, each column once, but those that mappings
fill from several; (4) the contract is chosen whose required columns are found best and that explains most headings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from ingestion.contract import Column, Contract, load_contracts
from ingestion.heading_words import Likeness, split_words
from ingestion.known_names import DISTRICT, NOT_READ, Knowledge, KnownName
from ingestion.mapping_checks import GIVEN_COLUMNS

CellType = Literal["code", "text", "number", "date", "timestamp", "boolean", "empty", ""]

SURE, DOUBTFUL = 0.75, 0.42
"""From here on a suggestion is taken as it is; from here on it is made, and marked as doubtful."""

FIGURES = ("value", "numerator", "denominator", "n")
"""What a report has many of: several columns of one file may fill them."""
_PUPIL_ID = ({"student", "id"}, {"ssid"}, {"sasid"}, {"lasid"})
"""Words that stand together in a heading of no file but one about pupils."""
_PERSON_WORDS = {"student", "stu", "pupil", "person", "learner", "child", "staff", "employee"}
"""Words of a heading that is about a person: what stands under it is never taken for a school's code."""
UNKNOWN_FIGURE = 0.45
"""How likely a number of a report, of which nothing is known, is one of its figures."""

_WEIGHTS = {"contract": 1.0, "standard": 0.92, "synonym": 0.95, "mapping": 0.97}


@dataclass(frozen=True)
class SourceHeading:
    """One column of a file, as far as a suggestion looks at it.

    Attributes:
        heading: the heading.
        type: what its cells look like; nothing when they were not looked at.
        texts: its different texts, where they are few.
    """

    heading: str
    type: CellType = ""
    texts: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Suggestion:
    """What one column of a file is taken for.

    Attributes:
        source: the column.
        column: the contract's column; None when it is taken for one that nobody needs.
        score: how likely, 0 to 1.
        known: the name that it was told by.
        others: the next best columns of the contract.
        codes: what mappings of that column say that its texts mean.
    """

    source: SourceHeading
    column: str | None
    score: float
    known: KnownName | None = None
    others: tuple[str, ...] = ()
    codes: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_sure(self) -> bool:
        """Whether it needs no second look."""
        return self.score >= SURE


@dataclass(frozen=True)
class Suggested:
    """A contract for a file, and what each of its columns is taken for.

    Attributes:
        contract: the contract.
        score: how well it fits; contracts are compared by it.
        columns: one for each column of the file, in its order.
        others: the next best contracts.
    """

    contract: Contract
    score: float
    columns: tuple[Suggestion, ...]
    others: tuple[str, ...] = ()

    @property
    def missing(self) -> list[Column]:
        """Columns that the contract requires and no heading was found for."""
        found = {suggestion.column for suggestion in self.columns}
        return [
            column
            for column in self.contract.columns
            if column.required and column.name not in found and column.name not in GIVEN_COLUMNS
        ]


class Suggester:
    """Suggestions out of what is known; compare all files with one of it, as it keeps what it has compared."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._likeness = Likeness(known.name for known in knowledge.names)
        self._found: dict[str, dict[str, list[tuple[float, KnownName]]]] = {}
        self._by_name: dict[str, list[KnownName]] = {}
        self._index: dict[str, list[str]] = {}
        self._codes: dict[tuple[str, str], dict[str, str]] = {}
        for known in knowledge.names:
            self._by_name.setdefault(known.name, []).append(known)
            if known.source and known.source.codes:
                self._codes.setdefault((known.contract, known.column), {}).update(known.source.codes)
        for name in self._by_name:
            for key in _keys(name):
                self._index.setdefault(key, []).append(name)

    def suggest(
        self, sources: Sequence[SourceHeading], contract: str | None = None, file_name: str = ""
    ) -> Suggested | None:
        """The best contract and its columns; None when no contract has a name in common with the file.

        Args:
            sources: the file's columns.
            contract: the contract that it is known to be for.
            file_name: its name, which often says what it holds.
        """
        names = [contract] if contract else sorted({known.contract for known in self._knowledge.names})
        tried = [self._try(name, sources, file_name) for name in names]
        best = sorted(tried, key=lambda found: -found.score)
        if not best or best[0].score <= 0:
            return None
        others = tuple(found.contract.name for found in best[1:4])
        return Suggested(best[0].contract, best[0].score, best[0].columns, others)

    def _try(self, name: str, sources: Sequence[SourceHeading], file_name: str) -> Suggested:
        contract = load_contracts()[name]
        table = _Table(contract, [self._scores(contract, source) for source in sources], self._knowledge)
        chosen = table.assign()
        about_pupils = 1.0 if contract.holds_people or not any(map(_is_of_a_pupil, sources)) else 0.3
        columns = tuple(
            _suggestion(source, table.scores[i], chosen.get(i), self._codes.get((name, chosen.get(i) or ""), {}))
            for i, source in enumerate(sources)
        )
        said = max((self._likeness.compare(file_name, word) for word in self._knowledge.file_words[name]), default=0.0)
        return Suggested(contract, about_pupils * table.fit(chosen) + (0.25 * said if file_name else 0.0), columns)

    def _scores(self, contract: Contract, source: SourceHeading) -> dict[str, tuple[float, KnownName]]:
        """Of each column of the contract, how likely the source is it, and by which name."""
        found: dict[str, tuple[float, KnownName]] = {}
        for likeness, known in self._alike(source.heading).get(contract.name, ()):
            column = contract.column(known.column)
            if column is not None and column.refers_to == "school" and _names_a_person(source.heading):
                continue
            score = likeness * _fit_of_cells(source, column, known)
            if score > found.get(known.column, (0.0, known))[0]:
                found[known.column] = (score, known)
        left_alone, _ = found.pop(NOT_READ, (0.0, None))
        if left_alone >= max([SURE, *(score for score, _ in found.values())]):
            return {}
        if contract.holds_many_reports and source.type in ("number", ""):
            figure = _kind_of_figure(source.heading)
            if found.get(figure, (0.0,))[0] < UNKNOWN_FIGURE:
                found[figure] = (UNKNOWN_FIGURE, KnownName(contract.name, figure, "", "contract"))
        return found

    def _alike(self, heading: str) -> dict[str, list[tuple[float, KnownName]]]:
        """By contract, the names that the heading has something in common with; of one column the likest of a kind."""
        if heading not in self._found:
            by_contract: dict[str, list[tuple[float, KnownName]]] = {}
            names = {name: None for key in _keys(heading) for name in self._index.get(key, ())}
            for name in names:
                likeness = self._likeness.compare(heading, name)
                for known in self._by_name[name] if likeness else ():
                    by_contract.setdefault(known.contract, []).append((likeness * _WEIGHTS[known.kind], known))
            self._found[heading] = by_contract
        return self._found[heading]


def _names_a_person(heading: str) -> bool:
    return not _PERSON_WORDS.isdisjoint(word.lower() for word in split_words(heading))


def _keys(name: str) -> set[str]:
    """What two names must share to be alike at all: how a word begins, or how the name does."""
    words = split_words(name)
    return {word[:3] for word in words} | {f"={''.join(words)[:2]}"}


@dataclass(frozen=True)
class _Table:
    """The scores of a file's columns against a contract's."""

    contract: Contract
    scores: list[dict[str, tuple[float, KnownName]]]
    knowledge: Knowledge

    @cached_property
    def _pairs(self) -> list[tuple[float, int, str]]:
        pairs = [(score, i, column) for i, row in enumerate(self.scores) for column, (score, _) in row.items()]
        return sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2]))

    def assign(self) -> dict[int, str]:
        """The best pair first; each column of the contract once, but figures of a report."""
        chosen: dict[int, str] = {}
        taken: set[str] = set()
        for score, i, column in self._pairs:
            if score >= DOUBTFUL and i not in chosen and (column not in taken or self._is_many(column)):
                chosen[i] = column
                taken.add(column)
        return chosen

    def _is_many(self, column: str) -> bool:
        is_figure = self.contract.holds_many_reports and column in FIGURES
        return is_figure or (self.contract.name, column) in self.knowledge.repeated

    def fit(self, chosen: dict[int, str]) -> float:
        """How well the contract fits: what it requires and finds, and how much of the file it explains."""
        best = [self.scores[i][column][0] for i, column in chosen.items()]
        explained = sum(best) / max(len(self.scores), 1)
        by_column = {column: self.scores[i][column][0] for i, column in chosen.items()}
        required = [c.name for c in self.contract.columns if c.required and c.name not in GIVEN_COLUMNS]
        if self.contract.holds_many_reports:
            required = ["value", DISTRICT]
        weights = {name: self.knowledge.filled.get((self.contract.name, name), 1.0) for name in required}
        found = sum(weights[name] * by_column.get(name, 0.0) for name in required) / (sum(weights.values()) or 1)
        return 0.5 * found + 0.5 * explained


def _suggestion(
    source: SourceHeading, scores: dict[str, tuple[float, KnownName]], column: str | None, codes: Mapping[str, str]
) -> Suggestion:
    ranked = sorted(scores, key=lambda name: -scores[name][0])
    others = tuple(name for name in ranked if name != column and scores[name][0] >= DOUBTFUL)[:2]
    if column is None:
        return Suggestion(source, None, 1 - max((score for score, _ in scores.values()), default=0.0), None, others)
    score, known = scores[column]
    return Suggestion(source, column, score, known, others, codes)


def _is_of_a_pupil(source: SourceHeading) -> bool:
    return any(words <= set(split_words(source.heading)) for words in _PUPIL_ID)


def _kind_of_figure(heading: str) -> str:
    """What a figure of a report is by the signs in its heading alone: a count, or the figure itself."""
    return "numerator" if "#" in heading and "%" not in heading else "value"


def _fit_of_cells(source: SourceHeading, column: Column | None, known: KnownName) -> float:
    """How far what the cells look like leaves the column possible."""
    if source.type in ("", "empty") or column is None:
        return 1.0
    if column.allowed and source.texts:
        meant = set(column.allowed) | (set(known.source.codes) if known.source else set())
        shared = len(source.texts & meant) / len(source.texts)
        return 1.1 if shared > 0.5 else 0.85
    fits = {
        "date": source.type == "date",
        "timestamp": source.type in ("timestamp", "date"),
        "boolean": source.type == "boolean" or 0 < len(source.texts) <= 2,
        "text": source.type not in ("date", "timestamp"),
        "surrogate": source.type in ("code", "number", "text"),
    }
    fit = source.type == "number" if column.is_number else fits.get(column.type, True)
    return 1.0 if fit else 0.35


def headings_of(headings: Iterable[str]) -> list[SourceHeading]:
    """Columns of which nothing but the headings is known."""
    return [SourceHeading(heading) for heading in headings]
