"""What a collaborative says about its report cards: where they go, and to whom.

Belongs here: ``report_cards.yaml`` and ``contacts.csv``, both optional. Does not belong here: sending
(``report_card_mail.py``). A secret is the name of an environment variable, never the secret.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ingestion.configuration_table import read_optional
from ingestion.yaml_document import ConfigurationError, read_yaml

_Strict = ConfigDict(extra="forbid", frozen=True, strict=True)
_ADDRESS = re.compile(r"[^\s@<>,;\"]+@[^\s@<>,;\"]+")


def _is_this_machine(host: str) -> bool:
    """Whether a server's name is one of the loopback."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class MailSettings(BaseModel):
    """The server that sends cards.

    Attributes:
        host: its name.
        port: its port.
        starttls: whether the connection must be encrypted; only a server on this machine may do without.
        sender: the address that cards come from.
        user: whom to log in as; nobody when left out.
        password_from: the environment variable that holds the password.
        timeout_seconds: how long to wait for an answer.
        forms: what goes with a message.
    """

    model_config = _Strict
    host: str
    port: int = Field(default=587, ge=1, le=65535)
    starttls: bool = True
    sender: str = Field(pattern=_ADDRESS.pattern)
    user: str = ""
    password_from: str = ""
    timeout_seconds: int = Field(default=10, ge=1, le=120)
    forms: tuple[Literal["html", "csv", "json"], ...] = Field(default=("html", "csv"), strict=False)

    @model_validator(mode="after")
    def _is_encrypted(self) -> MailSettings:
        if not self.starttls and not _is_this_machine(self.host):
            raise ValueError("only a server on this machine may do without STARTTLS: leave out starttls: false")
        return self


class ReportCardSettings(BaseModel):
    """The keys of ``report_cards.yaml``.

    Attributes:
        outbox: folder with one folder for each district, below the collaborative's folder unless its path is whole;
            ``outbox/`` in the home when left out.
        mail: the server; no mail is sent when left out.
    """

    model_config = _Strict
    outbox: str = ""
    mail: MailSettings | None = None


@dataclass(frozen=True)
class Contact:
    """Who gets a district's cards: a row of ``contacts.csv``."""

    district_id: str
    email: str
    note: str = ""

    def __post_init__(self) -> None:
        if not _ADDRESS.fullmatch(self.email):
            raise ValueError("email must be one address, as in clerk@district.example")


def read_settings(folder: Path, faults: list[str]) -> ReportCardSettings:
    """Read ``report_cards.yaml``, if it is there."""
    path = folder / "report_cards.yaml"
    if not path.is_file():
        return ReportCardSettings()
    try:
        return read_yaml(path).validate(ReportCardSettings)
    except ConfigurationError as error:
        faults.extend(error.messages)
        return ReportCardSettings()


def read_contacts(folder: Path, senders: Sequence[str], faults: list[str]) -> tuple[Contact, ...]:
    """Read ``contacts.csv``, if it is there; every row is of somebody who sends."""
    contacts = read_optional(folder / "contacts.csv", Contact, ["district_id", "email"], faults)
    unknown = sorted({contact.district_id for contact in contacts} - set(senders))
    faults.extend(f"contacts.csv:1:district_id: {each} is neither a district nor a sender" for each in unknown)
    return contacts
