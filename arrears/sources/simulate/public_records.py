"""What registers, the tax office and the courts publish about organisations. A business in distress is spoken of before
its bills stay unpaid, some are spoken of for nothing, and many that fail never are."""

import numpy as np

from .behaviour import Paths
from .columns import Columns, Window, coded, joined, or_null
from .months import NEVER, first_days, stamps
from .parameters import HOUSEHOLD, PARAMETERS
from .population import Accounts
from .random_streams import Bools, Ints, RandomStreams

BUSINESS, TAX, COURT, INSOLVENCY = range(4)
SOURCE_CODES = ("01", "02", "03", "04")


def record_entries(streams: RandomStreams, accounts: Accounts, paths: Paths, window: Window) -> dict[str, Columns]:
    """By customer, so from the row of its first account. Records reach the utility up to two weeks late."""
    figures, months = PARAMETERS.publishing, paths.months[1:]
    speaks_of = (accounts.customer == accounts.index) & (accounts.segment != HOUSEHOLD)
    chance = np.where(paths.is_distressed[:, 1:], figures.in_distress_per_month, figures.per_month)
    days = first_days(months) + streams.between("record/day", 0, 27, accounts.index[:, None], months)
    is_new = streams.chance("record", chance, accounts.index[:, None], months) & speaks_of[:, None]
    is_new &= days > accounts.opened[:, None]
    row, column = np.nonzero(is_new)
    key = ((accounts.index[row] + 1) * 1000 + column) * 10
    kind = streams.choice("record/kind", np.array(figures.shares), key)
    lasts = days[row, column] + streams.between("record/lasts", *figures.ended_days, key)
    ended = np.where(streams.chance("record/ended", figures.ended_share, key), lasts, NEVER)
    usual, usual_over = _rows(streams, accounts, row, key, kind, days[row, column], ended)
    fails = paths.fails & (paths.closed < NEVER) & speaks_of
    row = np.nonzero(fails & streams.chance("insolvency", figures.insolvency_share, accounts.index))[0]
    key = (accounts.index[row] + 1) * 10_000 + 9
    on = paths.closed[row] - streams.between("insolvency/ahead", *figures.insolvency_ahead_days, key)
    insolvencies, _ = _rows(streams, accounts, row, key, np.full_like(row, INSOLVENCY), on, np.full_like(on, NEVER))
    return {
        "x_pub_record": joined([window.cut(usual), window.cut(insolvencies)]),
        "x_pub_record_end": window.cut(usual_over, ended < NEVER),
    }


def _rows(
    streams: RandomStreams, accounts: Accounts, row: Ints, key: Ints, kind: Ints, days: Ints, ended: Ints
) -> tuple[Columns, Columns]:
    has_amount: Bools = kind != BUSINESS
    entered = stamps(days + streams.between("record/lag", 1, 14, key), 4 * 3600)
    begun: Columns = {
        "rec_id": key,
        "cust_id": accounts.customer[row] + 1,
        "src_code": coded(SOURCE_CODES, kind),
        "pub_date": days,
        "rec_fen": or_null(streams.between("record/yuan", 20, 4_000, key) * 100_00, has_amount),
        "entered_at": entered,
    }
    late = stamps(ended + streams.between("record/end lag", 1, 14, key), 4 * 3600)
    return begun, {"rec_id": key, "end_date": ended, "entered_at": np.maximum(late, entered + 3600)}
