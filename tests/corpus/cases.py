"""The 72 kinds of bad input: how each is made, and what becomes of it.

Belongs here: all of them, and how one comes into the inbox. Does not belong here: each kind, some with variants
(``cases_of_*.py``), running them (``test_corpus.py``).
"""

import json
from pathlib import Path

from tests.corpus.cases_of_bytes import BYTES
from tests.corpus.cases_of_deliveries import DELIVERY
from tests.corpus.cases_of_structure import STRUCTURE
from tests.corpus.cases_of_values import VALUES
from tests.corpus.contents import Case

CASES = (*BYTES, *STRUCTURE, *VALUES, *DELIVERY)


def write(case: Case, inbox: Path) -> Path:
    """Put the case's file into the inbox."""
    path = inbox / case.file
    path.parent.mkdir(parents=True, exist_ok=True)
    if callable(case.content):
        case.content(path)
    elif case.content is not None:
        path.write_bytes(case.content)
    elif not case.outcome:
        path.unlink()
    if case.manifest is not None:
        path.with_name(path.name + ".manifest.json").write_text(json.dumps(case.manifest), encoding="utf-8")
    return path
