"""The code to scan: the same that a whole encoding gives, and a picture that says it."""

import base64
import io
import random

import pytest
import segno
from PIL import Image

from arrears.notices import code


def whole(said: bytes) -> segno.QRCode:
    return segno.make(said, error="m", micro=False, mask=3, mode="byte", encoding="iso-8859-1")


@pytest.mark.parametrize("length", [1, 14, 15, 60, 61, 200])
def test_a_code_made_of_another_is_the_one_that_is_encoded(length: int) -> None:
    chance = random.Random(length)  # noqa: S311
    for _ in range(3):
        said = bytes(chance.choice(b"!#%&+-./0123456789:=?ABCXYZ_abcxyz~") for _ in range(length))
        assert code._rows(said.decode()) == ["".join(map(str, row)) for row in whole(said).matrix]


def test_a_link_of_another_alphabet_is_encoded_too() -> None:
    link = "https://pay.example.com/缴费?account=1"
    assert code._rows(link) == ["".join(map(str, row)) for row in whole(link.encode()).matrix]


def test_the_picture_is_the_code_with_its_border() -> None:
    link, expected = "https://pay.example.com/?account=7", io.BytesIO()
    whole(link.encode()).save(expected, kind="png", scale=3, border=2)
    pictures = [Image.open(io.BytesIO(each)).convert("L") for each in (code.png(link), expected.getvalue())]
    assert pictures[0].tobytes() == pictures[1].tobytes()


def test_a_page_is_shown_with_its_code_and_one_without_stays_as_it_is() -> None:
    image = base64.b64encode(code.png("https://pay")).decode()
    assert code.shown(f'<img src="{code.CID}">', "https://pay") == f'<img src="data:image/png;base64,{image}">'
    assert code.shown("<p>12.30</p>", "") == "<p>12.30</p>"
    assert code.svg("") == ""
