"""Who works here: roles, what each role may do, and in which districts. `RIGHTS` is the only place that says so."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from arrears.domain.actor import Actor
from arrears.errors import UsageError

LOCAL = "local"
"""The issuer of accounts that are kept here, with a password."""
LANGUAGES = ("zh-CN", "en")
LONGEST_SUBJECT = 64
LONGEST_NAME = 200


class Role(StrEnum):
    CLERK = "clerk"
    SUPERVISOR = "supervisor"
    CREDIT_MANAGER = "credit_manager"
    DIRECTOR = "director"
    OPERATOR = "operator"
    AUDITOR = "auditor"


class Right(StrEnum):
    """Everything that can be done. `WORK`: confirm and dismiss, assign, contacts, promises, notes, follow-ups, visits.
    `NOTICES`: release, withdraw, resend. `CREDIT`: take in requests for supply, capacity, plans and deferrals."""

    READ = "read"
    WORK = "work"
    HOLD = "hold"
    CHANGE_MODE = "change_mode"
    ASK_APPROVAL = "ask_approval"
    APPROVE = "approve"
    OPEN_CONTEST = "open_contest"
    ANSWER_CONTEST = "answer_contest"
    NOTICES = "notices"
    CREDIT = "credit"
    EXPORT = "export"
    READ_NIGHT = "read_night"
    QUARANTINE = "quarantine"
    READ_PORTFOLIO = "read_portfolio"
    MANAGE_PEOPLE = "manage_people"
    READ_LOOKED = "read_looked"
    USE_API = "use_api"


OF_NO_DISTRICT = frozenset({Right.READ_NIGHT, Right.QUARANTINE, Right.MANAGE_PEOPLE, Right.READ_LOOKED, Right.USE_API})
"""Rights over things that lie in no district: whoever has one has it whole."""

_CASES = frozenset(
    {
        Right.READ,
        Right.WORK,
        Right.HOLD,
        Right.CHANGE_MODE,
        Right.ASK_APPROVAL,
        Right.OPEN_CONTEST,
        Right.CREDIT,
        Right.EXPORT,
        Right.USE_API,
    }
)
_LEADING = frozenset({Right.APPROVE, Right.ANSWER_CONTEST, Right.NOTICES, Right.READ_NIGHT, Right.READ_PORTFOLIO})

RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.CLERK: _CASES,
    Role.SUPERVISOR: _CASES | _LEADING,
    Role.CREDIT_MANAGER: _CASES | _LEADING,
    Role.DIRECTOR: frozenset(
        {Right.READ, Right.APPROVE, Right.READ_NIGHT, Right.READ_PORTFOLIO, Right.EXPORT, Right.USE_API}
    ),
    Role.OPERATOR: frozenset({Right.READ_NIGHT, Right.QUARANTINE, Right.MANAGE_PEOPLE, Right.USE_API}),
    Role.AUDITOR: frozenset(
        {Right.READ, Right.READ_NIGHT, Right.READ_PORTFOLIO, Right.READ_LOOKED, Right.EXPORT, Right.USE_API}
    ),
}

APPROVES_AS: Mapping[Role, str] = {
    Role.SUPERVISOR: "supervisor",
    Role.CREDIT_MANAGER: "manager",
    Role.DIRECTOR: "director",
}
"""What `policy/approvals/` calls these roles."""


@dataclass(frozen=True, slots=True)
class Person:
    """`issuer` vouches for `subject`; `districts` None: all of them. Whoever `must_change_password` may do nothing before."""

    issuer: str
    subject: str
    name: str
    roles: frozenset[Role]
    districts: frozenset[str] | None
    language: str
    must_change_password: bool = False

    def __post_init__(self) -> None:
        if self.issuer == LOCAL and self.subject != subject_of(self.subject):
            raise UsageError(f"write the name {self.subject!r} of an account like {subject_of(self.subject)!r}")
        if not self.name.strip() or len(self.name) > LONGEST_NAME or not self.name.isprintable():
            raise UsageError(f"a person is called by 1 to {LONGEST_NAME} signs that can be read, and not {self.name!r}")
        if self.language not in LANGUAGES:
            raise UsageError(f"there is no language {self.language!r}; there are {', '.join(LANGUAGES)}")
        if self.districts is not None and not all(
            district.strip() and district.isprintable() for district in self.districts
        ):
            raise UsageError("a district has a name")
        Actor(self.issuer, self.subject)

    @property
    def actor(self) -> Actor:
        return Actor(self.issuer, self.subject)


def subject_of(name: str) -> str:
    """A local account's name as it is kept: `Ｚｈａｎｇ ` and `zhang` are one. UsageError when no account can be called so."""
    subject = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name.strip()).casefold())
    is_fine = 0 < len(subject) <= LONGEST_SUBJECT and all(sign.isalnum() or sign in "._-@" for sign in subject)
    if not is_fine:
        raise UsageError(
            f"an account is called by letters, digits and . _ - @ only, {LONGEST_SUBJECT} at most; {name[:80]!r} is none"
        )
    return subject


def may(person: Person, right: Right, district: str | None = None) -> bool:
    """Whether she has the right, and has it in this district. `district` None asks whether she has it anywhere, as a menu
    does; what lies in an unknown district is asked for as "", which only those of all districts may touch."""
    if person.must_change_password or not any(right in RIGHTS[role] for role in person.roles):
        return False
    if district is None or right in OF_NO_DISTRICT:
        return True
    return person.districts is None or district in person.districts


def approval_rights(person: Person) -> frozenset[str]:
    """By which rights she answers requests for approval, in the words of `policy/approvals/`."""
    if person.must_change_password:
        return frozenset()
    return frozenset(APPROVES_AS[role] for role in person.roles if role in APPROVES_AS)
