"""What registers, the tax office and the courts publish about organisations. A business in distress is spoken of before
its bills stay unpaid, some are spoken of for nothing, and many that fail never are."""

import numpy as np

from .behaviour import Paths
from .columns import Columns, Window, coded, or_null
from .months import first_days, stamps
from .parameters import HOUSEHOLD, PARAMETERS
from .population import Accounts
from .random_streams import RandomStreams

BUSINESS = 0
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
    key = (accounts.index[row] + 1) * 1000 + column
    shares = np.where(paths.is_distressed[row, column + 1, None], figures.in_distress_shares, figures.shares)
    kind, on = streams.choice("record/kind", shares, key), days[row, column]
    entered = stamps(on + streams.between("record/lag", 1, 14, key), 4 * 3600)
    published: Columns = {
        "rec_id": key,
        "cust_id": accounts.customer[row] + 1,
        "src_code": coded(SOURCE_CODES, kind),
        "pub_date": on,
        "rec_fen": or_null(streams.between("record/yuan", 20, 4_000, key) * 100_00, kind != BUSINESS),
        "entered_at": entered,
    }
    ended = on + streams.between("record/lasts", *figures.ended_days, key)
    late = stamps(ended + streams.between("record/end lag", 1, 14, key), 4 * 3600)
    over: Columns = {"rec_id": key, "end_date": ended, "entered_at": late}
    ends = streams.chance("record/ended", figures.ended_share, key)
    return {"x_pub_record": window.cut(published), "x_pub_record_end": window.cut(over, ends)}
