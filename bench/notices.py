"""Time notices from facts to what is sent: composed, rendered on every channel, set as letters in batches.

    python -m bench.notices            # 2,000 notices of all kinds
    python -m bench.notices 50000

The facts are those of the example customer, with another number each; no casebook and no mail server is in it. Letters are set
on one core at a time here; a print run may use several processes. Results go to standard output."""

import resource
import sys
import time
from dataclasses import replace
from itertools import cycle, islice

from arrears.domain.notice import Channel, NoticeKind
from arrears.notices.examples import AS_OF, facts_in, write
from arrears.notices.letter import Typesetter, check_letter
from arrears.notices.printed import LANGUAGES
from arrears.notices.stationery import load_sender, load_templates
from arrears.notices.words import BUILT_IN
from arrears.notices.writing import Writing
from arrears.settings import ROOT
from arrears.snapshot.catalogue import load_catalogue
from arrears.sources.mapping import load_source

BATCH = 100


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    labels = load_catalogue(ROOT / "sql").labels()
    sender = load_sender(ROOT / "policy", load_source(ROOT / "sql", "demo").declared, labels, AS_OF)
    templates = load_templates(BUILT_IN)
    people = {language: facts_in(language) for language in LANGUAGES}
    cases = islice(cycle((kind, language) for kind in NoticeKind for language in LANGUAGES), count)
    letters = []
    began = time.perf_counter()
    for number, (kind, language) in enumerate(cases):
        facts = replace(people[language], account_id=f"{number:010}")
        context = write(kind, Writing(sender, f"{number:032x}", facts, AS_OF))
        letter = next(each for each in templates[kind].render(context) if each.channel is Channel.LETTER)
        check_letter(letter.body, facts.account_id)
        letters.append(letter.body)
    _tell("composed and rendered on every channel", count, time.perf_counter() - began)
    began, setter, pages, size = time.perf_counter(), Typesetter(), 0, 0
    for place in range(0, count, BATCH):
        batch = setter.batch(letters[place : place + BATCH])
        pages, size = pages + sum(batch.pages), size + len(batch.pdf)
    _tell(
        f"letters set in batches of {BATCH} ({pages:,} pages, {size / 1e6:.1f} MB)", count, time.perf_counter() - began
    )
    few = letters[: min(count, BATCH)]
    began = time.perf_counter()
    for body in few:
        setter.set(body)
    _tell("letters set one by one", len(few), time.perf_counter() - began)
    sys.stdout.write(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB\n")


def _tell(what: str, count: int, seconds: float) -> None:
    sys.stdout.write(f"{what}: {count:,} in {seconds:.1f} s, {count / seconds:,.0f} a second\n")


if __name__ == "__main__":
    main()
