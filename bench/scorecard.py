"""Fit a scorecard on 1,000,000 rows of 20 columns and score them, beside optbinning and toad, each in a process of its own.

`python -m bench.scorecard` writes the section of docs/benchmarks.md between its markers."""

import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from arrears.scorecard import metrics
from arrears.settings import ROOT

COLUMNS = 20
TOOLS = ("ours", "optbinning", "toad")
Floats = NDArray[np.float64]
Fitted = tuple[Callable[[pd.DataFrame], Floats], dict[str, float]]
"""What scores a table (higher is riskier), and figures by the way."""


def make_table(rows: int, seed: int = 1) -> pd.DataFrame:
    """Columns that know something of one hidden risk: some skewed, some whole numbers, some one tenth missing."""
    rng = np.random.default_rng(seed)
    risk = rng.normal(size=rows)
    columns: dict[str, Floats] = {}
    for place in range(COLUMNS):
        values = 0.4 * (1 - place / 25) * risk + rng.normal(size=rows)
        if place % 4 == 1:
            values = np.exp(values)
        elif place % 4 == 2:
            values = np.round(values * 2)
        elif place % 4 == 3:
            values[rng.random(rows) < 0.1] = np.nan
        columns[f"x{place:02}"] = values
    bad = rng.random(rows) < 1 / (1 + np.exp(2.5 - 1.3 * risk))
    return pd.DataFrame({**columns, "bad": bad.astype(np.int64)})


def by_ours(table: pd.DataFrame) -> Fitted:
    """Choice, calibration, held-out figures and reasons included."""
    from arrears.scorecard.fit import fit
    from arrears.scorecard.points import score
    from arrears.scorecard.prepare import Given

    def columns(of: pd.DataFrame) -> dict[str, Floats]:
        return {name: of[name].to_numpy() for name in of.columns if name != "bad"}

    card = fit(Given(columns(table), table["bad"].to_numpy().astype(bool)))
    return lambda of: score(card, columns(of)).probability, {"columns": float(len(card.features))}


def by_optbinning(table: pd.DataFrame) -> Fitted:
    """Its defaults, over scikit-learn's logistic regression; no reasons."""
    from optbinning import BinningProcess, Scorecard
    from sklearn.linear_model import LogisticRegression

    names = [name for name in table.columns if name != "bad"]
    card = Scorecard(
        binning_process=BinningProcess(names),
        estimator=LogisticRegression(),
        scaling_method="pdo_odds",
        scaling_method_params={"pdo": 20, "odds": 50, "scorecard_points": 600},
    )
    card.fit(table[names], table["bad"].to_numpy())
    return lambda of: -np.asarray(card.score(of[names]), dtype=np.float64), {"columns": float(len(names))}


def by_toad(table: pd.DataFrame) -> Fitted:
    """Trees for the bins, as the faster of its ways; no reasons."""
    import toad

    names = [name for name in table.columns if name != "bad"]
    combiner = toad.transform.Combiner()
    combiner.fit(table, y="bad", method="dt", min_samples=0.01, n_bins=8, empty_separate=True)
    transformer = toad.transform.WOETransformer()
    transformer.fit_transform(combiner.transform(table), table["bad"], exclude=["bad"])
    card = toad.ScoreCard(combiner=combiner, transer=transformer, base_score=600, base_odds=50, pdo=20)
    card.fit(transformer.transform(combiner.transform(table))[names], table["bad"])
    return lambda of: -np.asarray(card.predict(of[names]), dtype=np.float64), {"columns": float(len(names))}


def measure(tool: str, path: Path) -> dict[str, float]:
    """Fit on the table, score another of the same kind; seconds, memory above the table's, and the AUC of the other."""
    warnings.simplefilter("ignore")
    table = pd.read_parquet(path)
    other = make_table(len(table), seed=2)
    bad = other.pop("bad").to_numpy().astype(np.float64)
    before = _peak()
    started = time.perf_counter(), time.process_time()
    fit: dict[str, Callable[[pd.DataFrame], Fitted]] = {"ours": by_ours, "optbinning": by_optbinning, "toad": by_toad}
    scorer, told = fit[tool](table)
    fitted = time.perf_counter(), time.process_time()
    fit_peak = _peak()
    risk = scorer(other)
    done = time.perf_counter(), time.process_time()
    area = metrics.auc(metrics.ranking(bad, risk))
    return {
        "fit": fitted[0] - started[0],
        "fit_processor": fitted[1] - started[1],
        "apply": done[0] - fitted[0],
        "apply_processor": done[1] - fitted[1],
        "memory_gb": (fit_peak - before) / 2**20,
        "auc": area or 0.0,
        **told,
    }


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def compare(rows: int) -> dict[str, dict[str, float]]:
    """Each tool in turn, in a process of its own, on the same file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.parquet"
        make_table(rows).to_parquet(path)
        found = {}
        for tool in TOOLS:
            command = [sys.executable, "-W", "ignore", "-m", "bench.scorecard", "--measure", tool, str(path)]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            if done.returncode:
                sys.exit(f"{tool}: {done.stderr[-2000:]}")
            found[tool] = json.loads(done.stdout.splitlines()[-1])
    return found


def told(found: dict[str, dict[str, float]], rows: int) -> str:
    """The section, as Markdown."""
    lines = [
        f"{rows:,} rows, {COLUMNS} columns, another table of as many rows scored; Python {platform.python_version()}, 2 cores;",
        "seconds (processor seconds in brackets, which say more on a machine with other work), memory above that of the table",
        "itself, AUC on the other table.",
        "",
        "| tool | fit | apply | memory of the fit | AUC | what is in it |",
        "|---|--:|--:|--:|--:|---|",
    ]
    said = {
        "ours": "choice of columns, covariance, calibration, held-out figures; apply with 95 % interval and 4 reasons",
        "optbinning": "its defaults, scikit-learn's logistic regression; points only",
        "toad": "trees for the bins, 8 at most; points only",
    }
    for tool, each in found.items():
        lines.append(
            f"| {tool} | {each['fit']:.1f} s ({each['fit_processor']:.1f}) "
            f"| {each['apply']:.2f} s ({each['apply_processor']:.2f}) "
            f"| {each['memory_gb']:.2f} GB | {each['auc']:.4f} | {said[tool]} |"
        )
    return "\n".join(lines)


def write(section: str) -> None:
    """Between the section's markers in docs/benchmarks.md, which is made at the end when it is not there."""
    path = ROOT / "docs" / "benchmarks.md"
    begin, end = "<!-- scorecard: begin -->", "<!-- scorecard: end -->"
    text = path.read_text(encoding="utf-8")
    if begin not in text:
        text = text.rstrip("\n") + f"\n\n## A scorecard, beside other tools\n\n{begin}\n{end}\n"
    head, _, rest = text.partition(begin)
    path.write_text(f"{head}{begin}\n{section}\n{end}{rest.partition(end)[2]}", encoding="utf-8")


def main(arguments: list[str]) -> None:
    """Without arguments a million rows; a number for so many."""
    if arguments[:1] == ["--measure"]:
        figures: Any = measure(arguments[1], Path(arguments[2]))
        sys.stdout.write(json.dumps(figures) + "\n")
        return
    rows = int(arguments[0]) if arguments else 1_000_000
    section = told(compare(rows), rows)
    sys.stdout.write(section + "\n")
    if not arguments:
        write(section)


if __name__ == "__main__":
    main(sys.argv[1:])
