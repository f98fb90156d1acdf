import os
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from shutil import copytree

import pytest

from arrears.domain.notice import Channel, NoticeKind
from arrears.errors import PolicyError
from arrears.notices.context import AccountFacts
from arrears.notices.render import SUFFIXES, NoticeTemplates
from arrears.settings import ROOT
from tests.notices.letters import FACTS, PAID_UP, context_of, templates

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "notices"
TEMPLATES = ROOT / "templates" / "notices"
LETTERS = {
    "plain.zh-CN": PAID_UP,
    "plain.en": replace(PAID_UP, language="en", customer_name="Ming Wang"),
    "overdue_and_disputed.zh-CN": FACTS,
    "overdue_and_disputed.en": replace(FACTS, language="en", customer_name="Ming Wang"),
}


class Text(HTMLParser):
    """The words a reader sees, and the tags around them."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def bodies(facts: AccountFacts, reasons: tuple[str, ...] = ("late_streak_bills",)) -> dict[Channel, str]:
    return {each.channel: each.body for each in templates().render(context_of(facts, reasons))}


@pytest.mark.parametrize("name", LETTERS)
@pytest.mark.parametrize("channel", Channel)
def test_golden(name: str, channel: Channel) -> None:
    """To accept new words, run with UPDATE_GOLDEN=1 and read the difference before you commit it."""
    rendering = next(each for each in templates().render(context_of(LETTERS[name])) if each.channel is channel)
    letter = f"{rendering.subject}\n\n{rendering.body}"
    path = GOLDEN / f"payment_reminder.{name}.{SUFFIXES[channel]}"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.write_text(letter, encoding="utf-8")
    assert letter == path.read_text(encoding="utf-8")


def test_every_golden_letter_is_still_written() -> None:
    names = {f"payment_reminder.{name}.{suffix}" for name in LETTERS for suffix in SUFFIXES.values()}
    assert {path.name for path in GOLDEN.iterdir()} == names


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "{{ 7 * 7 }}",
        "{% for x in y %}",
        "Zhang & Söhne \"Ltd\" 'x'",
        "很长" * 150,
        "&lt;b&gt;",
    ],
)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_name_is_printed_as_it_is_and_runs_nothing(name: str, language: str) -> None:
    letter = bodies(replace(PAID_UP, customer_name=name, language=language))
    page, plain = Text(), Text()
    page.feed(letter[Channel.EMAIL])
    plain.feed(bodies(replace(PAID_UP, language=language))[Channel.EMAIL])
    assert name in "".join(page.words)
    assert name in letter[Channel.TEXT]
    assert page.tags == plain.tags


def test_line_breaks_in_a_name_do_not_break_the_line() -> None:
    letter = bodies(replace(PAID_UP, customer_name="王\r\nBcc: x@y.z\u2028\t小明\x00\u202e"))
    assert "尊敬的王 Bcc: x@y.z 小明：" in letter[Channel.TEXT]
    assert "尊敬的王 Bcc: x@y.z 小明：" in letter[Channel.EMAIL]


def test_the_subject_is_one_line() -> None:
    for language in ("zh-CN", "en"):
        for rendering in templates().render(context_of(replace(PAID_UP, language=language))):
            assert len(rendering.subject.splitlines()) == 1


def test_without_reasons_the_letter_still_says_why() -> None:
    assert "A bill of yours will soon be due" in bodies(replace(PAID_UP, language="en"), ())[Channel.TEXT]
    assert "您有账单即将到期，我们提前提醒" in bodies(PAID_UP, ())[Channel.EMAIL]


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    copytree(TEMPLATES, tmp_path / "notices")
    return tmp_path / "notices"


def test_a_syntax_error_names_file_and_line(copied: Path) -> None:
    path = copied / "payment_reminder" / "email.en.html.j2"
    path.write_text("<p>\n{% if overdue %}\n<b>{{ due_on }</b>")
    with pytest.raises(PolicyError) as caught:
        NoticeTemplates(copied, NoticeKind.PAYMENT_REMINDER)
    assert (caught.value.file, caught.value.line) == (str(path), 3)


def test_an_unknown_name_is_found_before_any_letter_even_where_no_letter_goes(copied: Path) -> None:
    path = copied / "payment_reminder" / "text.zh-CN.txt.j2"
    path.write_text("{{ due_on }}\n{% if disputed %}\n{{ disputed_amount }}\n{% endif %}")
    with pytest.raises(PolicyError, match="no letter has a value 'disputed_amount'") as caught:
        NoticeTemplates(copied, NoticeKind.PAYMENT_REMINDER)
    assert (caught.value.file, caught.value.line) == (str(path), 3)


@pytest.mark.parametrize("expression", ["bill.amonut", "bill.__class__.__mro__", "1 + due_on", "1 / 0"])
def test_a_template_that_fails_gives_an_error_and_never_a_blank(copied: Path, expression: str) -> None:
    path = copied / "payment_reminder" / "text.zh-CN.txt.j2"
    path.write_text("{% for bill in coming_due %}\n\n{{ EXPRESSION }}\n{% endfor %}".replace("EXPRESSION", expression))
    with pytest.raises(PolicyError) as caught:
        NoticeTemplates(copied, NoticeKind.PAYMENT_REMINDER).render(context_of(PAID_UP))
    assert (caught.value.file, caught.value.line) == (str(path), 3)


def test_a_missing_template_is_named(copied: Path) -> None:
    path = copied / "payment_reminder" / "subject.en.txt.j2"
    path.unlink()
    with pytest.raises(PolicyError, match="there is no such template") as caught:
        NoticeTemplates(copied, NoticeKind.PAYMENT_REMINDER)
    assert caught.value.file == str(path)
