"""Providers for tests: a mail server that can be told what to answer, and one in memory."""

import asyncio
import socket
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from arrears.casebook.claims import Parcel
from arrears.domain.delivery import Act
from arrears.notices.channels.carrier import Handed

OK = "250 taken"
DROP = "drop"
"""In place of an answer: the connection ends without one."""


@dataclass
class Mailboxes:
    """Takes mail, and knows one that it has by its Message-ID: `arrived` is what customers see, `offered` what came in."""

    answers: dict[str, list[str]] = field(default_factory=dict)
    """By verb (RCPT, DATA), what to answer next; then OK. An answer to DATA with DROP after a `+` is taken first."""
    offered: Counter[str] = field(default_factory=Counter)
    arrived: dict[str, Message] = field(default_factory=dict)
    recipients: list[str] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802
        self,
        server: SMTP,
        session: Session,  # noqa: ARG002 - what aiosmtpd calls with
        envelope: Envelope,
        address: str,
        options: list[str],  # noqa: ARG002
    ) -> str:
        answer = self._next("RCPT")
        if answer == OK:
            envelope.rcpt_tos.append(address)
            self.recipients.append(address)
        return self._say(server, answer)

    async def handle_DATA(  # noqa: N802
        self,
        server: SMTP,
        session: Session,  # noqa: ARG002 - what aiosmtpd calls with
        envelope: Envelope,
    ) -> str:
        answer = self._next("DATA")
        if answer in (OK, f"+{DROP}"):
            content = envelope.content
            assert isinstance(content, bytes)
            message = message_from_bytes(content)
            key = str(message["Message-ID"])
            self.offered[key] += 1
            self.arrived.setdefault(key, message)
        return self._say(server, answer.removeprefix("+"))

    def _next(self, verb: str) -> str:
        waiting = self.answers.get(verb)
        return waiting.pop(0) if waiting else OK

    def _say(self, server: SMTP, answer: str) -> str:
        if answer == DROP:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            raise asyncio.CancelledError
        return answer


@contextmanager
def mail_server(boxes: Mailboxes, **other: Any) -> Iterator[str]:
    """A real server on this machine; its URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(boxes, hostname="127.0.0.1", port=port, ready_timeout=20, **other)
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{port}"
    finally:
        controller.stop()


@dataclass
class Provider:
    """In memory: answers as told, then takes everything."""

    answers: list[Handed] = field(default_factory=list)
    at_once: int | None = 1
    knows: Callable[[Parcel], bool | None] = lambda _: None
    taken: list[str] = field(default_factory=list)

    def carry(self, claim: str, parcels: Sequence[Parcel]) -> list[Handed]:  # noqa: ARG002
        answers = [self.answers.pop(0) if self.answers else Handed(Act.ACCEPT) for _ in parcels]
        self.taken += [each.key for each, answer in zip(parcels, answers, strict=True) if answer.act is Act.ACCEPT]
        return answers

    def was_taken(self, claim: str, parcel: Parcel) -> bool | None:  # noqa: ARG002
        return self.knows(parcel)

    def close(self) -> None:
        """Nothing is kept open."""
