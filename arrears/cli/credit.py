"""`arrears customer show`, `arrears ceilings`: what credit there is, and how much of it is used."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from arrears.cli.choices import AsOfOption, SourceOption, source_named, stored_run
from arrears.cli.plan import identifier, requests_table
from arrears.cli.quarantine_tables import console
from arrears.cli.warnings import LanguageOption
from arrears.cli.words import Language
from arrears.deployment import casebook_of, has_casebook, lake_of, load_source
from arrears.settings import settings

if TYPE_CHECKING:
    from arrears.review.customer_credit import CustomerCredit, Receivables

customer_app = typer.Typer(help="A customer, over all its accounts.", no_args_is_help=True)


@customer_app.command("show")
def show_customer(
    customer: Annotated[str, typer.Argument(help="The customer's id.")],
    as_of: AsOfOption = None,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """A customer's accounts and grades, how its own grade was made of them, exposure, limit, term, ceilings, requests."""
    from arrears.casebook.requests import requests
    from arrears.policy.credit import customer_grade_rule, load_credit
    from arrears.review.customer_credit import customer_credit, receivables

    run = stored_run(source_named(source), as_of)
    lake, policy, mapped = lake_of(run.source), settings().policy, load_source(run.source)
    found = customer_credit(lake, run, identifier(customer))
    out = console()
    out.print(f"{found.customer_id}  " + lang.say("{source}, as of {as_of}", source=run.source, as_of=run.as_of))
    out.print(_made(found, customer_grade_rule(policy, run.as_of), lang))
    limit = "-" if found.limit_amount is None else f"{found.limit_amount:,}"
    said = "{exposure} {currency} at risk, {open} open, {overdue} overdue; limit {limit}, term {term} days"
    sums = (("exposure", found.exposure_amount), ("open", found.open_amount), ("overdue", found.overdue_amount))
    told = {name: f"{amount:,}" for name, amount in sums}
    out.print(
        lang.say(said, **told, currency=mapped.declared.currency, limit=limit, term=found.term_days or "-")
        + (lang.say(" (over its limit)") if found.is_over_limit else "")
    )
    headings = ("account", "segment", "district", "grade", "by points", "veto", "at risk", "open", "overdue", "level")
    table = _table(lang, *headings, "mode", "arrangement")
    for each in found.accounts:
        amounts = (each.exposure_amount, each.open_amount, each.overdue_amount)
        table.add_row(
            each.account_id,
            lang.say(each.segment or "-"),
            each.district or "-",
            each.grade,
            each.points_grade,
            each.veto or "-",
            *(f"{amount:,}" for amount in amounts),
            lang.say(each.level or "-"),
            lang.say(each.payment_mode),
            "-" if each.arrangement == "none" else lang.say(each.arrangement),
        )
    out.print(table)
    places = {(each.segment, each.district) for each in found.accounts}
    owed = receivables(lake, run, load_credit(policy, run.as_of))
    out.print(_ceilings([each for each in owed if (each.segment, each.district) in places], lang))
    if has_casebook():
        with casebook_of(run.source) as engine:
            asked = requests(engine, customer_id=found.customer_id)
        if asked:
            out.print(requests_table(asked, lang, mapped.zone))


def ceilings(
    as_of: AsOfOption = None,
    reached: Annotated[bool, typer.Option("--reached", help="Only those that are reached.")] = False,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """Receivables per segment and district against their ceilings. One that is reached blocks new deferrals."""
    from arrears.policy.credit import load_credit
    from arrears.review.customer_credit import receivables

    run = stored_run(source_named(source), as_of)
    owed = receivables(lake_of(run.source), run, load_credit(settings().policy, run.as_of))
    out = console()
    out.print(lang.say("{source}, as of {as_of}", source=run.source, as_of=run.as_of))
    out.print(_ceilings([each for each in owed if each.is_reached or not reached], lang))
    alarms = sum(each.is_reached for each in owed)
    out.print(lang.say("Ceilings reached: {count}; no new deferral there.", count=alarms))


def _made(found: "CustomerCredit", rule: str, lang: Language) -> str:
    """How the customer's grade came about."""
    if rule == "worst":
        worst = ", ".join(each.account_id for each in found.accounts if each.grade == found.grade)
        return lang.say(
            "grade {grade}: the worst of {count} accounts ({worst})",
            grade=found.grade,
            count=len(found.accounts),
            worst=worst,
        )
    shares = ", ".join(f"{each.grade} {each.exposure_amount:,}" for each in found.accounts)
    return lang.say(
        "grade {grade}: the mean of {count} accounts, weighted by what is at risk ({shares})",
        grade=found.grade,
        count=len(found.accounts),
        shares=shares,
    )


def _ceilings(owed: "list[Receivables]", lang: Language) -> Table:
    table = _table(lang, "segment", "district", "accounts", "open", "overdue", "ceiling", "alarm")
    for each in owed:
        table.add_row(
            lang.say(each.segment),
            each.district,
            f"{each.accounts:,}",
            f"{each.open_amount:,}",
            f"{each.overdue_amount:,}",
            "-" if each.ceiling_amount is None else f"{each.ceiling_amount:,}",
            lang.say("reached") if each.is_reached else "-",
        )
    return table


_NUMBERS = {"at risk", "open", "overdue", "accounts", "ceiling"}


def _table(lang: Language, *headings: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(lang.say(heading), justify="right" if heading in _NUMBERS else "left", no_wrap=True)
    return table
