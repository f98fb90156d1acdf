"""Processes that we start and end: each leads a session of its own, and nothing of it outlives us."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import psutil

from arrears.errors import ArrearsError

PR_SET_PDEATHSIG = 1
KILL_LIMIT_S = 5.0


class ServiceError(ArrearsError):
    """A process of the service ended, or did not come up."""

    exit_code = 8


class Bell:
    """Counts Ctrl-C, SIGTERM and SIGHUP; the second one means: at once."""

    def __init__(self) -> None:
        self.rung = 0
        self.has_terminal = False

    def ring(self, _number: int, _frame: FrameType | None) -> None:
        self.rung += 1

    def pause(self, seconds: float) -> None:
        """Sleeps, in slices because a signal does not cut a sleep short; KeyboardInterrupt when asked to stop."""
        deadline = time.monotonic() + seconds
        while not self.rung and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(left, 0.1))
        if self.has_terminal and not _can_open_terminal():
            self.rung += 1
        if self.rung:
            raise KeyboardInterrupt

    @contextmanager
    def listening(self) -> Iterator[None]:
        signals = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as it is below nohup
            signals.append(signal.SIGHUP)
            # `make`, first in a terminal as below `ssh -t`, hears that it was closed and does not pass it on.
            self.has_terminal = _can_open_terminal()
        before = {number: signal.signal(number, self.ring) for number in signals}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _can_open_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


@dataclass(frozen=True)
class Component:
    name: str
    process: "subprocess.Popen[bytes]"
    log: Path

    def check(self) -> None:
        if (code := self.process.poll()) is not None:
            how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
            raise ServiceError(f"The {self.name} {how}; its log is {self.log}.")

    def processes(self) -> list[psutil.Process]:
        """Everything of its session that lives, whoever its parent is by now."""
        found = []
        for process in psutil.process_iter():
            with suppress(OSError, psutil.Error):
                if os.getsid(process.pid) == self.process.pid and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found


def start(name: str, command: list[str], environment: dict[str, str], log: Path) -> Component:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=_dying_with_us(),
        )
    return Component(name, process, log)


def _dying_with_us() -> Callable[[], None] | None:
    """On Linux a component is told to end when we are killed and cannot tell it ourselves."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def stop(components: list[Component], bell: Bell, limit_s: float) -> None:
    """Asks, waits up to the limit or for a second request, then kills what is left, grandchildren included."""
    for component in components:
        with suppress(ProcessLookupError):
            component.process.terminate()
    deadline = time.monotonic() + limit_s
    while any(component.process.poll() is None for component in components):
        if time.monotonic() > deadline or bell.rung > 1:
            break
        time.sleep(0.05)
    if bell.rung < 2:
        _end_all(components, signal.SIGTERM)
    while _end_all(components, signal.SIGKILL):
        pass
    for component in components:
        component.process.wait()


def _end_all(components: list[Component], number: int) -> bool:
    """Signals every process there is and waits for them to go; False when there was none."""
    found = _processes(components)
    for process in found:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)
    deadline = time.monotonic() + KILL_LIMIT_S
    while _processes(components) and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(found)


def _processes(components: list[Component]) -> list[psutil.Process]:
    return [process for component in components for process in component.processes()]
