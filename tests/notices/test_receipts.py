"""What comes back, as mail systems and providers write it."""

from pathlib import Path

import pytest

from arrears.domain.delivery import Act
from arrears.errors import UsageError
from arrears.notices.receipts import Fault, Receipt, key_of, read_receipts

KEY = f"{'ab' * 16}.1"


REPORT = """From: mailer-daemon@mx.example.com
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="--b"

----b
Content-Type: text/plain

We are sorry.

----b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

Final-Recipient: rfc822; a@example.com
Action: {action}
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1
  no such user

----b
Content-Type: {returned}

From: notices@example.com
Message-ID: {message_id}

----b--
"""
"""As RFC 3464 has it, and Postfix sends it."""


def report(action: str, returned: str = "text/rfc822-headers", message_id: str = f"<{KEY}@example.com>") -> bytes:
    return REPORT.format(action=action, returned=returned, message_id=message_id).replace("\n", "\r\n").encode()


def read(path: Path, content: bytes) -> list[Receipt | Fault]:
    path.write_bytes(content)
    return read_receipts(path)


@pytest.mark.parametrize("returned", ["message/rfc822", "text/rfc822-headers"])
@pytest.mark.parametrize(("action", "act"), [("failed", Act.BOUNCE), ("delivered", Act.ARRIVE)])
def test_a_report_on_delivery(tmp_path: Path, action: str, act: Act, returned: str) -> None:
    found = read(tmp_path / "back.eml", report(action, returned))
    assert found == [Receipt(KEY, act, "smtp; 550 5.1.1 no such user")]


@pytest.mark.parametrize(
    ("mail", "said"),
    [
        (report("delayed"), "reports neither a failure nor an arrival"),
        (report("failed", message_id="<other@example.com>"), "is not one of ours"),
        (b"Subject: out of office\n\nBack on Monday.", "reports neither a failure nor an arrival"),
        (b"", "reports neither"),
        (b"\xff\xfe\x00", "reports neither"),
    ],
    ids=["delayed", "of others", "a person's", "empty", "bytes"],
)
def test_a_mail_that_says_nothing_is_told_and_changes_nothing(tmp_path: Path, mail: bytes, said: str) -> None:
    (fault,) = read(tmp_path / "back.eml", mail)
    assert isinstance(fault, Fault)
    assert said in fault.sentence


def test_a_list_with_good_and_bad_lines(tmp_path: Path) -> None:
    lines = [
        "\ufeffkey,outcome,why",
        f"{KEY},delivered,",
        f"<{KEY}@example.com>,not_sent,lost",
        f"{KEY},gone,",
        "x,returned,y",
        "x",
    ]
    found = read(tmp_path / "list.csv", "\r\n".join(lines).encode())
    assert found[:2] == [Receipt(KEY, Act.ARRIVE, ""), Receipt(KEY, Act.DEFER, "lost")]
    faults = [each.sentence for each in found[2:] if isinstance(each, Fault)]
    assert [sentence.split(": ")[1] for sentence in faults] == ["outcome", "key", "key"]
    assert faults[0].startswith(f"{tmp_path / 'list.csv'}:4: outcome: 'gone' is none of delivered, returned")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("list.csv", b"id,outcome\n", "it lacks key, why"),
        ("list.csv", b"", "it lacks key, outcome, why"),
        ("list.csv", "key,outcome,why\n张".encode("gb18030"), "this is not UTF-8"),
        ("list.txt", b"", "a receipt is a mail that came back"),
    ],
)
def test_a_file_that_is_neither_is_refused(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read(tmp_path / name, content)


@pytest.mark.parametrize("text", ["", "ab.1", f"{KEY}x", f"<{KEY}", "%", f"{KEY}\n{KEY}"])
def test_what_is_no_key(text: str) -> None:
    assert key_of(text) in (None, KEY if text == f"<{KEY}" else None)
