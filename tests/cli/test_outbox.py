"""From the night's drafts to what arrived and came back, on the command line."""

import datetime as dt
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
import pytest
from sqlalchemy import create_engine, make_url, text

from arrears.cli import outbox, outbox_acts
from arrears.nights import dispatch_way, prepare_dispatch
from tests.cli.conftest import Arrears, Told
from tests.end_to_end.deployments import Deployment
from tests.notices.providers import Mailboxes, mail_server

NOON = dt.datetime(2026, 11, 2, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
"""A Monday, the day after the night."""

Say = Callable[..., Told]


@pytest.fixture
def night(stored: Deployment, tmp_path: Path) -> Iterator[Deployment]:
    """The stored night, to be changed: its state folder linked, its casebook copied."""
    url = make_url(stored.variables["ARREARS_CASEBOOK_URL"])
    name = f"{url.database}_outbox_{abs(hash(tmp_path.name))}"
    with psycopg.connect(
        host=str(url.query["host"]),
        port=int(str(url.query["port"])),
        user=url.username,
        dbname="arrears",
        autocommit=True,
    ) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{url.database}"')
        shutil.copytree(stored.state, tmp_path / "state")
        own = {
            "ARREARS_CASEBOOK_URL": url.set(database=name).render_as_string(hide_password=False),
            "ARREARS_TRIAL_FOLDER": str(tmp_path / "trial"),
        }
        yield Deployment(tmp_path / "state", {**stored.environment, **own})
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def say(night: Deployment, arrears: Arrears, monkeypatch: pytest.MonkeyPatch) -> Say:
    """`arrears notice …` at noon of the day after the night."""
    monkeypatch.setattr(outbox_acts, "_now", lambda: NOON)
    return lambda *arguments, **environment: arrears(night, "notice", *arguments, **environment)


def rows(night: Deployment, query: str) -> list[tuple[str, ...]]:
    url = night.variables["ARREARS_CASEBOOK_URL"]
    engine = create_engine(url, connect_args={"options": "-csearch_path=demo"})
    try:
        with engine.connect() as connection:
            found = [tuple(map(str, row)) for row in connection.execute(text(query))]
            connection.commit()
            return found
    finally:
        engine.dispose()


def without_trial(night: Deployment) -> Deployment:
    return Deployment(night.state, {name: value for name, value in night.environment.items() if "TRIAL" not in name})


DRAFTS = "SELECT notice_id, account_id, kind FROM notice WHERE state = '{}' ORDER BY notice_id"


def test_a_dispatch_sends_what_the_policy_releases_and_a_second_one_nothing(
    say: Say, night: Deployment, tmp_path: Path
) -> None:
    drafted = rows(night, DRAFTS.format("drafted"))
    reminders = {notice for notice, _, kind in drafted if kind == "payment_reminder"}
    told = say("send")
    assert told.code == 0, told.err
    sent = {notice for notice, _, _ in rows(night, DRAFTS.format("sent"))}
    failed = {notice for notice, _, _ in rows(night, DRAFTS.format("failed"))}
    assert sent
    assert sent <= reminders <= sent | failed, "nothing that a person must release left by itself"
    assert f"{len(sent)} released by policy, {len(failed)} without an address, {len(sent)} sent" in told.out
    there = sorted(path.name.split(".")[0] for path in (tmp_path / "trial").rglob("*.*"))
    assert there == sorted(sent)
    assert "0 released by policy" in say("send").out
    assert sorted(path.name.split(".")[0] for path in (tmp_path / "trial").rglob("*.*")) == there
    with night.entered():
        assert "0 released by policy" in prepare_dispatch("demo", NOON)
        assert dispatch_way("demo", "email", lambda: NOON) == "nothing was due"
        assert dispatch_way("demo", "sms", lambda: NOON + dt.timedelta(hours=9)) is None, "outside of contact hours"


def test_mail_arrives_comes_back_and_the_history_says_so(
    say: Say, arrears: Arrears, night: Deployment, tmp_path: Path
) -> None:
    boxes = Mailboxes()
    with mail_server(boxes) as url:
        own = {"ARREARS_SMTP_URL": url, "ARREARS_MAIL_FROM": "notices@example.com"}
        told = arrears(without_trial(night), "notice", "send", **own)
        assert told.code == 0, told.err
    (key, mail), *_ = sorted(boxes.arrived.items())
    assert set(boxes.offered.values()) == {1}
    query = "SELECT address, account_id, notice_id FROM delivery JOIN notice USING (notice_id) WHERE way = 'email'"
    (found,) = rows(night, f"{query} AND notice_id = '{key[1:33]}'")
    assert mail["To"] == found[0]
    back = tmp_path / "back.csv"
    lines = ("key,outcome,why", f"{key},returned,no such user", f"{'0' * 32}.1,returned,x", "what,returned,x")
    back.write_text("\n".join(lines), encoding="utf-8")
    told = say("receipt", str(back))
    assert (told.code, told.out) == (2, "receipts: 2, notices changed: 1, not understood: 1\n")
    assert f"{back}:4: key: 'what' is no key of a delivery" in told.err
    history = say("history", found[1], "--lang", "zh")
    assert all(word in history.out for word in ("放行", "已被接收", "退回", "电子邮件", "no such user")), history.out
    shown = say("show", found[2][:10])
    assert "no such user" in shown.out
    assert "email → c" in shown.out


def test_a_person_releases_withdraws_and_asks_for_copies(say: Say, night: Deployment, tmp_path: Path) -> None:
    (one, account, _), (two, *_), *_ = rows(night, DRAFTS.format("drafted"))
    seen = say("release", "--kind", "payment_reminder")
    assert (seen.code, "add --yes to release all of them" in seen.err) == (2, True)
    assert rows(night, "SELECT count(*) FROM delivery") == [("0",)], "shown only"
    assert say("withdraw", two[:12], "--why", "wrong meter").out.endswith("1 withdrawn\n")
    assert "is withdrawn already" in say("release", two[:12]).err
    released = say("release", one[:12], "--by", "anna", "--why", "asked for")
    assert "1 released, 0 superseded, 0 expired, 0 without an address" in released.out
    say("send")
    copied = say("resend", one[:12], "--why", "lost", "--by", "anna")
    assert copied.code == 0, copied.err
    say("send")
    copies = list((tmp_path / "trial").rglob(f"{copied.out[:12]}*"))
    assert len(copies) == 1
    (step,) = rows(night, f"SELECT step FROM notice WHERE notice_id LIKE '{copied.out[:12]}%'")
    assert step == ("first.copy-1",)
    original = next((tmp_path / "trial").rglob(f"{one}.*")).read_text(encoding="utf-8")
    assert copies[0].read_text(encoding="utf-8") != original
    history = say("history", account).out
    assert history.count("accept") == 2
    assert "local:anna" in history
    assert "is a copy itself" in say("resend", copied.out[:12], "--why", "again").err


def test_a_letter_is_looked_at_as_it_leaves(say: Say, night: Deployment, tmp_path: Path) -> None:
    (one, *_), *_ = rows(night, DRAFTS.format("drafted"))
    assert say("show", one, "--channel", "letter").err.startswith("arrears: a letter is a PDF")
    assert say("show", one, "--channel", "letter", "--out", str(tmp_path / "letter.pdf")).code == 0
    assert (tmp_path / "letter.pdf").read_bytes().startswith(b"%PDF")
    assert one[:6] not in say("show", one, "--channel", "sms").out
    assert say("show", "zz").err.startswith("arrears: no notice's ids begin with 'zz'")


def test_letters_lie_in_the_print_house_s_folder_and_say_what_they_are(
    say: Say, arrears: Arrears, night: Deployment, tmp_path: Path
) -> None:
    drop = tmp_path / "print house"
    missing = arrears(without_trial(night), "notice", "send", ARREARS_PRINT_FOLDER=str(drop))
    assert (missing.code, "No such file or directory; no letter of the batch was handed over" in missing.err) == (
        8,
        True,
    )
    drop.mkdir()
    later = NOON + dt.timedelta(hours=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outbox_acts, "_now", lambda: later)
        told = arrears(without_trial(night), "notice", "send", ARREARS_PRINT_FOLDER=str(drop))
    assert told.code == 0, told.err
    (batch,) = drop.iterdir()
    manifest = json.loads((batch / "manifest.json").read_text(encoding="utf-8"))
    assert {each["key"][:32] for each in manifest["letters"]} == {row[0] for row in rows(night, DRAFTS.format("sent"))}
    assert (batch / "letters.pdf").read_bytes().startswith(b"%PDF")
    assert all(each["postcode"] for each in manifest["letters"])
    keys = sorted(each["key"] for each in manifest["letters"])
    report = tmp_path / "report.csv"
    report.write_text(f"key,outcome,why\n{keys[0]},delivered,\n{keys[1]},returned,moved\n", encoding="utf-8")

    def silent(days: int) -> Told:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(outbox, "clock", lambda: later + dt.timedelta(days=days, minutes=1))
            return say("list", "--unreported", "--most", "500")

    assert (silent(9).out.count("sent\n"), "nothing was reported" in silent(9).out) == (0, False)
    assert f"nothing was reported: {len(keys)}" in silent(10).out
    assert all(key[:12] in silent(10).out for key in keys)
    assert say("receipt", str(report)).code == 0
    told = silent(10)
    assert f"nothing was reported: {len(keys) - 2}" in told.out
    assert [key[:12] in told.out for key in keys[:3]] == [False, False, True]


def test_what_was_paid_since_or_is_too_old_does_not_leave(
    say: Say, night: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = next(notice for notice, _, kind in rows(night, DRAFTS.format("drafted")) if kind == "payment_reminder")
    rows(night, f"UPDATE notice SET total_amount = total_amount + 1 WHERE notice_id = '{one}' RETURNING 1")
    assert "1 superseded" in say("release", one[:12]).out
    assert "superseded: " in say("show", one[:12]).out
    monkeypatch.setattr(outbox_acts, "_now", lambda: NOON + dt.timedelta(days=400))
    late = say("send")
    assert late.code == 4, "there is no calendar for that year yet"


def test_nothing_leaves_where_no_way_is_set(night: Deployment, arrears: Arrears) -> None:
    told = arrears(without_trial(night), "notice", "send")
    assert (told.code, "nothing can leave: set ARREARS_SMTP_URL" in told.err) == (2, True)
