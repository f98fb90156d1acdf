"""docs/features.md says what the catalogue declares, and what was measured of every feature."""

from pathlib import Path

from arrears.settings import ROOT
from arrears.snapshot.catalogue import Catalogue, load_catalogue
from bench.features import DOCUMENT, UNMEASURED, render, told

CATALOGUE = load_catalogue(ROOT / "sql")


def test_the_document_is_what_the_declarations_make() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == render(CATALOGUE, *told(DOCUMENT)), "run `make features`"


def test_every_feature_was_measured() -> None:
    _, coverage = told(DOCUMENT)
    assert set(coverage) == set(CATALOGUE.features)
    assert [name for name, share in coverage.items() if share == UNMEASURED] == []


def test_a_feature_that_is_declared_differently_makes_another_document(tmp_path: Path) -> None:
    first, *others = CATALOGUE.features.values()
    changed = Catalogue(
        {first.name: first.model_copy(update={"unit": "furlongs"}), **{each.name: each for each in others}}
    )
    fewer = Catalogue({each.name: each for each in others})
    here = told(DOCUMENT)
    assert len({render(each, *here) for each in (CATALOGUE, changed, fewer)}) == 3
    assert told(tmp_path / "none.md") == ("which nobody has measured yet", {})
