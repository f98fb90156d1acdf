"""The cap on how many rows a second a source is asked for."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Pace:
    """Rows are taken no faster than `rows_per_second` (None: as fast as they come); idle time is not saved up."""

    rows_per_second: int | None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _free_at: float = 0.0

    def batch(self, rows: int) -> int:
        """How many rows to take in one go: at most a second's."""
        return min(rows, self.rows_per_second or rows)

    def wait(self, rows: int) -> None:
        """Call it after `rows` rows: it sleeps until the next may be asked for."""
        if self.rows_per_second is None:
            return
        now = self.clock()
        self._free_at = max(self._free_at, now) + rows / self.rows_per_second
        self.sleep(self._free_at - now)
