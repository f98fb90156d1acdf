import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from arrears.domain.approval import Subject
from arrears.domain.law.facts import CustomerKind, Protection
from arrears.errors import PolicyError
from arrears.policy.approvals import load_approvals
from arrears.settings import ROOT

AS_OF = dt.date(2026, 9, 1)
TEXT = (ROOT / "policy" / "approvals" / "2010-01-01.yaml").read_text(encoding="utf-8")
HOME, WORK = CustomerKind.RESIDENTIAL, CustomerKind.BUSINESS


@pytest.mark.parametrize(
    ("what", "amount", "voltage", "kind", "protections", "rule", "rights"),
    [
        ("disconnection", "5000.00", "<1kV", HOME, (), "households", {"supervisor"}),
        ("disconnection", "5000.01", "<1kV", HOME, (), "small-businesses", {"supervisor"}),
        ("prepay", "50000.00", "1-10kV", WORK, (), "small-businesses", {"supervisor"}),
        ("prepay", "50000.01", "1-10kV", WORK, (), "everything-else", {"manager"}),
        ("prepay", "1.00", "35kV", WORK, (), "high-voltage", {"manager"}),
        ("prepay", "1.00", "<1kV", HOME, (Protection.ELDERLY,), "vulnerable-households", {"manager"}),
        ("disconnection", "1.00", "<1kV", WORK, (Protection.IMPORTANT_USER,), "important-users", {"manager"}),
        ("plan", "1.00", "<1kV", WORK, (), "everything-else", {"manager"}),
    ],
)
def test_who_approves_what(
    what: str,
    amount: str,
    voltage: str,
    kind: CustomerKind,
    protections: tuple[Protection, ...],
    rule: str,
    rights: set[str],
) -> None:
    rules = load_approvals(ROOT / "policy", AS_OF)
    found = rules.rule(Subject(what, "s1", "a1", Decimal(amount), voltage, kind, frozenset(protections)))
    assert (found.id, set(found.approvers)) == (rule, rights)


FAULTS = [
    ("deputy_after: {value: 3,", "deputy_after: {value: 8,", "must follow each other"),
    ("id: high-voltage", "id: important-users", "the rule id important-users stands here twice"),
    ('    voltage_classes: ["35kV", "110kV", "220kV+"]\n', "", "high-voltage matches everything"),
    (
        "  - id: everything-else\n",
        "  - id: everything-else\n    what: [plan]\n",
        "is the last rule and must match everything",
    ),
    ("    customer_kinds: [residential]", "    customer_kinds: [resident]", "Input should be"),
    ("    amount_up_to: 5000\n", "    amount_up_to: 5000.001\n", "decimal places"),
    ("    what: [disconnection, prepay, deposit]", "    what: [eviction]", "Input should be"),
    ("remind_after: {value: 1, unit: days,", "remind_after: {value: 1, unit: hours,", "Input should be 'days'"),
]


@pytest.mark.parametrize(("there", "instead", "said"), FAULTS, ids=[each[2] for each in FAULTS])
def test_a_fault_is_refused_with_file_and_line(tmp_path: Path, there: str, instead: str, said: str) -> None:
    assert TEXT.count(there) == 1
    (tmp_path / "approvals").mkdir()
    (tmp_path / "approvals" / "2026-01-01.yaml").write_text(TEXT.replace(there, instead), encoding="utf-8")
    with pytest.raises(PolicyError) as refused:
        load_approvals(tmp_path, AS_OF)
    assert said in str(refused.value)
    assert refused.value.line > 1
