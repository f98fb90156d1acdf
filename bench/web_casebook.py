"""A casebook as large as a city's, made up by a seed: open cases, what happened to each, and the warning list of the night."""

import datetime as dt
import json
import random
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, select, text

from arrears.casebook import store, tables
from arrears.casebook.worklist_tables import worklist
from arrears.domain.episode import episode_id
from arrears.domain.episode_fold import FoldRules
from arrears.domain.identity import digest
from arrears.domain.run import Run, RunKind, midnight
from arrears.review.search_words import searched_of

ZONE = ZoneInfo("Asia/Shanghai")
AS_OF = dt.date(2026, 11, 1)
CLERKS = 20
DISTRICTS = (
    "云溪",
    "临江",
    "北苑",
    "南桥",
    "石湾",
    "西岭",
    "东湖新区",
    "高新开发区",
    "青岚县",
    "清水县",
    "白杨县",
    "柳林矿区",
)
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂兰华红玲飞玉梅鑫波辉宁建国文斌宇浩凯健俊帆雪晨晓云海峰龙"
ROADS = ("建设", "和风", "人民", "解放", "中山", "长江", "行知", "重阳", "青年", "新华", "胜利", "光明", "朝阳", "滨河")
REASONS = (
    "bills_15_days_late_12m",
    "longest_late_days_12m",
    "late_streak_bills",
    "on_time_amount_share_12m",
    "has_bill_shock",
)
LEVELS = ("blue", "yellow", "yellow", "yellow", "orange", "red")
NOTE = json.dumps(
    {"as_of": "2026-10-20", "why": "电话已接通，客户说明情况。 Talked with the customer."}, ensure_ascii=False
)
CAPACITY = 40


def fill(engine: Engine, source: str, cases: int, events: int, seed: int = 1) -> Run:
    """A night of nothing but made-up cases; gives it."""
    run = Run(source, AS_OF, midnight(AS_OF, ZONE), RunKind.NIGHTLY, "1", "policy", "card")
    store.record_run(engine, run)
    with engine.begin() as connection:
        store.write_night(connection, tables.LIVE, run, FoldRules())
    fill_beside(engine, run, cases, events, seed)
    store.finish_run(engine, run)
    return run


