"""`doctor`: what is well, what is not, and that a damaged lake is found and told."""

import shutil
from pathlib import Path

import pytest

from arrears.domain.run import Run
from arrears.pipeline import open_run
from tests.cli.conftest import NIGHT, Arrears, Told
from tests.end_to_end.deployments import Deployment


@pytest.fixture
def copy(stored: Deployment, tmp_path: Path) -> Deployment:
    """The stored night in a lake that a test may damage."""
    shutil.copytree(stored.state / "lake", tmp_path / "copy" / "lake")
    return Deployment(tmp_path / "copy", stored.environment)


@pytest.fixture
def run(copy: Deployment) -> Run:
    with copy.entered():
        return open_run("demo", NIGHT)


def lines(told: Told) -> dict[str, tuple[str, str]]:
    """Of each check its verdict and what it says."""
    return {line[8:25].strip(): (line[:8].strip(), line[25:]) for line in told.out.splitlines()}


@pytest.mark.parametrize("deep", [(), ("--deep",)])
def test_all_is_well(arrears: Arrears, stored: Deployment, deep: tuple[str, ...]) -> None:
    told = arrears(stored, "doctor", *deep)
    assert (told.code, told.err) == (0, "")
    found = lines(told)
    assert list(found) == ["python", "state folder", "policy and card", "source", "notices", "casebook", "lake"]
    assert {verdict for verdict, _ in found.values()} == {"ok"}
    assert found["source"][1] == "demo: billing, meter answer, 16 tables are mapped"
    assert found["lake"][1].startswith(f"1 nights, {NIGHT} to {NIGHT}")
    assert ("files are what was written" in found["lake"][1]) == bool(deep)


def test_before_the_first_night_all_is_well_too(arrears: Arrears, empty: Deployment) -> None:
    told = arrears(empty, "doctor", "--deep")
    assert told.code == 0
    assert lines(told)["lake"][1].startswith("no night yet; `arrears run` makes one")


def test_what_fails_is_told_and_the_rest_is_checked(arrears: Arrears, stored: Deployment) -> None:
    told = arrears(
        stored,
        "doctor",
        ARREARS_BILLING="sqlite:////nowhere/books.db",
        ARREARS_POLICY="/nowhere",
        ARREARS_CASEBOOK_URL="postgresql+psycopg://u@127.0.0.1:1/x",
    )
    assert told.code == 1
    found = lines(told)
    assert [name for name, (verdict, _) in found.items() if verdict == "ok"] == [
        "python",
        "state folder",
        "notices",
        "lake",
    ]
    assert [name for name, (verdict, _) in found.items() if verdict == "FAILED"] == [
        "policy and card",
        "source",
        "casebook",
    ]
    assert "unable to open database file" in found["source"][1]
    assert "no file here was in force" in found["policy and card"][1]
    assert len(told.out.splitlines()) == 7, "one line for each"


def test_a_flipped_byte_is_found_by_a_deep_look(arrears: Arrears, copy: Deployment, run: Run) -> None:
    file = copy.partition("features", run).files[7]
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(bytes(content))
    assert arrears(copy, "doctor").code == 0
    told = arrears(copy, "doctor", "--deep")
    assert told.code == 1
    assert lines(told)["lake"] == (
        "FAILED",
        f"{file} is missing or not what its manifest says; restore it from a backup",
    )


@pytest.mark.parametrize("table", ["raw", "signals"])
def test_a_missing_file_is_found_by_a_deep_look(arrears: Arrears, copy: Deployment, table: str) -> None:
    file = sorted((copy.state / "lake" / "demo" / table).rglob("*.parquet"))[0]
    file.unlink()
    told = arrears(copy, "doctor", "--deep")
    assert told.code == 1
    assert str(file) in lines(told)["lake"][1]


def test_a_broken_manifest_is_told_by_every_command(arrears: Arrears, copy: Deployment, run: Run) -> None:
    manifest = copy.partition("signals", run).folder / "manifest.json"
    manifest.write_text(manifest.read_text()[:100])
    sentence = f"{manifest} is not what was written; restore it from a backup"
    told = arrears(copy, "doctor")
    assert told.code == 1
    assert lines(told)["lake"] == ("FAILED", sentence)
    for command in (("summary",), ("warnings", "list"), ("explain", "0100000001"), ("run", "--as-of", str(NIGHT))):
        told = arrears(copy, *command)
        assert told.code == 6
        assert told.err.splitlines()[-1] == f"arrears: {sentence}"


@pytest.mark.parametrize("damage", ["gone", "cut", "empty"])
def test_a_damaged_file_is_told_by_every_command(arrears: Arrears, copy: Deployment, run: Run, damage: str) -> None:
    for stage in ("signals", "features"):
        for file in copy.partition(stage, run).files:
            content = file.read_bytes()
            file.unlink()
            if damage != "gone":
                file.write_bytes(content[: len(content) // 2] if damage == "cut" else b"")
    for command in (("summary",), ("warnings", "list", "--format", "json"), ("explain", "0100000001")):
        told = arrears(copy, *command)
        assert told.code == 6, told
        assert told.err.startswith("arrears: ")
        assert told.err.endswith("; `arrears doctor --deep` says which files are damaged\n")
        assert len(told.err.splitlines()) == 1
    told = arrears(copy, "run", "--as-of", str(NIGHT))
    assert told.code == 6
    assert "is missing or not what its manifest says" in told.err


def test_a_damaged_night_that_is_taken_away_is_made_again(arrears: Arrears, copy: Deployment, run: Run) -> None:
    """What the lake holds beside raw rows is a function of them: away with it, and run the night."""
    told = arrears(copy, "warnings", "list", "--format", "csv")
    shutil.rmtree(copy.partition("features", run).folder)
    shutil.rmtree(copy.partition("scores", run).folder)
    shutil.rmtree(copy.partition("signals", run).folder)
    assert arrears(copy, "run", "--as-of", str(NIGHT)).code == 0
    assert arrears(copy, "warnings", "list", "--format", "csv") == told
