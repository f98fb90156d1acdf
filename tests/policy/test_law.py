"""Packs and calendars: read whole, checked whole, refused with file and line."""

import datetime as dt
import shutil
from pathlib import Path

import pytest

from arrears.domain.late_fee import DebtYear
from arrears.domain.law.case import Measure, Step
from arrears.domain.law.facts import CustomerKind
from arrears.errors import PolicyError
from arrears.policy.law import load_pack
from arrears.settings import ROOT

AS_OF = dt.date(2026, 9, 1)
PACK = ROOT / "policy" / "jurisdictions" / "cn" / "2024-06-01.yaml"
CALENDAR = ROOT / "policy" / "calendars" / "cn" / "2026.yaml"
TEXT, DAYS = PACK.read_text(encoding="utf-8"), CALENDAR.read_text(encoding="utf-8")


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    for part in ("jurisdictions/cn", "calendars/cn"):
        (tmp_path / part).mkdir(parents=True)
    shutil.copy(PACK, tmp_path / "jurisdictions" / "cn")
    shutil.copy(CALENDAR, tmp_path / "calendars" / "cn")
    return tmp_path


def line_of(text: str, part: str) -> int:
    assert text.count(part) == 1, part
    return text[: text.index(part)].count("\n") + 1


@pytest.mark.parametrize("place", ["cn", "cn-strict", "uk", "us-nj"])
def test_every_number_has_its_reference_and_its_date(place: str) -> None:
    pack = load_pack(ROOT / "policy", place, AS_OF)
    for sequence in pack.sequences.values():
        clauses = [link.clause for link in sequence.links] + [gate.clause for gate in sequence.gates]
        for clause in (*clauses, sequence.restore.clause):
            assert clause.reference
            assert clause.since <= AS_OF
            assert clause.zh
            assert clause.en
            assert "{" not in clause.zh + clause.en
    assert set(pack.late_fee.rates) == {(kind, year) for kind in CustomerKind for year in DebtYear}
    assert pack.calendar.years >= {2025, 2026}
    assert "default, to be confirmed" in (next((ROOT / "policy" / "jurisdictions" / place).iterdir())).read_text(
        encoding="utf-8"
    ).replace("\n# ", " ")


def test_the_pack_in_force_is_the_latest_that_has_begun(policy: Path) -> None:
    folder = policy / "jurisdictions" / "cn"
    later = TEXT.replace("at_least: {value: 3, unit: days}", "at_least: {value: 5, unit: days}")
    (folder / "2026-09-02.yaml").write_text(later, encoding="utf-8")
    packs = [load_pack(policy, "cn", AS_OF + dt.timedelta(days=each)) for each in (0, 1)]
    spans = [
        next(link.at_least for link in pack.sequences[Measure.DISCONNECTION].links if link.step is Step.CUT)
        for pack in packs
    ]
    assert [span.value for span in spans if span] == [3, 5]
    assert packs[0].version != packs[1].version
    with pytest.raises(PolicyError, match="no file here was in force on 2024-05-31"):
        load_pack(policy, "cn", dt.date(2024, 5, 31))


def test_a_year_without_a_calendar_is_refused_where_it_is_asked_for(policy: Path) -> None:
    with pytest.raises(PolicyError) as refused:
        load_pack(policy, "cn", dt.date(2027, 1, 1))
    assert str(refused.value) == (
        f"{policy}/jurisdictions/cn/2024-06-01.yaml:{line_of(TEXT, 'country: cn')}: "
        "there is no calendar of cn for 2027; add policy/calendars/cn/2027.yaml"
    )


def cut_out(first: str, last: str) -> tuple[str, str]:
    """From the one line to the other, not included: what to take out."""
    start = TEXT.index(first)
    return TEXT[start : TEXT.index(last, start)], ""


