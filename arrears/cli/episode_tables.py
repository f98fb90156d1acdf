"""How `arrears episode` shows cases: a list, or one with its history."""

from rich.table import Table

from arrears.cli.quarantine_tables import console
from arrears.cli.words import Language
from arrears.domain.episode import Episode
from arrears.review.case_list import Listed
from arrears.review.case_words import sentence, term, when, who
from arrears.review.cases import Case, Desk


def print_case(case: Case, desk: Desk, lang: Language) -> None:
    """Where it stands, and everything that happened to it."""
    out = console()
    print_head(case.episode, lang)
    table = Table(*(lang.say(each) for each in ("step", "when", "who", "what")), box=None, pad_edge=False)
    for each in case.events:
        said = sentence(each.event, lang.tag)
        table.add_row(str(each.seq), when(each.occurred_at, desk.zone), who(each.actor, lang.tag), said)
    out.print(table)


def print_head(episode: Episode, lang: Language) -> None:
    """Where a case stands, in a line or two."""
    ended = f" ({term(episode.outcome, lang.tag)}, {episode.resolved_on})" if episode.outcome else ""
    said = (
        "{account}: {level}, {state}{ended}; raised on {raised_on}, owner {owner}, follow-up {follow_up}, step {step}"
    )
    console().print(
        lang.say(
            said,
            account=episode.account_id,
            level=term(episode.level, lang.tag),
            state=term(episode.state, lang.tag),
            ended=ended,
            raised_on=episode.raised_on,
            owner=episode.owner or "-",
            follow_up=episode.follow_up_on or "-",
            step=episode.seq,
        )
    )
    if episode.promise:
        promise = episode.promise
        state = term(promise.state, lang.tag)
        said = "promised {amount} by {due_on}: {state}"
        console().print(lang.say(said, amount=f"{promise.amount:,}", due_on=promise.due_on, state=state))


def listed(found: list[Listed], lang: Language) -> Table:
    """The list."""
    table = Table(box=None, pad_edge=False)
    for heading in (
        "level",
        "account",
        "district",
        "expected loss",
        "state",
        "owner",
        "due",
        "promise",
        "raised on",
        "step",
    ):
        table.add_column(lang.say(heading), justify="right" if heading == "expected loss" else "left", no_wrap=True)
    for each in found:
        episode = each.episode
        promise = episode.promise
        table.add_row(
            term(episode.level, lang.tag),
            episode.account_id,
            each.district or "-",
            f"{each.expected_loss_amount:,}" if each.expected_loss_amount is not None else "-",
            term(episode.state, lang.tag),
            episode.owner or "-",
            str(each.due_on or "-"),
            f"{promise.amount:,} {term(promise.state, lang.tag)}" if promise else "-",
            str(episode.raised_on),
            str(episode.seq),
        )
    return table
