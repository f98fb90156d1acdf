"""What a sender needs of a provider."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from arrears.casebook.claims import Parcel
from arrears.domain.delivery import Act
from arrears.errors import ArrearsError


class CarrierDownError(ArrearsError):
    """The provider does not answer, or there is no place to write to. Nothing of what was to be handed over was taken; it
    leaves later."""

    exit_code = 8


@dataclass(frozen=True, slots=True)
class Handed:
    """What a provider answered: ACCEPT, REFUSE for good, DEFER (certainly not taken, and may be later), or LOSE: it went
    out, and no answer came."""

    act: Act
    why: str | None = None
    reference: str | None = None


class Carrier(Protocol):
    """`at_once`: how many parcels are handed over together; None: all of a claim."""

    at_once: int | None

    def carry(self, claim: str, parcels: Sequence[Parcel]) -> list[Handed]:
        """One answer for each parcel; CarrierDownError when none of them was taken, and more need not be tried now."""

    def was_taken(self, claim: str, parcel: Parcel) -> bool | None:
        """Of something that was begun by a sender that is gone; None: this provider cannot tell. After False nobody can
        hand over that claim any more."""

    def close(self) -> None: ...
