"""Everything that was done about an account, by nights and by people, merged into one list, the newest first."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from arrears.casebook.law_cases import entry_of
from arrears.casebook.read import RUN
from arrears.review import case_words, history_words, law_words
from arrears.review.axis_words import axis_word, value_word
from arrears.review.case_live import Live
from arrears.review.case_words import when
from arrears.review.history_words import proposal, told, word


@dataclass(frozen=True, slots=True)
class Entry:
    """`kind`: one of `history_words.KINDS`. `at`: when it was entered, or when the night was that did it; `since`: from when it
    holds, where that was earlier. `actor`: `run` of a night. `text` is in words, with the reason where one was said."""

    at: dt.datetime
    kind: str
    actor: str
    text: str
    since: dt.datetime | None = None


def history(found: Live, zone: ZoneInfo, language: str) -> tuple[Entry, ...]:
    """Of one instant, what was done later comes first."""
    in_order = sorted(_Told(found, zone, language).entries(), key=lambda each: each.at)
    return tuple(reversed(in_order))


@dataclass(frozen=True, slots=True)
class _Told:
    live: Live
    zone: ZoneInfo
    language: str

    def entries(self) -> Iterator[Entry]:
        """Each stream in its order."""
        for case in self.live.cases:
            for each in case.events:
                text = case_words.sentence(each.event, self.language)
                yield Entry(each.known_at, "warning", each.actor, text, _earlier(each.occurred_at, each.known_at))
        yield from self._proposed()
        for row in self.live.notices:
            yield Entry(
                row.known_at, "notice", RUN, told("notice_drafted", self.language, notice=self._notice(row.kind))
            )
        streams: Mapping[str, Callable[[str, Row[Any]], str]] = {
            "decision": self._decision,
            "hold": self._hold,
            "approval": self._approval,
            "contest": self._contest,
            "law": self._law,
            "request": self._request,
            "notice": self._moved,
        }
        for stream, rows in self.live.events.items():
            kind, slash, name = stream.partition("/")
            if slash and kind in streams:
                yield from self._of(kind, name, rows, streams[kind])

    def _of(
        self, kind: str, name: str, rows: Sequence[Row[Any]], words: Callable[[str, Row[Any]], str]
    ) -> Iterator[Entry]:
        for row in rows:
            said = row.body.get("why") if kind != "law" else None
            text = words(name, row) + (f" · {said}" if said else "")
            yield Entry(row.known_at, kind, row.actor, text, _earlier(row.occurred_at, row.known_at))

    def _proposed(self) -> Iterator[Entry]:
        """What nights proposed, each from its local midnight on."""
        for each in self.live.decisions:
            was = each.proposal
            at = dt.datetime.combine(was.as_of, dt.time(), self.zone).astimezone(dt.UTC)
            said = "系统提出 " if self.language == "zh-CN" else "proposed: "
            yield Entry(at, "decision", RUN, said + proposal(was.axis, was.value, was.terms, self.language))

    def _decision(self, name: str, row: Row[Any]) -> str:
        found = next(each for each in self.live.decisions if each.decision_id == name)
        was = found.proposal
        before = next((each for each in reversed(found.events[: row.seq - 1]) if each.value is not None), None)
        value, terms = (before.value or was.value, before.terms or {}) if before else (was.value, was.terms)
        to = value_word(was.axis, row.body.get("value"), self.language)
        of = proposal(was.axis, value, terms, self.language)
        return told(row.type, self.language, of=of, to=to, axis=axis_word(was.axis, self.language))

    def _hold(self, _name: str, row: Row[Any]) -> str:
        body = row.body
        reason = word(history_words.REASONS, body.get("reason", ""), self.language)
        whole = "整户" if self.language == "zh-CN" else "of the account"
        until = when(dt.datetime.fromisoformat(body["until_at"]), self.zone) if "until_at" in body else ""
        return told(row.type, self.language, reason=reason, bill=body.get("bill_id") or whole, until=until)

    def _approval(self, name: str, row: Row[Any]) -> str:
        subject = next(each.request.subject for each in self.live.approvals if each.request.request_id == name)
        what = value_word("", subject.what, self.language)
        return told(row.type, self.language, what=what, amount=f"{subject.amount:,}")

    def _contest(self, _name: str, row: Row[Any]) -> str:
        finding = word(history_words.FINDINGS, row.body.get("finding", ""), self.language)
        return told(row.type, self.language, finding=finding)

    def _law(self, _name: str, row: Row[Any]) -> str:
        return law_words.sentence(entry_of(row), self.zone, self.language)

    def _request(self, name: str, row: Row[Any]) -> str:
        what = word(history_words.ASKED, self.live.requests[name].kind, self.language)
        return told(row.type, self.language, what=what, part=row.body.get("part_no"))

    def _moved(self, name: str, row: Row[Any]) -> str:
        kind = next(each.kind for each in self.live.notices if each.notice_id == name)
        way = word(history_words.WAYS, row.body.get("way", ""), self.language)
        return told(row.type, self.language, notice=self._notice(kind), way=way)

    def _notice(self, kind: str) -> str:
        return word(history_words.NOTICES, kind, self.language)


def _earlier(since: dt.datetime, at: dt.datetime) -> dt.datetime | None:
    return since if since < at else None
