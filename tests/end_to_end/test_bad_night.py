"""A night with something wrong in every table: it goes on, says what is wrong, and loses nobody else."""

from pathlib import Path

import pytest

from arrears.cli import main
from arrears.settings import settings
from tests.end_to_end.deployments import Deployment, new_casebook
from tests.sources.plain_source import NIGHT, PlainSource, columns_of

POLICY = Path(__file__).parent.parent / "data" / "ibm_ar" / "policy"
PEOPLE = {
    "A'1": "O'Brien & Söhne",
    'A"2': 'say "hi"',
    "A\n3": "two\nlines",
    "😀4": "王小明🎉",
    "=5": "=cmd|' /C calc'!A0",
    "<b>6": "<script>alert(1)</script>",
    "{{7}}": "{{ 7 * 7 }}",
    "../8": "../../etc/passwd",
    "[/]9": "[red]Red[/red]",
}


@pytest.fixture
def source(tmp_path: Path) -> PlainSource:
    """Everybody paid the bill before last 23 days late and owes 100.00 that fall due on the 5th of October."""
    made = PlainSource(tmp_path / "plain", "files")
    for account_id, name in PEOPLE.items():
        made.add("customer", customer_id=f"C{account_id}", name=name, language="en")
        made.add("account", account_id=account_id, customer_id=f"C{account_id}")
        made.add("bill", bill_id=f"1{account_id}", account_id=account_id, issued_on="2026-08-02", due_on="2026-09-05")
        made.add("bill", bill_id=f"2{account_id}", account_id=account_id, due_on="2026-10-05")
        made.add("payment", payment_id=account_id, account_id=account_id, paid_on="2026-09-28", amount="100.00")
        made.add("reading", account_id=account_id)
    whose = {"account_id": "😀4", "customer_id": "C😀4"}
    made.add("adjustment", account_id=whose["account_id"], status="cancelled")
    for table in (
        "meter",
        "profile",
        "security",
        "arrangement",
        "contact",
        "protection",
        "external_record",
        "hold",
    ):
        columns = columns_of(table)
        made.add(table, **{name: value for name, value in whose.items() if name in columns})
    made.add("customer", customer_id="bad", name=None)
    made.add("account", account_id="bad", opened_on="?")
    made.add("bill", bill_id="bad", amount="ten")
    made.add("payment", payment_id="bad", amount="NaN")
    made.add("reading", read_on="2026-02-30")
    made.add("incident", kind="noise")
    made.add("dispute", bill_id=None)
    for row in made.rows["payment"]:
        row["recorded_at"] = "2026-09-28 12:00:00"
    return made.write()


def test_a_night_with_a_bad_row_in_every_table(
    source: PlainSource, casebook_server: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    variables = source.variables(ARREARS_POLICY=str(POLICY), ARREARS_CASEBOOK_URL=new_casebook(casebook_server))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.argv", ["arrears", "run", "--as-of", str(NIGHT)])
    settings.cache_clear()
    with pytest.raises(SystemExit, match="0"):
        main()
    settings.cache_clear()
    out = capsys.readouterr().out

    bad = [
        "customer: customer-1.csv row 11: name.missing: name is empty",
        "account: account-1.csv row 11: opened_on.not_a_date: opened_on is '?'",
        "reading: reading-1.csv row 11: read_on.no_such_day: read_on is '2026-02-30'",
        "bill: bill-1.csv row 20: amount.not_a_number: amount is 'ten'",
        "payment: payment-1.csv row 11: amount.not_finite: amount is 'NaN'",
        "incident: incident-1.csv row 2: kind.unknown: kind is 'noise'",
        "dispute: dispute-1.csv row 2: bill_id.missing: bill_id is empty",
    ]
    told = [line.strip() for line in out.splitlines() if line.startswith("            plain: ")]
    assert told == [f"plain: {said}" for said in bad]
    assert "7 set aside" in out
    count = len(PEOPLE)
    assert f"{count} open accounts owe {count}00.00 USD, of which 0.00 is overdue." in out
    assert f"{count} accounts are warned of" in out

    folder = Deployment(source.folder / "state").state / "notices" / "plain" / f"as_of={NIGHT}"
    texts = "\n".join(path.read_text() for path in folder.glob("*.txt"))
    pages = "\n".join(path.read_text() for path in folder.glob("*.html"))
    assert len(list(folder.iterdir())) == 4 * count - 1, "HTML, text, message, letter; nothing was written elsewhere"
    assert "no letter" in out, "the one whose name has a sign that the font lacks"
    for name in PEOPLE.values():
        assert " ".join(name.split()) in texts
    assert "<script>alert" not in pages
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in pages
    assert "{{ 7 * 7 }}" in pages, "a name is no template"
