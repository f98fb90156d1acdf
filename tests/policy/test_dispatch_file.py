"""`policy/dispatch/<date>.yaml`: what comes with the install, and what is refused with its line."""

import datetime as dt
import shutil
from pathlib import Path

import pytest

from arrears.domain.delivery import InDoubt, Way
from arrears.domain.notice import NoticeKind
from arrears.errors import PolicyError
from arrears.policy.dispatch import check_dispatch, load_dispatch
from arrears.settings import ROOT

FILE = ROOT / "policy" / "dispatch" / "2010-01-01.yaml"
DAY = dt.date(2026, 10, 30)


@pytest.mark.parametrize("place", ["cn", "cn-strict", "uk", "us-nj"])
def test_every_pack_has_its_hours_and_calendar(place: str) -> None:
    rules = load_dispatch(ROOT / "policy", place, DAY)
    assert set(rules.ways) == set(Way)
    assert set(rules.kinds) == set(NoticeKind)
    noon = dt.datetime(2026, 10, 30, 12, tzinfo=rules.calendar.zone)
    assert all(rules.is_open(way, noon) for way in Way)
    assert not rules.is_open(Way.SMS, noon - dt.timedelta(hours=6))


def test_what_hurts_is_released_by_a_person_and_stops_are_served_on_paper() -> None:
    kinds = load_dispatch(ROOT / "policy", "cn", DAY).kinds
    by_a_person = {kind for kind, rules in kinds.items() if not rules.releases_itself}
    assert {
        NoticeKind.ARREARS_DEMAND,
        NoticeKind.DECISION,
        NoticeKind.STOP_NOTICE,
        NoticeKind.STOP_RENOTICE,
    } <= by_a_person
    stop = kinds[NoticeKind.STOP_NOTICE]
    assert (stop.is_served, stop.ways[0]) == (True, Way.LETTER)


def test_what_no_provider_knows_again_waits_for_a_person() -> None:
    ways = load_dispatch(ROOT / "policy", "cn", DAY).ways
    assert {way for way, rules in ways.items() if rules.in_doubt is InDoubt.SEND_AGAIN} == {Way.EMAIL}


def test_a_pack_may_have_hours_of_its_own(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "policy", tmp_path / "policy")
    path = tmp_path / "policy" / "dispatch" / FILE.name
    own = """  uk:
    email: {opens: "10:00", closes: "11:00", on_days_off: true}
    sms: {opens: "10:00", closes: "11:00", on_days_off: true}
    chat: {opens: "10:00", closes: "11:00", on_days_off: true}
    letter: {opens: "10:00", closes: "11:00", on_days_off: true}
"""
    path.write_text(FILE.read_text().replace("contact_hours:\n", f"contact_hours:\n{own}"))
    opens = [load_dispatch(tmp_path / "policy", place, DAY).ways[Way.SMS].opens for place in ("uk", "cn")]
    assert opens == [dt.time(10), dt.time(9)]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("share: 0.05", "share: 1.5", "failures.share"),
        ("share: 0.05", "shares: 0.05", "failures.share"),
        ('closes: "21:00"', 'closes: "07:00"', "closes must come after opens"),
        ("per_hour: 30000", "per_hour: 0", "ways.email.per_hour"),
        ("in_doubt: send_again", "in_doubt: hope", "ways.email.in_doubt"),
        ("in_doubt: send_again", "in_doubt: send_again, in_doubt: person", "in_doubt stands here twice"),
        ("    sms: {opens", "    fax: {opens", "contact_hours"),
        ('  "*":', "  cn:", "there are no hours for"),
        ("  stop_notice:", "  stop_it:", "kinds.stop_it"),
        ("ways: [email, sms, chat, letter]", "ways: [email, email]", "payment_reminder goes the same way twice"),
        ("{released_by: policy", "{released_by: nobody", "kinds.payment_reminder.released_by"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    content = FILE.read_text()
    assert old in content
    path = tmp_path / FILE.name
    path.write_text(content.replace(old, new, 1))
    with pytest.raises(PolicyError) as told:
        check_dispatch(path)
    assert said in str(told.value)
    line = content[: content.index(old)].count("\n") + 1
    assert abs(told.value.line - line) <= 1


@pytest.mark.parametrize(("line", "said"), [("  restoration:", "restoration"), ("  letter: {per_hour", "letter")])
def test_what_is_left_out_is_missed(tmp_path: Path, line: str, said: str) -> None:
    lines = FILE.read_text().splitlines()
    first = next(number for number, text in enumerate(lines) if text.startswith(line))
    last = first + (1 if lines[first].endswith("}") else 2)
    path = tmp_path / FILE.name
    path.write_text("\n".join(lines[:first] + lines[last:]))
    with pytest.raises(PolicyError, match=f"there is nothing on {said}"):
        check_dispatch(path)
