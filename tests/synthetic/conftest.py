"""The generator's demo, written once for the tests of this folder."""

from pathlib import Path

import pytest

from synthetic.generate import Generated, generate


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    return generate(tmp_path_factory.mktemp("generated") / "demo")


@pytest.fixture(scope="session")
def first_night(generated: Generated) -> Path:
    return generated.nights[0]
