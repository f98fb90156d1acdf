"""Files of a drop that are not in UTF-8, such as GB18030: read as what the mapping says they are, strictly."""

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
            raise broken(source, path, encoding) from error
        copy.flush()
        yield Path(copy.name)


def _opened(path: Path, encoding: str) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding=encoding, newline="")
    return path.open(encoding=encoding, newline="")


def broken(source: str, path: Path, encoding: str) -> SourceError:
    """That the file is not what it is said to be, and what to do about it."""
    remedy = "ask for it in UTF-8" if encoding == UTF8 else "see what it is, and say so under `encoding` in source.yaml"
    return SourceError(source, str(path), "encoding_broken", f"this is not {encoding.upper()}; {remedy}")
