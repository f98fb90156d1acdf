import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import nodes

from arrears.domain.notice import Channel, NoticeKind
from arrears.errors import CasebookError, PolicyError
from arrears.notices import compose, stationery
from arrears.notices.account import AccountFacts
from arrears.notices.examples import VARIANTS, example, variant
from arrears.notices.kinds import NEEDS, read_context
from arrears.notices.letter import Typesetter, check_letter, set_letters
from arrears.notices.printed import LANGUAGES
from arrears.notices.render import NoticeTemplates
from arrears.notices.sms import segments
from arrears.notices.stationery import load_templates, load_tried, try_out
from arrears.notices.words import BUILT_IN, environment
from tests.notices.letters import FACTS, PAID_UP, SENDER, context_of, signal_of, templates, writing_of

REMINDER = NoticeKind.PAYMENT_REMINDER


class Text(HTMLParser):
    """The words a reader sees, and the tags around them."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def bodies(facts: AccountFacts, reasons: tuple[str, ...] = ("late_streak_bills",)) -> dict[str, str]:
    found = {each.channel.value: each.body for each in templates().render(context_of(facts, reasons))}
    found["text"] = templates().render(context_of(facts, reasons))[0].text or ""
    return found


NAMES = [
    "<script>alert(1)</script>",
    "{{ 7 * 7 }}",
    "{% for x in y %}",
    '#import "/etc/passwd": *',
    "$x$ *b* _i_ @label <label> \\u{41} `raw` //",
    "Zhang & Söhne \"Ltd\" 'x'",
    "很长" * 150,
    "&lt;b&gt;",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_name_is_printed_as_it_is_and_runs_nothing(name: str, language: str) -> None:
    letter = bodies(replace(PAID_UP, customer_name=name, language=language))
    page, plain = Text(), Text()
    page.feed(letter["email"])
    plain.feed(bodies(replace(PAID_UP, language=language))["email"])
    assert name in "".join(page.words)
    assert name in letter["text"]
    assert json.loads(letter["letter"])["customer_name"] == name
    assert page.tags == plain.tags


def test_such_names_are_set_on_paper() -> None:
    letters = [bodies(replace(PAID_UP, customer_name=name))["letter"] for name in NAMES]
    assert len(Typesetter().batch(letters).pages) == len(NAMES)
    assert set_letters(letters[:1])[0].startswith(b"%PDF")


@pytest.mark.parametrize("lines", [1, 9, 40])
def test_an_address_of_any_length_is_set(lines: int) -> None:
    facts = replace(FACTS, address="\r\n".join(f"示范市光明路{line}号" for line in range(lines)))
    letter = bodies(facts)["letter"]
    assert len(json.loads(letter)["address"]) == lines
    assert len(Typesetter().batch([letter]).pages) == 1


def test_a_batch_says_how_many_pages_each_letter_has() -> None:
    many = replace(
        FACTS, bills=tuple(replace(FACTS.bills[3], bill_id=f"b{number}") for number in range(40)), payments=()
    )
    batch = Typesetter().batch([bodies(PAID_UP)["letter"], bodies(many)["letter"], bodies(PAID_UP)["letter"]])
    first, long, last = batch.pages
    assert first == last < long


def test_the_same_letter_has_the_same_bytes() -> None:
    letter = bodies(FACTS)["letter"]
    assert Typesetter().set(letter) == Typesetter().set(letter)


def test_a_character_that_the_font_lacks_is_named() -> None:
    letter = bodies(replace(FACTS, customer_name="王𠮷"))["letter"]
    with pytest.raises(
        CasebookError, match=r"account 0100012345: customer_name: the letters' font lacks 𠮷 \(U\+20BB7\)"
    ):
        check_letter(letter, FACTS.account_id)


def test_every_example_can_be_set() -> None:
    assert try_out(BUILT_IN, load_templates(BUILT_IN), SENDER) == 2 * (len(NoticeKind) + len(VARIANTS))


def test_line_breaks_in_a_name_do_not_break_the_line() -> None:
    letter = bodies(replace(PAID_UP, customer_name="王\r\nBcc: x@y.z\u2028\t小明\x00\u202e"))
    assert "尊敬的王 Bcc: x@y.z 小明：" in letter["text"]
    assert "尊敬的王 Bcc: x@y.z 小明：" in letter["email"]


@pytest.mark.parametrize("kind", NoticeKind)
@pytest.mark.parametrize("language", LANGUAGES)
def test_subject_and_message_are_one_line(kind: NoticeKind, language: str) -> None:
    for rendering in templates(kind).render(example(kind, SENDER, language)):
        assert len(rendering.subject.splitlines()) == 1
        assert rendering.channel is not Channel.SMS or len(rendering.body.splitlines()) == 1


@pytest.mark.parametrize("kind", NoticeKind)
def test_a_context_is_kept_and_read_back(kind: NoticeKind) -> None:
    from dataclasses import asdict

    context = example(kind, SENDER, "en")
    assert read_context(kind, json.loads(json.dumps(asdict(context)))) == context
    with pytest.raises(CasebookError, match=f"are no {kind.value}: "):
        read_context(kind, {"notice_id": "x"})


def test_a_copy_is_marked_on_every_channel() -> None:
    for rendering in templates().render(context_of(FACTS), is_copy=True):
        assert "副本" in rendering.body
        assert rendering.text is None or "副本" in rendering.text


def test_without_reasons_the_letter_still_says_why() -> None:
    assert "A bill of yours will soon be due" in bodies(replace(PAID_UP, language="en"), ())["text"]
    assert "您有账单即将到期，我们提前提醒" in bodies(PAID_UP, ())["email"]


def test_without_a_link_there_is_no_code() -> None:
    creditor = SENDER.source.creditor.model_copy(update={"pay_link": ""})
    sender = replace(SENDER, source=SENDER.source.model_copy(update={"creditor": creditor}))
    context = compose.reminder(replace(writing_of(FACTS), sender=sender), signal_of(FACTS))
    email, _, letter = templates().render(context)
    assert "<img" not in email.body
    assert Typesetter().set(letter.body).startswith(b"%PDF")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", NoticeKind)
def test_a_template_that_leaves_out_what_the_law_wants_is_refused(
    kind: NoticeKind, language: str, tmp_path: Path
) -> None:
    name = f"{kind.value}/{language}.j2"
    text = (BUILT_IN / name).read_text(encoding="utf-8")
    (tmp_path / kind.value).mkdir()
    for value in NEEDS[kind].says:
        gone = (
            text.replace(f"{{{{ {value} }}}}", "")
            .replace(f"in {value} %}}", "in () %}")
            .replace(f"if {value} ", "if true ")
        )
        (tmp_path / name).write_text(gone, encoding="utf-8")
        with pytest.raises(PolicyError, match=f"does not say '{value}'"):
            NoticeTemplates(tmp_path, kind)


@pytest.mark.parametrize("kind", NoticeKind)
def test_a_mail_and_a_letter_say_what_is_set_on_every_notice(kind: NoticeKind) -> None:
    context = example(kind, SENDER, "en")
    email, _, letter = templates(kind).render(context)
    always = ["phone", "how_to_contest", "contest_answer", "account_id", "notice_id", "written_on", "creditor"]
    if kind not in (NoticeKind.CREDIT_STATEMENT, NoticeKind.RESTORATION):
        always += ["total_amount", "late_fee", "how_to_pay", "pay_link"]
    if getattr(context, "overdue", ()):
        always += ["overdue_amount", "late_fee_rate"]
    for name in always:
        said = str(getattr(context, name))
        for body in (email.text or "", letter.body):
            assert said in body, name


def test_supply_is_restored_with_sums_while_its_bills_are_open_and_without_when_they_are_paid() -> None:
    paid, planned = example(NoticeKind.RESTORATION, SENDER, "en"), variant("restoration.back", SENDER, "en")
    bodies_of = [templates(NoticeKind.RESTORATION).render(each)[2].body for each in (paid, planned)]
    for said, in_paid in (("Total of these bills", False), ("Late fee so far", False), (paid.how_to_pay, False)):
        assert [said in body for body in bodies_of] == [in_paid, True], said
    assert "Nothing is overdue" not in bodies_of[0], "other bills of the account may be"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A utility's own folder, with one file in it: the others are those that come with the install."""
    (tmp_path / REMINDER.value).mkdir()
    return tmp_path


