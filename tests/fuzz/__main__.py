"""``python -m tests.fuzz TARGET [RUNS]``: search for bytes that a reader neither reads nor refuses by name.

Atheris watches which lines of ours an input reaches and changes those that reach new ones. What it finds it leaves in
``tests/fuzz/found/<target>/``, where ``test_found.py`` tries it again for ever after.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["ingestion"]):
    from tests.fuzz.targets import TARGETS

from tests.fuzz.seeds import make_seeds

FOUND = Path(__file__).parent / "found"
LONGEST_INPUT = 4096


def main(target: str, runs: str = "20000") -> None:
    """Fuzz one target for so many runs."""
    if target not in TARGETS:
        sys.exit(f"name one of {', '.join(TARGETS)}")
    found = FOUND / target
    found.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(make_seeds(target)):
            (Path(folder) / str(number)).write_bytes(seed)
        longest = max(LONGEST_INPUT, *(len(seed) for seed in make_seeds(target)))
        options = [f"-runs={runs}", f"-max_len={longest}", f"-artifact_prefix={found}/", "-rss_limit_mb=2048"]
        atheris.Setup(
            [sys.argv[0], *options, "-timeout=30", "-print_final_stats=1", folder, str(found)], TARGETS[target]
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
