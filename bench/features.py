"""Write docs/features.md from the declarations of the features.

python -m bench.features               # the declarations; coverage stays as it was measured
python -m bench.features --measure     # coverage too, from the demo's last night in the state folder"""

import re
import sys
from collections.abc import Mapping
from pathlib import Path

from arrears.settings import ROOT
from arrears.snapshot.catalogue import Catalogue, load_catalogue

DOCUMENT = ROOT / "docs" / "features.md"
DIRECTIONS = {"more": "more is riskier", "less": "less is riskier", "none": "–"}
UNMEASURED = "?"

INTRODUCTION = """# The features: what an account is judged by

Made by `make features` from `sql/features/catalogue.yaml`; a test fails when it is stale. {coverage}

- **role**: a *risk* may be scored; a *fact* is for policy and people. What protects an account (`protections.sql`) is
  a fact that neither a card nor a warning level can read: it may bar what hurts, and never raises risk.
- **direction** says which way means more risk.
- A suffix `_3m`, `_6m`, `_12m`, `_24m`, `_60m` or `_30d` is the window that ends the day before as-of. The 31st of
  October less six months is the 30th of April.
- A count or an amount is zero where nothing happened. A share, a mean or a ratio is missing where there is nothing to
  judge: no bill fell due in the window, no use a year ago, no profile. Where a source lacks a whole table, its counts
  are zero.
- Bills and payments reach these figures through the ledger: first in, first out, by due date. A credit or write-off
  that names a bill takes from that bill first, else it settles the oldest. What was written off is no debt, and was
  never paid: such a bill is late up to as-of. An opening balance is a bill, or prepaid money when it is negative.
  Bills in dispute or on hold are left out of arrears and of behaviour, bill by bill.
- Linked accounts have the same owner, the same guarantor or the same premises; each other one counts once.
- Every night, account by account and in total: opening + billed - paid - credited - written off = open - credit, and
  what is worked with is what was accepted (`sql/checks/features/`). Where that does not hold the night stops, names
  the accounts and the difference, and writes nothing.
"""


def main(*, measure: bool) -> None:
    """Write the document."""
    night, coverage = _measured() if measure else told(DOCUMENT)
    DOCUMENT.write_text(render(load_catalogue(ROOT / "sql"), night, coverage), encoding="utf-8")


def render(catalogue: Catalogue, night: str, coverage: Mapping[str, str]) -> str:
    """The whole document; a feature that was never measured has a question mark."""
    said = f"Coverage is the share of the demo's open accounts for which a feature is not missing, {night}."
    parts = [INTRODUCTION.format(coverage=said)]
    groups = dict.fromkeys(feature.group for feature in catalogue.features.values())
    for group in groups:
        parts += [
            f"\n## {group.capitalize()}\n",
            "| feature | 中文 | English | unit | direction | role | SQL | coverage |",
            "|---|---|---|---|---|---|---|--:|",
        ]
        parts += [
            f"| `{each.name}` | {each.zh} | {each.en} | {each.unit} | {DIRECTIONS[each.direction]} | {each.role} "
            f"| `{each.sql}.sql` | {coverage.get(each.name, UNMEASURED)} |"
            for each in catalogue.features.values()
            if each.group == group
        ]
    return "\n".join(parts) + "\n"


def told(document: Path) -> tuple[str, dict[str, str]]:
    """The night and the coverage by feature, as the document has them."""
    text = document.read_text(encoding="utf-8") if document.exists() else ""
    night = re.search(r"is not missing, (.+?)\.$", text, re.MULTILINE)
    coverage = dict(re.findall(r"^\| `(\w+)` \|.*\| ([^|]+?) \|$", text, re.MULTILINE))
    return night[1] if night else "which nobody has measured yet", coverage


def _measured() -> tuple[str, dict[str, str]]:
    from arrears.deployment import lake_of
    from arrears.engine import duckdb as engine

    found = sorted(lake_of("demo").folder.glob("features/as_of=*/known_at=*/*.parquet"))
    nights = sorted({path.parent for path in found})
    if not nights:
        sys.exit("there is no night of the demo in the state folder; `make run` makes one")
    names = list(load_catalogue(ROOT / "sql").features)
    with engine.reading([path for path in found if path.parent == nights[-1]], "features") as con:
        total, *known = engine.one(
            con, "SELECT count(*), " + ", ".join(f"count({name})" for name in names) + " FROM features"
        )
    as_of = nights[-1].parent.name.removeprefix("as_of=")
    coverage = {name: f"{100 * count / total:.1f} %" for name, count in zip(names, known, strict=True)}
    return f"measured as of {as_of} on {total:,} accounts", coverage


if __name__ == "__main__":
    main(measure="--measure" in sys.argv)
