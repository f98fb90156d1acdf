"""What people do with scorecards: register, approve, refuse, promote, demote, retire. Every act is an event with who, when and
why; no act changes a night that stands."""

import datetime as dt
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from arrears.casebook import read
from arrears.casebook.cards import Registered, card_named, registered
from arrears.casebook.store import write_card, write_card_event
from arrears.casebook.tables import LIVE
from arrears.domain.register import CardAct, CardEvent, Register
from arrears.errors import LakeError, UsageError
from arrears.lake.partition import sha256
from arrears.scorecard.card import Card
from arrears.snapshot.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class By:
    """Who acts, when and why."""

    actor: str
    at: dt.datetime
    why: str

    def __post_init__(self) -> None:
        if not self.actor.strip() or not self.why.strip():
            raise UsageError("who acts and why must be said: --why is empty, or --by is")


def check_features(card: Card, catalogue: Catalogue) -> None:
    """UsageError when the card asks for what no night has, or what may not be scored."""
    for name in card.features:
        declared = catalogue.features.get(name)
        if declared is None:
            raise UsageError(f"card {card.name} scores by {name}, which is not in the feature catalogue")
        if declared.role != "risk" and name != card.segment_by:
            raise UsageError(f"card {card.name} scores by {name}, which is a fact and may not be scored")
    if not card.is_calibrated:
        raise UsageError(f"card {card.name} was not fitted; an expert card is a dated file of policy/scorecard/")


def register(
    engine: Engine,
    state: Path,
    card: Card,
    report: Path,
    by: By,
    *,
    verdict: str | None = None,
    metrics: Mapping[str, Any] | None = None,
    supersedes: bool = False,
) -> Registered:
    """Keep a card with its report, and score by it in the shadow every night. The report is copied to `state`/scorecards.
    `supersedes` retires other challengers of the same name."""
    if not report.is_file():
        raise UsageError(f"{report}: there is no such report; `arrears scorecard validate --out` writes one")
    place = Path("scorecards") / card.version / report.name
    kept = state / place
    if not (kept.exists() and kept.samefile(report)):
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(report, kept)
    training = card.training
    new = Registered(
        version=card.version,
        name=card.name,
        card=card.to_json(),
        data_window=" to ".join(training.window) if training and training.window else None,
        data_sha256=training.sha256 if training else None,
        metrics=dict(metrics or (training.metrics if training else {})),
        verdict=verdict,
        report=str(place),
        report_sha256=sha256(kept),
        fitted_by=by.actor,
        registered_at=by.at,
        why=by.why,
    )
    write_card(engine, new, supersedes=supersedes)
    return new


def decide(engine: Engine, version: str, act: CardAct, by: By) -> CardEvent:
    """Approve, refuse, retire a card in the shadow, or put one into it. An approval is of the card with the report that is
    kept with it, and never by who fitted it."""
    card = card_named(engine, version)

    def event(_connection: Connection, register: Register) -> CardEvent:
        is_in_shadow = card.version in register.in_shadow()
        if act is CardAct.SHADOWED and (is_in_shadow or register.state(card.version) is CardAct.PROMOTED):
            raise UsageError(f"card {card.version[:12]} is in the shadow, or in force, already")
        if act is not CardAct.SHADOWED and not is_in_shadow:
            said = register.state(card.version).value.removeprefix("card_")
            raise UsageError(
                f"card {card.version[:12]} was {said} and is no challenger; `arrears scorecard shadow` makes it one again"
            )
        if act is CardAct.APPROVED and by.actor == card.fitted_by:
            raise UsageError(f"{by.actor} fitted card {card.version[:12]}; a second person must approve it")
        sha = card.report_sha256 if act in (CardAct.APPROVED, CardAct.REFUSED) else None
        return CardEvent(card.version, act, by.actor, by.at, by.why, report_sha256=sha)

    return write_card_event(engine, event)


def promote(engine: Engine, state: Path, version: str, from_on: dt.date, by: By) -> CardEvent:
    """The card decides from the night of `from_on` on. Verifies the approval, the card's own hash and the report's."""
    card = card_named(engine, version)
    card.read()
    report_of(card, state)

    def event(connection: Connection, register: Register) -> CardEvent:
        register.check_promotion(card.version, card.fitted_by, card.report_sha256, from_on)
        _check_night(connection, from_on)
        return CardEvent(card.version, CardAct.PROMOTED, by.actor, by.at, by.why, from_on=from_on)

    return write_card_event(engine, event)


def demote(engine: Engine, from_on: dt.date, by: By) -> CardEvent:
    """From the night of `from_on` on the card decides that did before the one in force was promoted."""

    def event(connection: Connection, register: Register) -> CardEvent:
        champion, before = register.demotion(from_on)
        _check_night(connection, from_on)
        if before is not None:
            registered(connection)[before].read()
        return CardEvent(champion, CardAct.DEMOTED, by.actor, by.at, by.why, from_on=from_on, restores=before)

    return write_card_event(engine, event)


def report_of(card: Registered, state: Path) -> Path:
    """The report that is kept with the card; LakeError when it is not, byte for byte, what was registered."""
    path = state / card.report
    if not path.exists() or sha256(path) != card.report_sha256:
        raise LakeError(f"{path} is missing or not the report that was registered; restore it from a backup")
    return path


def _check_night(connection: Connection, from_on: dt.date) -> None:
    """A backfill of a night gives what that night gave: so no card changes under a night that people have seen."""
    nights = read.nights(connection, LIVE)
    if nights and from_on <= nights[-1].run.as_of:
        last = nights[-1].run.as_of
        raise UsageError(
            f"the night of {last} stands under another card; the first that can change is {last + dt.timedelta(1)}"
        )
