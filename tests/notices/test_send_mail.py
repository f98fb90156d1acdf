"""A real mail server: what arrives when it works, and when it does not."""

from collections.abc import Iterator
from email import charset, message_from_bytes
from email.policy import default

import pytest
from sqlalchemy import Engine

from arrears.casebook.claims import Parcel
from arrears.domain.delivery import State, Way
from arrears.domain.notice import NoticeKind
from arrears.notices import code
from arrears.notices.channels.smtp import SmtpCarrier
from arrears.notices.send import Tally, send
from tests.notices.outbox import At, draft, one, release, rules, states
from tests.notices.providers import DROP, Mailboxes, mail_server

FROM = "演示供电公司 <notices@example.com>"


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Mailboxes, str]]:
    boxes = Mailboxes()
    with mail_server(boxes) as url:
        yield boxes, url


@pytest.fixture
def boxes(server: tuple[Mailboxes, str]) -> Mailboxes:
    for each in (server[0].answers, server[0].offered, server[0].arrived, server[0].recipients):
        each.clear()
    return server[0]


@pytest.fixture
def smtp(server: tuple[Mailboxes, str]) -> SmtpCarrier:
    return SmtpCarrier(server[1], FROM, timeout=5)


def go(engine: Engine, carrier: SmtpCarrier, at: At) -> Tally:
    return send(engine, {Way.EMAIL: carrier}, rules(), at)


def test_each_arrives_once_with_both_parts(engine: Engine, source: str, smtp: SmtpCarrier, boxes: Mailboxes) -> None:
    ids = draft(engine, source, [f"account {number}" for number in range(25)])
    release(engine, ids)
    tally = go(engine, smtp, At())
    assert (tally.count(State.SENT), tally.stopped, states(engine)) == (25, [], {"sent": 25})
    assert boxes.offered == {f"<{each}.1@example.com>": 1 for each in ids}
    mail = boxes.arrived[f"<{ids[0]}.1@example.com>"]
    text, html = (part.get_payload(decode=True) for part in mail.get_payload())  # type: ignore[union-attr]
    assert text == b".Please pay 12.30.\r\n"
    assert html == b"<p>Please pay.</p>\r\n.\r\n<p>12.30</p>\r\n"
    assert (mail["Subject"], mail["To"]) == ("Reminder for account 0", f"{ids[0][:8]}.email@example.com")
    assert go(engine, smtp, At()).count(State.SENT) == 0, "nothing is left to send"


def test_the_code_to_pay_is_a_part_of_the_mail(smtp: SmtpCarrier) -> None:
    """Many mailboxes strip images that are in the page itself."""
    link = "https://pay.example.com/?account=1&amount=12.30"
    page = f'<p>请缴费</p><img src="{code.CID}">'
    parcel = Parcel(
        "ab" * 16,
        1,
        NoticeKind.PAYMENT_REMINDER,
        Way.EMAIL,
        "a@example.com",
        "zh-CN",
        "缴费" * 40,
        page,
        "请缴费",
        1,
        link,
    )
    mail = message_from_bytes(smtp.wire(parcel), policy=default)
    assert not any(part.defects for part in mail.walk())
    kinds = [part.get_content_type() for part in mail.walk()]
    assert kinds == ["multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"]
    *_, html, image = mail.walk()
    assert (html.get_content(), image.get_content()) == (f"{page}\r\n", code.png(link))
    assert (image["Content-ID"], image["Content-Disposition"]) == ("<pay-link>", "inline")
    assert (mail["Subject"], mail["Content-Language"], mail["From"]) == (parcel.subject, "zh-CN", FROM)
    assert max(map(len, smtp.wire(parcel).split(b"\r\n"))) <= 78


def test_headers_are_the_same_whatever_others_do_to_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    before = SmtpCarrier("smtp://127.0.0.1:9", FROM)
    monkeypatch.setitem(charset.CHARSETS, "utf-8", (charset.QP, charset.QP, "utf-8"))
    after = SmtpCarrier("smtp://127.0.0.1:9", FROM)
    assert before._from == after._from
    assert len(after._from) < 70


@pytest.mark.parametrize(
    ("address", "subject"),
    [("a@example.com\r\nBcc: b@example.com", "Bill"), ("a@example.com", "Bill\nBcc: b@example.com")],
)
def test_nothing_adds_a_line_to_a_mail_s_head(smtp: SmtpCarrier, address: str, subject: str) -> None:
    parcel = Parcel(
        "ab" * 16, 1, NoticeKind.PAYMENT_REMINDER, Way.EMAIL, address, "en", subject, "<p>12.30</p>", "12.30", 1
    )
    with pytest.raises(ValueError, match=r"line|CR"):
        smtp.wire(parcel)


