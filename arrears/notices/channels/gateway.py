"""Messages through whatever gateway Apprise knows: an SMS provider, a chat. Its address, with the keys in it, is never told."""

import logging
from collections.abc import Sequence
from urllib.parse import quote

import apprise

from arrears.casebook.claims import Parcel
from arrears.domain.delivery import Act
from arrears.errors import UsageError
from arrears.notices.channels.carrier import Handed

PLACE = "{address}"
TELLING = ("apprise", "urllib3.connectionpool")
"""Loggers that would tell customers' numbers, and parts of the gateway's address."""


class GatewayCarrier:
    """`url` is an Apprise address with `{address}` where the customer's number or name goes. Apprise says only whether it
    went well: what did not may have been taken all the same, if the answer was lost."""

    at_once: int | None = 1

    def __init__(self, url: str, setting: str) -> None:
        for name in TELLING:
            logging.getLogger(name).disabled = True
        if PLACE not in url or not apprise.Apprise().add(url.replace(PLACE, "10000000000")):
            raise UsageError(
                f"the setting {setting} (ARREARS_{setting.upper()}) must be an address that Apprise knows, with {PLACE} where "
                "the customer's number goes"
            )
        self._url = url

    def carry(self, claim: str, parcels: Sequence[Parcel]) -> list[Handed]:  # noqa: ARG002 - one by one, whatever the claim
        return [self._send(parcel) for parcel in parcels]

    def was_taken(self, claim: str, parcel: Parcel) -> bool | None:  # noqa: ARG002
        """Apprise has no question for it."""
        return None

    def close(self) -> None:
        """Nothing is kept open."""

    def _send(self, parcel: Parcel) -> Handed:
        gateway = apprise.Apprise()
        if not gateway.add(self._url.replace(PLACE, quote(parcel.address, safe=""))):
            return Handed(Act.REFUSE, "the gateway does not take this address")
        if gateway.notify(body=parcel.body, body_format=apprise.NotifyFormat.TEXT):
            return Handed(Act.ACCEPT)
        return Handed(Act.REFUSE, "the gateway did not take it")
