"""What a person does with a proposal: say that it is right, put another in its place, refuse it, ask a second person; and a
visit, which is another treatment with a day on which somebody looks again."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from arrears.casebook.decisions import Recorded
from arrears.domain.approval import waiting
from arrears.domain.decision import FROM, DecisionAct, hurts
from arrears.domain.people import Right
from arrears.domain.run import Run
from arrears.errors import UsageError
from arrears.policy.axes import AXES, TEXT_TERMS, TermKind, terms_of
from arrears.review import approvals, cases, decisions
from arrears.review.approvals import SecondPerson, facts_in
from arrears.review.axis_words import TERMS, value_word
from arrears.review.case_file import Proposed
from arrears.review.cases import Seen
from arrears.review.history_words import proposal
from arrears.web.acts.act import WHY, Act, Field, Kind, Target, Values, Work, only

SHAPES: Mapping[TermKind, Kind] = {
    "money": "amount", "count": "line", "share": "line", "days": "day", "text": "choice",
}  # fmt: skip
"""How a term is typed."""


def _where(act: DecisionAct) -> Callable[[Work], Sequence[Target]]:
    """On what stands by a decision that has a move for the act."""

    def targets(work: Work) -> Sequence[Target]:
        return tuple(
            _target(work, each, each.standing)
            for each in work.file.proposed
            if each.standing is not None
            and each.axis in AXES
            and each.standing.decision.superseded_on is None
            and each.standing.decision.state in FROM[act]
        )

    return targets


def _target(work: Work, each: Proposed, standing: Recorded) -> Target:
    now = standing.decision
    return Target(each.axis, proposal(now.axis, now.value, now.terms, work.language), now.seq)


def second_person(work: Work) -> SecondPerson:
    """By the rules in force, with what the night knows of the account."""
    stored = facts_in(work.visit.site.lake)

    def facts_of(run: Run, account_id: str) -> Mapping[str, Any]:
        row = work.night.row(account_id) if run == work.night.run else None
        return row["features"] if row is not None and row["features"] else stored(run, account_id)

    return SecondPerson(work.desk().rules, facts_of)


def _standing(work: Work, target: Target) -> Proposed:
    return next(each for each in work.file.proposed if each.axis == target.of)


def _confirming(work: Work, target: Target, _values: Values) -> Sequence[str]:
    found = _standing(work, target)
    if found.needs_second and not found.is_approved:
        raise UsageError(work.say("{what} needs the approval of a second person first; ask for it.", what=target.label))
    told = [work.say("Confirmed will be: {what}.", what=target.label)]
    if found.hurts:
        told.append(work.say("It hurts the customer, and is in force from then on."))
        told.append(
            work.say("The next night drafts the notice of the decision, with its reasons and how to contest it.")
        )
    return told


def _confirm(work: Work, target: Target, values: Values) -> str:
    decisions.confirm(
        work.visit.site.engine,
        work.account_id,
        target.of,
        second_person(work),
        actor=work.actor,
        why=values["why"],
        at=work.at,
        expected_seq=target.seq,
    )
    return work.say("Confirmed: {what}.", what=target.label)


def _change_fields(work: Work, target: Target) -> Sequence[Field]:
    """All terms that a value of the axis may need; those of the chosen one are wanted."""
    axis = target.of
    values = tuple((value, value_word(axis, value, work.language)) for value in AXES[axis])
    fields = [Field("to", "To be instead", "choice", options=values)]
    for value in AXES[axis]:
        for column, kind in terms_of(axis, value).values():
            label = f"{value_word(axis, value, work.language)}: {TERMS[column][work.language != 'zh-CN']}"
            options = tuple((each, each) for each in sorted(TEXT_TERMS.get(column, ())))
            hint = "Needed when this is chosen."
            fields.append(Field(column, label, SHAPES[kind], is_needed=False, options=options, hint=hint))
    return (*fields, WHY)


def _terms(work: Work, axis: str, value: str, values: Values) -> dict[str, str]:
    """As text, all that the value needs; UsageError for one that is missing, or no number."""
    terms = {}
    for column, kind in terms_of(axis, value).values():
        given = values.get(column)
        name = TERMS[column][work.language != "zh-CN"]
        if given is None:
            raise UsageError(
                work.say("{value} needs: {term}.", value=value_word(axis, value, work.language), term=name)
            )
        if kind in ("count", "share"):
            given = _number(work, name, str(given), is_share=kind == "share")
        terms[column] = str(given)
    return terms


def _number(work: Work, name: str, text: str, *, is_share: bool) -> Decimal | int:
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("NaN")
    if is_share and found.is_finite() and 0 <= found <= 1:
        return found
    if not is_share and found.is_finite() and found == found.to_integral_value() and 0 < found < 10_000:
        return int(found)
    hint = work.say("a share between 0 and 1, such as 0.25") if is_share else work.say("a whole number above 0")
    raise UsageError(work.say("{term} is {hint}.", term=name, hint=hint))


def _changing(work: Work, target: Target, values: Values) -> Sequence[str]:
    terms = _terms(work, target.of, values["to"], values)
    to = proposal(target.of, values["to"], terms, work.language)
    found = _standing(work, target)
    if found.standing is not None and (values["to"], terms) == (
        found.standing.decision.value,
        dict(found.standing.decision.terms),
    ):
        raise UsageError(work.say("That is what stands already; confirm it instead."))
    told = [work.say("In the place of {what} will stand: {to}.", what=target.label, to=to)]
    if hurts(target.of, values["to"]):
        told.append(work.say("It hurts the customer: it is not in force before it is confirmed."))
    return told


def _change(work: Work, target: Target, values: Values) -> str:
    terms = _terms(work, target.of, values["to"], values)
    decisions.change_mode(
        work.visit.site.engine,
        work.account_id,
        target.of,
        values["to"],
        terms,
        actor=work.actor,
        why=values["why"],
        at=work.at,
        expected_seq=target.seq,
    )
    return work.say("Changed to: {what}.", what=proposal(target.of, values["to"], terms, work.language))


def _refusing(work: Work, target: Target, _values: Values) -> Sequence[str]:
    return (
        work.say("Refused will be: {what}.", what=target.label),
        work.say("It comes back only when a night proposes something else."),
    )


def _refuse(work: Work, target: Target, values: Values) -> str:
    decisions.refuse(
        work.visit.site.engine,
        work.account_id,
        target.of,
        actor=work.actor,
        why=values["why"],
        at=work.at,
        expected_seq=target.seq,
    )
    return work.say("Refused: {what}.", what=target.label)


def _askable(work: Work) -> Sequence[Target]:
    return tuple(
        _target(work, each, each.standing)
        for each in work.file.proposed
        if each.standing is not None and each.needs_second and each.asked is None and not each.is_approved
    )


def _asking(work: Work, target: Target, _values: Values) -> Sequence[str]:
    return (
        work.say("A second person will be asked to approve: {what}.", what=target.label),
        work.say("Nothing happens to the customer before that, and you cannot answer it yourself."),
    )


def _ask(work: Work, target: Target, values: Values) -> str:
    second = second_person(work)
    asked = approvals.ask(
        work.visit.site.engine, work.account_id, target.of, second, actor=work.actor, why=values["why"], at=work.at
    )
    rights = ", ".join(work.say(right) for right in sorted(waiting(asked.request, second.rules, work.at).rights))
    return work.say("Approval is asked for; it can be given by: {rights}.", rights=rights)


def _visitable(work: Work) -> Sequence[Target]:
    case = work.file.case
    return (Target(case.episode.episode_id, "", case.episode.seq),) if case is not None and case.episode.is_open else ()


def _visiting(work: Work, _target: Target, values: Values) -> Sequence[str]:
    if values["on"] < work.visit.site.today:
        raise UsageError(work.say("{day} lies in the past.", day=work.visit.language.date(values["on"])))
    day = work.visit.language.date(values["on"])
    told = [work.say("The case will be due on {day}, for a visit.", day=day)]
    found = next((each for each in work.file.proposed if each.axis == "treatment"), None)
    if found is not None and found.standing is not None and found.standing.decision.value != "field_visit":
        what = value_word("treatment", found.standing.decision.value, work.language)
        told.append(work.say("Its treatment will be a field visit instead of: {what}.", what=what))
    return told


def _visit(work: Work, target: Target, values: Values) -> str:
    """The day first, on top of what the person saw; then the treatment, where another one stands."""
    said = work.say("Visit")
    cases.follow_up(work.visit.desk, Seen(target.of, target.seq), values["on"], f"{said}: {values['why']}")
    standing = work.file.live.standing("treatment")
    if standing is not None and standing.decision.value != "field_visit":
        days = max((values["on"] - standing.proposal.as_of).days, 1)
        decisions.change_mode(
            work.visit.site.engine,
            work.account_id,
            "treatment",
            "field_visit",
            {"visit_within_days": str(days)},
            actor=work.actor,
            why=values["why"],
            at=work.at,
            expected_seq=standing.decision.seq,
        )
    return work.say("The visit is scheduled.")


ACTS = (
    Act(
        "confirm",
        "Confirm",
        Right.CHANGE_MODE,
        _where(DecisionAct.CONFIRM),
        only(WHY),
        _confirming,
        _confirm,
    ),
    Act("change", "Change", Right.CHANGE_MODE, _where(DecisionAct.CHANGE), _change_fields, _changing, _change),
    Act("refuse", "Refuse", Right.CHANGE_MODE, _where(DecisionAct.REFUSE), only(WHY), _refusing, _refuse),
    Act("ask", "Ask for approval", Right.ASK_APPROVAL, _askable, only(WHY), _asking, _ask),
    Act("visit", "Schedule a visit", Right.WORK, _visitable, only(Field("on", "On", "day"), WHY), _visiting, _visit),
)