def test_a_refusal_for_now_is_tried_again_and_arrives_once(
    engine: Engine, source: str, smtp: SmtpCarrier, boxes: Mailboxes
) -> None:
    (notice_id,) = draft(engine, source, ["a"])
    release(engine, [notice_id])
    boxes.answers = {"RCPT": ["450 later"], "DATA": ["451 greylisted"]}
    at = At()
    assert (go(engine, smtp, at).count(State.RELEASED), states(engine)) == (1, {"released": 1})
    assert go(engine, smtp, at).counts == {}, "not before its time"
    at.later(minutes=1)
    go(engine, smtp, at)
    at.later(minutes=2)
    assert go(engine, smtp, at).count(State.SENT) == 1
    assert boxes.offered == {f"<{notice_id}.1@example.com>": 1}


def test_refused_for_good_or_too_often_it_goes_the_next_way(
    engine: Engine, source: str, smtp: SmtpCarrier, boxes: Mailboxes
) -> None:
    ids = draft(engine, source, ["a", "b"])
    release(engine, ids[:1], Way.EMAIL, Way.SMS)
    boxes.answers = {"RCPT": ["550 no such user"]}
    go(engine, smtp, At())
    assert one(engine, "SELECT string_agg(way || ' ' || state, ', ' ORDER BY attempt) FROM delivery") == (
        "email failed, sms released"
    )
    release(engine, ids[1:], Way.EMAIL)
    at = At()
    boxes.answers = {"DATA": ["452 full"] * 3}
    for _ in range(3):
        go(engine, smtp, at)
        at.later(minutes=10)
    assert states(engine) == {"released": 1, "failed": 1}
    assert boxes.offered == {}


@pytest.mark.parametrize("answer", [DROP, f"+{DROP}"], ids=["not taken", "taken"])
def test_a_message_without_an_answer_is_sent_again_under_its_id(
    engine: Engine, source: str, smtp: SmtpCarrier, boxes: Mailboxes, answer: str
) -> None:
    ids = draft(engine, source, ["a", "b"])
    release(engine, ids)
    boxes.answers = {"DATA": [answer]}
    at = At()
    go(engine, smtp, at)
    at.later(minutes=1)
    go(engine, smtp, at)
    assert states(engine) == {"sent": 2}
    assert set(boxes.arrived) == {f"<{each}.1@example.com>" for each in ids}
    assert sum(boxes.offered.values()) == 2 + answer.startswith("+")


def test_a_server_that_hangs_up_at_once_costs_no_try(
    engine: Engine, source: str, smtp: SmtpCarrier, boxes: Mailboxes
) -> None:
    ids = draft(engine, source, ["a", "b", "c"])
    release(engine, ids)
    at = At()
    for answer in (DROP, "421 going down", DROP, DROP):
        boxes.answers = {"RCPT": [answer]}
        (error,) = go(engine, smtp, at).stopped
        assert "closed the connection; what is due leaves later" in str(error)
        assert states(engine) == {"released": 3}
        at.later(minutes=1)
    assert one(engine, "SELECT max(tries) FROM delivery") == 0
    assert go(engine, smtp, at).count(State.SENT) == 3


def test_a_dead_server_keeps_everything_released(engine: Engine, source: str) -> None:
    release(engine, draft(engine, source, ["a", "b"]))
    with mail_server(Mailboxes()) as url:
        dead = SmtpCarrier(url, FROM, timeout=5)
    (error,) = go(engine, dead, At()).stopped
    assert "cannot be used" in str(error)
    assert (states(engine), one(engine, "SELECT count(*) FROM delivery WHERE claimed_at IS NOT NULL")) == (
        {"released": 2},
        1,
    )


@pytest.mark.parametrize("address", ["a@example.com\r\nBcc: all@example.com", "müller@example.com", "nobody", ""])
def test_an_address_that_is_none_is_refused_and_no_header_is_added(
    engine: Engine, source: str, smtp: SmtpCarrier, boxes: Mailboxes, address: str
) -> None:
    ids = draft(engine, source, ["a", "b"])
    release(engine, ids)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE delivery SET address = %s WHERE notice_id = %s", (address, ids[0]))
    go(engine, smtp, At())
    assert states(engine) == {"sent": 1, "failed": 1}
    assert set(boxes.arrived) == {f"<{ids[1]}.1@example.com>"}
