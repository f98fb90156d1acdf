"""What goes wrong is told in one sentence on standard error, with the exit code of its kind."""

import gzip
import shutil
from pathlib import Path

import pytest

from arrears.pipeline import STAGES
from tests.cli.conftest import NIGHT, Arrears, Told
from tests.end_to_end.deployments import Books, Deployment


def said(told: Told, code: int) -> str:
    """The one sentence, after the names of the stages that were begun."""
    assert told.code == code, told.err
    *stages, sentence = told.err.splitlines()
    assert set(stages) <= {*STAGES, "simulate"}
    assert sentence.startswith("arrears: ")
    return sentence.removeprefix("arrears: ")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("run", "--as-of", "2026-11-01", "--source", "nowhere"),
            "there is no source 'nowhere'; there are: demo, ibm_ar, sgsc_smart_meter, somalia_water",
        ),
        (("run", "--as-of", "yesterday"), "--as-of 'yesterday' is not a date; write it like 2026-11-01"),
        (("run", "--as-of", "2026-02-30"), "--as-of '2026-02-30' is not a date; write it like 2026-11-01"),
        (("run", "--as-of", "0026-11-01"), "--as-of '0026-11-01' is not a date; write it like 2026-11-01"),
        (
            ("run", "--as-of", "9999-12-31"),
            "demo: the night of 9999-12-31 has not begun; what is recorded by then is not known yet",
        ),
        (
            ("run", "--as-of", "2026-10-20", "--kind", "restate"),
            "a restatement, and nothing else, needs a known-at that lies after its as-of",
        ),
        (
            ("run", "--as-of", "2026-10-20", "--known-at", "2026-10-21"),
            "a restatement, and nothing else, needs a known-at that lies after its as-of",
        ),
        (
            ("run", "--as-of", "2026-10-20", "--kind", "restate", "--known-at", "2026-10-20"),
            "a restatement, and nothing else, needs a known-at that lies after its as-of",
        ),
        (
            ("run", "--as-of", "2026-10-20", "--kind", "restate", "--known-at", "soon"),
            "--known-at 'soon' is not a date; write it like 2026-11-01",
        ),
        (
            ("run", "--as-of", "2026-10-20", "--kind", "dry-run"),
            "demo: customer: the night of 2026-10-20 is not pulled yet, and a dry run pulls nothing; "
            "`arrears pull --source demo --as-of 2026-10-20` does",
        ),
        (("pull", "--as-of", "tomorrow"), "--as-of 'tomorrow' is not a date; write it like 2026-11-01"),
        (("simulate", "--from", "x"), "--from 'x' is not a date; write it like 2026-11-01"),
    ],
)
def test_a_wrong_request_ends_with_2(
    arrears: Arrears, empty: Deployment, arguments: tuple[str, ...], sentence: str
) -> None:
    assert said(arrears(empty, *arguments), 2) == sentence
    assert not (empty.state / "lake" / "demo" / "raw").exists()


@pytest.mark.parametrize("arguments", [("run",), ("run", "--as-of", "2026-11-01", "--kind", "weekly"), ("sumary",)])
def test_a_mistyped_command_ends_with_2(arrears: Arrears, empty: Deployment, arguments: tuple[str, ...]) -> None:
    told = arrears(empty, *arguments)
    assert told.code == 2
    assert "Error: " in told.err


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("ARREARS_THREADS", "0", "the setting threads (ARREARS_THREADS): Input should be greater than or equal to 1"),
        ("ARREARS_MEMORY", "lots", "the setting memory (ARREARS_MEMORY): String should match pattern"),
        (
            "ARREARS_QUARANTINE_SHARE",
            "2",
            "the setting quarantine_share (ARREARS_QUARANTINE_SHARE): Input should be less",
        ),
        ("ARREARS_DEMO_FROM", "soon", "the setting demo_from (ARREARS_DEMO_FROM): Input should be a valid date"),
    ],
)
def test_a_wrong_setting_ends_with_2(
    arrears: Arrears, empty: Deployment, variable: str, value: str, sentence: str
) -> None:
    assert said(arrears(empty, "doctor", **{variable: value}), 2).startswith(sentence)


def test_a_source_that_is_down_ends_with_3(arrears: Arrears, empty: Deployment, tmp_path: Path) -> None:
    missing = tmp_path / "gone.db"
    told = arrears(empty, "run", "--as-of", str(NIGHT), ARREARS_BILLING=f"sqlite:///{missing}")
    assert said(told, 3) == (
        f"demo: billing: source_unreachable: sqlite:///{missing}: unable to open database file; "
        "see that it runs and that the URL is right"
    )
    assert not missing.exists()


