"""A collaborative's configuration with everything that a night refuses to begin without.

Does not belong here: what a configuration is (``ingestion.configuration``) or a network (``collaboration.networks``).
"""

from __future__ import annotations

from pathlib import Path

from collaboration.networks import load_networks
from ingestion.collaborative import Collaborative
from ingestion.configuration import load_collaborative


def load_whole(folder: Path) -> Collaborative:
    """Load a collaborative's folder, its networks checked too.

    Raises:
        ConfigurationError: with every fault found, each ``file:line:column: message``.
    """
    collaborative = load_collaborative(folder)
    load_networks(collaborative)
    return collaborative