RESTORE = cut_out("      restore:\n        after", "    gates:\n")[0]
CONDITION = '            since: 1996-10-08\n            zh: "停电须先'
NOTICE = "      notice:\n        channels: [letter, in_person, email]\n"
PROPOSED = "          - id: cn-proposed-first\n            step: propose\n"
IN_PACK = [
    ("zone: Asia/Shanghai", "zone: Asia/Shang-hai", "zone: Asia", "there is no time zone 'Asia/Shang-hai'"),
    ("country: cn", "country: cn\ncolour: red", "colour: red", "Extra inputs"),
    (*cut_out("  disconnection:", "late_fee:"), "sequences:", "sequences"),
    ("[letter, in_person, email]", "[letter, pigeon]", "channels: [letter, pigeon]", "Input should be"),
    ("[in_person, phone, sms]", "[]", "channels: []", "at least 1 item"),
    (NOTICE, "      notice:\n", "      notice:\n", "notice must say by which channels it is served"),
    ("      approve:\n", "      approve:\n        channels: [letter]\n", "      approve:\n", "approve is not served"),
    (PROPOSED, PROPOSED.replace("propose\n", "visit\n"), "            step: visit",
     "approve comes after visit, which is no step"),
    (PROPOSED, PROPOSED.replace("propose\n", "jump\n"), "            step: jump", "Input should be"),
    (PROPOSED, PROPOSED.replace("propose\n", "notice\n"), "      approve:\n",
     "approve, notice, renotice, cut, restore wait for each other in a circle"),
    (PROPOSED, PROPOSED.replace("propose\n", "demand\n"), "      approve:\n",
     "a gap: approve must come after propose for everybody"),
    (*cut_out("          - id: cn-told-again-30-minutes", "          - id: cn-authority-agreed"),
     "      cut:\n", "a gap: cut must come after renotice"),
    (RESTORE, "      restore: {}\n", "      restore: {}", "no step leads to restore: say after what it comes"),
    (RESTORE, "", "    steps:\n", "the sequence has no step restore"),
    ("      cut:\n        after:", "      cancel:\n        after:", "      cancel:\n", "cancel is no step of a pack"),
    ("        channels: [letter, in_person, email, sms, phone]\n",
     "        channels: [letter]\n        after: [{id: x, step: cut, reference: x, since: 2024-01-01, zh: x, en: x}]\n",
     "      demand:\n", "the demand comes first"),
    ("cn-medical", "cn-no-hold", "", "the rule id cn-no-hold stands here twice"),
    ("cn-medical", "CN medical", "id: CN medical", "should match pattern"),
    ("        stopped_by: hold\n", "", "      - id: cn-no-hold", "a gate has exactly one of owes"),
    ("        stopped_by: hold\n", "        stopped_by: hold\n        never: true\n", "      - id: cn-no-hold",
     "a gate has exactly one of owes"),
    ("        stopped_by: hold\n", "        stopped_by: contest\n", "    gates:\n",
     "no gate `stopped_by: hold` bars notice for everybody"),
    ("        stopped_by: contest\n", "        stopped_by: hold\n", "    gates:\n",
     "no gate `stopped_by: contest` bars notice for everybody"),
    ("        approved: {}\n", "        approved: {}\n        only: {customers: [business]}\n", "    gates:\n",
     "no gate `approved` bars notice for everybody"),
    ("        approved: {}\n", "        stopped_by: hold\n", "    gates:\n",
     "no gate `approved` bars notice for everybody"),
    ("notice, renotice, cut]\n        owes: {age", "renotice, cut]\n        owes: {age", "    gates:\n",
     "no gate `owes` bars notice"),
    ("        only: {protections: [medical]}\n", "", "never: true", "cn-medical bars everybody for ever"),
    ("age_over: {value: 30, unit: days}", "age_over: {value: 30, unit: hours}", "        owes: {age",
     "the age of a debt is counted in days"),
    ("age_over: {value: 30, unit: days}", "age_over: {value: 30, unit: fortnights}", "        owes: {age", "Input should be"),
    ("        never: true", "        closed: {}", "        closed: {}", "cn-medical closes no day"),
    ("        never: true", '        hours: {opens: "16:00", closes: "08:00"}', "        hours:",
     "closes must come after opens"),
    ("        never: true", '        season: {first: "02-30", last: "03-01"}', "        season:", "day is out of range"),
    ("bars: [cut]\n        never", "bars: [warrant]\n        never", "      - id: cn-medical",
     "bars warrant, which is no step"),
    ("at_least: {value: 3, unit: days}", "at_least: {value: 7, unit: days}", "          - id: cn-notice-3-to-7-days",
     "too early until 7 is over has lapsed by then"),
    ("at_least: {value: 3, unit: days}", "at_least: {value: 0, unit: days}", "            at_least: {value: 0",
     "greater than or equal to 1"),
    ("经催交，且催交后{at_least}", "经催交，且催交后{at_most}", "          - id: cn-demanded-first",
     "its words name a number that it lacks ('at_most')"),
    (CONDITION, CONDITION.replace("1996-10-08", "2024-06-02"), "            since: 2024-06-02",
     "a rule since 2024-06-02 cannot be in force on 2024-06-01"),
    (CONDITION, "            zh: \"停电须先", "          - id: cn-proposed-first", "Field required"),
    ("      debts: [this_year]\n      share: 0.002", "      debts: [this_year, earlier_years]\n      share: 0.002",
     "    - id: cn-others-earlier-years",
     "business, earlier_years has the rate cn-others-this-year already"),
    ("customers: [residential]\n      debts", "customers: [residential]\n      colour: red\n      debts", "      colour: red",
     "Extra inputs"),
    ("debts: [this_year, earlier_years]", "debts: [this_year]", "  rates:\n",
     "no rate is set for residential, earlier_years"),
    ("share: 0.001", "share: 1.1", "      share: 1.1", "less than or equal to 1"),
    ("  within: {value: 3, unit: working_days}", "  within: {value: 3}", "  within: {value: 3}", "Field required"),
]  # fmt: skip


