"""What comes back: bounces as mails, and lists of providers and of the print house as CSV."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import default
from pathlib import Path

from arrears.domain.delivery import Act
from arrears.errors import UsageError

COLUMNS = ("key", "outcome", "why")
OUTCOMES = {"delivered": Act.ARRIVE, "returned": Act.BOUNCE, "sent": Act.ACCEPT, "not_sent": Act.DEFER}
"""`sent` and `not_sent` are for what is in doubt."""

ACTIONS = {"failed": Act.BOUNCE, "delivered": Act.ARRIVE}
"""Of a report on delivery (RFC 3464); one of a delay, or that it was passed on, says nothing yet."""

_KEY = re.compile(r"^<?([0-9a-f]{32}\.\d{1,3})(?:@[^<>\s]*)?>?$")


@dataclass(frozen=True, slots=True)
class Receipt:
    key: str
    act: Act
    why: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A line that says nothing that can be used, in one sentence."""

    sentence: str


def read_receipts(path: Path) -> list[Receipt | Fault]:
    """A mail (`.eml`) or a CSV file with the columns key, outcome and why; UsageError when the file is neither. The key is
    that of a manifest, or a mail's Message-ID."""
    if path.suffix.lower() == ".csv":
        return list(_of_csv(path))
    if path.suffix.lower() == ".eml":
        return [_of_mail(path)]
    raise UsageError(f"{path}: a receipt is a mail that came back (.eml) or a list (.csv with {', '.join(COLUMNS)})")


def key_of(text: str) -> str | None:
    """The key in what somebody writes for it; None: there is none."""
    found = _KEY.match(text.strip())
    return found[1] if found else None


def _of_csv(path: Path) -> Iterator[Receipt | Fault]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            missing = set(COLUMNS) - set(reader.fieldnames or ())
            if missing:
                raise UsageError(
                    f"{path}: the first line must name {', '.join(COLUMNS)}; it lacks {', '.join(sorted(missing))}"
                )
            for row in reader:
                yield _of_row(path, reader.line_num, row)
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: this is not UTF-8; save it as CSV in UTF-8") from error
    except csv.Error as error:
        raise UsageError(f"{path}: this is no CSV: {error}") from error


def _of_row(path: Path, line: int, row: dict[str, str | None]) -> Receipt | Fault:
    key, act = key_of(row["key"] or ""), OUTCOMES.get((row["outcome"] or "").strip())
    if key is None:
        return Fault(
            f"{path}:{line}: key: {row['key']!r} is no key of a delivery; take it from the manifest or the Message-ID"
        )
    if act is None:
        return Fault(f"{path}:{line}: outcome: {row['outcome']!r} is none of {', '.join(OUTCOMES)}")
    return Receipt(key, act, (row["why"] or "").strip())


def _of_mail(path: Path) -> Receipt | Fault:
    message = message_from_bytes(path.read_bytes(), policy=default)
    act, why, key = None, "", None
    for part in message.walk():
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            act, why = _status(part)
        elif kind in ("message/rfc822", "text/rfc822-headers") and key is None:
            key = _returned_key(part)
    if act is None:
        return Fault(f"{path}: this mail reports neither a failure nor an arrival; nothing was noted")
    if key is None:
        return Fault(f"{path}: the mail that it reports on is not one of ours: it has no Message-ID with a key")
    return Receipt(key, act, why)


def _status(report: Message) -> tuple[Act | None, str]:
    """Of the first recipient that it reports on."""
    blocks = report.get_payload()
    for block in blocks if isinstance(blocks, list) else ():
        if isinstance(block, Message) and "action" in block:
            said = str(block.get("diagnostic-code", block.get("status", "")))
            return ACTIONS.get(str(block["action"]).strip().lower()), " ".join(said.split())
    return None, ""


def _returned_key(part: Message) -> str | None:
    inside = part.get_payload()
    if isinstance(inside, list) and inside and isinstance(inside[0], Message):
        return key_of(str(inside[0].get("message-id", "")))
    content = part.get_payload(decode=True)
    headers = message_from_bytes(content if isinstance(content, bytes) else b"", policy=default)
    return key_of(str(headers.get("message-id", "")))
