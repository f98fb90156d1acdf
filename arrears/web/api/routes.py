"""The interface's routes. They ask what the pages ask, and own no rule."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from starlette.datastructures import FormData
from starlette.responses import JSONResponse, Response

from arrears.domain.people import Right
from arrears.errors import CasebookError, UsageError
from arrears.review import worklist, worklist_filter
from arrears.review.worklist import Listed
from arrears.web.acts import ACTS, Target, Work, offered
from arrears.web.acts.act import Act, Field, typed
from arrears.web.api import shapes
from arrears.web.case_reading import work_at
from arrears.web.visit import Here, MissingError, Visit

PROBLEM = "application/problem+json"
_TOLD = {
    400: "the body is no text that can be read",
    401: "nobody is signed in",
    403: "the person's roles or districts do not include this",
    404: "there is no such account, or none that the person may know of",
    409: "somebody was first, or the case does not allow it as it stands",
    413: "the body is too large",
    422: "something in the question is not as it should be",
    503: "the casebook or the lake cannot be read now",
}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": told, "content": {PROBLEM: {"schema": shapes.Problem.model_json_schema()}}}
    for status, told in _TOLD.items()
}


def for_programs(visit: Here) -> Visit:
    """ForbiddenError without the right to use the interface."""
    visit.require(Right.USE_API)
    return visit


Program = Annotated[Visit, Depends(for_programs)]
AccountId = Annotated[str, Path(max_length=200, description="As the list names it.")]
router = APIRouter(prefix="/api/v1", responses=PROBLEMS)


@router.get("/me", summary="Who the program acts as, and what it may do")
def me(visit: Program) -> shapes.Me:
    person, night = visit.person, visit.site.night()
    return shapes.Me(
        account=str(person.actor),
        name=person.name,
        roles=sorted(person.roles),
        rights=[right for right in Right if visit.may(right)],
        districts=None if person.districts is None else sorted(person.districts),
        language=visit.language.tag,
        today=visit.site.today,
        as_of=night.as_of if night else None,
    )


def _asked(name: str, told: str, *, is_many: bool = False) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "array", "items": {"type": "string"}} if is_many else {"type": "string"}
    return {"name": name, "in": "query", "required": False, "description": told, "schema": schema}


@router.get(
    "/warnings",
    summary="The warning list",
    openapi_extra={
        "parameters": [
            *(
                _asked(name, "Only these; may be repeated.", is_many=True)
                for name in ("level", "district", "voltage", "tariff", "state", "mode", "treatment")
            ),
            _asked("owner", "A person as `local:name`, or `mine`, or `nobody`."),
            _asked("reason", "A feature among the main reasons."),
            _asked("due", "To be looked at by this day."),
            _asked("since", "Raised on this day or later."),
            _asked("owed", "At least this much open."),
            _asked("held_out", "yes or no."),
            _asked("capacity", "yes: within what staff can do tonight."),
            _asked("text", "Account, name, address, or the first letters of their pinyin."),
            _asked("sort", "A column; with a minus before it, the largest first."),
            _asked("page", "From 1."),
            _asked("size", "Rows of a page."),
        ]
    },
)
def warnings(visit: Program) -> shapes.Warnings:
    visit.require(Right.READ)
    asked = worklist_filter.parse(visit.request.scope["query_string"].decode("latin-1"))
    found = worklist.page(visit.site.engine, asked, visit.person.actor, visit.person.districts)
    return shapes.Warnings(
        as_of=found.as_of,
        page=found.number,
        pages=found.pages,
        total=found.counts.total,
        within_capacity=found.counts.within_capacity,
        by_level=found.counts.by_level,
        overdue_amount=_money(found.counts.overdue_amount),
        expected_loss_amount=_money(found.counts.expected_loss_amount),
        rows=[_warned(row) for row in found.rows],
    )


@router.get("/accounts/{account_id}", summary="An account: what it owes, its case, and what can be done now")
def account(visit: Program, account_id: AccountId) -> shapes.Account:
    work = work_at(visit, account_id)
    visit.looked(account_id, "api")
    who, owed, case = work.file.who, work.file.owed, work.file.case
    return shapes.Account(
        account_id=who.account_id,
        customer_id=who.customer_id,
        customer_name=who.customer_name,
        address=who.address,
        district=who.district,
        voltage_class=who.voltage_class,
        tariff=who.tariff,
        protections=list(who.protections),
        linked_accounts=[each.account_id for each in who.linked],
        as_of=owed.as_of,
        open_amount=_money(owed.open_amount),
        overdue_amount=_money(owed.overdue_amount),
        disputed_amount=_money(owed.disputed_amount),
        oldest_days_past_due=owed.oldest_days_past_due,
        ageing={name: _money(amount) for name, amount in owed.ageing.items()},
        open_bills=[_bill(each) for each in owed.open_bills],
        case=_standing(case.episode) if case else None,
        decided=[
            shapes.Decided(
                axis=each.axis,
                value=each.value,
                rule=each.rule,
                reason=each.reason,
                terms=_plain(each.terms),
                hurts=each.hurts,
            )
            for each in work.file.proposed
        ],
        history=[
            shapes.Told(at=each.at, kind=each.kind, actor=each.actor, text=each.text) for each in work.file.history
        ],
        acts=[_offer(work, ACTS[name], target) for name, targets in offered(work).items() for target in targets],
    )


@router.post(
    "/accounts/{account_id}/acts/{name}",
    summary="Do something with the case, or ask what it would do",
    response_model=shapes.Done,
)
def do_act(
    visit: Program, account_id: AccountId, name: Annotated[str, Path(max_length=50)], doing: shapes.Doing
) -> Response:
    work, act = work_at(visit, account_id), ACTS.get(name)
    if act is None:
        raise MissingError(visit.say("There is no such page, or none that you may see."))
    visit.require(act.right, work.file.who.district or "")
    visit.looked(account_id, f"api act {act.name}")
    target = next((each for each in act.targets(work) if each.of == doing.of), None)
    if target is None or target.seq != doing.seq:
        return _stale(visit, account_id, visit.say("The case is not as you saw it, or does not allow this now."))
    fields = act.fields(work, target)
    unknown = sorted(set(doing.fields) - {field.name for field in fields})
    visit.form = FormData(
        [(key, one) for key, value in doing.fields.items() for one in (value if isinstance(value, list) else [value])]
    )
    values, wrong = typed(visit, fields)
    wrong |= {key: visit.say("There is no such field.") for key in unknown}
    if wrong:
        return _problem(422, visit.say("Something in the address or in the form is not as it should be."), errors=wrong)
    try:
        ahead = act.preview(work, target, values)
        if doing.is_preview:
            return _done(shapes.Done(ahead=list(ahead)))
        return _done(shapes.Done(said=act.do(work, replace(target, seq=doing.seq), values)))
    except UsageError as error:
        return _problem(422, str(error))
    except CasebookError as error:
        return _stale(visit, account_id, str(error))


def _stale(visit: Visit, account_id: str, sentence: str) -> Response:
    later = [each.text for each in work_at(visit, account_id).file.history[:5]]
    return _problem(409, sentence, later=later)


def _problem(status: int, detail: str, **more: Any) -> Response:
    title = {409: "Conflict", 422: "Unprocessable Content"}[status]
    problem = shapes.Problem(title=title, status=status, detail=detail, **more)
    return JSONResponse(problem.model_dump(exclude_none=True), status, media_type=PROBLEM)


def _done(done: shapes.Done) -> Response:
    return JSONResponse(done.model_dump())


def _offer(work: Work, act: Act, target: Target) -> shapes.Offer:
    return shapes.Offer(
        name=act.name,
        label=work.say(act.label),
        of=target.of,
        about=target.label,
        seq=target.seq,
        is_grave=act.is_grave,
        fields=[_choice(work, each) for each in act.fields(work, target)],
    )


def _choice(work: Work, field: Field) -> shapes.Choice:
    options = [value for value, _ in field.options]
    return shapes.Choice(
        name=field.name, label=work.say(field.label), kind=field.kind, is_needed=field.is_needed, options=options
    )


def _warned(row: Listed) -> shapes.Warned:
    values = _as_text(asdict(row))
    for place in (1, 2, 3, 4):
        del values[f"reason_{place}"]
    return shapes.Warned(**values, reasons=row.reasons)


def _bill(bill: Any) -> shapes.Bill:
    return shapes.Bill(**_as_text({name: getattr(bill, name) for name in shapes.Bill.model_fields}))


def _as_text(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in values.items()}


def _standing(episode: Any) -> shapes.Standing:
    promise = episode.promise
    return shapes.Standing(
        episode_id=episode.episode_id,
        seq=episode.seq,
        level=episode.level,
        state=episode.state,
        owner=episode.owner,
        raised_on=episode.raised_on,
        resolved_on=episode.resolved_on,
        outcome=episode.outcome,
        follow_up_on=episode.follow_up_on,
        promised_amount=_money(promise.amount) if promise else None,
        promise_due_on=promise.due_on if promise else None,
        promise_state=promise.state if promise else None,
    )


def _plain(terms: dict[str, object]) -> dict[str, Any]:
    return {
        name: value if value is None or isinstance(value, bool | int | str) else str(value)
        for name, value in terms.items()
    }


def _money(amount: Decimal) -> str:
    return f"{amount:.2f}"
