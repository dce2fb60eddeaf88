"""Into how many slices a build is divided, so that what it holds at once does not grow with the collaborative.

Belongs here: which district-year is in which slice. Does not belong here: making models slice by slice
(``dbt_project/macros/build_scope.sql``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

DistrictYear = tuple[str, int]

ROWS_OF_A_SLICE = 5_000_000
"""Landed rows of all extracts together: two models at a time count a slice within the memory of a build."""


def divide(
    scope: Sequence[DistrictYear], rows: Mapping[DistrictYear, int], most: int = ROWS_OF_A_SLICE
) -> tuple[int, ...]:
    """The slice of each district-year, counted from 1.

    A district-year is never divided: one of more rows than ``most`` is a slice of its own.

    Args:
        scope: what the build makes anew.
        rows: landed rows of each; none where nothing serves any more.
        most: rows of a slice of several.
    """
    slices, number, filled = [], 1, 0
    for key in scope:
        n_rows = rows.get(key, 0)
        if filled and filled + n_rows > most:
            number, filled = number + 1, 0
        filled += n_rows
        slices.append(number)
    return tuple(slices)
