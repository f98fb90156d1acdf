"""`arrears people`: accounts of those who work here. A password is typed at a prompt or read from a file."""

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from arrears.cli import people_tokens
from arrears.cli.case import ByOption, actor
from arrears.cli.choices import SourceOption, source_named
from arrears.cli.demo import DEMO
from arrears.cli.quarantine_tables import console
from arrears.cli.warnings import LanguageOption
from arrears.cli.words import Language
from arrears.deployment import casebook_of
from arrears.domain.actor import Actor
from arrears.domain.people import LOCAL, Person, Role, subject_of
from arrears.errors import UsageError

if TYPE_CHECKING:
    from arrears.casebook.people import Kept

app = typer.Typer(help="Accounts of those who work here: roles, districts, passwords.", no_args_is_help=True)
app.add_typer(people_tokens.app, name="token")

TRIAL = {
    "clerk": Role.CLERK,
    "clerk2": Role.CLERK,
    "supervisor": Role.SUPERVISOR,
    "manager": Role.CREDIT_MANAGER,
    "operator": Role.OPERATOR,
    "auditor": Role.AUDITOR,
}

Subject = Annotated[str, typer.Argument(help="The account, such as zhang, or airflow:zhang.")]
RolesOption = Annotated[list[Role] | None, typer.Option("--role", help="A role; may be repeated.")]
DistrictsOption = Annotated[
    list[str] | None, typer.Option("--district", help="A district that the rights are limited to; may be repeated.")
]
PasswordFile = Annotated[
    Path | None,
    typer.Option("--password-file", help="A file whose first line is the password. Default: it is asked for."),
]
SeqOption = Annotated[
    int | None, typer.Option("--seq", min=1, help="The change that `list` told: refused when somebody was there since.")
]
FirstLanguage = Annotated[Language, typer.Option("--language", help="Of the pages, until the person chooses another.")]


@app.command("list")
def list_people(lang: LanguageOption = Language.EN, source: SourceOption = None) -> None:
    """List everybody: roles, districts, whether the account is open."""
    from arrears.review import people

    named = source_named(source)
    with casebook_of(named) as engine:
        found = people.people(engine)
    out = console()
    out.print(lang.say("{source}: {count} people", source=named, count=f"{len(found):,}"))
    if found:
        shown = Table(box=None, pad_edge=False)
        for heading in ("account name", "name", "roles", "districts", "state", "change"):
            shown.add_column(lang.say(heading))
        for each in found:
            who = str(each.person.actor)
            shown.add_row(who, each.person.name, *_rights(each.person, lang), lang.say(_state(each)), str(each.seq))
        out.print(shown)


