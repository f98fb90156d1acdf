"""Staff at cases, from the command line: one night, what people do on its day, and the night after it."""

import datetime as dt
import re
import shlex

import duckdb
import pytest

from arrears.review.case_words import TERMS
from arrears.settings import ROOT
from tests.cli.conftest import NIGHT, Arrears, Told
from tests.end_to_end.deployments import Deployment, copied

NEXT = NIGHT + dt.timedelta(days=1)
ON = ("--on", str(NIGHT))
DOCUMENT = ROOT / "docs" / "decisions.md"
WHY = ("--why", "seen on the bank's statement")


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory, stored: Deployment) -> Deployment:
    return copied(stored, tmp_path_factory.mktemp("worked") / "state")


def accounts(told: Told) -> list[str]:
    return [match[1] for line in told.out.splitlines()[2:] if (match := re.match(r"\S+ +(\d{10})", line))]


def test_a_day_s_work_and_the_night_after_it(arrears: Arrears, worked: Deployment) -> None:
    def ann(*arguments: str) -> Told:
        told = arrears(worked, "episode", *arguments, "--by", "ann", *ON)
        assert (told.code, told.err) == (0, "")
        return told

    listed = arrears(worked, "episode", "list")
    assert re.match(r"demo: \d+ open cases", listed.out)
    first, second, third = accounts(listed)[:3]
    shown = arrears(worked, "episode", "show", first).out
    assert "owner -, follow-up -, step 1" in shown
    assert "the nightly run  raised at" in shown
    ann("acknowledge", first, "--seq", "1")
    ann("assign", first, "--to", "sso:bo")
    ann("contact", first, "--channel", "phone", "--result", "reached", "--why", "会尽快缴费")
    ann("follow-up", first, "--at", str(NEXT))
    ann("promise", first, "--amount", "10.5", "--until", "2026-11-20")
    ann("begin-treatment", first)
    ann("note", first, "says the meter was changed")
    ann("dismiss", second, "--reason", "paid_already", *WHY)
    late = arrears(worked, "episode", "acknowledge", first, "--seq", "1", "--by", "bo", *ON)
    assert late.code == 7
    assert "changed since you looked at it" in late.err
    assert "local:ann: acknowledged" in late.err
    assert accounts(arrears(worked, "episode", "list", "--owner", "sso:bo")) == [first]
    assert accounts(arrears(worked, "episode", "list", "--mine", "--by", "sso:bo")) == [first]
    assert accounts(arrears(worked, "episode", "list", "--state", "in_treatment")) == [first]
    assert accounts(arrears(worked, "episode", "list", "--due", *ON)) == []
    assert second not in accounts(arrears(worked, "episode", "list"))
    district = re.search(rf"{third} +(\S+)", listed.out)
    assert district
    assert third in accounts(arrears(worked, "episode", "list", "--district", district[1]))
    assert accounts(arrears(worked, "episode", "list", "--district", "nowhere")) == []

    worked.whole_night(NEXT)
    assert accounts(arrears(worked, "episode", "list", "--due", "--on", str(NEXT))) == [first]
    assert promised(worked, NIGHT, first) == [("0.00", None)], "what is said by day, the night before does not know"
    assert promised(worked, NEXT, first) == [("10.50", dt.date(2026, 11, 20))]
    chinese = arrears(worked, "episode", "history", first, "--lang", "zh").out
    for words in (
        "负责人 sso:bo",
        "承诺于 2026-11-20 前缴费 10.50：待兑现",
        "联系（电话）：已联系上 · 会尽快缴费",
        "夜间运行",
    ):
        assert words in chinese

    documented = re.search(r"^arrears (episode reverse-run .*)$", DOCUMENT.read_text(encoding="utf-8"), re.M)
    assert documented
    taken = arrears(worked, *shlex.split(documented[1]))
    assert taken.code == 0
    assert taken.out.startswith(f"demo: the night of {NEXT} (run ")
    early = arrears(worked, "episode", "note", third, "more", "--by", "ann", "--on", str(NEXT))
    assert early.code == 0
    left = arrears(
        worked, "episode", "reverse-run", str(NIGHT), *WHY, "--by", "op", "--on", str(NEXT), "--lang", "zh"
    ).out
    assert "以下案件之后已有人处理，保持不变" in left
    assert set(re.findall(r"^(\d{10})", left, re.M)) == {first, second, third}


def promised(deployment: Deployment, night: dt.date, account_id: str) -> list[tuple[str, dt.date | None]]:
    files = [str(path) for path in (deployment.state / "lake" / "demo" / "features").glob(f"as_of={night}/*/*.parquet")]
    with duckdb.connect() as con:
        return con.execute(
            "SELECT CAST(promised_amount AS VARCHAR), promised_on FROM read_parquet(?) WHERE account_id = ?",
            [files, account_id],
        ).fetchall()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("show", "nobody"), "account nobody was never warned of"),
        (("history", "nobody"), "account nobody was never warned of"),
        (("list", "--mine", "--owner", "x"), "give --mine or --owner, not both"),
        (("list", "--state", "resolved"), "only open cases are listed"),
        (("note", "1", "x", "--on", "2999-01-01"), "--on 2999-01-01 lies ahead"),
        (("promise", "1", "--amount", "1,5", "--until", "2026-11-20"), "--amount '1,5' is no amount"),
        (("promise", "1", "--amount", "1", "--until", "soon"), "--until 'soon' is not a date"),
        (("reverse-run", "2020-01-01", *WHY), "no live night is named '2020-01-01'"),
        (("acknowledge", "1", "--by", ":x"), "name nobody"),
    ],
)
def test_a_request_that_is_wrong_is_told_in_one_sentence(
    arrears: Arrears, worked: Deployment, arguments: tuple[str, ...], words: str
) -> None:
    told = arrears(worked, "episode", *arguments)
    assert told.code == 2
    assert words in told.err


def test_cases_without_any_night(arrears: Arrears, empty: Deployment) -> None:
    assert arrears(empty, "episode", "list").out == "demo: 0 open cases\n"


def test_every_value_has_words_in_both_languages() -> None:
    for kind in {type(value) for value in TERMS}:
        for value in kind:
            chinese, english = TERMS[value]
            assert re.search(r"[\u4e00-\u9fff]", chinese)
            assert english.isascii()
