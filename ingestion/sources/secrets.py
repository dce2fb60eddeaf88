"""A secret that the configuration names and never holds: an environment variable, or a file.

Does not belong here: what a secret is for.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ingestion.sources.outcomes import SourceFault


class Secret(BaseModel):
    """``{env: NAME}`` or ``{file: /run/secrets/name}``."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    file: str | None = None

    @model_validator(mode="after")
    def _stands_in_one_place(self) -> Self:
        if (self.env is None) == (self.file is None):
            raise ValueError("names one place of the secret: env (an environment variable) or file")
        return self

    def reveal(self) -> str:
        """The secret.

        Raises:
            SourceFault: it is not where the configuration says.
        """
        return _from_environment(self.env) if self.env is not None else _from_file(Path(str(self.file)))


def _from_environment(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise SourceFault("not_configured", f"set the environment variable {name}, which the configuration names")
    return value


def _from_file(path: Path) -> str:
    try:
        return path.expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise SourceFault("not_configured", f"the file {path}, which the configuration names, cannot be read") from None
