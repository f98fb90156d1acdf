"""Progress of long work, on standard error: a bar for a person, a line for a log."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


@contextmanager
def telling(title: str) -> Iterator[Callable[[str, float], None]]:
    """Gives a function that is told what is done and the share of it; silent where nobody looks."""
    console = Console(stderr=True)
    if not console.is_terminal:
        sys.stderr.write(f"{title}\n")
        yield lambda _what, _share: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(title, total=1.0)

        def tell(what: str, share: float) -> None:
            bar.update(task, description=f"{title}: {what}", completed=share)

        yield tell


@contextmanager
def foretelling(title: str) -> Iterator[Callable[[str, float], None]]:
    """The same for work of many parts: how long it will still take, and a line for each part where nobody looks."""
    console = Console(stderr=True)
    if console.is_terminal:
        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task(title, total=1.0)
            yield lambda what, share: bar.update(task, description=f"{title}: {what}", completed=share)
        return
    began = time.monotonic()

    def tell(what: str, share: float) -> None:
        left = f", {time_text((time.monotonic() - began) * (1 - share) / share)} left" if 0 < share < 1 else ""
        sys.stderr.write(f"{title}: {what}{left}\n")

    yield tell


def time_text(seconds: float) -> str:
    """A span of time as people say it: `48 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 60} min {whole % 60} s" if whole >= 60 else f"{whole} s"


def size_text(size: int) -> str:
    """Bytes as people say them: `812 kB`, `1.2 GB`."""
    for unit, power in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= power:
            return f"{size / power:,.1f} {unit}"
    return f"{size} bytes"
