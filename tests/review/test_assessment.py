"""The assessment of automated decisions: made from what is in force, whole, in both languages, and the same bytes each time."""

import hashlib
import re

import pytest

from arrears.errors import UsageError
from arrears.policy.approvals import load_approvals
from arrears.review.assessment import Basis, assess
from arrears.review.assessment_page import written
from arrears.scorecard.expert import load_card
from arrears.settings import ROOT, Settings
from arrears.snapshot.catalogue import load_catalogue
from arrears.sources.mapping import load_source
from tests.cli.conftest import NIGHT

HERE = Settings()
CATALOGUE = load_catalogue(HERE.sql)


@pytest.fixture(scope="module")
def basis() -> Basis:
    from arrears.policy.rules import load_policy

    card = load_card(HERE.policy, NIGHT, CATALOGUE)
    declared = load_source(HERE.sql, "demo").declared
    return Basis.load(HERE, declared, NIGHT, card, load_policy(HERE.policy, NIGHT, CATALOGUE, card))


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("suffix", [".md", ".html"])
def test_it_names_everything_that_decides(basis: Basis, language: str, suffix: str) -> None:
    text = written(assess(basis, language), suffix)
    assert text == written(assess(basis, language), suffix)
    for version in (basis.card.version, basis.policy.version, basis.pack.version):
        assert version in text
    for name in ("modes", "jurisdictions/cn", "approvals"):
        [path] = (ROOT / "policy" / name).glob("*.yaml")
        assert hashlib.sha256(path.read_bytes()).hexdigest() in text
    assert all(name in text for name in CATALOGUE.features)
    assert all(rule.id in text for rules in basis.policy.axes.values() for rule in rules)
    assert all(rule.id in text for rule in load_approvals(HERE.policy, NIGHT).rules)
    for sequence in basis.pack.sequences.values():
        assert all(gate.clause.id in text for gate in sequence.gates)
    protected = [feature.label(language) for feature in CATALOGUE.features.values() if feature.protects]
    assert (", " if language == "en" else "、").join(protected) in text


def test_english_is_english_and_a_page_holds_nothing_from_elsewhere(basis: Basis) -> None:
    english = written(assess(basis, "en"), ".md")
    creditor = basis.source.creditor.zh
    assert not [
        line
        for line in english.splitlines()
        if re.search("[\u4e00-\u9fff]", line) and "供" not in line and creditor not in line
    ]
    page = written(assess(basis, "en"), ".html")
    assert not re.search(r"<script|src=|http", page.replace("https://", ""))
    assert page.count("<h2>") == page.count("<table>") + 3 == english.count("\n## ")


def test_another_kind_of_file_is_refused(basis: Basis) -> None:
    with pytest.raises(UsageError, match=r"written as .md or .html, not as '.pdf'"):
        written(assess(basis, "en"), ".pdf")
