"""Letters for the print house: whole or not at all, whatever happens to the sender or the disk."""

import hashlib
import json
import resource
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from arrears.casebook import claims
from arrears.casebook.claims import Claim
from arrears.domain.delivery import State, Way
from arrears.errors import CasebookError
from arrears.notices.channels.carrier import CarrierDownError
from arrears.notices.channels.print_drop import PrintDrop
from arrears.notices.letter import Batch
from arrears.notices.send import Tally, send
from tests.notices.outbox import LEASE, MORNING, At, draft, hash_of, one, release, rules, states

LETTERS = rules(batch=100).ways[Way.LETTER]


def set_letters(letters: Sequence[str]) -> Batch:
    """In place of Typst: a line for each letter, two pages for every second one."""
    for letter in letters:
        if "𠀀" in letter:
            raise CasebookError("the letters' font lacks 𠀀 (U+20000)")
    return Batch("\n".join(letters).encode(), tuple(1 + number % 2 for number, _ in enumerate(letters)))


@pytest.fixture
def drop(tmp_path: Path) -> PrintDrop:
    (tmp_path / "drop").mkdir()
    return PrintDrop(tmp_path / "drop", tmp_path / "records", set_letters)


def go(engine: Engine, drop: PrintDrop, at: At) -> Tally:
    return send(engine, {Way.LETTER: drop}, rules(batch=100, in_doubt="person"), at)


def batches(folder: Path) -> list[dict[str, object]]:
    """The manifests that the print house sees, each checked against its file."""
    found = []
    for path in sorted(folder.glob("batch-*/manifest.json")):
        manifest = json.loads(path.read_text())
        pdf = (path.parent / manifest["file"]).read_bytes()
        assert (manifest["sha256"], manifest["bytes"]) == (hashlib.sha256(pdf).hexdigest(), len(pdf))
        assert pdf.count(b"\n") + 1 == len(manifest["letters"])
        found.append(manifest)
    return found


def test_a_batch_is_one_pdf_in_order_of_postcode_with_its_manifest(
    engine: Engine, source: str, drop: PrintDrop, tmp_path: Path
) -> None:
    accounts = [f"account {number}" for number in range(9)]
    ids = draft(engine, source, accounts)
    release(engine, ids, Way.LETTER)
    assert go(engine, drop, At()).count(State.SENT) == 9
    (manifest,) = batches(tmp_path / "drop")
    letters = manifest["letters"]
    assert isinstance(letters, list)
    assert [each["postcode"] for each in letters] == sorted(f"{hash_of(each):06d}" for each in accounts)
    assert {each["key"] for each in letters} == {f"{each}.1" for each in ids}
    assert [(each["first_page"], each["pages"]) for each in letters[:4]] == [(1, 1), (2, 2), (4, 1), (5, 2)]
    assert manifest["pages"] == 13
    assert one(engine, "SELECT DISTINCT reference FROM delivery") == manifest["batch"]


def test_who_has_no_postal_address_gets_no_letter_and_is_told_the_next_way(
    engine: Engine, source: str, drop: PrintDrop, tmp_path: Path
) -> None:
    (away, there) = draft(engine, source, ["a", "b"])
    with engine.begin() as connection:
        gone = "UPDATE rendering SET body = jsonb_set(CAST(body AS jsonb), '{address}', '[]') WHERE channel = 'letter'"
        connection.execute(text(f"{gone} AND notice_id = '{away}'"))
    release(engine, [away, there], Way.LETTER, Way.SMS)
    tally = go(engine, drop, At())
    assert (tally.count(State.SENT), tally.count(State.FAILED)) == (1, 1)
    (manifest,) = batches(tmp_path / "drop")
    assert [each["key"] for each in manifest["letters"]] == [f"{there}.1"]  # type: ignore[attr-defined]
    assert str(one(engine, f"SELECT why FROM delivery WHERE notice_id = '{away}' AND attempt = 1")).startswith(
        "the account has no postal address"
    )
    assert one(engine, f"SELECT way FROM delivery WHERE notice_id = '{away}' AND state = 'released'") == "sms"
    log = f"SELECT string_agg(type, ' ' ORDER BY seq) FROM event WHERE stream_id = 'notice/{away}'"
    assert one(engine, log) == "notice_release notice_refuse notice_next"


