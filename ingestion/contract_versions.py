"""What a later version of a contract changed, and how what was written for an earlier one is still read.

Belongs here: the names of columns then and now, and a mapping of then as one of now. Does not belong here: the contract
itself (``contract.py``), the select over landed files (``landing_views.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from ingestion.contract import Contract
    from ingestion.mapping import Mapping

ColumnName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Change(BaseModel):
    """What one version changed against the version before it.

    Attributes:
        version: the version that brought the change.
        added: columns that were not there before; optional ones, as no earlier row has them.
        renamed: columns that had another name: the name before, and the name since.
        removed: columns that are no longer taken.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    version: int = Field(ge=2)
    added: tuple[ColumnName, ...] = Field(default=(), strict=False)
    renamed: dict[ColumnName, ColumnName] = Field(default_factory=dict)
    removed: tuple[ColumnName, ...] = Field(default=(), strict=False)


def check_changes(version: int, changes: tuple[Change, ...], names: dict[str, bool]) -> None:
    """Refuse changes that do not lead to the contract as it is.

    Args:
        version: the contract's version.
        changes: its changes.
        names: its columns, and whether each is required.

    Raises:
        ValueError: what is wrong.
    """
    if changes and [change.version for change in changes] != list(range(version - len(changes) + 1, version + 1)):
        raise ValueError(f"changes must name each version up to {version}, in order")
    gone = [name for change in changes for name in (*change.removed, *change.renamed)]
    if set(gone) & set(names):
        raise ValueError("changes give up the name of a column that is there: a name is not used twice")
    for at, change in enumerate(changes):
        for name in (*change.added, *change.renamed.values()):
            now = _name_now(changes[at + 1 :], name)
            if now is not None and now not in names:
                raise ValueError(f"changes of version {change.version} speak of {name}, which is no column")
            if now is not None and name in change.added and names[now]:
                raise ValueError(f"{name} was added by version {change.version}: it cannot be required")


def names_before(contract: Contract, column: str) -> list[str]:
    """What a column was called in earlier versions, the latest name first."""
    names, name = [], column
    for change in reversed(contract.changes):
        before = {since: then for then, since in change.renamed.items()}.get(name, name)
        if before != name:
            names.append(before)
        name = before
    return names


def upgrade_mapping(mapping: Mapping, contract: Contract) -> Mapping:
    """A mapping that was written for an earlier version, as one of the contract as it is now.

    Columns that were renamed since are filled under their new name, columns that were removed are filled no more, and
    those that were added stay empty. A mapping of a version that the contract does not read is given back as it is.
    """
    if mapping.contract_version == contract.version or mapping.contract_version not in contract.versions_read:
        return mapping
    changes = tuple(change for change in contract.changes if change.version > mapping.contract_version)

    def upgrade(row: dict) -> dict:
        named = {_name_now(changes, name): source for name, source in row.items()}
        return {name: source for name, source in named.items() if name is not None}

    changed = {"every": upgrade(mapping.every), "rows": tuple(upgrade(row) for row in mapping.rows)}
    return mapping.model_copy(update={**changed, "contract_version": contract.version})


def _name_now(changes: tuple[Change, ...], name: str) -> str | None:
    """What a column has become; None where it was removed."""
    for change in changes:
        if name in change.removed:
            return None
        name = change.renamed.get(name, name)
    return name
