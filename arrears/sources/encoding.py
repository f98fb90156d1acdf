"""Files of a drop that are not in UTF-8, such as GB18030: read as what the mapping says they are, strictly."""

import codecs
import gzip
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from arrears.errors import SourceError

UTF8 = "utf-8"


@contextmanager
def as_utf8(source: str, path: Path, encoding: str) -> Iterator[Path]:
    """The file itself, or a copy of it in UTF-8 that is gone afterwards. A sign that is none in `encoding` stops the pull."""
    if encoding == UTF8:
        yield path
        return
    with tempfile.NamedTemporaryFile(mode="w", encoding=UTF8, newline="", suffix=".csv") as copy:
        try:
            with _opened(path, encoding) as handle:
                shutil.copyfileobj(handle, copy)
        except UnicodeDecodeError as error:
            raise broken(source, path, encoding, _row(path, encoding)) from error
        copy.flush()
        yield Path(copy.name)


def _opened(path: Path, encoding: str) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding=encoding, newline="")
    return path.open(encoding=encoding, newline="")


def _row(path: Path, encoding: str) -> int:
    """The row in which the first sign stands that is none; the header is row 1."""
    decode = codecs.getincrementaldecoder(encoding)().decode
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as handle:
        for row, line in enumerate(handle, start=1):
            try:
                decode(line)
            except UnicodeDecodeError:
                return row
    return 1


def broken(source: str, path: Path, encoding: str, row: int = 1) -> SourceError:
    """That the file is not what it is said to be, and what to do about it."""
    remedy = "ask for it in UTF-8" if encoding == UTF8 else "see what it is, and say so under `encoding` in source.yaml"
    place = f"{path} row {row}" if row > 1 else str(path)
    return SourceError(source, place, "encoding_broken", f"this is not {encoding.upper()}; {remedy}")