def rewritten(own: Path, text: str) -> Path:
    path = own / REMINDER.value / "en.j2"
    path.write_text((BUILT_IN / REMINDER.value / "en.j2").read_text(encoding="utf-8") + text, encoding="utf-8")
    return path


def test_a_utility_s_own_file_wins_and_the_others_stay(own: Path) -> None:
    rewritten(own, "{% block contact %}\nRing the bell at {{ phone }}\n{% endblock %}")
    english, chinese = (
        NoticeTemplates(own, REMINDER).render(context_of(replace(FACTS, language=language)))[0].text
        for language in ("en", "zh-CN")
    )
    assert english is not None
    assert chinese is not None
    assert "Ring the bell at 95598" in english
    assert "我们会与您一起想办法" in chinese


def test_a_utility_s_own_layout_is_set(own: Path) -> None:
    layout = (BUILT_IN / "letter.typ").read_text(encoding="utf-8")
    (own / "letter.typ").write_text(layout.replace('paper: "a4"', 'paper: "us-letter"'), encoding="utf-8")
    letter = bodies(FACTS)["letter"]
    assert Typesetter(own).set(letter) != Typesetter().set(letter)


def test_a_layout_with_an_error_names_file_and_line(own: Path) -> None:
    (own / "letter.typ").write_text("#let one = 1\n\n#undeclared\n", encoding="utf-8")
    with pytest.raises(PolicyError, match="unknown variable: undeclared") as caught:
        Typesetter(own).set(bodies(FACTS)["letter"])
    assert (caught.value.file, caught.value.line) == (str(own / "letter.typ"), 3)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{% block contact %}\n{% if overdue %}\n{{ due_on }\n{% endblock %}", "unexpected '}'"),
        ("{% block contact %}\n\n{{ disputed_sum }}\n{% endblock %}", "no letter has a value 'disputed_sum'"),
        ("{% block contact %}\n\n{{ total_amount + late_fee }}\n{% endblock %}", "a template works nothing out"),
        ("{% block contact %}\n\n{{ overdue | sum }}\n{% endblock %}", "a template works nothing out"),
        ("\n\n{% block contct %}{% endblock %}", "no notice has a part 'contct'"),
    ],
)
def test_what_is_wrong_in_a_template_is_found_before_any_letter(own: Path, text: str, sentence: str) -> None:
    path = rewritten(own, text)
    lines = path.read_text(encoding="utf-8").count("\n") + 1
    with pytest.raises(PolicyError, match=sentence) as caught:
        NoticeTemplates(own, REMINDER)
    assert caught.value.file == str(path)
    assert caught.value.line == lines - (1 if "contct" not in text else 0)