def test_a_batch_of_nobody_who_has_an_address_is_none(
    engine: Engine, source: str, drop: PrintDrop, tmp_path: Path
) -> None:
    release(engine, draft(engine, source, ["a"]), Way.LETTER)
    with engine.begin() as connection:
        connection.execute(text("UPDATE rendering SET body = '{\"postcode\": \"1\"}' WHERE channel = 'letter'"))
    assert go(engine, drop, At()).count(State.FAILED) == 1
    assert batches(tmp_path / "drop") == []


@contextmanager
def full_disk(bytes_left: int) -> Iterator[None]:
    """No file of this process may grow beyond so many bytes: writing on is an error, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_left, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("bytes_left", [100, 1200], ids=["in the PDF", "in the manifest"])
def test_a_full_disk_in_the_middle_of_a_batch_loses_and_doubles_nothing(
    engine: Engine, source: str, drop: PrintDrop, tmp_path: Path, bytes_left: int
) -> None:
    ids = draft(engine, source, [f"account {number}" for number in range(9)])
    release(engine, ids, Way.LETTER)
    at = At()
    with full_disk(bytes_left):
        (error,) = go(engine, drop, at).stopped
    assert (
        str(error)
        == f"{tmp_path / 'drop'}: File too large; no letter of the batch was handed over, and all leave later"
    )
    assert (list((tmp_path / "drop").iterdir()), list((tmp_path / "records").glob("*"))) == ([], [])
    assert states(engine) == {"released": 9}
    at.later(minutes=1)
    assert go(engine, drop, at).count(State.SENT) == 9
    assert len(batches(tmp_path / "drop")) == 1


def test_a_letter_that_cannot_be_set_keeps_no_other_back(
    engine: Engine, source: str, drop: PrintDrop, tmp_path: Path
) -> None:
    ids = draft(engine, source, ["a", "𠀀", "b"])
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE rendering SET body = replace(body, %s, %s)", ("\\ud840\\udc00", "𠀀"))
    release(engine, ids, Way.LETTER, Way.EMAIL)
    go(engine, drop, At())
    (manifest,) = batches(tmp_path / "drop")
    assert len(manifest["letters"]) == 2  # type: ignore[arg-type]
    assert states(engine) == {"sent": 2, "released": 1}
    assert one(engine, "SELECT why FROM delivery WHERE state = 'failed'") == "the letters' font lacks 𠀀 (U+20000)"


@pytest.fixture
def begun(engine: Engine, source: str) -> Claim:
    """Claimed and begun by a sender that is gone."""
    release(engine, draft(engine, source, ["a", "b"]), Way.LETTER)
    found = claims.claim(engine, LETTERS, MORNING)
    assert found is not None
    assert len(claims.turn(engine, found.claim, [], found.parcels, MORNING)) == 2
    return found


LATER = At(MORNING + LEASE)


def test_killed_before_its_record_a_batch_leaves_with_the_next(
    engine: Engine, begun: Claim, drop: PrintDrop, tmp_path: Path
) -> None:
    aside = tmp_path / "drop" / f".batch-{begun.claim[:12]}"
    aside.mkdir()
    (aside / "letters.pdf").write_bytes(b"half")
    assert go(engine, drop, LATER).count(State.SENT) == 2
    (manifest,) = batches(tmp_path / "drop")
    assert manifest["batch"] != f"batch-{begun.claim[:12]}"
    assert not aside.exists()
    with pytest.raises(CarrierDownError, match="was given up meanwhile"):
        drop.carry(begun.claim, begun.parcels)  # it was only asleep
    assert len(batches(tmp_path / "drop")) == 1


@pytest.mark.parametrize("fetched", [False, True], ids=["not yet published", "fetched by the print house"])
def test_killed_behind_its_record_a_batch_is_handed_over_once(
    engine: Engine, begun: Claim, drop: PrintDrop, tmp_path: Path, fetched: bool
) -> None:
    drop.carry(begun.claim, begun.parcels)
    name = f"batch-{begun.claim[:12]}"
    (tmp_path / "drop" / name).rename(tmp_path / ("fetched" if fetched else f"drop/.{name}"))
    assert go(engine, drop, LATER).counts == {}
    assert states(engine) == {"sent": 2}
    assert len(batches(tmp_path / "drop")) == (0 if fetched else 1)
