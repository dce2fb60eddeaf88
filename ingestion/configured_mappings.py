"""The mappings that a collaborative reads its files with: its own, and shipped ones that it uses.

Belongs here: finding them, loading each, and what must hold between them, the senders and the functions. Does not
belong here: what one mapping may say (``mapping.py``, ``mapping_checks.py``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from ingestion.contract import load_contracts
from ingestion.contract_versions import upgrade_mapping
from ingestion.mapping import FromColumn, Mapping
from ingestion.mapping_checks import check_mapping
from ingestion.mapping_files import find_shipped, load_mapping, own_mappings
from ingestion.yaml_document import ConfigurationError, Document


def read_mappings(
    folder: Path,
    document: Document,
    own: Sequence[str],
    shipped: Sequence[str],
    senders: dict[str, bool],
    faults: list[str],
) -> tuple[Mapping, ...]:
    """The mappings of a collaborative, by name; every fault is appended as ``file:line:column: message``.

    Args:
        folder: the collaborative's.
        document: its ``collaborative.yaml``, for the places of faults.
        own: folders of mappings below it.
        shipped: names of mappings that the product ships.
        senders: everybody who sends files, and whether they are statewide.
        faults: what is wrong.
    """
    mappings: dict[str, Mapping] = {}
    for path in _mapping_paths(folder, document, own, shipped, faults):
        mapping = _read_mapping(path, senders, faults)
        if mapping and mapping.mapping in mappings:
            faults.append(f"{path}:1:1: mapping: '{mapping.mapping}' is the name of another mapping too")
        if mapping:
            mappings[mapping.mapping] = mapping
    return tuple(mappings[name] for name in sorted(mappings))


def _mapping_paths(
    folder: Path, document: Document, own: Sequence[str], shipped: Sequence[str], faults: list[str]
) -> list[Path]:
    """The collaborative's own mappings, and the shipped ones that it uses."""
    paths: list[Path] = []
    if not own and not shipped:
        words = "mappings: needs folders of its own, or use_mappings with names of shipped ones"
        faults.append(f"{document.place(('mappings',))}: {words}")
    for number, name in enumerate(own):
        if not (folder / name).is_dir():
            faults.append(f"{document.place(('mappings', number))}: mappings: the folder '{name}' does not exist")
        paths += own_mappings(folder / name)
    for number, name in enumerate(shipped):
        found = find_shipped(name)
        if not found:
            faults.append(f"{document.place(('use_mappings', number))}: use_mappings: no mapping '{name}' is shipped")
        paths += [path for path in found if path not in paths]
    return paths


def _read_mapping(path: Path, senders: dict[str, bool], faults: list[str]) -> Mapping | None:
    try:
        mapping, document = load_mapping(path)
    except ConfigurationError as error:
        faults.extend(error.messages)
        return None
    contracts = load_contracts()
    if mapping.contract in contracts:
        mapping = upgrade_mapping(mapping, contracts[mapping.contract])
    problems = list(check_mapping(mapping, contracts))
    if mapping.sender is not None and mapping.sender not in senders:
        problems.append((("sender",), "is neither a sender of collaborative.yaml nor a district of the roster"))
    elif senders.get(mapping.sender or "", False) != (mapping.districts is not None):
        problems.append((("districts",), "is required for a statewide sender, and only there"))
    faults.extend(f"{document.place(at)}: {'.'.join(map(str, at))}: {words}" for at, words in problems)
    return mapping


def find_function_faults(mappings: Sequence[Mapping], known: Collection[str]) -> Iterator[str]:
    """Functions that a mapping gives and ``state_functions.csv`` lacks, as ``file:line:column: message``."""
    for mapping in mappings:
        for number in range(len(mapping.rows)):
            source = mapping.source(number, "state_function")
            column = mapping.columns.get(source.column) if isinstance(source, FromColumn) else None
            unknown = sorted(set(column.codes.values()) - set(known)) if column else []
            if unknown:
                yield f"state_functions.csv:1:state_function: lacks {', '.join(unknown)} of {mapping.mapping}"
