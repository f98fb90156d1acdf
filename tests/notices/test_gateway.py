"""SMS and chats through Apprise, to a real gateway on this machine."""

import json
import logging
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar

import pytest
from sqlalchemy import Engine

from arrears.domain.delivery import State, Way
from arrears.errors import UsageError
from arrears.notices.channels.gateway import GatewayCarrier
from arrears.notices.send import send
from tests.notices.outbox import At, draft, one, release, rules

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # Apprise asks for it


class Gateway(BaseHTTPRequestHandler):
    taken: ClassVar[list[tuple[str, str]]] = []
    refused: ClassVar[frozenset[str]] = frozenset()

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        number = self.path.strip("/")
        self.send_response(400 if number in self.refused else 200)
        self.end_headers()
        if number not in self.refused:
            self.taken.append((number, said["message"]))

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def gateway() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield f"json://secret:key@127.0.0.1:{server.server_port}/{{address}}"
    server.shutdown()
    server.server_close()


def test_each_number_gets_its_text_and_a_refused_one_goes_the_next_way(
    engine: Engine, source: str, gateway: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ids = draft(engine, source, ["a", "b", "c"])
    release(engine, ids, Way.SMS, Way.EMAIL)
    with engine.begin() as connection:
        for number, each in enumerate(ids):
            query = "UPDATE delivery SET address = %s WHERE notice_id = %s AND way = 'sms'"
            connection.exec_driver_sql(query, (f"1000000000{number}", each))
    Gateway.taken, Gateway.refused = [], frozenset({"10000000001"})
    tally = send(engine, {Way.SMS: GatewayCarrier(gateway, "sms_url")}, rules(), At())
    assert (tally.count(State.SENT), tally.count(State.FAILED)) == (2, 1)
    assert sorted(Gateway.taken) == [("10000000000", "Please pay 12.30 (a)"), ("10000000002", "Please pay 12.30 (c)")]
    assert one(engine, "SELECT way FROM delivery WHERE state = 'released'") == "email"
    assert not [
        record for record in caplog.records if "1000000000" in record.getMessage() or "key" in record.getMessage()
    ]


@pytest.mark.parametrize("wrong", ["json://host/", "nothing://host/{address}", "{address}", ""])
def test_an_address_that_is_none_is_refused_without_being_told(wrong: str) -> None:
    with pytest.raises(
        UsageError, match=r"the setting sms_url \(ARREARS_SMS_URL\) must be an address that Apprise knows"
    ) as told:
        GatewayCarrier(wrong, "sms_url")
    assert "host" not in str(told.value)
