"""``targets.yaml``: where a release is copied to, beside the home.

Belongs here: the shape of that file, and the one environment variable that does without it. Does not belong here:
copying (``publishing.targets``). No secret stands in it: it names environment variables and files.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ingestion.sources.secrets import Secret
from ingestion.yaml_document import ConfigurationError, read_yaml

FILE_NAME = "targets.yaml"
URL_VARIABLE = "SCHOOLSTAT_POSTGRES_URL"

Audience = Literal["collaborative", "private", "shared"]
EVERY_AUDIENCE: tuple[Audience, ...] = ("collaborative", "private", "shared")
_Strict = ConfigDict(extra="forbid", frozen=True, strict=True)


class PostgresTarget(BaseModel):
    """A PostgreSQL database, 15 or newer.

    Attributes:
        url_from: where its URL stands, which holds the password.
        role_prefix: what the names of the roles begin with; two collaboratives on one server need two.
        audiences: which of them are copied there.
        timeout_seconds: how long a connection may take, and how long a lock is waited for.
    """

    model_config = _Strict
    url_from: Secret = Secret(env=URL_VARIABLE)
    role_prefix: str = Field(default="schoolstat", pattern=r"^[a-z][a-z0-9_]{0,20}$")
    audiences: tuple[Audience, ...] = Field(default=EVERY_AUDIENCE, strict=False, min_length=1)
    timeout_seconds: int = Field(default=30, ge=1, le=3600)


class BucketTarget(BaseModel):
    """A bucket of an S3-compatible service; ``path`` is the prefix below which everything lies.

    Attributes:
        bucket: the bucket.
        path: the prefix.
        endpoint: the service's URL; Amazon's own when left out.
        region: its region.
        access_key_from: where the access key stands; without it the machine's own role is used.
        secret_key_from: where the secret key stands.
        audiences: which of them are copied there.
        timeout_seconds: how long an answer may take.
    """

    model_config = _Strict
    bucket: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")
    path: str = Field(default="", pattern=r"^([A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*)?$")
    endpoint: str | None = Field(default=None, pattern=r"^https?://[^/@]+$")
    region: str = "us-east-1"
    access_key_from: Secret | None = None
    secret_key_from: Secret | None = None
    audiences: tuple[Audience, ...] = Field(default=EVERY_AUDIENCE, strict=False, min_length=1)
    timeout_seconds: int = Field(default=30, ge=1, le=3600)

    @model_validator(mode="after")
    def _keys_are_a_pair(self) -> Self:
        if (self.access_key_from is None) != (self.secret_key_from is None):
            raise ValueError("needs access_key_from and secret_key_from, or neither")
        return self


class TargetSettings(BaseModel):
    """The keys of ``targets.yaml``; what is left out is no target."""

    model_config = _Strict
    postgres: PostgresTarget | None = None
    s3: BucketTarget | None = None

    @property
    def is_any(self) -> bool:
        """Whether a release is copied anywhere."""
        return self.postgres is not None or self.s3 is not None


def read_targets(folder: Path, faults: list[str]) -> TargetSettings:
    """Read ``targets.yaml``, if it is there; ``SCHOOLSTAT_POSTGRES_URL`` alone makes a target, too."""
    path, settings = folder / FILE_NAME, TargetSettings()
    if path.is_file():
        try:
            settings = read_yaml(path).validate(TargetSettings)
        except ConfigurationError as error:
            faults.extend(error.messages)
    if settings.postgres is None and os.environ.get(URL_VARIABLE):
        return settings.model_copy(update={"postgres": PostgresTarget()})
    return settings
