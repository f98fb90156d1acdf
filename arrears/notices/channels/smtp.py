"""Mail by SMTP. The message's id is made of the notice and its attempt, and so the same at every try: by it a server, or the
customer's mailbox, knows a message that it has already."""

import base64
import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Sequence
from email.charset import BASE64, Charset
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.utils import formataddr, formatdate, parseaddr
from pathlib import Path
from urllib.parse import unquote, urlsplit

from arrears.casebook.claims import Parcel
from arrears.domain.delivery import Act
from arrears.errors import UsageError
from arrears.notices import code
from arrears.notices.channels.carrier import CarrierDownError, Handed

SCHEMES = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
TIMEOUT_S = 60.0
OK, GO_ON, PERMANENT = 250, 354, 500
MOST_SAID = 300
CRLF = "\r\n"
CLOSING = 421
"""The server says that it is going: of its commands that ask nothing of a message, the channel is down."""


def _utf8() -> Charset:
    """Others in the process may change how Python writes headers for everybody, as Apprise does when it is loaded."""
    charset = Charset("utf-8")
    charset.header_encoding = BASE64
    return charset


class SmtpCarrier:
    """One connection, opened when something is sent and kept until `close` or a fault. With `smtp+starttls` and `smtps` the
    server's certificate must be good for its name, by the machine's authorities or those of the file `authorities`."""

    at_once: int | None = 1

    def __init__(self, url: str, sender: str, authorities: Path | None = None, timeout: float = TIMEOUT_S) -> None:
        parts = urlsplit(url)
        if parts.scheme not in SCHEMES or not parts.hostname:
            raise UsageError(
                "the setting smtp_url (ARREARS_SMTP_URL) must be like smtp://host:25, smtp+starttls://user:password@host:587 "
                "or smtps://user:password@host:465"
            )
        name, address = parseaddr(sender)
        if "@" not in address or not address.isascii():
            raise UsageError("the setting mail_from (ARREARS_MAIL_FROM) must be the address that mails come from")
        self._scheme, self._host, self._port = parts.scheme, parts.hostname, parts.port or SCHEMES[parts.scheme]
        self._user = unquote(parts.username or "")
        self._secret = unquote(parts.password or "")
        self._from, self._envelope, self._domain = (
            formataddr((name, address), _utf8()),
            address,
            address.rpartition("@")[2],
        )
        self._authorities, self._timeout = authorities, timeout
        self._server: smtplib.SMTP | None = None

    def carry(self, claim: str, parcels: Sequence[Parcel]) -> list[Handed]:  # noqa: ARG002 - one by one, whatever the claim
        return [self._send(parcel) for parcel in parcels]

    def was_taken(self, claim: str, parcel: Parcel) -> bool | None:  # noqa: ARG002
        """SMTP has no question for it."""
        return None

    def close(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            try:
                server.quit()
            except (smtplib.SMTPException, OSError):
                server.close()

    def _send(self, parcel: Parcel) -> Handed:
        try:
            wire = self.wire(parcel)
            parcel.address.encode("ascii")
        except (ValueError, MessageError) as error:  # an address or a subject that cannot stand in a header
            return Handed(Act.REFUSE, f"it cannot be written as a mail: {error}")
        server = self._connected()
        try:
            refused = self._offer(server, parcel.address)
        except smtplib.SMTPServerDisconnected as error:
            self._drop()
            raise CarrierDownError(
                f"the mail server {self._host} closed the connection; what is due leaves later"
            ) from error
        except OSError as error:
            self._drop()
            raise CarrierDownError(f"the mail server {self._host}: {error}; what is due leaves later") from error
        if refused is not None:
            self._reset(server)
            return refused
        return self._hand_over(server, wire)

    def wire(self, parcel: Parcel) -> bytes:
        """The mail as it goes out. ValueError for an address or subject with a line break in it.

        Written out here: the library's own message takes longer over a mail than all the rest of sending it."""
        name, _, domain = parcel.address.rpartition("@")
        if not name or not domain:
            raise ValueError("the address has no name or no place")
        if "\r" in parcel.subject or "\n" in parcel.subject:
            raise ValueError("a subject has one line")
        head = (
            f"From: {self._from}",
            f"To: {Address(username=name, domain=domain)}",
            f"Subject: {Header(parcel.subject, header_name='Subject').encode(linesep=CRLF)}",
            f"Message-ID: <{parcel.key}@{self._domain}>",
            f"Date: {formatdate()}",
            "Auto-Submitted: auto-generated",
            f"Content-Language: {parcel.language}",
            "MIME-Version: 1.0",
        )
        page = _part("text/html; charset=utf-8", _lines(parcel.body))
        if code.CID in parcel.body:
            place = f"Content-ID: <{code.CID.removeprefix('cid:')}>{CRLF}Content-Disposition: inline"
            page = _together("related", parcel.key, page, _part("image/png", code.png(parcel.pay_link), place))
        if parcel.text is not None:
            plain = _part("text/plain; charset=utf-8", _lines(parcel.text))
            page = _together("alternative", parcel.key, plain, page)
        return CRLF.join(head).encode("ascii") + CRLF.encode() + page

    def _connected(self) -> smtplib.SMTP:
        if self._server is not None:
            return self._server
        server: smtplib.SMTP | None = None
        try:
            if self._scheme == "smtps":
                server = smtplib.SMTP_SSL(self._host, self._port, timeout=self._timeout, context=self._context())
            else:
                server = smtplib.SMTP(self._host, self._port, timeout=self._timeout)
            if (
                server.sock is not None
            ):  # the dot goes out by itself, and would wait for the other side to say it has the rest
                server.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server.ehlo_or_helo_if_needed()
            if self._scheme == "smtp+starttls":
                server.starttls(context=self._context())
                server.ehlo()
            if self._user:
                server.login(self._user, self._secret)
        except (smtplib.SMTPException, OSError) as error:
            if server is not None:
                server.close()
            # An answer to a login may repeat what was sent: only its kind is told.
            said = type(error).__name__ if isinstance(error, smtplib.SMTPAuthenticationError) else error
            raise CarrierDownError(
                f"the mail server {self._host}:{self._port} cannot be used: {said}; what is due leaves later"
            ) from error
        self._server = server
        return server

    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self._authorities) if self._authorities else None)

    def _offer(self, server: smtplib.SMTP, address: str) -> Handed | None:
        """Sender, recipient, and that a message comes; None: the server waits for it."""
        steps: tuple[tuple[Callable[[], tuple[int, bytes]], int], ...] = (
            (lambda: server.mail(self._envelope), OK),
            (lambda: server.rcpt(address), OK),
            (lambda: server.docmd("DATA"), GO_ON),
        )
        for ask, good in steps:
            code, said = ask()
            if code == CLOSING:
                raise smtplib.SMTPServerDisconnected(str(code))
            if code // 100 != good // 100:
                return _refused(code, said)
        return None

    def _hand_over(self, server: smtplib.SMTP, wire: bytes) -> Handed:
        """Until the dot that ends the message no server may keep it (RFC 5321, 4.1.1.4); from there on only its answer says
        whether it did."""
        try:
            server.send(_stuffed(wire))
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            return Handed(Act.DEFER, f"the connection was lost before the message was whole: {type(error).__name__}")
        try:
            server.send(b".\r\n")
            code, said = server.getreply()
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            return Handed(Act.LOSE, f"the message went out and no answer came: {type(error).__name__}")
        if code == OK:
            return Handed(Act.ACCEPT, reference=_words(said))
        return _refused(code, said)

    def _reset(self, server: smtplib.SMTP) -> None:
        try:
            server.rset()
        except (smtplib.SMTPException, OSError):
            self._drop()

    def _drop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()


