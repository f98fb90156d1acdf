"""A partition exists when its manifest does: whole or not at all, never edited, and by one process at a time."""

import fcntl
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest

from arrears.errors import LakeError
from arrears.lake import partition
from arrears.lake.partition import MANIFEST, Writer
from arrears.settings import ROOT

ROWS = pa.table({"account_id": ["A", "B"], "points": [1, 2]})


def committed(folder: Path, name: str = "bucket=0.parquet") -> partition.Partition:
    writer = Writer(folder)
    writer.write(name, ROWS)
    return writer.commit({"run": {"as_of": "2026-10-31"}})


def test_what_is_committed_can_be_read(tmp_path: Path) -> None:
    made = committed(tmp_path / "p")
    found = partition.read(tmp_path / "p")
    assert found == made
    assert found.manifest["rows"] == 2
    assert found.manifest["run"] == {"as_of": "2026-10-31"}
    assert [path.name for path in found.files] == ["bucket=0.parquet"]
    found.verify()
    entry = found.manifest["files"][0]
    assert entry["sha256"] == partition.sha256(found.files[0])
    assert entry["bytes"] == found.files[0].stat().st_size


def test_before_its_commit_there_is_nothing(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "p")
    writer.write("bucket=0.parquet", ROWS)
    assert partition.read(tmp_path / "p") is None
    assert partition.read(tmp_path / "nowhere") is None
    (tmp_path / "p" / f"{MANIFEST}.aside").write_text("{", encoding="utf-8")
    assert partition.read(tmp_path / "p") is None


def test_what_a_dead_writer_left_is_cleared_away(tmp_path: Path) -> None:
    left = Writer(tmp_path / "p")
    left.write("bucket=f.parquet", ROWS)
    found = committed(tmp_path / "p")
    assert sorted(path.name for path in found.folder.iterdir()) == ["bucket=0.parquet", MANIFEST]


def test_a_committed_partition_is_never_written_again(tmp_path: Path) -> None:
    found = committed(tmp_path / "p")
    with pytest.raises(LakeError, match="is committed and is never written a second time"):
        Writer(tmp_path / "p")
    found.verify()
    assert partition.read(tmp_path / "p") == found


def test_scratch_may_be_written_again(tmp_path: Path) -> None:
    committed(tmp_path / "p", "old.parquet")
    writer = Writer(tmp_path / "p", again=True)
    assert partition.read(tmp_path / "p") is None
    writer.write("new.parquet", ROWS)
    assert [path.name for path in writer.commit({}).files] == ["new.parquet"]


@pytest.mark.parametrize("damage", ["a byte", "the end", "a file"])
def test_damage_is_found(tmp_path: Path, damage: str) -> None:
    found = committed(tmp_path / "p")
    path = found.files[0]
    content = bytearray(path.read_bytes())
    if damage == "a byte":
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    elif damage == "the end":
        path.write_bytes(content[:-1])
    else:
        path.unlink()
    with pytest.raises(LakeError, match=r"bucket=0\.parquet is missing or not what its manifest says"):
        found.verify()


def test_a_manifest_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    found = committed(tmp_path / "p")
    whole = (found.folder / MANIFEST).read_text(encoding="utf-8")
    (found.folder / MANIFEST).write_text(whole[: len(whole) // 2], encoding="utf-8")
    with pytest.raises(LakeError, match=r"manifest\.json is not what was written; restore it from a backup"):
        partition.read(found.folder)


def test_the_same_rows_are_the_same_bytes(tmp_path: Path) -> None:
    first, second = committed(tmp_path / "one"), committed(tmp_path / "two")
    assert first.manifest == second.manifest
    assert (tmp_path / "one" / MANIFEST).read_bytes() == (tmp_path / "two" / MANIFEST).read_bytes()


KILLED = """
import os, signal, sys
from pathlib import Path
import pyarrow as pa
from arrears.lake import partition
rows = pa.table({"account_id": ["A", "B"], "points": [1, 2]})
def dies(*_given):
    os.kill(os.getpid(), signal.SIGKILL)
writer = partition.Writer(Path(sys.argv[1]))
writer.write("bucket=0.parquet", rows)
if sys.argv[2] == "before":
    dies()
Path.rename = dies  # the manifest is written aside, and not yet in its place
writer.commit({})
"""


@pytest.mark.parametrize("moment", ["before", "during"])
def test_a_kill_before_the_commit_leaves_nothing(tmp_path: Path, moment: str) -> None:
    folder = tmp_path / "p"
    ended = subprocess.run([sys.executable, "-c", KILLED, str(folder), moment], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert (folder / "bucket=0.parquet").exists()
    assert partition.read(folder) is None
    committed(folder).verify()


def hold(folder: Path, seconds: float, log: Path) -> None:
    with partition.exclusive(folder):
        began = time.monotonic()
        time.sleep(seconds)
        with log.open("a", encoding="utf-8") as told:
            told.write(json.dumps([began, time.monotonic()]) + "\n")


def test_one_process_at_a_time(tmp_path: Path) -> None:
    """Four want the folder at once; no two hold it at the same time."""
    spawn = multiprocessing.get_context("spawn")
    log = tmp_path / "log"
    processes = [spawn.Process(target=hold, args=(tmp_path / "p", 0.1, log)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    spans = sorted(json.loads(line) for line in log.read_text(encoding="utf-8").splitlines())
    assert len(spans) == 4
    assert all(ended <= began for (_, ended), (began, _) in pairwise(spans))


def is_held(lock: Path) -> bool:
    if not lock.exists():
        return False
    with lock.open() as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_a_lock_goes_with_the_process_that_held_it(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    holder = spawn.Process(target=hold, args=(tmp_path / "p", 60, tmp_path / "log"))
    holder.start()
    try:
        while not is_held(tmp_path / "p" / ".lock"):
            time.sleep(0.01)
    finally:
        assert holder.pid is not None
        os.kill(holder.pid, signal.SIGKILL)
        holder.join()
    with partition.exclusive(tmp_path / "p"):
        assert not (tmp_path / "log").exists()
