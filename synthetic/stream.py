"""Random numbers that stay the same: each stream has a name, and does not know of the others.

Belongs here: drawing from a seed. Does not belong here: what the draws mean. Only numpy's uniform numbers are used; its
other distributions may change from one version to the next.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


class Stream:
    """Draws of one name: the same seed and the same name give the same numbers, whatever else was drawn."""

    def __init__(self, seed: int, *names: object) -> None:
        entropy = [seed, *(zlib.crc32(str(name).encode()) for name in names)]
        self._random = np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))

    def units(self, n: int) -> Floats:
        """Numbers from 0 up to, but not including, 1."""
        return self._random.random(n)

    def unit_grid(self, rows: int, columns: int) -> NDArray[np.float32]:
        """A grid of such numbers, in half the memory."""
        return self._random.random((rows, columns), dtype=np.float32)

    def whole(self, low: int, high: int, n: int) -> Ints:
        """Whole numbers from ``low`` to ``high``, both included."""
        return low + (self.units(n) * (high - low + 1)).astype(np.int64)

    def chance(self, share: float | Floats, n: int) -> Bools:
        """True in about that share of draws."""
        return self.units(n) < share

    def pick(self, shares: Sequence[float], n: int) -> Ints:
        """Positions in ``shares``, each as often as its share says."""
        bounds = np.cumsum(np.asarray(shares, dtype=np.float64))
        return np.minimum(np.searchsorted(bounds / bounds[-1], self.units(n), side="right"), len(shares) - 1)
