"""Who acts: a person by who vouches for them and their name there."""

from dataclasses import dataclass

from arrears.errors import UsageError


@dataclass(frozen=True, slots=True)
class Actor:
    """`issuer` vouches for `subject`: `local` accounts, the scheduler's, a single sign-on's. As text `issuer:subject`."""

    issuer: str
    subject: str

    def __post_init__(self) -> None:
        if not self.issuer.strip() or not self.subject.strip() or ":" in self.issuer:
            raise UsageError(
                f"{self.issuer!r}, {self.subject!r} name nobody: give an issuer without a colon, and a name"
            )

    def __str__(self) -> str:
        return f"{self.issuer}:{self.subject}"

    @classmethod
    def of(cls, text: str, issuer: str = "local") -> "Actor":
        """From `issuer:subject`, or a name alone that `issuer` vouches for."""
        before, colon, after = text.strip().partition(":")
        return cls(before, after) if colon else cls(issuer, before)
