"""`arrears law fee` and `arrears law assessment`. What they say is held to it in tests/review."""

import re
from decimal import Decimal
from pathlib import Path

from tests.cli.conftest import NIGHT, Arrears
from tests.end_to_end.deployments import Deployment


def test_a_fee_is_told_bill_by_bill_and_adds_up(arrears: Arrears, stored: Deployment) -> None:
    listed = arrears(stored, "decision", "list", "--axis", "treatment", "--most", "10000").out.splitlines()
    account_id = next(line.split()[0] for line in listed if "demand" in line.split())
    told = arrears(stored, "law", "fee", f" {account_id}", "--as-of", str(NIGHT))
    assert (told.code, told.err) == (0, "")
    head, *rest = told.out.splitlines()
    total = Decimal(re.search(r"late fee ([\d.,]+) CNY", head)[1].replace(",", ""))  # type: ignore[index]
    lifted = [Decimal(line.split()[0]) for line in rest if "lifts the fee to the minimum" in line]
    bills = [Decimal(line.split()[-1].replace(",", "")) for line in rest if "(cn-" in line]
    assert bills
    assert sum(bills) + sum(lifted) == total > 0
    chinese = arrears(stored, "law", "fee", account_id, "--as-of", str(NIGHT), "--lang", "zh").out
    assert "违约金" in chinese
    assert arrears(stored, "law", "fee", "X-1").code == 2


def test_an_assessment_is_a_file_and_the_same_each_time(arrears: Arrears, empty: Deployment, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("one.md", "two.md", "page.html")]
    for file in files:
        told = arrears(empty, "law", "assessment", "--as-of", str(NIGHT), "--out", str(file))
        assert (told.code, told.err) == (0, "")
    assert files[0].read_bytes() == files[1].read_bytes()
    assert "影响评估" in files[2].read_text(encoding="utf-8")
    told = arrears(empty, "law", "assessment", "--as-of", str(NIGHT), "--out", str(tmp_path / "one.pdf"))
    assert (told.code, told.out) == (2, "")
    assert not (tmp_path / "one.pdf").exists()
