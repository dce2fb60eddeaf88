"""Districts as named on the command line.

Does not belong here: what a network is (``collaboration.networks``).
"""

from __future__ import annotations

from collaboration.networks import load_networks
from ingestion.collaborative import Collaborative
from ingestion.yaml_document import ConfigurationError

NETWORK = "network:"


def expand_districts(collaborative: Collaborative, wanted: tuple[str, ...]) -> list[str]:
    """District ids in the order given, networks replaced by their members.

    Raises:
        ConfigurationError: a district or network is not on the roster.
    """
    chosen: dict[str, None] = {}
    for name in wanted:
        if name.startswith(NETWORK):
            chosen.update(dict.fromkeys(load_networks(collaborative).all_members(name.removeprefix(NETWORK))))
        elif collaborative.district(name):
            chosen[name] = None
        else:
            raise ConfigurationError([f"--district {name}: not on the roster of {collaborative.name}"])
    return list(chosen)
