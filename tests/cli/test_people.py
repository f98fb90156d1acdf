"""`arrears people`, and whose rights count where a right is asked for."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from arrears.cli.people import TRIAL
from arrears.review import passwords
from arrears.settings import ROOT
from tests.cli.conftest import Arrears
from tests.end_to_end.deployments import Deployment, new_casebook


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory, casebook_server: str) -> Deployment:
    """A deployment with a casebook and nothing else."""
    state = tmp_path_factory.mktemp("people")
    return Deployment(state, {"ARREARS_CASEBOOK_URL": new_casebook(casebook_server)})


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(1, 8, 1))


@pytest.fixture
def password(tmp_path: Path) -> str:
    file = tmp_path / "first"
    file.write_text("three blue kettles\n")
    return str(file)


def test_an_account_from_its_making_to_its_end(trial: Deployment, password: str, arrears: Arrears) -> None:
    made = arrears(
        trial,
        "people",
        "add",
        " Zhang",
        "--name",
        "张",
        "--role",
        "clerk",
        "--district",
        "城东",
        "--password-file",
        password,
    )
    assert (made.code, made.out) == (0, "local:zhang is kept: clerk; 城东\n")
    changed = arrears(
        trial, "people", "change", "zhang", "--role", "credit_manager", "--role", "clerk", "--all-districts"
    )
    assert changed.out == "local:zhang is kept: clerk, credit_manager; all of them\n"
    stale = arrears(trial, "people", "change", "zhang", "--name", "李", "--seq", "1")
    assert stale.code == 7
    assert "was changed meanwhile" in stale.err
    told = arrears(trial, "people", "password", "zhang", "--password-file", password)
    assert "must be changed at the next sign-in" in told.out
    listed = arrears(trial, "people", "list", "--lang", "zh").out
    (row,) = re.findall("^local:zhang .*", listed, re.MULTILINE)
    assert re.split(r"  +", row.strip()) == [
        "local:zhang",
        "张",
        "催费员, 信用管理经理",
        "全部",
        "启用，待改密码",
        "3",
    ]
    assert arrears(trial, "people", "deactivate", "zhang").out == "local:zhang is closed\n"
    assert "closed" in arrears(trial, "people", "list").out
    arrears(trial, "people", "change", "zhang", "--open")
    assert "in use" in arrears(trial, "people", "list").out


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("add", "a b", "--name", "A", "--role", "clerk"), "is called by letters, digits"),
        (("add", "li", "--name", "A"), "give a --role: clerk, supervisor"),
        (("add", "li", "--name", " ", "--role", "clerk"), "signs that can be read"),
        (
            ("add", "li", "--name", "A", "--role", "clerk", "--password-file", "/nowhere"),
            "cannot be read from /nowhere",
        ),
        (
            ("add", "li", "--name", "A", "--role", "clerk", "--password-file", "/dev/null"),
            "first line of /dev/null is empty",
        ),
        (("change", "li", "--name", "A"), "there is no account 'li'"),
        (("change", "li", "--district", "x", "--all-districts"), "and not both"),
        (("password", "sso:li"), "there is no account 'sso:li'"),
        (("deactivate", "\x01"), "there is no account"),
        (("demo", "--source", "elsewhere"), "elsewhere is not the demo utility"),
    ],
)
def test_what_cannot_be_done_is_told(trial: Deployment, arrears: Arrears, command: tuple[str, ...], said: str) -> None:
    told = arrears(trial, "people", *command)
    assert told.code == 2
    assert said in told.err


def test_a_password_never_stands_on_a_command_line(trial: Deployment, arrears: Arrears) -> None:
    told = arrears(trial, "people", "add", "li", "--name", "A", "--role", "clerk", "--password", "three blue kettles")
    assert told.code == 2
    assert "No such option" in told.err


def test_a_trials_accounts_have_passwords_that_are_shown_once(trial: Deployment, arrears: Arrears) -> None:
    told = arrears(trial, "people", "demo")
    found = re.findall(r"^(\w+) .* ((?:[a-z0-9]{5}-){3}[a-z0-9]{5})", told.out, re.MULTILINE)
    assert [name for name, _ in found] == list(TRIAL)
    assert len({secret for _, secret in found}) == len(TRIAL)
    again = arrears(trial, "people", "demo")
    assert again.code == 2
    assert "there is an account clerk already" in again.err
    listed = arrears(trial, "people", "list").out
    assert all(f"local:{name} " in listed for name in TRIAL)
    _rights_are_of_the_roles(trial, arrears)


def _rights_are_of_the_roles(trial: Deployment, arrears: Arrears) -> None:
    give = ("approvals", "give", "0123", "--why", "in order")
    assert "has not any right to approve" in arrears(trial, *give, "--by", "clerk").err
    assert "has not supervisor" in arrears(trial, *give, "--by", "clerk", "--right", "supervisor").err
    assert "has not manager: the roles of the account give supervisor" in arrears(
        trial, *give, "--by", "supervisor", "--right", "manager"
    ).err  # fmt: skip
    assert "as the account is kept: local:supervisor" in arrears(trial, *give, "--by", "Supervisor").err
    assert "give --right" in arrears(trial, *give, "--by", "somebody").err
    for by in (("--by", "manager"), ("--by", "somebody", "--right", "manager")):
        assert "no request's ids begin with '0123'" in arrears(trial, *give, *by).err


def test_the_commands_of_the_documentation_work(trial: Deployment, arrears: Arrears, tmp_path: Path) -> None:
    (block,) = re.findall(
        r"^```sh\n(.*?)^```$", (ROOT / "docs" / "people.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    first, *commands = block.replace("$ARREARS_STATE", str(tmp_path)).replace(" zhang", " wang").splitlines()
    subprocess.run(["bash", "-c", first], check=True)
    said = [arrears(trial, *shlex.split(command)[1:]) for command in commands]
    assert [(told.code, told.err) for told in said] == [(0, "")] * 4
    assert said[1].out == "local:wang is kept: clerk, supervisor; all of them\n"
