"""What people type at cases of the law, and what is refused in one sentence."""

import pytest

from tests.cli.conftest import Arrears
from tests.end_to_end.deployments import Deployment


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("case", "show", "nobody"), "account nobody never had a case of disconnection; `arrears case list` shows all"),
        (
            ("case", "demand", "nobody", "--channel", "letter", "--proof", "x", "--at", "2026-11-01 10:00"),
            "demo: there is no account nobody as of 2026-11-01",
        ),
        (
            ("case", "demand", "nobody", "--channel", "letter", "--proof", "x", "--at", "yesterday"),
            "--at 'yesterday' is no time; write it like '2026-11-09 14:30'",
        ),
        (("law", "why", "nobody", "--as-of", "2999-01-01"), "--as-of 2999-01-01 lies ahead"),
        (
            ("law", "why", "nobody", "--as-of", "2026-11-01", "--at", "2026-11-01 10:00"),
            "give --as-of or --at, not both",
        ),
        (
            ("case", "record", "nobody", "cut"),
            "cut has a command of its own; here goes one of contact, visit, offer_plan, offer_prepay, inform_authority, "
            "authority_agrees, warrant",
        ),
        (
            ("case", "answer", "nobody", "paid_at_the_door", "--paid", "1.005"),
            "--paid '1.005' is no amount; write it like 250.00",
        ),
        (
            ("law", "why", "nobody", "--at", "2026-10-30 10:00"),
            "no live night had begun by 2026-10-30T02:00:00+00:00: nothing is known of any account",
        ),
    ],
)
def test_what_cannot_be_is_told_in_one_sentence(
    arrears: Arrears, stored: Deployment, arguments: tuple[str, ...], sentence: str
) -> None:
    told = arrears(stored, *arguments)
    assert (told.code, told.err.strip()) == (2, f"arrears: {sentence}")


def test_where_there_is_no_case_the_lists_say_so(arrears: Arrears, stored: Deployment) -> None:
    assert arrears(stored, "case", "list").out == "demo: 0 cases\n"
    assert arrears(stored, "case", "orders", "--lang", "zh").out == "demo：待答复派工 0 件\n"
