"""A fitted card that can score the small utility, as people would have it: the card, its report, its figures."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cli.conftest import Arrears, arrears
from tests.end_to_end.conftest import casebook_server, shared
from tests.end_to_end.deployments import Deployment
from tests.nights.conftest import books, deploy_small

__all__ = ["arrears", "books", "casebook_server", "deploy_small", "shared"]

ROWS = 600

FitCard = Callable[..., "Fitted"]
"""Fits a card on rows of a seed of their own."""


@dataclass(frozen=True)
class Fitted:
    """Files of one card."""

    card: Path
    report: Path
    figures: Path

    @property
    def options(self) -> tuple[str, ...]:
        return ("--card", str(self.card), "--report", str(self.report), "--figures", str(self.figures))


def made_rows(path: Path, seed: int) -> Path:
    """Accounts of a utility that does not exist: who pays late falls into arrears."""
    rng = np.random.default_rng(seed)
    late = rng.poisson(8, ROWS)
    table = {
        "longest_late_days_12m": late,
        "on_time_amount_share_12m": np.clip(1 - late / 20 + rng.normal(0, 0.1, ROWS), 0, 1).round(3),
        "late_streak_bills": rng.poisson(1, ROWS),
        "bad": (rng.random(ROWS) < 1 / (1 + np.exp(3 - late / 4))).astype(int),
    }
    pq.write_table(pa.table(table), path)
    return path


@pytest.fixture
def fit_card(arrears: Arrears, tmp_path: Path) -> FitCard:
    def fit(deployment: Deployment, seed: int = 1) -> Fitted:
        rows = made_rows(tmp_path / f"rows{seed}.parquet", seed)
        made = Fitted(*(tmp_path / f"{name}{seed}" for name in ("card.json", "report.html", "figures.json")))
        card, data = str(made.card), ("--data", str(rows))
        fitted = arrears(deployment, "scorecard", "fit", *data, "--target", "bad", "--out", card, "--name", "small")
        assert fitted.code == 0, fitted.err
        out = ("--out", str(made.report), "--json", str(made.figures))
        judged = arrears(deployment, "scorecard", "validate", "--card", card, *data, *out)
        assert judged.code == 0, judged.err
        return made

    return fit