@pytest.mark.parametrize(("there", "instead", "at", "said"), IN_PACK, ids=[f"{each[3][:50]}" for each in IN_PACK])
def test_a_fault_in_a_pack_is_refused_with_its_line(policy: Path, there: str, instead: str, at: str, said: str) -> None:
    assert TEXT.count(there) == 1
    text = TEXT.replace(there, instead)
    path = policy / "jurisdictions" / "cn" / "2024-06-01.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError) as refused:
        load_pack(policy, "cn", AS_OF)
    assert said in str(refused.value)
    if at:
        assert refused.value.line == line_of(text, at), str(refused.value)
    assert refused.value.file == str(path)


IN_CALENDAR = [
    ("first: 2026-02-15", "first: 2025-12-31", "Spring Festival is not wholly in 2026"),
    (
        "first: 2026-02-15, last: 2026-02-23",
        "first: 2026-02-23, last: 2026-02-15",
        "Spring Festival ends before it begins",
    ),
    ("first: 2026-10-01", "first: 2026-09-27", "2026-09-27 is a holiday twice: Mid-Autumn and National Day"),
    ("2026-10-10]", "2026-10-07]", "2026-10-07 must be a Saturday or Sunday of 2026 that is no holiday"),
    ("2026-10-10]", "2026-10-12]", "2026-10-12 must be a Saturday or Sunday"),
    ("2026-10-10]", "2026-13-10]", "worked.5"),
    ("source:", "sauce:", "Field required"),
]


@pytest.mark.parametrize(("there", "instead", "said"), IN_CALENDAR, ids=[each[2] for each in IN_CALENDAR])
def test_a_fault_in_a_calendar_is_refused(policy: Path, there: str, instead: str, said: str) -> None:
    assert DAYS.count(there) == 1
    (policy / "calendars" / "cn" / "2026.yaml").write_text(DAYS.replace(there, instead), encoding="utf-8")
    with pytest.raises(PolicyError, match=r"calendars/cn/2026.yaml:") as refused:
        load_pack(policy, "cn", AS_OF)
    assert said in str(refused.value)


def test_a_calendar_is_named_by_its_year(policy: Path) -> None:
    (policy / "calendars" / "cn" / "new.yaml").write_text(DAYS, encoding="utf-8")
    with pytest.raises(PolicyError, match="its name must be the year"):
        load_pack(policy, "cn", AS_OF)


def test_a_weekend_that_is_worked_is_known() -> None:
    calendar = load_pack(ROOT / "policy", "cn", AS_OF).calendar
    assert [day for day in sorted(calendar.worked) if day.year == 2026][-1] == dt.date(2026, 10, 10)
    assert sum(1 for day in calendar.holidays if day.year == 2026) == 3 + 9 + 3 + 5 + 3 + 3 + 7