def _refused(code: int, said: bytes) -> Handed:
    return Handed(Act.REFUSE if code >= PERMANENT else Act.DEFER, f"{code} {_words(said)}")


def _words(said: bytes) -> str:
    return " ".join(said.decode("utf-8", "replace").split())[:MOST_SAID]


def _lines(text: str) -> bytes:
    """Each line ended as mails end them, the last one too."""
    return re.sub("\r\n|\r|\n", CRLF, text).removesuffix(CRLF).encode() + CRLF.encode()


def _part(kind: str, content: bytes, more: str = "") -> bytes:
    """In base64, which no server on the way changes."""
    head = f"Content-Type: {kind}{CRLF}Content-Transfer-Encoding: base64{CRLF}{more}{CRLF if more else ''}{CRLF}"
    return head.encode("ascii") + base64.encodebytes(content).replace(b"\n", b"\r\n")


def _together(how: str, key: str, *parts: bytes) -> bytes:
    """The boundary has signs that base64 has not, and so stands in no part."""
    mark = f"--=_{how}_{key}".encode("ascii")
    head = f'Content-Type: multipart/{how};{CRLF} boundary="{mark[2:].decode()}"{CRLF}{CRLF}'.encode("ascii")
    return head + b"".join(mark + b"\r\n" + part for part in parts) + mark + b"--\r\n"


def _stuffed(wire: bytes) -> bytes:
    """A line that begins with a dot gets a second one, so that only ours ends the message."""
    lines = wire.removesuffix(b"\r\n").replace(b"\r\n.", b"\r\n..")
    return (b"." if lines.startswith(b".") else b"") + lines + b"\r\n"
