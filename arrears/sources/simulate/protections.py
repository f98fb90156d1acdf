"""Reasons why an account is protected. They are drawn apart from everything that makes a payer, but for low income,
which is as common in a district as its customers are poor."""

import numpy as np

from .behaviour import Paths
from .columns import Columns, Window, coded, office_stamps, texts
from .months import NEVER
from .parameters import DISTRICTS, HOUSEHOLD, INDUSTRY, PARAMETERS, TRADES, VOLTAGES
from .population import Accounts
from .random_streams import Bools, Floats, RandomStreams

KINDS = (
    "medical",
    "elderly",
    "young_children",
    "low_income",
    "other_vulnerable",
    "important_user",
    "high_risk_user",
    "continuous_process",
)
TYPE_CODES = ("11", "12", "13", "14", "19", "21", "22", "23")
_YOUNG_CHILDREN = 2
_VOLTAGE = {part.name: place for place, part in enumerate(VOLTAGES)}
_SCHOOLS, _CHEMICAL, _CONTINUOUS = ("P83",), ("C26",), ("C26", "C30", "C31")


def protection_entries(
    streams: RandomStreams, accounts: Accounts, paths: Paths, start_day: int, window: Window
) -> dict[str, Columns]:
    """Begin at the opening or at some day of the books; those of households may end."""
    figures, index = PARAMETERS.protecting, accounts.index
    kind, row = np.nonzero(np.stack(_held(streams, accounts)))
    key = (index[row] + 1) * 10 + kind
    later = start_day + streams.between("protection/later", 1, PARAMETERS.population.days_of_growth, key)
    is_later = streams.chance("protection/is later", 0.4, key)
    begins = np.where(is_later, np.maximum(later, accounts.opened[row]), accounts.opened[row])
    lasts = streams.between("protection/lasts", *figures.lasting_days, key)
    is_known = streams.chance("protection/is limited", 0.5, key) & (kind != _YOUNG_CHILDREN)
    ends = (accounts.segment[row] == HOUSEHOLD) & is_later & streams.chance("protection/ends", 0.4, key)
    ended = np.where(ends | (kind == _YOUNG_CHILDREN), begins + lasts, NEVER)
    begun: Columns = {
        "prot_id": key,
        "cons_no": texts(accounts.account_no)[row],
        "prot_type": coded(TYPE_CODES, kind),
        "bgn_date": begins,
        "end_date": np.where(is_known & (ended < NEVER), ended, NEVER),
        "entered_at": office_stamps(streams, "protection", begins, key),
    }
    over: Columns = {
        "prot_id": key,
        "end_date": ended,
        "entered_at": np.maximum(office_stamps(streams, "protection/end", ended, key), begun["entered_at"] + 3600),
    }
    supplied = begins < paths.closed[row]
    return {
        "c_protect": window.cut(begun, supplied),
        "c_protect_end": window.cut(over, supplied & ~is_known & (ended < NEVER)),
    }


def _held(streams: RandomStreams, accounts: Accounts) -> list[Bools]:
    """Per kind, whether the account has it."""
    figures, index = PARAMETERS.protecting, accounts.index
    at_home = accounts.segment == HOUSEHOLD
    poverty = np.exp(-figures.low_income_by_ability * np.array([area.ability for area in DISTRICTS]))
    at_35kv = (accounts.segment == INDUSTRY) & (accounts.voltage >= _VOLTAGE["35kV"])
    at_10kv = accounts.voltage >= _VOLTAGE["1-10kV"]
    held: list[tuple[Bools, Floats | float]] = [
        (at_home, figures.medical_share),
        (at_home, figures.elderly_share),
        (at_home, figures.young_children_share),
        (at_home, figures.low_income_share * poverty[accounts.district]),
        (at_home, figures.other_share),
        (at_35kv | _in_trade(accounts, _SCHOOLS), figures.important_share),
        (_in_trade(accounts, _CHEMICAL), figures.high_risk_share),
        (_in_trade(accounts, _CONTINUOUS) & at_10kv, figures.continuous_share),
    ]
    return [
        may & streams.chance(f"protection/{kind}", share, index) for kind, (may, share) in zip(KINDS, held, strict=True)
    ]


def _in_trade(accounts: Accounts, codes: tuple[str, ...]) -> Bools:
    return np.isin(accounts.trade, [place for place, line in enumerate(TRADES) if line.code in codes])