@app.command("add")
def add(
    subject: Annotated[str, typer.Argument(help="The name to sign in with: letters, digits and . _ - @")],
    name: Annotated[str, typer.Option("--name", help="What the person is called.")],
    role: RolesOption = None,
    district: DistrictsOption = None,
    password_file: PasswordFile = None,
    language: FirstLanguage = Language.ZH,
    by: ByOption = None,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """Make an account. Without --district its rights count in all of them."""
    from arrears.review import people

    named = source_named(source)
    if not role:
        raise UsageError(f"give a --role: {', '.join(Role)}")
    districts = frozenset(district) if district else None
    person = Person(
        LOCAL, subject_of(subject), name, frozenset(role), districts, language.tag, must_change_password=True
    )
    with casebook_of(named) as engine:
        made = people.add(engine, person, _password(password_file), Actor.of(actor(by)), dt.datetime.now(dt.UTC))
    _tell(made, lang)


@app.command("change")
def change(
    who: Subject,
    name: Annotated[str | None, typer.Option("--name", help="What the person is called.")] = None,
    role: RolesOption = None,
    district: DistrictsOption = None,
    is_everywhere: Annotated[bool, typer.Option("--all-districts", help="The rights count in all districts.")] = False,
    is_open: Annotated[bool, typer.Option("--open", help="Open the account again.")] = False,
    seq: SeqOption = None,
    by: ByOption = None,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """Change the name, the roles or the districts; what is not given stays. It acts at the next click."""
    from arrears.review import people

    if is_everywhere and district:
        raise UsageError("give --district or --all-districts, and not both")
    with casebook_of(source_named(source)) as engine:
        with engine.connect() as connection:
            before = people.named(connection, who)
        was = before.person
        districts = None if is_everywhere else frozenset(district) if district else was.districts
        after = replace(was, name=name or was.name, roles=frozenset(role) if role else was.roles, districts=districts)
        is_active, now = before.is_active or is_open, dt.datetime.now(dt.UTC)
        changed = people.change(engine, after, seq or before.seq, Actor.of(actor(by)), now, is_active=is_active)
    _tell(changed, lang)


@app.command("password")
def password(
    who: Subject,
    password_file: PasswordFile = None,
    by: ByOption = None,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """Set a password, which must be changed at the next sign-in; whoever is signed in by the account is signed out."""
    from arrears.review import people

    with casebook_of(source_named(source)) as engine:
        with engine.connect() as connection:
            named = people.named(connection, who).person.actor
        people.set_password(engine, named, _password(password_file), Actor.of(actor(by)), dt.datetime.now(dt.UTC))
    told = "{who}: the password is set, and must be changed at the next sign-in"
    console().print(lang.say(told, who=named))


@app.command("deactivate")
def deactivate(
    who: Subject,
    seq: SeqOption = None,
    by: ByOption = None,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """Close an account; whoever is signed in by it is signed out."""
    from arrears.review import people

    with casebook_of(source_named(source)) as engine:
        with engine.connect() as connection:
            before = people.named(connection, who)
        now = dt.datetime.now(dt.UTC)
        people.change(engine, before.person, seq or before.seq, Actor.of(actor(by)), now, is_active=False)
    console().print(lang.say("{who} is closed", who=before.person.actor))


@app.command("demo")
def demo(
    is_sure: Annotated[
        bool, typer.Option("--yes-really", help="Also for a source that is not the demo utility.")
    ] = False,
    by: ByOption = None,
    lang: LanguageOption = Language.EN,
    source: SourceOption = None,
) -> None:
    """Make a trial's accounts, one of each role and a second clerk, with random passwords that are shown once."""
    from arrears.review import passwords, people

    named = source_named(source)
    if named != DEMO and not is_sure:
        raise UsageError(f"{named} is not the demo utility: make accounts of people by `add`, or give --yes-really")
    shown = Table(box=None, pad_edge=False)
    for heading in ("account name", "roles", "password"):
        shown.add_column(lang.say(heading), no_wrap=True)
    made_up = {subject: passwords.made_up() for subject in TRIAL}
    given = [Person(LOCAL, subject, subject, frozenset({role}), None, "zh-CN") for subject, role in TRIAL.items()]
    with casebook_of(named) as engine:
        people.add_all(
            engine, [(each, made_up[each.subject]) for each in given], Actor.of(actor(by)), dt.datetime.now(dt.UTC)
        )
    for each in given:
        shown.add_row(each.subject, _rights(each, lang)[0], made_up[each.subject])
    out = console()
    out.print(shown)
    out.print(lang.say("The passwords are kept nowhere; this is the only time they are shown."))


def _password(file: Path | None) -> str:
    if file is None:
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the password cannot be read from {file}: {error}") from error
    if not lines or not lines[0]:
        raise UsageError(f"the first line of {file} is empty; it is to be the password")
    return lines[0]


def _rights(person: Person, lang: Language) -> tuple[str, str]:
    """Roles, in the order of the table, and districts."""
    roles = ", ".join(lang.say(role.value) for role in Role if role in person.roles)
    return roles, lang.say("all of them") if person.districts is None else ", ".join(sorted(person.districts))


def _state(each: "Kept") -> str:
    if not each.is_active:
        return "closed"
    return "in use, first password" if each.person.must_change_password else "in use"


def _tell(each: "Kept", lang: Language) -> None:
    roles, districts = _rights(each.person, lang)
    told = "{who} is kept: {roles}; {districts}"
    console().print(lang.say(told, who=each.person.actor, roles=roles, districts=districts))
