"""A picture of points for a terminal: two figures against each other, a letter a group.

Belongs here: scales, the grid of characters and the key below it. Does not belong here: which figures; callers hand
them in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from string import ascii_letters

from rich.console import Group, RenderableType
from rich.table import Table

from reporting.plain_text import show

WIDTH, HEIGHT = 64, 20
SEVERAL = "*"
"""Where points of different groups fall on one character."""


@dataclass(frozen=True)
class Point:
    """One point: its group, and its place on both axes."""

    group: str
    across: float
    up: float


@dataclass(frozen=True)
class Axis:
    """What is measured along one side, and how its numbers are written."""

    label: str
    write: Callable[[float], str]


def draw_scatter(points: Sequence[Point], across: Axis, up: Axis, names: dict[str, str]) -> RenderableType:
    """Draw the points, with a key of the groups' letters.

    Args:
        points: at least one.
        across: what is measured from left to right.
        up: what is measured from bottom to top.
        names: what each group is called.
    """
    groups = sorted({point.group for point in points})
    letters = {group: ascii_letters[at % len(ascii_letters)] for at, group in enumerate(groups)}
    left, right = _ends([point.across for point in points])
    bottom, top = _ends([point.up for point in points])
    grid = [[" "] * WIDTH for _ in range(HEIGHT)]
    for point in points:
        row, column = HEIGHT - 1 - _place(point.up, bottom, top, HEIGHT), _place(point.across, left, right, WIDTH)
        there, letter = grid[row][column], letters[point.group]
        grid[row][column] = letter if there in (" ", letter) else SEVERAL
    margin = max(len(up.write(bottom)), len(up.write(top)))
    marks = {0: up.write(top), HEIGHT // 2: up.write((top + bottom) / 2), HEIGHT - 1: up.write(bottom)}
    lines = [f"{marks.get(at, ''):>{margin}} |{''.join(row)}" for at, row in enumerate(grid)]
    low, high = across.write(left), across.write(right)
    lines.append(f"{'':>{margin}} +{'-' * WIDTH}")
    lines.append(f"{'':>{margin}}  {low}{high:>{WIDTH - len(low)}}")
    lines.append(f"{'':>{margin}}  {across.label:^{WIDTH}}")
    return Group(show(up.label, "bold"), *(show(line) for line in lines), _key(letters, names))


def _ends(values: Sequence[float]) -> tuple[float, float]:
    """Smallest and largest value; a little apart when they are one."""
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _place(value: float, low: float, high: float, size: int) -> int:
    return round((value - low) / (high - low) * (size - 1))


def _key(letters: dict[str, str], names: dict[str, str]) -> Table:
    table = Table.grid(padding=(0, 2))
    for group, letter in letters.items():
        table.add_row(show(letter, "bold"), show(group), show(names.get(group, "")))
    return table
