"""A mail server that wants TLS and a password: who it is is made sure of, and what it is asked with is never told."""

import datetime as dt
import ssl
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from arrears.casebook.claims import Parcel
from arrears.domain.delivery import Act, Way
from arrears.domain.notice import NoticeKind
from arrears.errors import UsageError
from arrears.notices.channels.carrier import CarrierDownError
from arrears.notices.channels.smtp import SmtpCarrier
from tests.notices.providers import Mailboxes, mail_server

PARCEL = Parcel(
    "ab" * 16, 1, NoticeKind.PAYMENT_REMINDER, Way.EMAIL, "a@example.com", "en", "Reminder", "<p>12.30</p>", "12.30", 1
)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of 127.0.0.1, signed by itself, with its key."""
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(made.public_bytes(pem) + secret)
    return path


def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword) -> AuthResult:
    return AuthResult(success=data.password == b"p@ss/word", handled=False)


@pytest.fixture(scope="module")
def address(certificate: Path) -> Iterator[str]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    boxes = Mailboxes()
    with mail_server(
        boxes, tls_context=context, require_starttls=True, auth_required=True, authenticator=authenticate
    ) as url:
        yield url.removeprefix("smtp://")


def carrier(url: str, authorities: Path | None = None) -> SmtpCarrier:
    return SmtpCarrier(url, "notices@example.com", authorities, timeout=5)


def test_a_server_that_is_who_it_says_takes_mail_from_who_knows_the_password(address: str, certificate: Path) -> None:
    mail = carrier(f"smtp+starttls://clerk:p%40ss%2Fword@{address}", certificate)
    assert [each.act for each in mail.carry("claim", [PARCEL])] == [Act.ACCEPT]
    mail.close()


@pytest.mark.parametrize(
    ("scheme", "password", "is_trusted", "said"),
    [
        ("smtp+starttls", "p%40ss%2Fword", False, "CERTIFICATE_VERIFY_FAILED"),
        ("smtp+starttls", "wr0ng", True, "SMTPAuthenticationError"),
        ("smtps", "p%40ss%2Fword", True, "SSL"),
    ],
    ids=["an unknown authority", "a wrong password", "no TLS from the start"],
)
def test_otherwise_nothing_is_handed_over_and_no_secret_is_told(
    address: str, certificate: Path, scheme: str, password: str, is_trusted: bool, said: str
) -> None:
    mail = carrier(f"{scheme}://clerk:{password}@{address}", certificate if is_trusted else None)
    with pytest.raises(CarrierDownError, match=said) as told:
        mail.carry("claim", [PARCEL])
    assert not any(secret in str(told.value) for secret in ("p@ss", "p%40ss", "wr0ng", "clerk"))


@pytest.mark.parametrize("url", ["http://clerk:secret@host", "smtp://", "mail.example.com:25"])
def test_an_address_that_is_none_is_refused_without_being_told(url: str) -> None:
    with pytest.raises(
        UsageError, match=r"the setting smtp_url \(ARREARS_SMTP_URL\) must be like smtp://host:25"
    ) as told:
        carrier(url)
    assert "secret" not in str(told.value)
    with pytest.raises(UsageError, match="mail_from"):
        SmtpCarrier("smtp://host", "nobody")
