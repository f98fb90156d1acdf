"""Every kind on every channel in every language, word for word. To accept new words and new looks, run with --update-golden,
and read and look at the difference before you commit it: the pictures are those of docs/notices.md."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from arrears.domain.notice import Channel, NoticeKind, Rendering
from arrears.notices.context import Context
from arrears.notices.examples import VARIANTS, example, variant
from arrears.notices.letter import Typesetter
from arrears.notices.printed import LANGUAGES
from arrears.notices.sms import segments
from arrears.notices.stationery import load_templates
from arrears.notices.words import BUILT_IN
from arrears.settings import ROOT
from tests.notices.letters import SENDER

GOLDEN = ROOT / "tests" / "golden" / "notices"
PICTURES = ROOT / "docs" / "notices"
CASES = [(name, language) for name in (*(kind.value for kind in NoticeKind), *VARIANTS) for language in LANGUAGES]
"""Every kind under its name, and what a kind also says."""
Rendered = dict[tuple[str, str], dict[Channel, Rendering]]
TOOLS = ("pdftotext", "pdftoppm", "qpdf")
MISSING = [tool for tool in TOOLS if shutil.which(tool) is None]
needs_tools = pytest.mark.skipif(
    bool(MISSING), reason=f"no {', '.join(MISSING)} here: `make tools` installs poppler-utils and qpdf"
)
DPI, GREYS = 72, 8
MOST_OFF = 0.004
"""Mean difference of a pixel, 0 to 1: another build of poppler may smooth edges otherwise; a line that moved is far beyond."""


@pytest.fixture(scope="module")
def rendered() -> Rendered:
    templates = load_templates(BUILT_IN)
    return {
        (name, language): {each.channel: each for each in templates[kind].render(context)}
        for name, language in CASES
        for kind, context in [_context(name, language)]
    }


def _context(name: str, language: str) -> tuple[NoticeKind, Context]:
    if name in VARIANTS:
        return VARIANTS[name][0], variant(name, SENDER, language)
    return NoticeKind(name), example(NoticeKind(name), SENDER, language)


@pytest.fixture(scope="module")
def letters(rendered: Rendered, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    """The letters as PDF files."""
    folder, setter = tmp_path_factory.mktemp("letters"), Typesetter()
    paths = {case: folder / f"{case[0]}.{case[1]}.pdf" for case in CASES}
    for case, path in paths.items():
        path.write_bytes(setter.set(rendered[case][Channel.LETTER].body))
    return paths


@pytest.fixture
def same(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compares with the golden file of that name."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("update_golden"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.mark.parametrize(("name", "language"), CASES)
def test_words(
    name: str,
    language: str,
    rendered: Rendered,
    same: Callable[[str, str], None],
) -> None:
    email, sms = rendered[name, language][Channel.EMAIL], rendered[name, language][Channel.SMS]
    cut = segments(sms.body)
    same(f"{name}.{language}.html", email.body)
    same(f"{name}.{language}.txt", f"{email.subject}\n\n{email.text}")
    same(f"{name}.{language}.sms", f"{sms.body}\n{cut.encoding} {cut.units} {cut.count}\n")


@needs_tools
@pytest.mark.parametrize(("name", "language"), CASES)
def test_letter_s_text(
    name: str,
    language: str,
    letters: dict[tuple[str, str], Path],
    same: Callable[[str, str], None],
) -> None:
    path = letters[name, language]
    run = subprocess.run(["pdftotext", "-layout", path, "-"], check=True, capture_output=True, text=True)
    said = "\n".join(line.rstrip() for line in run.stdout.splitlines())
    words = "\n".join(" ".join(line.split()) for line in said.splitlines() if line.strip())
    same(f"{name}.{language}.letter", words + "\n")


@needs_tools
@pytest.mark.parametrize(("name", "language"), CASES)
def test_letter_s_look(
    name: str,
    language: str,
    letters: dict[tuple[str, str], Path],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    out, kept = tmp_path / "page", PICTURES / f"{name}.{language}.png"
    command = ["pdftoppm", "-r", str(DPI), "-gray", "-png", "-singlefile", str(letters[name, language]), str(out)]
    subprocess.run(command, check=True, capture_output=True)
    now = Image.open(out.with_suffix(".png")).quantize(GREYS)
    if request.config.getoption("update_golden"):
        now.save(kept, optimize=True)
    before = Image.open(kept)
    assert now.size == before.size
    off = ImageStat.Stat(ImageChops.difference(now.convert("L"), before.convert("L"))).mean[0] / 255
    assert off < MOST_OFF
    assert kept.stat().st_size < 60_000


@needs_tools
def test_the_files_are_sound(letters: dict[tuple[str, str], Path]) -> None:
    for path in letters.values():
        run = subprocess.run(["qpdf", "--check", path], check=False, capture_output=True, text=True)
        assert run.returncode == 0, run.stdout + run.stderr


def test_nothing_golden_is_left_over() -> None:
    names = {f"{name}.{language}.{end}" for name, language in CASES for end in ("html", "txt", "sms", "letter")}
    assert {path.name for path in GOLDEN.iterdir()} == names
    assert {path.name for path in PICTURES.iterdir()} >= {f"{name}.{language}.png" for name, language in CASES}
