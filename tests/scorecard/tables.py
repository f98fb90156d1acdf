"""Small tables with a known truth, as arrays and as files."""

from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from arrears.scorecard.card import Card
from arrears.scorecard.fit import fit
from arrears.scorecard.points import Column
from arrears.scorecard.prepare import Given, Options

REAL = Path(__file__).parents[3] / "shared" / "data"
"""Real data, made by others; tests that use it skip where it is not there."""

Bools = NDArray[np.bool_]


def columns_of(rows: int = 4000, seed: int = 0) -> tuple[dict[str, Column], Bools]:
    """One hidden risk seen through numbers, a category, codes and missing values; and columns that know nothing of it."""
    rng = np.random.default_rng(seed)
    risk = rng.normal(size=rows)
    late = rng.poisson(np.exp(0.7 * risk - 1)).clip(0, 9).astype(np.float64)
    late[: rows // 50] = 98
    use = np.round(np.exp(rng.normal(size=rows) - 0.5 * risk), 3)
    use[rng.random(rows) < 0.2] = np.nan
    tariff = np.where(rng.random(rows) < 0.5 + 0.2 * np.tanh(risk), "business", "residential").astype(object)
    tariff[rng.random(rows) < 0.05] = None
    columns: dict[str, Column] = {
        "late": late,
        "use": use,
        "tariff": pa.array(tariff, pa.string()),
        "noise": rng.normal(size=rows),
        "colour": pa.array(rng.choice(["red", "green", "blue"], rows), pa.string()),
    }
    return columns, rng.random(rows) < 1 / (1 + np.exp(1.8 - 1.2 * risk))


def given(rows: int = 4000, seed: int = 0) -> Given:
    """The same, ready to be fitted."""
    columns, bad = columns_of(rows, seed)
    return Given(columns, bad, data="made.csv", target="bad")


def as_csv(columns: dict[str, Column], bad: Bools) -> str:
    """The table as text, with an id that begins with a zero."""
    lists = {name: column.tolist() for name, column in columns.items()}
    lines = [",".join(["id", *lists, "bad"])]
    for row in range(len(bad)):
        values = ["" if v is None or v != v else str(v) for v in (each[row] for each in lists.values())]
        lines.append(",".join([f"{row:06}", *values, str(int(bad[row]))]))
    return "\n".join(lines) + "\n"


def small_card(name: str = "made") -> Card:
    """A fitted card over one feature of the catalogue."""
    columns, bad = columns_of(1000)
    return fit(Given({"late_streak_bills": columns["late"]}, bad, data="made.csv", target="bad"), Options(name=name))
