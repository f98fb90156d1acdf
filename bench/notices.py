"""Time notices from facts to what is sent: composed, rendered on every channel, written to the casebook, letters set into the
print house's drop.

    python -m bench.notices                      # 1,000, 10,000 and 50,000 notices
    python -m bench.notices 1000 --letters 0.2   # of which a fifth goes by letter

Notices of all kinds in both languages, in turn, to customers of whom each has a name, an address, amounts and a number of his
own. By default a fifth goes by letter, as where most are reached by mail. Results go to docs/benchmarks.md too."""

import argparse
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from decimal import Decimal
from hashlib import sha256
from itertools import cycle, islice
from pathlib import Path
from zoneinfo import ZoneInfo

from arrears.casebook import store
from arrears.casebook.claims import Parcel
from arrears.casebook.schema import open_casebook
from arrears.casebook.server import casebook_url
from arrears.casebook.tables import LIVE
from arrears.domain.delivery import Way
from arrears.domain.notice import FIRST_STEP, Channel, Notice, NoticeKind, SubjectType
from arrears.domain.run import Run, RunKind, midnight
from arrears.notices.account import AccountFacts
from arrears.notices.channels.print_drop import PrintDrop
from arrears.notices.draft import BATCH
from arrears.notices.examples import AS_OF, facts_in, write
from arrears.notices.letter import Typesetter, check_letter
from arrears.notices.printed import LANGUAGES
from arrears.notices.stationery import load_sender, load_templates
from arrears.notices.words import BUILT_IN
from arrears.notices.writing import Writing
from arrears.policy.dispatch import load_dispatch
from arrears.settings import ROOT, Settings
from arrears.snapshot.catalogue import load_catalogue
from arrears.sources.mapping import load_source
from bench.told import Line, line, measured_on, table, write_between

ZONE = ZoneInfo("Asia/Shanghai")
SIZES = [1_000, 10_000, 50_000]
SECONDS_FOR_50_000, MEMORY_MB = 180, 2_000
FAMILY, GIVEN = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES)
    parser.add_argument("--letters", type=float, default=0.2)
    given = parser.parse_args()
    lines = [each for size in given.sizes for each in _measure(size, given.letters)]
    largest = lines[-2:]
    seconds = sum(each.seconds for each in largest) / given.sizes[-1] * 50_000
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    said = (
        f"50,000 at the last pace: {seconds:.0f} s, {seconds / SECONDS_FOR_50_000:.2f} of {SECONDS_FOR_50_000}; "
        f"at most {memory:,.0f} MB, {memory / MEMORY_MB:.2f} of {MEMORY_MB:,}. {given.letters:.0%} of them by letter. "
    )
    write_between("notices", f"{table(lines)}\n\n{said}Taken {measured_on()}")


def _measure(count: int, share: float) -> Iterator[Line]:
    letters: list[str] = []
    with tempfile.TemporaryDirectory(prefix="bench-notices-") as state:
        with casebook_url(Settings(state=Path(state))) as url:
            engine = open_casebook(url, "bench")
            run = Run("bench", AS_OF, midnight(AS_OF, ZONE), RunKind.NIGHTLY, "1", "policy", "card")
            store.record_run(engine, run)
            began, busy = time.perf_counter(), time.process_time()
            notices = _notices(count)
            with engine.begin() as connection:
                while some := list(islice(notices, BATCH)):
                    store.write_notices(connection, LIVE, run, some)
                    letters += [each.body(Channel.LETTER) for each in some]
            what = "composed, rendered on every channel and written"
            yield line(what, count, time.perf_counter() - began, time.process_time() - busy)
            engine.dispose()
        drop = Path(state) / "drop"
        drop.mkdir()
        carrier = PrintDrop(drop, Path(state) / "records", Typesetter().batch)
        posted = letters[: round(count * share)]
        batch = load_dispatch(ROOT / "policy", "cn", AS_OF).ways[Way.LETTER].batch
        began, busy = time.perf_counter(), time.process_time()
        for place in range(0, len(posted), batch):
            parcels = [_parcel(place + number, body) for number, body in enumerate(posted[place : place + batch])]
            carrier.carry(sha256(str(place).encode()).hexdigest()[:32], parcels)
        size = sum(path.stat().st_size for path in drop.rglob("*.pdf")) / 1e6
        what = f"letters set into the drop ({size:.0f} MB)"
        yield line(what, len(posted), time.perf_counter() - began, time.process_time() - busy)


def _notices(count: int) -> Iterator[Notice]:
    labels = load_catalogue(ROOT / "sql").labels()
    sender = load_sender(ROOT / "policy", load_source(ROOT / "sql", "demo").declared, labels, AS_OF)
    templates, chance = load_templates(BUILT_IN), random.Random(7)  # noqa: S311
    people = {language: facts_in(language) for language in LANGUAGES}
    cases = islice(cycle((kind, language) for kind in NoticeKind for language in LANGUAGES), count)
    for number, (kind, language) in enumerate(cases):
        facts = _other(people[language], f"{number:010}", chance)
        context = write(kind, Writing(sender, f"{chance.getrandbits(128):032x}", facts, AS_OF))
        renderings = templates[kind].render(context)
        check_letter(renderings[-1].body, facts.account_id)
        yield Notice(
            account_id=facts.account_id,
            kind=kind,
            subject_type=SubjectType.EPISODE,
            subject_id=facts.account_id,
            step=FIRST_STEP,
            language=language,
            total_amount=Decimal("12.30"),
            context=asdict(context),
            renderings=renderings,
        )


def _other(facts: AccountFacts, account_id: str, chance: random.Random) -> AccountFacts:
    """Another customer: nothing that a letter says of one is said of the next."""
    name = chance.choice(FAMILY) + chance.choice(GIVEN) + chance.choice(GIVEN)
    return replace(
        facts,
        account_id=account_id,
        customer_name=name if facts.language == "zh-CN" else f"Customer {chance.randrange(1_000_000)}",
        address=facts.address.replace("88", str(chance.randint(1, 999))),
        postcode=f"{chance.randrange(1_000_000):06}",
        payments=(),
        bills=tuple(
            replace(
                bill,
                bill_id=f"{bill.bill_id[:6]}-{account_id}-{place}",
                amount=Decimal(chance.randint(1_500, 400_000)) / 100,
            )
            for place, bill in enumerate(facts.bills)
        ),
    )


def _parcel(number: int, body: str) -> Parcel:
    return Parcel(f"{number:032x}", 1, NoticeKind.STOP_NOTICE, Way.LETTER, "by post", "en", "", body, None, 1)


if __name__ == "__main__":
    main()
