"""`arrears law fee` and `arrears law assessment`: the late fee of an account, and the file on automated decisions."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from arrears.cli.case import AccountArgument, normal
from arrears.cli.choices import AsOfOption, SourceOption, day, source_named, stored_run
from arrears.cli.quarantine_tables import console
from arrears.cli.warnings import LanguageOption
from arrears.cli.words import Language
from arrears.deployment import champion, lake_of, load_rules, load_source
from arrears.policy.law import load_pack
from arrears.settings import settings


def fee(
    account: AccountArgument,
    as_of: AsOfOption = None,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """Say what the late fee of an account comes to on a night, bill by bill, and how. It is never posted."""
    from arrears.review.late_fees import account_fee

    run = stored_run(source_named(source), as_of)
    declared = load_source(run.source).declared
    pack = load_pack(settings().policy, declared.jurisdiction, run.as_of)
    found = account_fee(run, normal(account), pack, settings(), lake_of(run.source))
    out = console()
    said = "{account} as of {as_of}, by the law of {pack} ({kind}): late fee {total} {currency}"
    out.print(
        lang.say(
            said,
            account=found.account_id,
            as_of=found.as_of,
            pack=found.pack,
            kind=lang.say(found.customer_kind.value),
            total=f"{found.total_amount:,}",
            currency=declared.currency,
        )
    )
    if found.minimum_added_amount:
        out.print(lang.say("{amount} of it lifts the fee to the minimum", amount=f"{found.minimum_added_amount:,}"))
    if found.lines:
        table = Table(box=None, pad_edge=False)
        for heading in ("bill", "due on", "billed", "open", "days late", "frozen days", "rate", "fee"):
            table.add_column(lang.say(heading))
        for line in found.lines:
            rates = "; ".join(f"{rate.share} / {rate.per_days} d ({rate.id})" for rate in line.rates)
            capped = f" ({lang.say('capped')})" if line.is_capped else ""
            table.add_row(
                line.bill_id, str(line.due_on), f"{line.billed_amount:,}", f"{line.open_amount:,}", str(line.late_days),
                str(line.frozen_days), rates or "-", f"{line.fee_amount:,}{capped}",
            )  # fmt: skip
        out.print(table)


def assessment(
    out: Annotated[Path, typer.Option("--out", help="The file to write: .md or .html.")],
    as_of: Annotated[
        str, typer.Option("--as-of", help="The day whose policy, card and law it describes, such as 2026-11-01.")
    ],
    lang: LanguageOption = Language.ZH,
    source: SourceOption = None,
) -> None:
    """Write the assessment of automated decisions (PIPL art. 55) from the policy, card and law in force on a day.

    The same files give the same bytes."""
    from arrears.review.assessment import Basis, assess
    from arrears.review.assessment_page import written

    named, on = source_named(source), day(as_of)
    card, policy = load_rules(on, champion(named, on))
    declared = load_source(named).declared
    basis = Basis.load(settings(), declared, on, card, policy)
    text = written(assess(basis, lang.tag), out.suffix)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")
    typer.echo(lang.say("{file}: the assessment as of {as_of}", file=out, as_of=on))
