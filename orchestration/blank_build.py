"""Making the blank build: dbt's whole project over no rows, once for the code as it stands.

Belongs here: the home in which it is made, and that dbt passes. Does not belong here: what it is good for
(``ingestion.blank_build``).
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from ingestion.blank_build import FOLDER, open_blank, save_blank
from ingestion.build_inputs import prepare_build
from ingestion.configuration import compile_configuration, load_collaborative
from ingestion.home import Home
from ingestion.ledger import open_ledger
from ingestion.settings import REPOSITORY
from orchestration.dbt_runner import DOWNSTREAM, UPSTREAM, DbtRunner

TEMPLATE = REPOSITORY / "collaboratives" / "template"
"""Whose configuration the models find; what is taken over from the blank build shows none of it."""


def prepare_blank(folder: Path = FOLDER) -> list[str]:
    """Make the blank build, unless there is one of this code; the unit tests of all models are run with it.

    Returns:
        What did not pass; then there is none, and a night makes every model, as it does without one.
    """
    if open_blank(folder) is not None:
        return []
    with TemporaryDirectory() as place:
        return _make(Home(Path(place)).ensure(), folder)


def _make(home: Home, folder: Path) -> list[str]:
    collaborative, ledger = load_collaborative(TEMPLATE), open_ledger(home)
    try:
        prepare_build(home, ledger, collaborative, compile_configuration(collaborative, home))
    finally:
        ledger.close()
    models = {}
    for select in (UPSTREAM, DOWNSTREAM):
        outcome = DbtRunner().build(home, select, from_nothing=True)
        if not outcome.success:
            return outcome.failed() or [str(outcome.error_class)]
        models |= {node.relation: node.sql for node in outcome.nodes.values() if node.relation and node.sql}
    save_blank(home.build_file, models, folder)
    return []
