"""Sending report cards through a real SMTP server on the loopback: once each, and never at the night's cost."""

import socket
from contextlib import closing
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from ingestion.home import Home
from ingestion.ledger import open_ledger
from ingestion.report_card_mail import MailOutcome, send_cards
from ingestion.report_card_settings import Contact, MailSettings, ReportCardSettings, read_settings
from ingestion.report_card_shelf import night_name, page_of, write_card
from ingestion.report_cards import FORMS
from reporting.report_card.card import ReportCard, Rows
from tests.ingestion.pupil_files import A, B, write_collaborative

PASSWORD = "a secret of this test"


class Mailbox:
    """What the server took; it may refuse a recipient or a letter."""

    def __init__(self) -> None:
        self.messages: list = []
        self.refused: set[str] = set()
        self.too_large_for: set[str] = set()

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):  # noqa: N802
        if address in self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.too_large_for & set(envelope.rcpt_tos):
            return "552 too large for clerk@a.example"
        self.messages.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=policy.default)))
        return "250 OK"


@pytest.fixture
def mailbox():
    return Mailbox()


@pytest.fixture
def server(mailbox):
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield controller
    controller.stop()


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def settings(port: int, **more) -> ReportCardSettings:
    mail = {"host": "127.0.0.1", "port": port, "starttls": False, "sender": "cards@collaborative.example"}
    return ReportCardSettings(mail=MailSettings(**{**mail, "timeout_seconds": 5, **more}))


@pytest.fixture
def post(tmp_path):
    """A home with a card of each of two districts, three contacts, and a way to send."""
    home = Home(tmp_path / "home").ensure()
    collaborative = write_collaborative(tmp_path / "collaborative")
    contacts = (Contact(A, "clerk@a.example"), Contact(A, "chief@a.example"), Contact(B, "clerk@b.example"))
    with closing(open_ledger(home)) as ledger:

        def send(
            report_cards: ReportCardSettings, *, grade="A", made_at="2026-11-22T04:00:00", contacts=contacts, spoil=""
        ) -> MailOutcome:
            for sender in (A, B):
                write_card(home, make_card(sender, grade, made_at), FORMS)
            pages = {sender: page_of(home, sender, night_name(made_at)) for sender in (A, B)}
            if spoil:
                pages[spoil].with_suffix(".json").write_text('{"kind": "of the future"}')
            return send_cards(ledger, replace(collaborative, report_cards=report_cards, contacts=contacts), pages)

        yield send


def make_card(sender, grade, made_at) -> ReportCard:
    return ReportCard("night", "Synthetic", sender, f"Town of {sender}", made_at, grade, ("all is well",), Rows(3, 3))


def test_send__each_contact_gets_the_card_of_its_district_once(post, server, mailbox):
    assert post(settings(server.port)) == MailOutcome(n_sent=3)
    assert sorted(to for (to,), _ in mailbox.messages) == ["chief@a.example", "clerk@a.example", "clerk@b.example"]
    message = next(message for (to,), message in mailbox.messages if to == "clerk@b.example")
    assert message["Subject"] == f"Town of {B}: report card of 2026-11-22, grade A"
    assert "grade A: all is well" in message.get_body(("plain",)).get_content()
    names = [part.get_filename() for part in message.iter_attachments()]
    assert [Path(name).suffix for name in names] == [".html", ".csv"]
    (page, _) = message.iter_attachments()
    assert f"Report card: Town of {B}" in page.get_content()


def test_send__nothing_is_sent_twice_for_the_same_card(post, server, mailbox):
    assert post(settings(server.port)).n_sent == 3
    assert post(settings(server.port)) == MailOutcome()
    assert post(settings(server.port), made_at="2026-11-23T04:00:00") == MailOutcome()
    assert post(settings(server.port), made_at="2026-11-24T04:00:00", grade="B").n_sent == 3
    assert len({message["Message-ID"] for _, message in mailbox.messages}) == 4


def test_send__a_server_that_is_down_is_named_and_tried_again(post, server, mailbox):
    port = free_port()
    assert post(settings(port)) == MailOutcome(0, 3, f"the mail server 127.0.0.1:{port} does not answer")
    assert post(settings(server.port)).n_sent == 3


def test_send__one_refused_recipient_is_named_and_costs_nobody_else(post, server, mailbox):
    mailbox.refused.add("clerk@a.example")
    outcome = post(settings(server.port))
    assert (outcome.n_sent, outcome.n_waiting) == (2, 1)
    assert outcome.reason.endswith("refuses a recipient of contacts.csv")
    mailbox.refused.clear()
    assert post(settings(server.port)) == MailOutcome(n_sent=1)


