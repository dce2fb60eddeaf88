"""``python -m synthetic FOLDER``: write the small delivery of a made-up state agency there.

Does not belong here: what stands in its files (``state_files.py``), or districts' records (``schoolstat generate``).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from synthetic.state_files import write_state_files


def main(arguments: list[str] | None = None) -> int:
    """Write the delivery and name each file written."""
    parser = argparse.ArgumentParser(prog="python -m synthetic", description="Write a small synthetic delivery.")
    parser.add_argument("folder", type=Path, help="where to write; made when it is not there")
    parser.add_argument("--seed", type=int, default=2017, help="the same seed writes the same bytes (default: 2017)")
    chosen = parser.parse_args(arguments)
    for path in write_state_files(chosen.folder, chosen.seed):
        sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
