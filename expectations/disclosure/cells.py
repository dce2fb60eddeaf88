"""Computed figures as cells of a count table, with the sums that tie them together.

Belongs here: which figures are one secret, what an outsider is taken to know of each, and the additive families: groups
of one dimension, schools of a district, districts of the collaborative, values of a breakdown. Does not belong here:
which figures are hidden at first (``shared_candidate`` of dbt) and hiding more (``protection``).

An outsider is taken to know more than any outsider does: of each rate how many pupils it is of, whether it is shown or
hidden; of each shown rate the very numerator, whatever it was rounded to; and what pupils without a group come to.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from expectations.disclosure.count_table import UNKNOWN, CountTable, Sum

ALL = "all"
MICRO = 1_000_000
"""Figures have six digits after the point; here they are whole numbers of the last."""


@dataclass(frozen=True)
class Widths:
    """What the agreement asks for, in pupils.

    Attributes:
        of_count: width of what can be known of a hidden number of pupils.
        of_numerator: width of what can be known of the numerator of a hidden rate.
        minimum_n: fewest pupils of a figure that is shown.
        minimum_numerator: fewest pupils of whom a shown rate says something.
        minimum_complement: fewest of whom it says the contrary.
    """

    of_count: int = 9
    of_numerator: int = 5
    minimum_n: int = 10
    minimum_numerator: int = 6
    minimum_complement: int = 6


class Key(NamedTuple):
    """What a figure is of; ``metric`` is its metric, variant and method in one."""

    district_id: str
    entity_type: str
    entity_id: str
    school_year: int
    period: str
    subgroup: str
    breakdown: str
    metric: tuple[str, ...]


@dataclass(frozen=True)
class Figure:
    """One computed figure.

    Attributes:
        key: what it is of.
        family: metrics of one family may hold one secret twice.
        dimension: the dimension that its group belongs to; ``all`` for all pupils.
        kind: a rate of pupils, a number of pupils, or an amount (of days, of dollars) that pupils share.
        quantity: what adds up, in millionths: numerator of a rate or an amount, or the number of pupils.
        size: pupils it is of, in millionths.
        may_be_negative: whether the quantity may.
        is_primary: hidden for its own sake.
        coded: the bounds of the quantity that its coding shows, where it is coded.
        is_additive: whether it is made of sums.
    """

    key: Key
    family: str
    dimension: str
    kind: Literal["rate", "count", "amount"]
    quantity: int
    size: int
    may_be_negative: bool = False
    is_primary: bool = False
    coded: tuple[int, int] | None = None
    is_additive: bool = True


class Cells:
    """Figures, their cells, and the table.

    Attributes:
        figures: the figures, in order.
        table: what adds up; each figure has a cell of its own.
        place: for each figure its place in the table.

    Figures of one family, entity and group that say the very same of the same pupils are one secret: they are hidden
    together, and what is shown of one is known of all. What follows of one by sums is known of it alone: nobody who
    sees neither knows that they are the same.
    """

    def __init__(self, figures: Sequence[Figure], widths: Widths) -> None:
        self.figures, self.widths, self.table = figures, widths, CountTable()
        self.place: list[int] = []
        self.figures_at: dict[int, list[int]] = defaultdict(list)
        self._rests: dict[tuple[int, tuple[int, ...]], None] = {}
        self.same: list[list[int]] = []
        secrets: dict[tuple, list[int]] = {}
        for at, figure in enumerate(figures):
            secret = (*figure.key[:-1], figure.family, figure.kind, figure.quantity, figure.size)
            known, owner = figure.quantity, _owner(figure)
            place = self.table.add(known, known, known, unit=_unit(figure), owner=owner)
            self.place.append(place)
            self.figures_at[place].append(at)
            self.same.append(secrets.setdefault(secret, []))
            self.same[at].append(place)
        for total, parts, is_of_groups in _families(figures):
            self._add_sum(total, parts, is_of_groups)

    def with_same(self, places: Iterable[int]) -> set[int]:
        """These cells, and those that say the very same."""
        return {other for place in places for other in self.same[place]}

    def hide(self, place: int) -> None:
        """Let an outsider know nothing of a cell but what its size tells, or what its coding shows."""
        figure, table = self.figure_at(place), self.table
        table.low[place], table.high[place] = self.blank(figure)
        table.need[place] = self.need_of(figure)

    def code(self, place: int, low: int, high: int) -> None:
        """Let an outsider know of a cell what its coding shows."""
        table, figure = self.table, self.figure_at(place)
        table.low[place], table.high[place] = low, high
        table.need[place] = min(self.need_of(figure), high - low)

    def know(self, place: int) -> None:
        """Let an outsider know a cell, whatever we show of it."""
        table = self.table
        table.low[place] = table.high[place] = table.truth[place]
        table.need[place] = 0

    def blur(self, place: int, seen: int) -> None:
        """Let an outsider know what a cell once was, and that its change was too small to be shown."""
        table = self.table
        by = (self.widths.minimum_n - 1) * table.unit[place]
        low = seen - by if self.figure_at(place).may_be_negative else max(0, seen - by)
        table.low[place], table.high[place] = min(low, table.truth[place]), max(seen + by, table.truth[place])
        table.need[place] = 0

    def figure_at(self, place: int) -> Figure:
        """One of the figures that a cell stands for; they are of the same size and say the same."""
        return self.figures[self.figures_at[place][0]]

    def blank(self, figure: Figure) -> tuple[int, int]:
        """What an outsider knows of a figure that is hidden: of a rate, of how many pupils it is."""
        if figure.kind == "rate":
            return 0, figure.size
        return (-UNKNOWN if figure.may_be_negative else 0), UNKNOWN

    def need_of(self, figure: Figure) -> int:
        """The width that the agreement asks for once a figure is hidden."""
        if figure.kind == "count":
            return self.widths.of_count * MICRO
        if figure.kind == "rate":
            return min(self.widths.of_numerator * MICRO, figure.size)
        return self.widths.of_numerator * _unit(figure)

    def _add_sum(self, total: int, parts: Sequence[int], is_of_groups: bool) -> None:
        places = tuple(sorted({self.place[part] for part in parts}))
        if len(places) != len(parts) or self.place[total] in places or (self.place[total], places) in self._rests:
            return  # a total of one part alone is that part, and one sum needs no second
        self._rests[self.place[total], places] = None
        whole, pieces = self.figures[total], [self.figures[part] for part in parts]
        rest = whole.quantity - sum(piece.quantity for piece in pieces)
        size = whole.size - sum(piece.size for piece in pieces)
        if is_of_groups and (rest < 0 or size < 0):
            return  # pupils of several groups: nothing adds up
        if is_of_groups and size > 0:
            places = (*places, self._add_rest(whole, rest, size))
        elif rest:
            places = (
                *places,
                self.table.add(rest, rest, rest, owner=_owner(whole)),
            )  # known: pupils of two schools, or of none
        self.table.sums.append(Sum(self.place[total], places))

    def _add_rest(self, whole: Figure, rest: int, size: int) -> int:
        """Pupils of no group that has a figure: nobody shows them, everybody can subtract."""
        widths, high = self.widths, size if whole.kind == "rate" else UNKNOWN
        few = size < widths.minimum_n * MICRO
        if whole.kind == "rate":
            few |= rest < widths.minimum_numerator * MICRO or size - rest < widths.minimum_complement * MICRO
            need = min(widths.of_numerator * MICRO, size)
        else:
            need = (widths.of_count if whole.kind == "count" else widths.of_numerator) * _unit(whole)
        low = -UNKNOWN if whole.may_be_negative else 0
        return self.table.add(rest, low, high, need if few else 0, _unit(whole), _owner(whole))


def _unit(figure: Figure) -> int:
    """What one pupil weighs: a pupil, or a pupil's share of the amount, and a whole day, dollar or point at least."""
    if figure.kind != "amount":
        return MICRO
    return max(MICRO, abs(figure.quantity) * MICRO // max(figure.size, 1))


def _owner(figure: Figure) -> str:
    """The district that a figure is of, if it is of one."""
    return "" if figure.key.entity_type == "collaborative" else figure.key.district_id


def _families(figures: Sequence[Figure]) -> Iterator[tuple[int, list[int], bool]]:
    """Each total with its parts, and whether the parts are groups of pupils."""
    by_key = {figure.key: at for at, figure in enumerate(figures) if figure.is_additive}
    families: dict[tuple[Key, str], list[int]] = defaultdict(list)
    for key, at in by_key.items():
        for total, kind in _totals(key, figures[at].dimension):
            families[total, kind].append(at)
    for (total, kind), parts in families.items():
        if total in by_key:
            yield by_key[total], sorted(parts), kind.startswith(GROUPS)


GROUPS = "groups:"


def _totals(key: Key, dimension: str) -> Iterable[tuple[Key, str]]:
    """What a figure is a part of, and in which kind of family."""
    if key.subgroup != ALL:
        yield key._replace(subgroup=ALL), f"{GROUPS}{dimension}"
    if key.breakdown != ALL:
        yield key._replace(breakdown=ALL), f"{GROUPS}{key.breakdown.partition('=')[0]}"
    if key.entity_type == "school":
        yield key._replace(entity_type="district", entity_id=key.district_id), "schools"
    if key.entity_type == "district":
        yield key._replace(district_id="_all", entity_type="collaborative", entity_id="_all"), "districts"