def test_send__one_refused_letter_is_named_and_costs_nobody_else(post, server, mailbox):
    mailbox.too_large_for.add("clerk@a.example")
    outcome = post(settings(server.port))
    assert (outcome.n_sent, outcome.n_waiting) == (2, 1)
    assert outcome.reason.endswith("refused the message (SMTPDataError)")
    mailbox.too_large_for.clear()
    assert post(settings(server.port)) == MailOutcome(n_sent=1)


def test_send__an_address_that_the_server_cannot_take_costs_nobody_else(post, mailbox):
    contacts = (Contact(A, "büro@a.example"), Contact(B, "clerk@b.example"))
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port(), enable_SMTPUTF8=False)
    controller.start()
    try:
        outcome = post(settings(controller.port), contacts=contacts)
    finally:
        controller.stop()
    assert (outcome.n_sent, outcome.n_waiting) == (1, 1)


def test_send__a_card_that_another_version_wrote_is_not_sent(post, server, mailbox):
    assert post(settings(server.port), spoil=A) == MailOutcome(n_sent=1)
    assert [to for to, _ in mailbox.messages] == [["clerk@b.example"]]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.4.0.1", "::1"])
def test_settings__a_server_of_this_machine_may_do_without_encryption(host):
    assert not MailSettings(host=host, sender="a@b.example", starttls=False).starttls


@pytest.mark.parametrize("host", ["mail.example", "10.0.0.1", "localhost.mail.example", "127.0.0.1.example"])
def test_settings__another_server_may_not(host, tmp_path):
    (tmp_path / "report_cards.yaml").write_text(
        f"mail:\n  host: {host}\n  sender: a@b.example\n  starttls: false\n  user: cards\n"
    )
    faults: list[str] = []
    read_settings(tmp_path, faults)
    (fault,) = faults
    assert "report_cards.yaml:1:1: mail: only a server on this machine may do without STARTTLS" in fault


def test_send__without_the_encryption_that_is_asked_for_nothing_goes_out(post, server, mailbox):
    outcome = post(settings(server.port, starttls=True))
    assert (outcome.n_sent, outcome.n_waiting, mailbox.messages) == (0, 3, [])
    assert "does not offer what is asked for (STARTTLS" in outcome.reason


def test_send__a_password_that_is_not_there_is_named_and_not_told(post, server, mailbox, monkeypatch):
    monkeypatch.delenv("CARD_SECRET", raising=False)
    outcome = post(settings(server.port, user="cards", password_from="CARD_SECRET"))
    assert (outcome.n_waiting, outcome.reason) == (3, "the environment variable CARD_SECRET holds no password")
    monkeypatch.setenv("CARD_SECRET", PASSWORD)
    assert PASSWORD not in post(settings(server.port, user="cards", password_from="CARD_SECRET")).reason


@pytest.mark.parametrize(("password", "n_sent"), [(PASSWORD, 3), ("another", 0)])
def test_send__logs_in_over_an_encrypted_connection(post, mailbox, monkeypatch, tmp_path, password, n_sent):
    context = make_certificate(tmp_path, monkeypatch)

    def authenticate(server, session, envelope, mechanism, data):
        return AuthResult(success=(data.login, data.password) == (b"cards", PASSWORD.encode()), handled=False)

    controller = Controller(
        mailbox,
        hostname="127.0.0.1",
        port=free_port(),
        tls_context=context,
        require_starttls=True,
        authenticator=authenticate,
        auth_required=True,
    )
    controller.start()
    monkeypatch.setenv("CARD_SECRET", password)
    secure = settings(controller.port, starttls=True, user="cards", password_from="CARD_SECRET")
    try:
        outcome = post(secure)
    finally:
        controller.stop()
    assert outcome.n_sent == len(mailbox.messages) == n_sent
    assert ("does not take the user and password" in outcome.reason) is (n_sent == 0)


def test_send__a_certificate_that_nobody_vouches_for_is_refused(post, mailbox, monkeypatch, tmp_path):
    context = make_certificate(tmp_path, monkeypatch)
    monkeypatch.delenv("SSL_CERT_FILE")
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port(), tls_context=context)
    controller.start()
    try:
        outcome = post(settings(controller.port, starttls=True))
    finally:
        controller.stop()
    assert (outcome.n_sent, mailbox.messages) == (0, [])
    assert "has no certificate that this machine trusts" in outcome.reason


def make_certificate(folder, monkeypatch):
    """A certificate of this machine's loopback that the process trusts; the server's side of it."""
    import datetime
    import ipaddress
    import ssl

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / "server.pem", folder / "server.key"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem, secret)
    return context
