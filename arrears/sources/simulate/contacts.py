"""How customers can be reached, and what they allow. No number or address leads anywhere: no mobile number begins with
100, and example.com is kept free of mail."""

from typing import NamedTuple

import numpy as np

from .behaviour import Paths
from .columns import Columns, Objects, Window, coded, office_stamps, texts
from .months import NEVER, first_days, stamps
from .parameters import PARAMETERS
from .population import Accounts
from .premises import Premises
from .random_streams import Bools, Ints, RandomStreams

SMS, EMAIL, LETTER, CHAT = range(4)
MODE_CODES = ("01", "02", "03", "04")
CONSENT_CODES = ("1", "0", None)
"""Given, refused, never asked."""
_REFUSED = "0"
_VALID, _WRONG = "1", "0"


class _Addresses(NamedTuple):
    """Flat: one row per contact; `row` is the customer's first account."""

    key: Ints
    row: Ints
    mode: Ints
    address: Objects


def contact_entries(
    streams: RandomStreams, accounts: Accounts, premises: Premises, paths: Paths, window: Window
) -> dict[str, Columns]:
    """Addresses as first noted, and what became of them: returned as wrong, or refused by the customer."""
    held = _addresses(streams, accounts, premises)
    consent = streams.choice("contact/consent", np.array(PARAMETERS.reaching.consent_shares), held.key)
    entered = stamps(accounts.opened[held.row], 10 * 3600 + 300)
    noted: Columns = {
        "contact_id": held.key,
        "cust_id": accounts.customer[held.row] + 1,
        "contact_mode": coded(MODE_CODES, held.mode),
        "contact_value": held.address,
        "consent_code": coded(CONSENT_CODES, consent),
        "entered_at": entered,
    }
    return {"c_contact": window.cut(noted), "c_contact_chg": _changes(streams, held, paths, consent, entered, window)}


def _addresses(streams: RandomStreams, accounts: Accounts, premises: Premises) -> _Addresses:
    figures = PARAMETERS.reaching
    number = accounts.customer + 1
    is_first = accounts.customer == accounts.index
    values = (
        [f"100{each:08d}" for each in number.tolist()],
        [f"c{each}@example.com" for each in number.tolist()],
        [f"{code} {place}" for code, place in zip(premises.postcode, premises.address, strict=True)],
        [f"demo-{each}" for each in number.tolist()],
    )
    shares = (figures.sms_share, figures.email_share, figures.letter_share, figures.chat_share)
    has = [is_first & streams.chance(f"contact/{mode}", share, accounts.index) for mode, share in enumerate(shares)]
    mode, row = np.nonzero(np.stack(has))
    return _Addresses(number[row] * 10 + mode, row, mode, np.stack([texts(column) for column in values])[mode, row])


def _changes(
    streams: RandomStreams, held: _Addresses, paths: Paths, consent: Ints, entered: Ints, window: Window
) -> Columns:
    """At most one change of a contact: the first month that brings one. The unwilling are harder to find."""
    figures, months = PARAMETERS.reaching, paths.months[1:]
    chance = figures.wrong_per_month * np.exp(-figures.wrong_by_willingness * paths.willingness[held.row, 1:])
    wrong = streams.chance("contact/wrong", chance, held.key[:, None], months)
    refuses = streams.chance("contact/opt out", figures.opt_out_per_month, held.key[:, None], months)
    refuses &= (held.mode != LETTER)[:, None]
    days = first_days(months) + streams.between("contact/day", 0, 27, held.key[:, None], months)
    changes = (wrong | refuses) & (days > entered[:, None] // 86_400)
    row = np.arange(len(held.key))
    column = changes.argmax(axis=1)
    changed = np.asarray(changes.any(axis=1))
    is_wrong: Bools = wrong[row, column]
    on = np.where(changed, days[row, column], NEVER)
    before = coded(CONSENT_CODES, consent)
    change: Columns = {
        "contact_id": held.key,
        "consent_code": np.where(is_wrong, before, _REFUSED),
        "valid_code": np.where(is_wrong, _WRONG, _VALID).astype(object),
        "entered_at": office_stamps(streams, "contact/change", on, held.key),
    }
    return window.cut(change, changed)
