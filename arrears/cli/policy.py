"""`arrears policy`: the credit manager's files, tried before they are live."""

import typer

from arrears.cli import policy_check, policy_simulate

app = typer.Typer(help="The credit manager's files: checked, and tried before they are live.", no_args_is_help=True)

app.command("check")(policy_check.check)
app.command("simulate")(policy_simulate.simulate)
