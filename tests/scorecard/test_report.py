"""The page says what the validation found, in both languages, by itself and safely."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest

from arrears.scorecard import report_formats, report_words
from arrears.scorecard.metrics import Numbers
from arrears.scorecard.report import render
from arrears.scorecard.report_words import Language
from arrears.scorecard.report_zh import ZH
from arrears.scorecard.validate import Validation, validate
from arrears.settings import ROOT

from .judging import CARD, judged_rows, provenance

TEMPLATES = ROOT / "templates"
VOID = {"meta", "br", "img", "link", "input", "hr"}
HOSTILE = "<script>alert('$1')</script>"


class Page(HTMLParser):
    """Whether elements close in order, the ids, and what each element is given."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def found() -> Validation:
    random = np.random.default_rng(1)
    districts = np.array(["north", "south", HOSTILE])
    rows = judged_rows(
        segments={"district": districts[random.choice(3, 9000, p=[0.5, 0.49, 0.01])]},
        protected={"sex": np.array(["f", "m", ""])[random.choice(3, 9000, p=[0.5, 0.499, 0.001])]},
        baselines={"overdue": (rows_late() > 0).astype(np.float64)},
    )
    return validate(CARD, rows, provenance(data=HOSTILE))


def rows_late() -> Numbers:
    return np.asarray(np.nan_to_num(judged_rows().values["late_days"]), dtype=np.float64)


@pytest.fixture(scope="module", params=["en", "zh"])
def page(request: pytest.FixtureRequest, found: Validation) -> tuple[Language, str]:
    return request.param, render(found, CARD, request.param, TEMPLATES)


def test_it_is_well_formed_and_every_id_is_there_once(page: tuple[Language, str]) -> None:
    read = Page(page[1])
    assert read.open == []
    ids = [given["id"] for _, given in read.elements if "id" in given]
    assert len(ids) == len(set(ids))
    named = [name for _, given in read.elements for name in (given.get("aria-labelledby") or "").split()]
    linked = re.findall(r'(?:xlink:href="#|url\(#)([^")]+)', page[1])
    assert {*named, *linked} <= set(ids)


def test_nothing_comes_from_outside_and_no_script(page: tuple[Language, str]) -> None:
    read = Page(page[1])
    assert {"script", "link", "img", "iframe", "object"}.isdisjoint(tag for tag, _ in read.elements)
    assert not re.search(r'(?:src|href|action)="(?!#)', page[1])
    assert not re.search(r"url\((?!#)|@import", page[1])
    assert not any(name.startswith("on") for _, given in read.elements for name in given)


def test_what_comes_from_data_is_escaped(page: tuple[Language, str]) -> None:
    assert HOSTILE not in page[1]
    assert "&lt;script&gt;alert(&#39;$1&#39;)" in page[1]


