"""How often the first suggestion is right: each shipped mapping left out in turn.

Run ``python -m ingestion.suggestion_figures``, with ``-v`` for each mapping and wrong column. A mapping is left out
together with every other one that has its name, that it extends or that extends it, or that reads the same headings, so
that nothing is told by its own copy. A column is right when the suggested contract is the mapping's and the suggested
column is one that the mapping fills from it; a wrong contract makes all columns of that mapping wrong. Nothing of a
file is known but its headings and, in the second figure, what its cells look like, which the mapping's types stand for.

Belongs here: leaving out and counting. Does not belong here: suggesting (``suggestions.py``).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingestion.contract import load_contracts
from ingestion.known_names import combine, load_all_mappings, names_of, targets
from ingestion.mapping import Mapping
from ingestion.suggestions import SourceHeading, Suggester


@dataclass(frozen=True)
class Figure:
    """What was right of one mapping left out.

    Attributes:
        mapping: its name.
        contract: its contract.
        suggested: the contract that was suggested.
        n_columns: columns that it reads into the contract.
        n_right: of them those whose first suggestion is right.
        wrong: the others: heading, what it is, what was suggested.
    """

    mapping: str
    contract: str
    suggested: str
    n_columns: int
    n_right: int
    wrong: tuple[tuple[str, str, str], ...]


_KINDS: dict[str, Callable[[Figure], bool]] = {
    "reports of states": lambda figure: figure.contract == "state_reported_measures",
    "exports of vendors": lambda figure: (
        figure.contract in ("assessments", "screeners") and "records" not in figure.mapping
    ),
    "districts' own records": lambda figure: "records" in figure.mapping,
}


def measure(mappings: Sequence[Mapping] | None = None, *, with_types: bool = True) -> list[Figure]:
    """One figure for each mapping; of those that say the same, the first stands for all."""
    shipped = load_all_mappings() if mappings is None else list(mappings)
    figures, seen = [], set()
    named = [(mapping, names_of(mapping)) for mapping in shipped]
    for mapping in shipped:
        if _headings(mapping) in seen:
            continue
        seen.add(_headings(mapping))
        others = [(other, names) for other, names in named if not _is_kin(mapping, other)]
        figures.append(_measure_one(mapping, Suggester(combine(others)), with_types=with_types))
    return figures


def share(figures: Sequence[Figure]) -> float:
    """Share of all columns whose first suggestion is right."""
    return sum(figure.n_right for figure in figures) / max(sum(figure.n_columns for figure in figures), 1)


def _measure_one(mapping: Mapping, suggester: Suggester, *, with_types: bool) -> Figure:
    contract = load_contracts()[mapping.contract]
    truth = {name: targets(mapping, contract, name) for name, column in mapping.columns.items() if column.heading}
    truth = {name: found for name, found in truth.items() if found}
    sources = [
        SourceHeading(mapping.columns[name].heading, mapping.columns[name].type if with_types else "") for name in truth
    ]
    found = suggester.suggest(sources)
    name = found.contract.name if found else ""
    said = [each.column for each in found.columns] if found and name == contract.name else [None] * len(truth)
    wrong = tuple(
        (source.heading, "/".join(sorted(meant)), guess or "nothing")
        for source, meant, guess in zip(sources, truth.values(), said, strict=True)
        if guess not in meant
    )
    return Figure(mapping.mapping, contract.name, name, len(truth), len(truth) - len(wrong), wrong)


def _is_kin(mapping: Mapping, other: Mapping) -> bool:
    """Whether the other could tell what this one says by being the same."""
    names = {mapping.mapping, *mapping.extended}
    return bool(names & {other.mapping, *other.extended}) or _headings(mapping) == _headings(other)


def _headings(mapping: Mapping) -> frozenset[str]:
    return frozenset(column.heading for column in mapping.columns.values())


def main() -> None:
    """Print the figures."""
    out = sys.stdout.write
    for title, with_types in (("by headings alone", False), ("by headings and what the cells look like", True)):
        figures = measure(with_types=with_types)
        contracts = sum(figure.contract == figure.suggested for figure in figures)
        right, columns = sum(f.n_right for f in figures), sum(f.n_columns for f in figures)
        out(f"{title}: {share(figures):.1%} of columns right ({right} of {columns}), ")
        out(f"contract right for {contracts} of {len(figures)} mappings\n")
        for title, kind in _KINDS.items():
            some = [figure for figure in figures if kind(figure)]
            out(f"  {title}: {share(some):.1%} of {sum(figure.n_columns for figure in some)} columns\n")
        for figure in figures if "-v" in sys.argv else ():
            line = f"  {figure.mapping}: {figure.n_right} of {figure.n_columns}"
            out(f"{line}{'' if figure.contract == figure.suggested else f', taken for {figure.suggested}'}\n")
            for heading, meant, guess in figure.wrong:
                out(f"      '{heading}' is {meant}, not {guess}\n")


if __name__ == "__main__":
    main()