def test_a_missing_meter_folder_ends_with_3(arrears: Arrears, empty: Deployment) -> None:
    told = arrears(empty, "run", "--as-of", str(NIGHT), ARREARS_METER="/nowhere/meter")
    sentence = "demo: meter: folder_missing: there is no /nowhere/meter; make it and drop the files there"
    assert said(told, 3) == sentence


def test_a_bad_cell_in_a_meter_file_is_told_and_the_night_goes_on(
    arrears: Arrears, empty: Deployment, few_books: Books, tmp_path: Path
) -> None:
    meter = shutil.copytree(few_books.meter, tmp_path / "meter")
    file = sorted(meter.glob("2*"))[3]
    lines = gzip.decompress(file.read_bytes()).decode().splitlines()
    account, day, _, _, *rest = lines[5].split(",")
    lines[5] = ",".join([account, day, "12kWh", "0", *rest])
    file.write_bytes(gzip.compress("\n".join(lines).encode()))
    told = arrears(empty, "pull", "--as-of", str(NIGHT), ARREARS_METER=str(meter))
    assert told.code == 0
    assert f"demo: reading: {file.name} row 6: energy_wh.not_a_number: energy_wh is '12kWh'" in told.out
    assert " · 1 set aside" in told.out

    told = arrears(
        empty,
        "pull",
        "--as-of",
        str(NIGHT),
        "--refresh",
        ARREARS_METER=str(meter),
        ARREARS_QUARANTINE_SHARE="0",
        ARREARS_QUARANTINE_ROWS="0",
    )
    assert said(told, 3).startswith("demo: reading: too_many_set_aside: 1 of ")


def test_a_wrong_policy_ends_with_4(arrears: Arrears, empty: Deployment, tmp_path: Path) -> None:
    with empty.entered():
        from arrears.settings import settings

        policy = shutil.copytree(settings().policy, tmp_path / "policy")
    levels = policy / "levels" / "2010-01-01.yaml"
    levels.write_text(levels.read_text().replace("grade = 'E'", "grad = 'E'", 1))
    line = next(n for n, text in enumerate(levels.read_text().splitlines(), 1) if "grad = 'E'" in text)
    sentence = said(arrears(empty, "run", "--as-of", str(NIGHT), ARREARS_POLICY=str(policy)), 4)
    assert sentence.startswith(f"{levels}:{line}: ")
    assert "grad" in sentence


def test_a_night_before_every_policy_ends_with_4(arrears: Arrears, empty: Deployment) -> None:
    assert "no file here was in force on 2009-12-31" in said(arrears(empty, "run", "--as-of", "2009-12-31"), 4)


@pytest.mark.parametrize("command", [("summary",), ("warnings", "list"), ("explain", "0100000001")])
def test_a_night_that_was_not_run_ends_with_6(arrears: Arrears, stored: Deployment, command: tuple[str, ...]) -> None:
    told = arrears(stored, *command, "--as-of", "2026-10-31")
    assert said(told, 6) == "demo: no night as of 2026-10-31; `arrears run --source demo --as-of DATE` makes one"


def test_without_any_night_6(arrears: Arrears, empty: Deployment) -> None:
    assert (
        said(arrears(empty, "summary"), 6) == "demo: no night yet; `arrears run --source demo --as-of DATE` makes one"
    )


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("nonsense", "the casebook's address must be like postgresql+psycopg://user:password@host/database"),
        ("sqlite://", "the casebook's address must be like postgresql+psycopg://user:password@host/database"),
        (
            "postgresql+psycopg://u:secret@127.0.0.1:1/x",
            "the casebook at postgresql+psycopg://u:***@127.0.0.1:1/x cannot be reached: ",
        ),
    ],
)
def test_a_casebook_that_cannot_be_reached_ends_with_7(
    arrears: Arrears, empty: Deployment, url: str, sentence: str
) -> None:
    told = said(arrears(empty, "run", "--as-of", str(NIGHT), ARREARS_CASEBOOK_URL=url), 7)
    assert told.startswith(sentence)
    assert "secret" not in told


def test_a_state_folder_that_cannot_be_made_ends_with_1(arrears: Arrears, empty: Deployment) -> None:
    told = arrears(empty, "run", "--as-of", str(NIGHT), ARREARS_STATE="/proc/nowhere")
    assert said(told, 1).startswith("/proc/nowhere")
