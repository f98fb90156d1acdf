"""What is kept in the register of the figures that a card reached."""

from collections.abc import Mapping
from typing import Any

from arrears.errors import UsageError

KEPT = ("rows", "bads", "bad_rate", "mean_probability", "auc", "ks", "brier", "slope")


def figures_of(validation: Mapping[str, Any], version: str) -> dict[str, Any]:
    """Verdict and figures from a validation as JSON holds it; UsageError when it is of another card."""
    if validation["version"] != version:
        raise UsageError(f"these are figures of card {validation['version'][:12]}, not of {version[:12]}")
    sample = validation["samples"][validation["judged_on"]]
    missed = [each["name"] for each in validation["checks"] if each["state"] == "failed"]
    return {
        "verdict": validation["verdict"],
        "metrics": {"held_out": {name: sample[name] for name in KEPT}, "missed": missed},
    }
