"""Letters for a print house: a folder for each batch, with one PDF in order of postcode, and a manifest of what is in it.

A batch is there whole or not at all: it is made aside, and renamed. Who takes it away may do so at any moment, so our own
record, outside of the drop, is written first; making it is the one instant at which the batch is handed over. A sender that
stopped before it left nothing; behind it, whoever comes next finishes the renaming."""

import json
import os
import shutil
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from arrears.casebook.claims import Parcel
from arrears.domain.delivery import Act
from arrears.errors import CasebookError, PolicyError
from arrears.notices.channels.carrier import CarrierDownError, Handed
from arrears.notices.letter import Batch

LETTERS, MANIFEST = "letters.pdf", "manifest.json"
VOID = "void"
"""In place of a record: this batch was given up, and no sender can hand it over any more."""

NO_ADDRESS = "the account has no postal address: an envelope with an empty window reaches nobody"

SHOWN = 12
"""Digits of a claim in a batch's name."""


SetLetters = Callable[[Sequence[str]], Batch]
"""Sets the letters (the JSON that was drafted) as one PDF; CasebookError or PolicyError for one that cannot be set."""


class PrintDrop:
    """`drop` is the print house's folder, `records` ours."""

    at_once: int | None = None

    def __init__(self, drop: Path, records: Path, set_letters: SetLetters) -> None:
        self._drop, self._records, self._set = drop, records, set_letters

    def carry(self, claim: str, parcels: Sequence[Parcel]) -> list[Handed]:
        answers = {each.key: Handed(Act.REFUSE, NO_ADDRESS) for each in parcels if not _page(each).get("address")}
        good = [each for each in parcels if each.key not in answers]
        while good:
            try:
                self._hand_over(claim, good)
                break
            except (CasebookError, PolicyError) as error:
                faults = {each.key: fault for each in good if (fault := self._fault(each)) is not None}
                if not faults:
                    raise CarrierDownError(f"the letters cannot be set together: {error}") from error
                answers |= faults
                good = [each for each in good if each.key not in faults]
        taken = Handed(Act.ACCEPT, reference=_name(claim))
        return [answers.get(each.key, taken) for each in parcels]

    def was_taken(self, claim: str, parcel: Parcel) -> bool | None:
        """What the record of the claim says; without one the claim is void from now on."""
        said = self._record(claim, VOID)
        if said == VOID:
            shutil.rmtree(self._aside(claim), ignore_errors=True)
            return False
        self._publish(claim)
        return any(line["key"] == parcel.key for line in json.loads(said)["letters"])

    def close(self) -> None:
        """Nothing is kept open."""

    def _hand_over(self, claim: str, parcels: Sequence[Parcel]) -> None:
        aside = self._aside(claim)
        try:
            ordered = sorted(parcels, key=lambda each: (_postcode(each), each.key))
            letters = self._set([each.body for each in ordered])
            aside.mkdir(exist_ok=True)
            manifest = _manifest(claim, ordered, letters)
            _write(aside / LETTERS, letters.pdf)
            _write(aside / MANIFEST, manifest.encode())
            if self._record(claim, manifest) != manifest:
                shutil.rmtree(aside, ignore_errors=True)
                raise CarrierDownError(f"batch {_name(claim)} was given up meanwhile; its letters leave with another")
            self._publish(claim)
        except OSError as error:
            if not self._path(claim).exists():
                shutil.rmtree(aside, ignore_errors=True)
                raise CarrierDownError(
                    f"{self._drop}: {error.strerror}; no letter of the batch was handed over, and all leave later"
                ) from error
            raise

    def _record(self, claim: str, said: str) -> str:
        """What our record of the claim says: this, unless somebody was first. It appears whole."""
        path = self._path(claim)
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            _write(aside, said.encode())
            os.link(aside, path)
        except FileExistsError:
            return path.read_text(encoding="utf-8")
        finally:
            aside.unlink(missing_ok=True)
        return said

    def _publish(self, claim: str) -> None:
        """Into the print house's sight; when it is there, or was taken away already, there is nothing left to do."""
        aside = self._aside(claim)
        if aside.exists():
            aside.rename(self._drop / _name(claim))

    def _fault(self, parcel: Parcel) -> Handed | None:
        try:
            self._set([parcel.body])
        except (CasebookError, PolicyError) as error:
            return Handed(Act.REFUSE, str(error))
        return None

    def _aside(self, claim: str) -> Path:
        return self._drop / f".{_name(claim)}"

    def _path(self, claim: str) -> Path:
        return self._records / f"{claim}.json"


def _name(claim: str) -> str:
    return f"batch-{claim[:SHOWN]}"


def _page(parcel: Parcel) -> dict[str, Any]:
    page: dict[str, Any] = json.loads(parcel.body)
    return page


def _postcode(parcel: Parcel) -> str:
    return str(_page(parcel).get("postcode", ""))


def _manifest(claim: str, parcels: Sequence[Parcel], letters: Batch) -> str:
    first, lines = 1, []
    for parcel, pages in zip(parcels, letters.pages, strict=True):
        said: dict[str, Any] = {"key": parcel.key, "postcode": _postcode(parcel), "first_page": first, "pages": pages}
        lines.append(said)
        first += pages
    return json.dumps(
        {
            "batch": _name(claim),
            "file": LETTERS,
            "sha256": sha256(letters.pdf).hexdigest(),
            "bytes": len(letters.pdf),
            "pages": first - 1,
            "letters": lines,
        },
        ensure_ascii=False,
        indent=1,
    )


def _write(path: Path, content: bytes) -> None:
    """On the disk before anything speaks of it."""
    with path.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
