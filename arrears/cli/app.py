"""`arrears`: its commands, and how errors become one sentence and an exit code."""

import sys

import typer
from rich.console import Console

from arrears import __version__
from arrears.cli import (
    approvals,
    backfill,
    case,
    contest,
    credit,
    decision,
    demo,
    doctor,
    episode,
    explain,
    hold,
    lake,
    law,
    law_papers,
    night,
    notice,
    outbox,
    outbox_acts,
    outcomes,
    people,
    plan,
    policy,
    quarantine,
    request,
    restate,
    scorecard,
    source,
    visits,
    warnings,
)
from arrears.errors import ArrearsError

EPILOG = """Exit codes: 0 done · 2 the request is wrong · 3 a source cannot be read or trusted · 4 a policy file is
refused · 5 rows or money do not balance · 6 the lake is damaged or lacks that night · 7 the casebook cannot be reached · 8
the service cannot do it."""

app = typer.Typer(
    name="arrears",
    help="Who is likely to fall into arrears, why, and what may be done about it, every night.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("simulate")(demo.simulate)
app.command("run")(night.run)
app.command("catch-up")(night.catch_up)
app.add_typer(backfill.app, name="backfill")
app.command("restate")(restate.restate)
app.add_typer(lake.app, name="lake")
app.command("pull")(night.pull)
app.command("night")(night.through_airflow)
app.command("serve")(night.serve)
app.command(
    "airflow", context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
)(night.airflow)
app.command("summary")(warnings.summary)
app.add_typer(warnings.app, name="warnings")
app.command("explain")(explain.explain)
app.add_typer(visits.app, name="visits")
app.add_typer(episode.app, name="episode")
app.add_typer(decision.app, name="decision")
app.add_typer(notice.app, name="notice")
notice.app.command("list")(outbox.list_notices)
notice.app.command("show")(outbox.show)
notice.app.command("history")(outbox.history)
notice.app.command("release")(outbox_acts.release)
notice.app.command("withdraw")(outbox_acts.withdraw)
notice.app.command("resend")(outbox_acts.resend)
notice.app.command("send")(outbox_acts.send)
notice.app.command("receipt")(outbox_acts.receipt)
app.add_typer(case.app, name="case")
law.app.command("fee")(law_papers.fee)
law.app.command("assessment")(law_papers.assessment)
app.add_typer(law.app, name="law")
app.add_typer(hold.app, name="hold")
app.add_typer(approvals.app, name="approvals")
app.add_typer(contest.app, name="contest")
app.add_typer(request.app, name="request")
app.add_typer(credit.customer_app, name="customer")
app.add_typer(plan.app, name="plan")
app.command("ceilings")(credit.ceilings)
app.add_typer(policy.app, name="policy")
app.add_typer(scorecard.app, name="scorecard")
app.add_typer(outcomes.app, name="outcomes")
app.add_typer(source.app, name="source")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(people.app, name="people")
app.command("doctor")(doctor.doctor)


@app.callback(invoke_without_command=True)
def _version(version: bool = typer.Option(False, "--version", help="Say which version this is.")) -> None:
    if version:
        typer.echo(f"arrears {__version__}")
        raise typer.Exit


def main() -> None:
    """Run a command; an error that a person can act on is told in one sentence on standard error."""
    try:
        app()
    except ArrearsError as error:
        Console(stderr=True, soft_wrap=True, highlight=False).print(f"arrears: {error}", markup=False)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:  # a folder that may not be written, a disk that is full
        place = f"{error.filename}: " if error.filename else ""
        sys.stderr.write(f"arrears: {place}{error.strerror or error}\n")
        sys.exit(1)
