"""What is agreed with those who are late or foresee it: deferrals, promises, instalments, and whether they are kept. The
date on which a bill is settled is not moved; only instalments bring part of the money earlier."""

from dataclasses import dataclass

import numpy as np

from .behaviour import Paths
from .billing import Bills
from .columns import Columns, Window, bill_ids, coded, office_stamps, texts
from .months import NEVER, stamps
from .parameters import PARAMETERS
from .population import Accounts
from .random_streams import Bools, Ints, RandomStreams
from .settlement import Settlement

DEFERRAL, PROMISE, INSTALMENT = range(3)
TYPE_CODES = ("01", "02", "03")
_KEPT, _BROKEN, _CANCELLED = range(3)
_RESULT_CODES = ("01", "02", "03")
_PARTS = 3
_LEAST_FEN, _LEAST_DAYS_LATE, _LONGEST_DAYS = 3_000, 20, 60


@dataclass(frozen=True)
class Arrangements:
    """Flat: one row per arrangement, about one bill. An instalment plan has three parts, the others one."""

    row: Ints
    column: Ints
    kind: Ints
    agreed: Ints
    is_cancelled: Bools
    due: list[Ints]
    """By part; NEVER where there is no such part."""
    fen: list[Ints]
    is_kept: list[Bools]
    part_on: list[Ints]
    """By account and month, the day on which each of the first two instalments is paid, or NEVER."""
    part_fen: Ints
    rest_fen: Ints
    """By account and month, what is left of the bill for its last payment."""


