"""What fuzzing begins with and what it found, tried again: every file is read or refused by name."""

from pathlib import Path

import pytest

from tests.fuzz.seeds import make_seeds
from tests.fuzz.targets import TARGETS

FOUND = Path(__file__).parent / "found"
INPUTS = [(path.parent.name, path) for path in sorted(FOUND.glob("*/*"))]


@pytest.mark.parametrize("target", TARGETS)
def test_what_fuzzing_begins_with__is_read_or_refused_by_name(target):
    for seed in make_seeds(target):
        TARGETS[target](seed)
        TARGETS[target](seed[: len(seed) // 2])


@pytest.mark.parametrize(("target", "path"), INPUTS, ids=lambda value: getattr(value, "name", value))
def test_what_fuzzing_found__is_read_or_refused_by_name(target, path):
    TARGETS[target](path.read_bytes())
