"""Who looked at which account: for auditors."""

from fastapi import APIRouter
from starlette.responses import Response

from arrears.casebook import looked
from arrears.domain.people import Right
from arrears.errors import UsageError
from arrears.review import people
from arrears.web.visit import Here

router = APIRouter()

SHOWN = 100
HIGHEST = 2**63 - 1


@router.get("/looked")
def who_looked(visit: Here, account: str = "", who: str = "", before: int | None = None) -> Response:
    """The latest first; a person or account that there is not was never looked at, and has not looked."""
    visit.require(Right.READ_LOOKED)
    account, who = account.strip(), who.strip()
    asked = None if before is None else min(max(before, 0), HIGHEST)
    with visit.site.engine.connect() as connection:
        names = {each.person.actor: each.person.name for each in people.people(visit.site.engine)}
        try:
            actor = people.named(connection, who).person.actor if who else None
            is_known = account.isprintable()
        except UsageError:
            actor, is_known = None, False
        found = (
            looked.looks(connection, account_id=account or None, actor=actor, before=asked, limit=SHOWN + 1)
            if is_known
            else []
        )
    return visit.page(
        "looked.html",
        found=found[:SHOWN],
        names=names,
        account=account,
        who=who,
        older=found[SHOWN - 1].looked_id if len(found) > SHOWN else None,
    )
