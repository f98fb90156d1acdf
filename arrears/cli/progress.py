"""Progress of long work, on standard error: a bar for a person, a line for a log."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn


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
