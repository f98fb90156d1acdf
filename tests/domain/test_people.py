import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrears.domain.actor import Actor
from arrears.domain.people import APPROVES_AS, OF_NO_DISTRICT, Person, Right, Role, approval_rights, may, subject_of
from arrears.errors import UsageError
from arrears.settings import ROOT

DISTRICTS = ("城东", "城西", "north")


def person(
    *roles: Role, districts: frozenset[str] | None = None, must_change: bool = False, subject: str = "li"
) -> Person:
    return Person("local", subject, "Li", frozenset(roles), districts, "en", must_change)


def documented() -> dict[tuple[Role, Right], bool]:
    """What docs/people.md says of each role and right."""
    lines = re.findall(r"^\|(.*)\|$", (ROOT / "docs" / "people.md").read_text(encoding="utf-8"), re.MULTILINE)
    table = [[cell.strip() for cell in line.split("|")] for line in lines]
    head = next(row for row in table if row[0] == "right")
    roles = [Role(cell.split()[0]) for cell in head[3:]]
    rows = [row for row in table if len(row) == len(head) and row[0].startswith("`")]
    assert all(cell in ("●", "") for row in rows for cell in row[3:])
    assert all(row[1] and row[2] for row in rows)
    return {
        (role, Right(row[0].strip("`"))): cell == "●" for row in rows for role, cell in zip(roles, row[3:], strict=True)
    }


TABLE = documented()


def test_the_documented_table_is_whole() -> None:
    assert set(TABLE) == set(product(Role, Right))


@pytest.mark.parametrize("role", Role)
def test_every_role_and_right_in_and_out_of_its_districts(role: Role) -> None:
    for right in Right:
        has = TABLE[role, right]
        here, everywhere = person(role, districts=frozenset({"城东"})), person(role)
        assert may(here, right) == may(everywhere, right) == has
        assert may(here, right, "城东") == may(everywhere, right, "城东") == may(everywhere, right, "") == has
        elsewhere = has and right in OF_NO_DISTRICT
        assert may(here, right, "城西") == may(here, right, "") == elsewhere, right
        nowhere = person(role, districts=frozenset())
        assert may(nowhere, right, "城东") == elsewhere


def test_what_lies_in_no_district_is_whole() -> None:
    assert {
        Right.READ_NIGHT, Right.QUARANTINE, Right.MANAGE_PEOPLE, Right.READ_LOOKED, Right.USE_API
    } == OF_NO_DISTRICT  # fmt: skip


@given(
    st.frozensets(st.sampled_from(Role)),
    st.none() | st.frozensets(st.sampled_from(DISTRICTS)),
    st.sampled_from(Right),
    st.sampled_from(DISTRICTS),
    st.booleans(),
)
def test_nobody_without_the_right_nor_outside_the_districts(
    roles: frozenset[Role], districts: frozenset[str] | None, right: Right, district: str, must_change: bool
) -> None:
    asked = person(*roles, districts=districts, must_change=must_change)
    has = any(TABLE[role, right] for role in roles) and not must_change
    inside = districts is None or district in districts or right in OF_NO_DISTRICT
    assert may(asked, right, district) == (has and inside)
    assert may(asked, right) == has
    assert bool(approval_rights(asked)) == (any(TABLE[role, Right.APPROVE] for role in roles) and not must_change)


def test_an_auditor_changes_nothing() -> None:
    reading = {
        Right.READ, Right.READ_NIGHT, Right.READ_PORTFOLIO, Right.READ_LOOKED, Right.EXPORT, Right.USE_API
    }  # fmt: skip
    assert {right for right in Right if may(person(Role.AUDITOR), right)} == reading


def test_roles_approve_in_the_words_of_the_policy() -> None:
    policy = (ROOT / "policy" / "approvals").glob("*.yaml")
    lists = re.findall(r"(?:approvers|deputies|escalate_to): \[(.*?)\]", "".join(file.read_text() for file in policy))
    words = {word.strip() for each in lists for word in each.split(",")}
    assert set(APPROVES_AS.values()) == words == {"supervisor", "manager", "director"}
    assert approval_rights(person(Role.SUPERVISOR, Role.CREDIT_MANAGER, Role.CLERK)) == {"supervisor", "manager"}
    assert approval_rights(person(Role.CLERK, Role.OPERATOR, Role.AUDITOR)) == frozenset()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("Zhang ", "zhang"), ("ＺＨＡＮＧ", "zhang"), ("张_3", "张_3"), ("a.b-c@d", "a.b-c@d"), ("Straße", "strasse")],
)
def test_names_of_accounts_are_kept_in_one_way(typed: str, kept: str) -> None:
    assert subject_of(typed) == subject_of(kept) == kept
    assert person(subject=kept).actor == Actor("local", kept)


@pytest.mark.parametrize("typed", ["", " ", "a b", "a:b", "a\x00", "a\u202eb", "a/b", "x" * 65, "😀", "\ud800"])
def test_what_no_account_can_be_called(typed: str) -> None:
    with pytest.raises(UsageError, match="is called by letters"):
        subject_of(typed)


@given(st.text(max_size=20))
def test_a_name_is_kept_as_it_is_kept(typed: str) -> None:
    try:
        kept = subject_of(typed)
    except UsageError:
        return
    assert subject_of(kept) == kept


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"subject": "Li"}, "like 'li'"),
        ({"name": " "}, "1 to 200 signs"),
        ({"name": "x" * 201}, "1 to 200 signs"),
        ({"name": "a\nb"}, "1 to 200 signs"),
        ({"language": "fr"}, "no language 'fr'"),
        ({"districts": frozenset({"城东", " "})}, "a district has a name"),
        ({"issuer": "a:b"}, "name nobody"),
    ],
)
def test_who_is_nobody_is_refused(values: dict[str, object], said: str) -> None:
    right: dict[str, object] = {
        "issuer": "local", "subject": "li", "name": "Li", "roles": frozenset(), "districts": None, "language": "en"
    }  # fmt: skip
    Person(**right)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=said):
        Person(**{**right, **values})  # type: ignore[arg-type]
