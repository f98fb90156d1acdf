"""What is dear to work out and stays the same for a while, such as figures of a night: made once in a process, and kept."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")

MOST = 32


class Kept:
    """By key; who comes while it is being made waits for it. The oldest goes when there are more than MOST."""

    def __init__(self) -> None:
        self._found: OrderedDict[Hashable, Any] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        with self._lock:
            if key in self._found:
                kept: T = self._found[key]
                return kept
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                if key in self._found:
                    again: T = self._found[key]
                    return again
            made = make()
            with self._lock:
                self._found[key] = made
                self._making.pop(key, None)
                while len(self._found) > MOST:
                    self._found.popitem(last=False)
            return made


KEPT = Kept()
