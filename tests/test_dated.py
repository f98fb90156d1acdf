"""YAML files that people keep: which one is in force, and where in it something stands."""

import datetime as dt
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from arrears import dated
from arrears.errors import PolicyError


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    share: float
    note: str | None = None


class File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    parts: list[Inner] = []


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "2026-01-01.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def days(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).write_text("name: x\n", encoding="utf-8")
    return folder


def test_the_latest_file_that_has_begun_is_in_force(tmp_path: Path) -> None:
    days(tmp_path, "2025-01-01.yaml", "2026-01-01.yaml", "2026-02-01.yaml", "README.md")

    def name(as_of: dt.date) -> str:
        return dated.in_force(tmp_path, as_of).name

    assert name(dt.date(2025, 12, 31)) == "2025-01-01.yaml"
    assert name(dt.date(2026, 1, 1)) == "2026-01-01.yaml"
    assert name(dt.date(2026, 1, 31)) == "2026-01-01.yaml"
    assert name(dt.date(2026, 2, 1)) == "2026-02-01.yaml"


def test_before_the_first_file_nothing_is_in_force(tmp_path: Path) -> None:
    days(tmp_path, "2026-01-01.yaml")
    with pytest.raises(PolicyError, match="no file here was in force on 2025-12-31; add one with an earlier date"):
        dated.in_force(tmp_path, dt.date(2025, 12, 31))
    with pytest.raises(PolicyError, match="no file here was in force"):
        dated.in_force(tmp_path / "nowhere", dt.date(2026, 1, 1))


@pytest.mark.parametrize("name", ["new.yaml", "2026-02-30.yaml", "20250101.yaml", "2026-W01-1.yaml", "2026-1-1.yaml"])
def test_a_file_that_is_not_named_by_its_day_is_refused(tmp_path: Path, name: str) -> None:
    """Not even one that some would read as a date: files are put in order by their names."""
    days(tmp_path, "2026-01-01.yaml", name)
    with pytest.raises(PolicyError, match=rf"{name}:1: its name must be the day it takes effect"):
        dated.in_force(tmp_path, dt.date(2026, 10, 31))


def test_values_are_the_text_that_stands_there(tmp_path: Path) -> None:
    """YAML would make false of no, ninety of 1:30, ten of 012 and a date of a date."""
    for text in ("no", "1:30", "012", "2026-01-01", "1_000", "0x1F"):
        file, _ = dated.load(written(tmp_path, f"name: {text}\n"), File)
        assert file.name == text
    file, _ = dated.load(written(tmp_path, "name: x\nparts: [{share: 0.5, note: null}, {share: .25, note: ~}]\n"), File)
    assert file.parts == [Inner(share=0.5), Inner(share=0.25)]


REFUSED: list[tuple[str | bytes, int, str]] = [
    ("", 1, "the file is empty"),
    ("# nothing\n", 1, "the file is empty"),
    ("name: x\nparts: [\n", 3, "this is not YAML"),
    ("name: x\n\tparts: []\n", 2, "this is not YAML"),
    ("name: x\n---\nname: y\n", 2, "this is not YAML"),
    ("name: x\nshare: 1\n", 2, "share: Extra inputs are not permitted"),
    ("name: x\nname: y\n", 2, "name stands here twice"),
    ("name: x\nparts:\n- share: 1\n  share: 2\n", 4, "share stands here twice"),
    ("name: x\nparts:\n- share: 1\n- share: much\n", 4, "parts.1.share: Input should be a valid number"),
    ("name: x\nparts:\n- share: 1\n- {}\n", 4, "parts.1.share: Field required"),
    ("parts: []\n", 1, "name: Field required"),
    ("name: [x]\n", 1, "name: Input should be a valid string"),
    ("- name: x\n", 1, "the file: Input should be a valid dictionary"),
    ("just words\n", 1, "the file: Input should be a valid dictionary"),
    ("name: x\n? [a, b]\n: 1\n", 2, "a key must be a plain word"),
    ("name: x\n? {a: b}\n: 1\n", 2, "a key must be a plain word"),
    (b"name: \xff\xfe\n", 1, "this is not UTF-8"),
    (b"name: \x00\n", 1, "this is not YAML"),
]


@pytest.mark.parametrize(("text", "line", "said"), REFUSED)
def test_a_fault_is_refused_with_its_line(tmp_path: Path, text: str | bytes, line: int, said: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(PolicyError) as refused:
        dated.load(path, File)
    assert str(refused.value).startswith(f"{path}:{line}: {said}")
    assert "\n" not in str(refused.value)


def test_nothing_in_a_file_is_run(tmp_path: Path) -> None:
    file, _ = dated.load(written(tmp_path, "name: !!python/object/apply:os.system x\n"), File)
    assert file.name == "x"


def test_a_place_that_is_not_there_is_the_nearest_above_it(tmp_path: Path) -> None:
    _, where = dated.load(written(tmp_path, "name: x\nparts:\n  - share: 1\n    note: a\n"), File)
    assert where.line("parts", 0, "note") == 4
    assert where.line("parts", 0, "colour") == 3
    assert where.line("parts", 7, "share") == 2
    assert where.line("nothing") == where.line() == 1
    assert str(where.refuse("no.", "parts", 0, "note")).endswith("2026-01-01.yaml:4: no.")