@pytest.mark.parametrize("expression", ["bill.amonut", "bill.__class__.__mro__"])
def test_a_template_that_fails_gives_an_error_and_never_a_blank(own: Path, expression: str) -> None:
    path = rewritten(
        own,
        f"{{% block contact %}}{{% for bill in coming_due %}}\n\n{{{{ {expression} }}}}{{% endfor %}}{{% endblock %}}",
    )
    with pytest.raises(PolicyError) as caught:
        NoticeTemplates(own, REMINDER).render(context_of(replace(PAID_UP, language="en")))
    assert (caught.value.file, caught.value.line) == (str(path), path.read_text(encoding="utf-8").count("\n") + 1)


def test_a_template_that_is_not_utf8_is_refused(own: Path) -> None:
    (own / REMINDER.value / "en.j2").write_bytes("{% block title %}Café{% endblock %}".encode("latin-1"))
    with pytest.raises(PolicyError, match="it is not UTF-8"):
        NoticeTemplates(own, REMINDER)


@pytest.mark.parametrize("name", ["email.html.j2", "email.txt.j2"])
def test_layouts_work_nothing_out(name: str) -> None:
    tree = environment(BUILT_IN, is_html=True).parse((BUILT_IN / name).read_text(encoding="utf-8"))
    worked = (nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow, nodes.Neg)
    assert not list(tree.find_all(worked))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ("GSM-7", 0, 1)),
        ("a" * 160, ("GSM-7", 160, 1)),
        ("a" * 161, ("GSM-7", 161, 2)),
        ("a" * 307, ("GSM-7", 307, 3)),
        ("€" * 80, ("GSM-7", 160, 1)),
        ("a" * 152 + "€" * 77, ("GSM-7", 306, 3)),
        ("电" * 70, ("UCS-2", 70, 1)),
        ("电" * 71, ("UCS-2", 71, 2)),
        ("电" * 66 + "𠮷" * 34, ("UCS-2", 134, 3)),
    ],
)
def test_segments(text: str, expected: tuple[str, int, int]) -> None:
    cut = segments(text)
    assert (cut.encoding, cut.units, cut.count) == expected


def test_the_same_words_are_tried_once_in_a_process_and_other_words_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[Path] = []
    monkeypatch.setattr(stationery, "try_out", lambda own, _templates, _sender: tried.append(own))
    (tmp_path / "words.txt").write_text("pay by Friday")
    first, again = load_tried(tmp_path, SENDER), load_tried(tmp_path, SENDER)
    assert (tried, again is first) == ([tmp_path], True)
    (tmp_path / "words.txt").write_text("pay by Monday")
    assert load_tried(tmp_path, SENDER) is not first
    assert tried == [tmp_path, tmp_path]