def test_every_plot_has_a_title_and_every_table_scopes(page: tuple[Language, str]) -> None:
    read = Page(page[1])
    plots = [given for tag, given in read.elements if tag == "svg"]
    assert len(plots) == 4 + 3 + 2
    assert all(given["role"] == "img" and given["aria-labelledby"] for given in plots)
    assert page[1].count("<title") == 1 + len(plots)
    assert all(given.get("scope") in ("row", "col", "rowgroup") for tag, given in read.elements if tag == "th")
    levels = [int(tag[1]) for tag, _ in read.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_text_stays_text_in_the_fonts_of_the_page(page: tuple[Language, str]) -> None:
    language, text = page
    svg = text[text.index("<svg") : text.index("</svg>")]
    assert ("goods flagged" if language == "en" else "被标出的好样本占比") in svg
    assert "DejaVu" not in text
    assert "Noto Sans CJK SC" in text
    assert f'<html lang="{"en" if language == "en" else "zh-CN"}">' in text


def test_it_says_what_was_found(page: tuple[Language, str], found: Validation) -> None:
    language, text = page
    later = found.samples["later"]
    assert later.auc is not None
    assert found.at_capacity is not None
    assert ("Clears every bar" if language == "en" else "各项均达标") in text
    assert f"<b>{later.auc:.3f}</b>AUC" in text
    assert f"{100 * found.at_capacity.gain:.0f} %" in text
    assert (
        "too few to say" if language == "en" else "样本过少，不作判断"
    ) in text  # the hostile district, the missing sex
    for each in (CARD.version, "late_days ≥ 1", "2026-03", "north", "ab" * 32, "cd" * 32, "≥\u00a01, &lt;\u00a015"):
        assert each in text, each


def test_the_same_bytes_each_time(page: tuple[Language, str], found: Validation) -> None:
    assert render(found, CARD, page[0], TEMPLATES) == page[1]


def test_people_read_labels_where_there_are_some(found: Validation) -> None:
    text = render(found, CARD, "zh", TEMPLATES, {"late_days": "逾期天数"})
    assert "逾期天数 ≥ 1" in text
    assert "<h3>逾期天数</h3>" in text
    assert "<h3>late_days</h3>" not in text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_card_that_nobody_can_judge_still_makes_a_page(language: Language) -> None:
    rows = judged_rows(200, bad=np.zeros(200))
    expert = replace(CARD, training=None, scale=None)
    text = render(validate(expert, rows, provenance(window=None)), expert, language, TEMPLATES)
    assert Page(text).open == []
    assert ("Too little is known to say" if language == "en" else "依据不足") in text
    assert ("expert judgement" if language == "en" else "专家判断") in text


def test_alarms_are_in_the_page(found: Validation) -> None:
    rows = judged_rows()
    rows = replace(rows, points=rows.points - 500 * rows.bad)
    text = render(validate(CARD, rows, provenance()), CARD, "en", TEMPLATES)
    assert "Does not clear every bar" in text
    assert "hardly anything real is so predictable" in text


def test_every_text_has_its_chinese() -> None:
    sources = [TEMPLATES / "scorecard" / "report.html", *(ROOT / "arrears" / "scorecard").glob("report*.py")]
    said = [
        "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', called)).replace("\\n", "\n")
        for source in sources
        for called in re.findall(r'\b(?:t|say)\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)', source.read_text(encoding="utf-8"))
    ]
    kinds = ("VERDICTS", "STATES", "SAMPLES", "CHECKS", "DRIFTS", "FINDINGS", "LEAKS", "HONESTY")
    said += [text for kind in kinds for text in getattr(report_words, kind).values()]
    assert len(said) > 120
    assert [text for text in said if text not in ZH] == []
    places = re.compile(r"{(\w+)}")
    assert all(sorted(places.findall(text)) == sorted(places.findall(zh)) for text, zh in ZH.items())


@pytest.mark.parametrize(
    ("english", "zh"),
    [
        ("each of 5 folds, fitted on the others", "5 折轮流留出"),
        ("other columns say the same (variance inflation 6.9)", "与其他列重复（方差膨胀因子 6.9）"),
        (
            "PAY_0: -2, -1 taken for codes, not for amounts, with bins of their own",
            "PAY_0：-2, -1 视为代码而非数值，单独分箱",
        ),
        ("something new", "something new"),
    ],
)
def test_what_a_fit_notes_has_its_chinese(english: str, zh: str) -> None:
    assert report_words.of_fit(english, "zh") == zh
    assert report_words.of_fit(english, "en") == english


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        (report_formats.number(-0.0004), "0.000"),
        (report_formats.number(-1234.5, 1), "−1,234.5"),
        (report_formats.signed(0.0004), "0.000"),
        (report_formats.signed(0.02, 2), "+0.02"),
        (report_formats.percent(0.1234), "12.3 %"),
        (report_formats.percent_signed(-0.05), "−5.0 %"),
        (report_formats.count(1234.0), "1,234"),
        (report_formats.count(12.5), "12.5"),
        (report_formats.p_value(0.0001), "< 0.001"),
    ],
)
def test_numbers_as_they_are_written(written: str, wanted: str) -> None:
    assert written == wanted
