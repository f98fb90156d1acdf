"""A folder in place of a provider: what would leave lies there to be looked at, and nobody gets anything."""

import json
from collections.abc import Sequence
from pathlib import Path

from arrears.casebook.claims import Parcel
from arrears.domain.delivery import Act, Way
from arrears.notices import code
from arrears.notices.channels.carrier import CarrierDownError, Handed

SUFFIXES = {Way.EMAIL: "html", Way.SMS: "txt", Way.CHAT: "txt", Way.LETTER: "json"}


class FolderCarrier:
    """A file for each parcel, named by its key: the same one again changes nothing."""

    at_once: int | None = 1

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def carry(self, claim: str, parcels: Sequence[Parcel]) -> list[Handed]:  # noqa: ARG002 - one by one, whatever the claim
        for parcel in parcels:
            path = self._path(parcel)
            aside = path.with_suffix(".part")
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                aside.write_text(self._words(parcel), encoding="utf-8")
                aside.replace(path)
            except OSError as error:
                aside.unlink(missing_ok=True)
                raise CarrierDownError(f"{path.parent}: {error.strerror}; what is due leaves later") from error
        return [Handed(Act.ACCEPT, reference=str(self._path(parcel).name)) for parcel in parcels]

    def was_taken(self, claim: str, parcel: Parcel) -> bool | None:  # noqa: ARG002
        """Whether the file lies there; written again it is the same."""
        return self._path(parcel).exists()

    def close(self) -> None:
        """Nothing is kept open."""

    def _path(self, parcel: Parcel) -> Path:
        return self._folder / parcel.way.value / f"{parcel.key}.{SUFFIXES[parcel.way]}"

    def _words(self, parcel: Parcel) -> str:
        if parcel.way is Way.LETTER:
            return parcel.body
        head = {"to": parcel.address, "subject": parcel.subject}
        if parcel.way is Way.EMAIL:
            page = code.shown(parcel.body, parcel.pay_link)
            return f"<!-- {json.dumps(head, ensure_ascii=False).replace('--', '- -')} -->\n{page}"
        return f"{parcel.address}\n{parcel.body}\n"