def fill_beside(engine: Engine, run: Run, cases: int, events: int, seed: int = 1) -> None:
    """By COPY, indexes in place, beside what the night of `run` wrote; its list is replaced."""
    names = made(cases, seed)
    with engine.begin() as connection:
        store._copy(connection, tables.episode, _episodes(names, events // cases, seed))
        store._copy(connection, tables.event, _events(names, events // cases, run))
        found_by = (searched_of(account_id, name, address).row for account_id, name, address, _, _ in names)
        store.write_worklist(connection, _listed(names, run, seed), found_by)
        _decide(connection, run, cases)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE)"))


def _decide(connection: Connection, run: Run, cases: int) -> None:
    """What the night decided on its own accounts, on each of the made-up ones in turn."""
    c = tables.decision.c
    night = (c.timeline == tables.LIVE) & (c.run_key == run.run_key)
    decided: dict[str, list[Any]] = {}
    for row in connection.execute(select(tables.decision).where(night).order_by(c.account_id, c.axis)):
        decided.setdefault(row.account_id, []).append(row._mapping)
    of_account = list(decided.values()) or [[]]
    rows = (
        tuple(_of(row, account(number))[column.name] for column in tables.decision.columns)
        for number in range(cases)
        for row in of_account[number % len(of_account)]
    )
    store._copy(connection, tables.decision, rows)


def _of(decided: Mapping[str, Any], account_id: str) -> dict[str, Any]:
    as_json = {name: json.dumps(decided[name], ensure_ascii=False) for name in ("terms", "looked_at")}
    decision_id = digest(account_id, decided["axis"])
    return {**decided, **as_json, "account_id": account_id, "decision_id": decision_id}


def account(number: int) -> str:
    return f"91{number:08d}"


def made(cases: int, seed: int = 1) -> list[tuple[str, str, str, str, dt.date]]:
    """Account, name, address, district and the night on which it was raised."""
    random_ = random.Random(seed)  # noqa: S311 - made-up names
    found = []
    for number in range(cases):
        district = random_.choice(DISTRICTS)
        name = random_.choice(SURNAMES) + "".join(random_.choices(GIVEN, k=random_.choice((1, 2, 2))))
        address = f"{district}{random_.choice(ROADS)}路{random_.randint(1, 400)}号{random_.randint(101, 2804)}室"
        raised = AS_OF - dt.timedelta(days=min(60, int(random_.expovariate(0.08))))
        found.append((account(number), name, address, district, raised))
    return found


def _episodes(made: list[Any], events: int, seed: int) -> Iterator[tuple[Any, ...]]:
    random_ = random.Random(seed + 1)  # noqa: S311
    for account_id, _, _, _, raised in made:
        state = random_.choice(("raised", "raised", "acknowledged", "in_treatment"))
        owner = None if state == "raised" else f"local:clerk{random_.randrange(CLERKS)}"
        due = AS_OF + dt.timedelta(days=random_.randint(-3, 30)) if owner and random_.random() < 0.3 else None
        level = random_.choice(LEVELS)
        own = episode_id(account_id, raised)
        yield (
            *(tables.LIVE, own, account_id, raised, level, state, [], events, None, None, owner, due, False),
            *(None,) * 5,
        )


def _events(made: list[Any], events: int, run: Run) -> Iterator[tuple[Any, ...]]:
    begun = run.known_at - dt.timedelta(days=60)
    for account_id, _, _, _, raised in made:
        own = episode_id(account_id, raised)
        at = midnight(raised, ZONE)
        body = json.dumps(
            {"as_of": raised.isoformat(), "account_id": account_id, "level": "yellow", "rule": "poor-grade"}
        )
        yield digest(own, "1"), own, 1, "raised", body, at, at, "run", run.run_key
        for seq in range(2, events + 1):
            when = begun + dt.timedelta(hours=seq)
            yield f"{own}{seq:04d}", own, seq, "note_added", NOTE, when, when, f"local:clerk{seq % CLERKS}", None


def _listed(made: list[Any], run: Run, seed: int) -> Iterator[tuple[Any, ...]]:
    random_ = random.Random(seed + 2)  # noqa: S311
    rows = [_row(random_, run, *each) for each in made]
    places: dict[str, int] = {}
    for row in sorted(rows, key=lambda row: (-row["expected_loss_amount"], row["account_id"])):
        places[row["district"]] = place = places.get(row["district"], 0) + 1
        row["is_within_capacity"] = place <= CAPACITY
    return (tuple(row[column.name] for column in worklist.columns) for row in rows)


def _row(
    random_: random.Random, run: Run, account_id: str, name: str, address: str, district: str, raised: dt.date
) -> dict[str, Any]:
    owed = Decimal(int(random_.lognormvariate(9.5, 1.6))) / 100
    share = Decimal(random_.randint(1000, 950000)) / 1_000_000
    is_overdue = random_.random() < 0.4
    reasons = random_.sample(REASONS, 4)
    return {
        "account_id": account_id,
        "episode_id": episode_id(account_id, raised),
        "raised_on": raised,
        "level": random_.choice(LEVELS),
        "customer_id": account_id[2:],
        "customer_name": name,
        "address": address,
        "district": district,
        "voltage_class": random_.choice(("<1kV",) * 9 + ("1-10kV",)),
        "tariff": random_.choice(("residential",) * 6 + ("general_commercial",) * 3 + ("large_industrial",)),
        "open_amount": owed,
        "overdue_amount": owed if is_overdue else Decimal(0),
        "oldest_days_past_due": random_.randint(1, 14) if is_overdue else None,
        "next_due_on": AS_OF + dt.timedelta(days=random_.randint(0, 20)),
        "next_due_amount": owed,
        "probability": share,
        "probability_low": share * Decimal("0.8"),
        "probability_high": share * Decimal("1.05"),
        "grade": random_.choice("BCDE"),
        "points": Decimal(random_.randint(4000, 6500)) / 10,
        "exposure_amount": owed * 2,
        "expected_loss_amount": (owed * 2 * share).quantize(Decimal("0.01")),
        **{f"reason_{place}": reason for place, reason in enumerate(reasons, 1)},
        "payment_mode": random_.choice(("postpay",) * 8 + ("prepay", "split_settlement")),
        "arrangement": "none",
        "security": "none",
        "treatment": random_.choice(("none", "reminder", "reminder", "demand", "field_visit")),
        "withheld_treatment": None,
        "is_held_out": random_.random() < 0.02,
        "is_within_capacity": False,
        "as_of": AS_OF,
        "run_key": run.run_key,
    }
