"""Makes the fonts of the letters: Noto Sans CJK SC, cut down to the characters that letters are written with.

    python -m pip install fonttools
    python -m bench.notice_font /usr/share/fonts/opentype/noto

The regular weight has GB 2312, simplified, and level 1 of Big5, traditional; the bold one GB 2312 level 1 alone: headings and
amounts are bold, and no name is. Needed only to make them anew."""

import sys
from collections.abc import Iterator
from pathlib import Path

from arrears.settings import ROOT

SIMPLIFIED = 2
"""The place of Simplified Chinese in Noto's collections."""

OTHERS = (
    *range(0x20, 0x7F),
    *range(0xA0, 0x180),
    *range(0x370, 0x400),
    *range(0x2010, 0x2028),
    *range(0x2030, 0x205F),
    *range(0x20A0, 0x20C0),
    *range(0x2100, 0x2150),
    *range(0x2160, 0x217A),
    *range(0x2190, 0x219A),
    *range(0x2460, 0x2474),
    *range(0x25A0, 0x25D0),
    *range(0x3000, 0x3020),
    *range(0xFF01, 0xFF5F),
    *range(0xFFE0, 0xFFE7),
)
"""Latin with its accents, Greek, punctuation, currency, numbering, boxes, and what is as wide as a Chinese character."""


def _doubles(codec: str, first: range, second: range) -> Iterator[str]:
    for high in first:
        for low in second:
            try:
                yield bytes((high, low)).decode(codec)
            except UnicodeDecodeError:
                continue


def gb2312(last: int = 0xF7) -> set[str]:
    """Its signs and, up to that row, its characters: level 1 ends with row 0xD7, level 2 with 0xF7."""
    return set(_doubles("gb2312", range(0xA1, last + 1), range(0xA1, 0xFF)))


def big5_level_1() -> set[str]:
    return set(_doubles("big5", range(0xA4, 0xC7), range(0x40, 0xFF)))


def make(source: Path, target: Path, characters: set[str]) -> None:
    from fontTools.subset import (  # type: ignore[import-untyped]
        Options,
        Subsetter,
        load_font,
        save_font,
    )

    options = Options()
    options.font_number = SIMPLIFIED
    options.layout_features = ["kern", "mark", "mkmk", "ccmp", "locl"]
    options.name_IDs = ["*"]
    options.name_languages = [0x409]
    options.notdef_outline = True
    options.hinting = False
    options.recalc_timestamp = False
    font = load_font(str(source), options)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=[*map(ord, characters), *OTHERS])
    subsetter.subset(font)
    save_font(font, str(target), options)


def main() -> None:
    folder, target = Path(sys.argv[1]), ROOT / "templates" / "fonts"
    make(folder / "NotoSansCJK-Regular.ttc", target / "NotoSansCJKsc-Regular.otf", gb2312() | big5_level_1())
    make(folder / "NotoSansCJK-Bold.ttc", target / "NotoSansCJKsc-Bold.otf", gb2312(0xD7))
    for path in sorted(target.glob("*.otf")):
        sys.stdout.write(f"{path.name}: {path.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
