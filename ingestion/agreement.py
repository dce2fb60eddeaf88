"""What the districts have agreed to show to others: ``agreement.yaml`` over the product's defaults.

Belongs here: its keys, reading it, and its tables as dbt reads them. Does not belong here: hiding figures (dbt and
``expectations.disclosure``) and making publications (``publishing``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from ingestion.configuration_table import DEFAULTS
from ingestion.yaml_document import ConfigurationError, Document, read_yaml

_Strict = ConfigDict(extra="forbid", frozen=True, strict=True)
NUMBERS = ("minimum_n", "minimum_numerator", "minimum_complement", "minimum_width", "minimum_numerator_width")
SharedOf = Literal["groups", "all", "nothing"]


class Coding(BaseModel):
    """From so many pupils on, shares up to this one are shown as "at most", and their opposites as "at least"."""

    model_config = _Strict
    from_n: int = Field(ge=1)
    share: Decimal = Field(gt=0, lt=Decimal("0.5"), max_digits=6, decimal_places=6, strict=False)

    @field_validator("share", mode="before")
    @classmethod
    def _as_written(cls, share: Any) -> Any:
        return str(share)


class PublicationDate(BaseModel):
    """A date of the calendar, and the school years whose computed figures are shared from then on."""

    model_config = _Strict
    publish_on: date
    school_years: tuple[int, ...] = Field(strict=False, min_length=1)


class Agreement(BaseModel):
    """The keys of ``agreement.yaml``.

    Attributes:
        agreement: its name, for people.
        minimum_n: fewest pupils of a figure that is shown.
        minimum_numerator: fewest pupils in the numerator of a rate that is shown.
        minimum_complement: fewest of its denominator who are not in its numerator.
        minimum_width: how far apart the bounds of a hidden number of pupils must lie.
        minimum_numerator_width: the same of the numerator of a hidden rate.
        coding: what is shown of rates near nothing or all.
        dimensions: groups that divide pupils, by dimension.
        shared: of whom figures leave the collaborative, by kind of entity.
        publications: the calendar.
        backup_days: for how many days the operator's backups are kept; a certificate of destruction says so.
    """

    model_config = _Strict
    agreement: str
    minimum_n: int = Field(ge=1)
    minimum_numerator: int = Field(ge=0)
    minimum_complement: int = Field(ge=0)
    minimum_width: int = Field(ge=1)
    minimum_numerator_width: int = Field(ge=1)
    coding: tuple[Coding, ...] = Field(strict=False)
    dimensions: dict[str, tuple[str, ...]] = Field(strict=False)
    shared: dict[Literal["collaborative", "district", "school"], SharedOf]
    publications: tuple[PublicationDate, ...] = Field(strict=False)
    backup_days: int = Field(ge=0)

    @field_validator("coding")
    @classmethod
    def _is_in_order(cls, coding: tuple[Coding, ...]) -> tuple[Coding, ...]:
        sizes = [each.from_n for each in coding]
        if sizes != sorted(set(sizes)):
            raise ValueError("must be in order of from_n, each once")
        return coding

    @field_validator("dimensions", mode="before")
    @classmethod
    def _groups_stand_once(cls, dimensions: Any) -> Any:
        groups = [group for each in dimensions.values() for group in each] if isinstance(dimensions, dict) else []
        twice = sorted({group for group in groups if groups.count(group) > 1})
        if twice:
            raise ValueError(f"{', '.join(map(str, twice))} stands in two dimensions; a group belongs to one")
        return {name: tuple(each) for name, each in dimensions.items()} if groups else dimensions

    @field_validator("publications")
    @classmethod
    def _is_a_calendar(cls, dates: tuple[PublicationDate, ...]) -> tuple[PublicationDate, ...]:
        days = [each.publish_on for each in dates]
        if days != sorted(set(days)):
            raise ValueError("must be in order of publish_on, each day once")
        return dates

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """The agreement as dbt reads it; its calendar is no part of a build."""
        ends = [each.from_n for each in self.coding[1:]]
        tiers = zip(self.coding, [*ends, None], strict=False)
        groups = sorted((group, dimension) for dimension, each in self.dimensions.items() for group in each)
        return {
            "agreement": [{name: getattr(self, name) for name in NUMBERS}],
            "agreement_coding": [{"from_n": tier.from_n, "to_n": end, "share": tier.share} for tier, end in tiers],
            "agreement_dimensions": [{"subgroup": group, "dimension": dimension} for group, dimension in groups],
            "agreement_shared": [
                {"entity_type": kind, "shows_groups": self.shared[kind] == "groups"}
                for kind in sorted(self.shared)
                if self.shared[kind] != "nothing"
            ],
        }


def read_agreement(folder: Path, faults: list[str]) -> Agreement:
    """Read ``agreement.yaml``, if it is there, over the defaults."""
    default = read_yaml(DEFAULTS / "agreement.yaml")
    path = folder / "agreement.yaml"
    try:
        own: Mapping[str, Any] = {}
        places = dict(default.places)
        if path.is_file():
            document = read_yaml(path)
            own = document.data
            places |= document.places
        return Document(path, {**default.data, **own}, places).validate(Agreement)
    except ConfigurationError as error:
        faults.extend(error.messages)
        return default_agreement()


def default_agreement() -> Agreement:
    """The product's defaults."""
    return read_yaml(DEFAULTS / "agreement.yaml").validate(Agreement)
