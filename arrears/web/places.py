"""In which district accounts lie, looked up once a night for each."""

from collections.abc import Collection

from arrears.review.districts import districts_of
from arrears.web.kept import KEPT
from arrears.web.visit import Visit


def places(visit: Visit, accounts: Collection[str]) -> dict[str, str]:
    """By account its district; empty where the latest night knows no open account of that id."""
    site, run = visit.site, visit.site.night()
    if run is None:
        return dict.fromkeys(accounts, "")
    known: dict[str, str] = KEPT.get(("places", site.name, run.run_key), dict)
    missing = [each for each in accounts if each not in known]
    if missing:
        with site.lake.reading():
            known.update(dict.fromkeys(missing, "") | districts_of(site.lake, run, missing))
    return {each: known[each] for each in accounts}
