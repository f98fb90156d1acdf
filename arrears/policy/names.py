"""The words that conditions and terms may use in each file, and what each can be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from arrears.policy.axes import AXES, LEVEL
from arrears.policy.conditions import Kind
from arrears.snapshot.catalogue import IDENTITY, Catalogue

_KINDS: dict[str, Kind] = {"category": "text", "date": "date", "yes/no": "boolean"}
_CONTRACT_CHOICES = {
    "voltage_class": frozenset({"<1kV", "1-10kV", "20kV", "35kV", "110kV", "220kV+"}),
    "tariff": frozenset({"residential", "agricultural", "general_commercial", "large_industrial"}),
    "segment": frozenset({"high_voltage", "business", "residential"}),
    "occupancy": frozenset({"owner", "tenant"}),
    "customer_kind": frozenset({"person", "organisation"}),
    "payment_mode_in_force": frozenset(AXES["payment_mode"]),
}
STANCES = ("cannot", "will_not", "unclear")
_SCORED: dict[str, Kind] = {
    "grade": "text",
    **dict.fromkeys(("points", "probability", "exposure_amount", "expected_loss_amount", "next_due_amount"), "number"),
}
_DECIDED: dict[str, Kind] = {
    LEVEL: "text",
    "is_in_collection": "boolean",
    "stance": "text",
    "customer_grade": "text",
    "is_over_limit": "boolean",
    "is_over_ceiling": "boolean",
    "is_held_out": "boolean",
}
WORKED_OUT = frozenset({*_SCORED, *_DECIDED, *AXES})
"""Words for what is worked out of features, and so is none of them."""


@dataclass(frozen=True, slots=True)
class Names:
    """`kinds` of the columns that may be named, `choices` of the texts that some of them can have, and `values`: numbers
    of the policy's own that have a name."""

    kinds: Mapping[str, Kind]
    choices: Mapping[str, frozenset[str]]
    values: Mapping[str, Decimal] = field(default_factory=dict)


def scored_names(catalogue: Catalogue, grades: tuple[str, ...]) -> Names:
    """For vetoes, stance and levels: what an account is and what it scores. What protects it is left out: that decides how
    an account is treated, and never whether it is warned of."""
    features = {name: kind for name, kind in _features(catalogue).items() if not catalogue.features[name].protects}
    return Names({**features, **_SCORED}, {**_CONTRACT_CHOICES, "grade": frozenset(grades)})


def axis_names(
    axis: str, catalogue: Catalogue, grades: tuple[str, ...], levels: tuple[str, ...], values: Mapping[str, Decimal]
) -> Names:
    """For the rules of an axis: all of it, what was decided before, and the policy's own values."""
    before = tuple(AXES)[: tuple(AXES).index(axis)]
    return Names(
        {**_features(catalogue), **_SCORED, **_DECIDED, **dict.fromkeys(before, "text")},
        {
            **_CONTRACT_CHOICES,
            "grade": frozenset(grades),
            "customer_grade": frozenset(grades),
            LEVEL: frozenset(levels),
            "stance": frozenset(STANCES),
            **{name: frozenset(AXES[name]) for name in before},
        },
        values,
    )


def taken_names(catalogue: Catalogue) -> frozenset[str]:
    """Words that mean something already, so that no value may be called so."""
    return frozenset({*IDENTITY, *_features(catalogue), *WORKED_OUT})


def _features(catalogue: Catalogue) -> dict[str, Kind]:
    return {feature.name: _KINDS.get(feature.unit, "number") for feature in catalogue.features.values()}
