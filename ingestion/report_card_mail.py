"""Sending report cards by mail.

Belongs here: one message for each card and recipient, once, and a name for whatever keeps it from going out. Does not
belong here: which cards there are.

A server that is down, refuses or wants a password that is not there is an outcome and never a failure of the night;
what was not sent is tried again the next night, if it still is the latest. A message carries the card's identity as
its own, so that a mail system can tell it should it come twice, which it only can if the process dies between the
server's answer and the ledger's row.
"""

from __future__ import annotations

import os
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ingestion.ledger import Ledger, utc_now
from ingestion.ledger_tables import report_card_sent
from ingestion.report_card_shelf import read_card
from reporting.report_card.terminal import render_lines

if TYPE_CHECKING:
    from ingestion.collaborative import Collaborative
    from ingestion.report_card_settings import MailSettings
    from reporting.report_card.card import ReportCard

MIME = {"html": "text/html", "csv": "text/csv", "json": "application/json"}


class MailRefused(Exception):
    """Mail cannot go out; the message names why and holds no secret."""


@dataclass(frozen=True)
class MailOutcome:
    """What became of sending: how many messages went out, how many wait, and why."""

    n_sent: int = 0
    n_waiting: int = 0
    reason: str = ""


@dataclass(frozen=True)
class _Letter:
    page: Path
    card: ReportCard
    recipient: str


def send_cards(ledger: Ledger, collaborative: Collaborative, pages: Mapping[str, Path]) -> MailOutcome:
    """Send each sender's latest card to whom it concerns, unless that card was sent to them before.

    Args:
        ledger: what was sent.
        collaborative: the server, and who gets whose cards.
        pages: each sender's latest page.
    """
    settings = collaborative.report_cards.mail
    if settings is None:
        return MailOutcome()
    letters = _unsent(ledger, collaborative, pages)
    if not letters:
        return MailOutcome()
    n_sent, reason = 0, ""
    try:
        with _connect(settings) as server:
            for letter in letters:
                refusal = _send(ledger, settings, server, letter)
                n_sent, reason = n_sent + (not refusal), refusal or reason
    except MailRefused as refusal:
        reason = str(refusal)
    except (smtplib.SMTPException, OSError) as error:
        reason = f"the mail server {settings.host}:{settings.port} {_words(error)}"
    return MailOutcome(n_sent, len(letters) - n_sent, reason)


def _send(ledger: Ledger, settings: MailSettings, server: smtplib.SMTP, letter: _Letter) -> str:
    """Send one message and record that it went; gives why not, where only this message or recipient is refused."""
    try:
        server.send_message(_message(settings, letter))
    except smtplib.SMTPRecipientsRefused:
        return f"the mail server {settings.host}:{settings.port} refuses a recipient of contacts.csv"
    except (smtplib.SMTPResponseException, smtplib.SMTPNotSupportedError) as error:
        return f"the mail server {settings.host}:{settings.port} {_words(error)}"
    _record(ledger, letter)
    return ""


def _unsent(ledger: Ledger, collaborative: Collaborative, pages: Mapping[str, Path]) -> list[_Letter]:
    wanted = [contact for contact in collaborative.contacts if contact.district_id in pages]
    read = {sender: read_card(pages[sender]) for sender in sorted({contact.district_id for contact in wanted})}
    cards = {sender: card for sender, card in read.items() if card is not None}
    columns = (report_card_sent.c.card_hash, report_card_sent.c.recipient)
    sent = {(row["card_hash"], row["recipient"]) for row in ledger.read(sa.select(*columns))}
    known = [each for each in wanted if each.district_id in cards]
    letters = [_Letter(pages[each.district_id], cards[each.district_id], each.email) for each in known]
    return [letter for letter in letters if (letter.card.card_hash, letter.recipient) not in sent]


def _connect(settings: MailSettings) -> smtplib.SMTP:
    """A connection that is encrypted and logged in as asked.

    Raises:
        MailRefused: the password is not there.
    """
    password = os.environ.get(settings.password_from, "") if settings.password_from else ""
    if settings.user and not password:
        raise MailRefused(f"the environment variable {settings.password_from or 'password_from'} holds no password")
    server = smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout_seconds)
    try:
        if settings.starttls:
            server.starttls(context=ssl.create_default_context())
        if settings.user:
            server.login(settings.user, password)
    except BaseException:
        server.close()
        raise
    return server


def _message(settings: MailSettings, letter: _Letter) -> EmailMessage:
    """The card as text, with its page and tables beside it."""
    card, message = letter.card, EmailMessage()
    message["Subject"] = f"{card.sender_name}: report card of {card.made_at[:10]}, grade {card.grade}"
    message["From"], message["To"] = settings.sender, letter.recipient
    message["Message-ID"] = f"<report-card.{card.sender}.{card.card_hash}@{settings.sender.rsplit('@', 1)[1]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n".join(render_lines(card)) + "\n")
    for form in settings.forms:
        source = letter.page.with_suffix(f".{form}")
        maintype, subtype = MIME[form].split("/")
        name = f"report_card_{source.name}"
        message.add_attachment(source.read_bytes(), maintype=maintype, subtype=subtype, filename=name)
    return message


def _record(ledger: Ledger, letter: _Letter) -> None:
    row = {"card_hash": letter.card.card_hash, "recipient": letter.recipient, "sent_at": utc_now()}
    with ledger.begin() as connection:
        connection.execute(sa.insert(report_card_sent), row)


def _words(error: Exception) -> str:
    """What went wrong, without what the server said: it could repeat what it was sent."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "does not take the user and password"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "does not offer what is asked for (STARTTLS, logging in, or an address beyond ASCII)"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "broke the connection off"
    if isinstance(error, ssl.SSLError):
        return "has no certificate that this machine trusts"
    if isinstance(error, smtplib.SMTPException):
        return f"refused the message ({type(error).__name__})"
    return "does not answer"
