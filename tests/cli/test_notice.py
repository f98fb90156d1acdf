from pathlib import Path

from tests.cli.conftest import Arrears
from tests.end_to_end.deployments import Deployment


def test_every_channel_of_an_example_can_be_looked_at(arrears: Arrears, stored: Deployment, tmp_path: Path) -> None:
    letter = tmp_path / "stop.pdf"
    assert arrears(stored, "notice", "preview", "stop_notice", "--out", str(letter)).code == 0
    assert letter.read_bytes().startswith(b"%PDF")
    told = arrears(stored, "notice", "preview", "restoration", "--lang", "en", "--channel", "sms")
    assert (told.code, "GSM-7" in told.err) == (0, True)
    assert told.out.startswith("Demo Power Supply Co.: supply of account")
    told = arrears(stored, "notice", "preview", "decision", "--channel", "email")
    assert "决定通知书" in told.out


def test_an_account_s_own_sums_and_grade(arrears: Arrears, stored: Deployment) -> None:
    listed = arrears(stored, "warnings", "list", "--format", "csv", "--most", "1").out
    account = listed.splitlines()[1].split(",")[1]
    told = arrears(
        stored, "notice", "preview", "credit_statement", "--account", account, "--channel", "sms", "--lang", "en"
    )
    assert (told.code, account in told.out) == (0, True), told.err


def test_what_cannot_be_shown_is_said_in_a_sentence(arrears: Arrears, stored: Deployment) -> None:
    assert "say where it goes" in arrears(stored, "notice", "preview", "stop_notice").err
    assert "no account nope" in arrears(stored, "notice", "preview", "stop_notice", "--account", "nope").err
    assert "not in 'fr'" in arrears(stored, "notice", "preview", "stop_notice", "--lang", "fr").err


def test_a_template_with_an_error_is_told_by_the_doctor(arrears: Arrears, stored: Deployment, tmp_path: Path) -> None:
    broken = tmp_path / "notices" / "stop_notice" / "en.j2"
    broken.parent.mkdir(parents=True)
    broken.write_text("{% block title %}\n{{ stop_from }\n{% endblock %}", encoding="utf-8")
    told = arrears(stored, "doctor", ARREARS_TEMPLATES=str(tmp_path))
    assert told.code == 1
    assert f"FAILED  notices          {broken}:2: " in told.out