def make_arrangements(
    streams: RandomStreams, accounts: Accounts, paths: Paths, bills: Bills, settlement: Settlement
) -> Arrangements:
    """The willing agree to more, and keep more of it."""
    figures = PARAMETERS.arranging
    rest = settlement.owed_fen - settlement.part_fen
    row, column, kind, agreed = _agreed(streams, accounts, paths, bills, settlement, rest)
    key = accounts.index[row] * 100_000 + paths.months[column + 1]
    planned, settled, fen = settlement.planned[row, column], settlement.settled[row, column], rest[row, column]
    log_odds = figures.faith + figures.faith_by_willingness * paths.willingness[row, column + 1]
    cancelled = streams.chance("arrangement/cancelled", figures.cancelled_share, key)
    means_it = streams.chance("arrangement/faith", 1 / (1 + np.exp(-log_odds)), key)
    means_it &= ~cancelled
    in_parts = kind == INSTALMENT
    third = fen // _PARTS // 100 * 100
    gap = np.where(means_it, np.maximum((planned - agreed) // _PARTS, 5), 20)
    due = [np.where(in_parts, agreed + gap * part, NEVER) for part in (1, 2)]
    last = np.where(in_parts, np.where(means_it, planned + 2, agreed + gap * _PARTS), NEVER)
    single = _single_due(streams, kind, agreed, planned, means_it, key)
    due = [np.where(in_parts, due[0], single), due[1], last]
    begins = in_parts & ~cancelled & (means_it | streams.chance("arrangement/begins", 0.5, key))
    ahead = [streams.between(f"arrangement/ahead {part}", 0, 2, key) for part in (1, 2)]
    limit = np.minimum(planned, paths.closed[row])
    pays = [begins & (due[0] < limit), in_parts & means_it & (due[1] < limit)]
    paid_on = [np.where(pays[part], due[part] - ahead[part], NEVER) for part in range(2)]
    on_time = [settled <= each for each in due]
    by_month = [np.full(bills.fen.shape, NEVER) for _ in range(2)]
    part_fen = np.zeros_like(rest)
    part_fen[row, column] = third
    for part in range(2):
        by_month[part][row, column] = paid_on[part]
        rest = rest - np.where(by_month[part] < NEVER, part_fen, 0)
    return Arrangements(
        row=row,
        column=column,
        kind=kind,
        agreed=agreed,
        is_cancelled=cancelled,
        due=due,
        fen=[np.where(in_parts, third, fen), third, fen - 2 * third],
        is_kept=[pays[0] | on_time[0], pays[1] | on_time[1], on_time[2]],
        part_on=by_month,
        part_fen=part_fen,
        rest_fen=rest,
    )


def _agreed(
    streams: RandomStreams, accounts: Accounts, paths: Paths, bills: Bills, settlement: Settlement, rest: Ints
) -> tuple[Ints, Ints, Ints, Ints]:
    """Which bills are spoken of, how, and when: row, column, kind, day."""
    figures, index, months = PARAMETERS.arranging, accounts.index[:, None], paths.months[1:]
    more = np.exp(figures.by_willingness * paths.willingness[:, 1:])
    late = settlement.planned - bills.due
    may = bills.exists & (bills.dispute_opened == NEVER) & (rest >= _LEAST_FEN)
    defers = may & settlement.stressed & (late > 0)
    defers &= streams.chance("arrangement/defers", figures.deferral_share * more, index, months)
    agrees = may & ~defers & (late >= _LEAST_DAYS_LATE)
    agrees &= streams.chance("arrangement/agrees", figures.agreed_share * more, index, months)
    splits = (late >= figures.instalment_least_days) & (rest >= figures.instalment_least_fen)
    splits &= streams.chance("arrangement/splits", figures.instalment_share, index, months)
    kind = np.where(defers, DEFERRAL, np.where(splits, INSTALMENT, PROMISE))
    before = bills.due - streams.between("arrangement/before", 1, 4, index, months)
    after = bills.due + streams.between("arrangement/after", 5, 15, index, months)
    agreed = np.where(defers, before, after)
    row, column = np.nonzero((defers | agrees) & (agreed < settlement.planned) & (agreed < paths.closed[:, None]))
    return row, column, kind[row, column], agreed[row, column]


def _single_due(streams: RandomStreams, kind: Ints, agreed: Ints, planned: Ints, means_it: Bools, key: Ints) -> Ints:
    """Who means it names about the day on which the money comes; the others any day."""
    promised = agreed + streams.between("arrangement/promised", 5, 14, key)
    deferred = agreed + streams.between("arrangement/deferred", 14, 30, key)
    named = planned + streams.between("arrangement/named", -4, 6, key)
    meant = np.clip(named, agreed + 2, agreed + _LONGEST_DAYS)
    return np.where(means_it, meant, np.where(kind == DEFERRAL, deferred, promised))


def arrangement_entries(
    streams: RandomStreams, accounts: Accounts, made: Arrangements, window: Window
) -> dict[str, Columns]:
    """Plans, their parts, and what became of each part once its day has passed."""
    plan_id = bill_ids(accounts.index[made.row], made.column)
    entered = office_stamps(streams, "arrangement", made.agreed, plan_id)
    plans: Columns = {
        "plan_id": plan_id,
        "cons_no": texts(accounts.account_no)[made.row],
        "plan_type": coded(TYPE_CODES, made.kind),
        "agree_date": made.agreed,
        "entered_at": entered,
    }
    number = np.repeat(np.arange(1, _PARTS + 1), len(plan_id))
    term_id = np.tile(plan_id, _PARTS) + number
    due, fen, kept = np.concatenate(made.due), np.concatenate(made.fen), np.concatenate(made.is_kept)
    terms: Columns = {
        "term_id": term_id,
        "plan_id": np.tile(plan_id, _PARTS),
        "term_no": number,
        "term_date": due,
        "term_fen": fen,
        "entered_at": np.tile(entered, _PARTS),
    }
    cancelled = np.tile(made.is_cancelled, _PARTS)
    judged = due + streams.between("arrangement/judged", 1, 3, term_id)
    dropped = np.tile(made.agreed, _PARTS) + streams.between("arrangement/dropped", 1, 4, term_id)
    seen = stamps(np.where(cancelled, dropped, judged), 18 * 3600)
    results: Columns = {
        "term_id": term_id,
        "result_code": coded(_RESULT_CODES, np.where(cancelled, _CANCELLED, np.where(kept, _KEPT, _BROKEN))),
        "entered_at": np.maximum(seen, terms["entered_at"] + 3600),
    }
    return {
        "s_pay_plan": window.cut(plans),
        "s_pay_plan_term": window.cut(terms, due < NEVER),
        "s_pay_plan_result": window.cut(results, due < NEVER),
    }
