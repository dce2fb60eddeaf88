"""``python -m tests.states FOLDER`` writes the tables of docs/states; ``… HOME STATE FOLDER`` compares a release.

FOLDER holds the public records, HOME is a home that a night has released into.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ingestion.home import Home
from publishing.release import open_release
from tests.states.comparing import table
from tests.states.ours import served
from tests.states.pages import PAGES, compared_with, written

HERE = Path(__file__).resolve().parents[2]


def main(arguments: list[str]) -> None:
    """Write the pages, or print what a release serves beside what was published."""
    if len(arguments) == 3:
        home, name, records = Path(arguments[0]), arguments[1], Path(arguments[2])
        rows = compared_with(name, records, served(open_release(Home(home), "collaborative"), PAGES[name].metrics))
        print("\n".join(table(rows)))
        return
    for name in PAGES:
        page = HERE / "docs" / "states" / f"{name}.md"
        text = written(name, page.read_text(encoding="utf-8"), HERE, Path(arguments[0]))
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
