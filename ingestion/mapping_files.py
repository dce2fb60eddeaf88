"""Where mappings stand, and what one says together with the one that it extends.

Belongs here: a collaborative's own mappings, the ones that the product ships, ``extends``. Does not belong here: what
a mapping may say (``mapping.py``), whether it fits its contract (``mapping_checks.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ingestion.crosswalks import take_in_crosswalks
from ingestion.mapping import Mapping
from ingestion.yaml_document import ConfigurationError, Document, read_yaml

SHIPPED = Path(__file__).resolve().parent.parent / "mappings"
"""What the product ships: one folder for each publisher of files, data only."""

_SHIPPED_PREFIX = "shipped:"
"""Before a path that ``extends`` names: below the product's own mappings, wherever the collaborative's folder lies."""

_OF_A_PART = "_"
"""First sign of the name of a file that is only there to be extended."""


def load_mapping(path: Path) -> tuple[Mapping, Document]:
    """Load one mapping, with what it extends.

    Raises:
        ConfigurationError: the file, or one that it extends, is not valid.
    """
    document = _extended(path, seen=())
    return document.validate(Mapping), document


def find_shipped(name: str, shipped: Path | None = None) -> list[Path]:
    """Files of the shipped mappings with that name: a publisher's folder, or one file of it without its ending.

    An empty list means that the product ships nothing of that name.
    """
    below = (shipped or SHIPPED).resolve()
    folder = below / name
    if not folder.is_relative_to(below) or ".." in Path(name).parts:
        return []
    paths = folder.glob("*.yaml") if folder.is_dir() else [folder.with_name(folder.name + ".yaml")]
    return [path for path in sorted(paths) if path.is_file() and not is_part(path)]


def is_part(path: Path) -> bool:
    """Whether a file is no mapping by itself, but there to be extended."""
    return path.name.startswith(_OF_A_PART)


def _extended(path: Path, seen: tuple[Path, ...]) -> Document:
    document = take_in_crosswalks(read_yaml(path))
    base_name = document.data.get("extends")
    if "extended" in document.data:
        raise ConfigurationError([f"{document.place(('extended',))}: extended: is not a key; write extends"])
    if base_name is None:
        return document
    if path.resolve() in seen:
        raise ConfigurationError([f"{document.place(('extends',))}: extends: mappings extend each other in a circle"])
    base = _extended(_base_path(path, str(base_name)), (*seen, path.resolve()))
    own = {key: value for key, value in document.data.items() if key != "extends"}
    places = {**base.places, **document.places}
    merged = _merge(base.data, own)
    if "mapping" in base.data:
        merged["extended"] = [base.data["mapping"], *base.data.get("extended", ())]
    return Document(path, merged, places)


def _base_path(path: Path, name: str) -> Path:
    if name.startswith(_SHIPPED_PREFIX):
        return SHIPPED / name.removeprefix(_SHIPPED_PREFIX)
    return path.parent / name


def _merge(base: Any, own: Any) -> Any:
    """What a mapping says, over what it extends; a key that it writes as null is left out."""
    if isinstance(base, dict) and isinstance(own, dict):
        merged = {**base, **{key: _merge(base.get(key), value) for key, value in own.items()}}
        return {key: value for key, value in merged.items() if value is not None}
    return own


def own_mappings(folder: Path) -> Iterator[Path]:
    """The mappings of a folder, by name."""
    return (path for path in sorted(folder.glob("*.yaml")) if not is_part(path))
