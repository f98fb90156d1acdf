"""Everything that a person can do with a case, by name."""

from collections.abc import Mapping, Sequence

from arrears.web.acts import approving, contesting, crediting, deciding, holding, law, notices, warning
from arrears.web.acts.act import Act, Target, Work

ACTS: Mapping[str, Act] = {
    act.name: act
    for module in (warning, holding, deciding, crediting, approving, contesting, law, notices)
    for act in module.ACTS
}


def offered(work: Work) -> Mapping[str, Sequence[Target]]:
    """By name the acts that the case and the person's rights let be done now, each with what it can be done on."""
    district = work.file.who.district
    found = {name: act.targets(work) for name, act in ACTS.items() if work.visit.may(act.right, district)}
    return {name: targets for name, targets in found.items() if targets}


__all__ = ["ACTS", "Act", "Target", "Work", "offered"]
