"""Columns of text as a district writes them, out of numbers.

Belongs here: words, numbered ids, dollars, months. Does not belong here: what they mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthetic.stream import Ints


def words(choices: Sequence[str], at: Ints) -> pa.Array:
    """The word at each place."""
    return pa.array(choices, pa.string()).take(pa.array(at))


def texts(values: Iterable[str | None]) -> pa.Array:
    """Texts, of which an empty one is an empty cell."""
    return pa.array([value or None for value in values], pa.string())


def number_ids(letter: str, n: int, digits: int = 6, first: int = 0) -> pa.Array:
    """``n`` ids, one after the other, such as ``W000000``."""
    return label_numbers(letter, np.arange(first, first + n), digits)


def label_numbers(letter: str, numbers: Ints, digits: int = 6) -> pa.Array:
    """Numbers as ids of the same length, with a letter before them."""
    plain = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), digits, "0")  # pyright: ignore[reportAttributeAccessIssue]
    return pc.binary_join_element_wise(letter, plain, "")  # pyright: ignore[reportAttributeAccessIssue]


def write_dollars(cents: Ints) -> pa.Array:
    """Whole cents as dollars with two places, exactly."""
    return write_decimals(cents, 2)


def write_decimals(units: Ints, places: int) -> pa.Array:
    """Whole units as numbers with that many places, exactly."""
    halves = np.stack([units, np.where(units < 0, -1, 0)], axis=1).astype(np.int64)
    buffer = pa.py_buffer(np.ascontiguousarray(halves))
    return pa.Array.from_buffers(pa.decimal128(18, places), len(units), [None, buffer]).cast(pa.string())


def months_of(fiscal_year: int, n: int) -> list[str]:
    """The first ``n`` months of a fiscal year, from July on, as ``2025-07``."""
    return [f"{fiscal_year - (at < 6)}-{(at + 6) % 12 + 1:02d}" for at in range(n)]
