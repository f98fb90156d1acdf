"""Errors that a person can act on: one sentence that names place, rule and remedy."""

from collections.abc import Sequence


class ArrearsError(Exception):
    """Base of every error that is told to a person without a traceback; `exit_code` is what the CLI ends with."""

    exit_code = 1


class UsageError(ArrearsError):
    """The request itself is wrong: an unknown source, a date in the future, an account that was not open."""

    exit_code = 2


class SourceError(ArrearsError):
    """A source cannot be read, or not trusted, as a whole. Nothing of the pull is committed."""

    exit_code = 3

    def __init__(self, source: str, place: str, rule: str, sentence: str) -> None:
        self.source, self.place, self.rule = source, place, rule
        super().__init__(f"{source}: {place}: {rule}: {sentence}")


class SourceUnreachableError(SourceError):
    """A source does not answer now and may answer later: the one fault of a source that is worth another try."""


class PolicyError(ArrearsError):
    """A policy file, scorecard or feature declaration is refused. Nothing of it is applied."""

    exit_code = 4

    def __init__(self, file: str, line: int, sentence: str) -> None:
        self.file, self.line = file, line
        super().__init__(f"{file}:{line}: {sentence}")


class BalanceError(ArrearsError):
    """Rows or money in do not equal rows or money out plus set aside; the run stops with the difference."""

    exit_code = 5


class LakeError(ArrearsError):
    """A partition is missing, damaged, or not what its manifest says."""

    exit_code = 6


class CasebookError(ArrearsError):
    """The casebook cannot be reached, or refuses a change."""

    exit_code = 7


class StaleCaseError(CasebookError):
    """Somebody else was first: what the person looked at has changed. Nothing of the act is kept; `later` are the events
    that they have not seen."""

    def __init__(self, sentence: str, later: Sequence[object]) -> None:
        self.later = tuple(later)
        super().__init__(sentence)


class TooManyFailuresError(ArrearsError):
    """A way on which notices leave stopped by itself: somebody should look before more goes out."""

    exit_code = 8
