"""A notice put together, for every channel the same: what a layout sets on screen or paper. Words come from the kind's
templates, tables and sums from its context."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from arrears.notices.context import BillLine, Context, Debt, InstalmentAgreement, Restoration

Style = Literal["paragraph", "item"]


@dataclass(frozen=True, slots=True)
class Prose:
    style: Style
    text: str


@dataclass(frozen=True, slots=True)
class Box:
    """What matters most, in large type."""

    label: str
    amount: str
    line: str


@dataclass(frozen=True, slots=True)
class Pair:
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Table:
    """The last `amounts` columns are amounts, set at the right; `sum` is that of the last one."""

    heading: str
    note: str
    columns: tuple[str, ...]
    amounts: int
    rows: tuple[tuple[str, ...], ...]
    sum_label: str
    sum: str


@dataclass(frozen=True, slots=True)
class Section:
    heading: str
    prose: tuple[Prose, ...]
    has_code: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """`mark`: what a copy is marked with, empty on the first. `pay_link`: what the code to scan says; empty: there is none."""

    kind: str
    language: str
    mark: str
    subject: str
    title: str
    creditor: str
    creditor_address: str
    phone: str
    customer_name: str
    address: tuple[str, ...]
    postcode: str
    reference: tuple[Pair, ...]
    salutation: str
    opening: tuple[Prose, ...]
    box: Box | None
    facts: tuple[Pair, ...]
    tables: tuple[Table, ...]
    totals: tuple[Pair, ...]
    notes: tuple[Prose, ...]
    sections: tuple[Section, ...]
    closing: tuple[str, ...]
    scan: str
    pay_link: str


OPTIONAL = frozenset({"box_label", "box_amount", "box_line", "facts", "next"})
"""Blocks that a kind may do without."""

OF_THE_KIND = frozenset({"subject", "title", "opening", "why", "sms"}) | OPTIONAL

OF_ALL = frozenset({
    "salutation", "account_label", "date_label", "notice_label", "copy_mark", "coming_due_heading", "overdue_heading",
    "disputed_heading", "disputed_note", "bill_column", "issued_column", "due_column", "amount_column", "open_column",
    "sum_label", "total_label", "late_fee_label", "late_fee_note", "credit_note", "parts_heading", "part_column",
    "why_heading", "next_heading", "pay_heading", "pay", "scan", "contest_heading", "contest", "contact_heading", "contact",
    "closing",
})  # fmt: skip
"""Blocks of `common`, which a kind may say otherwise."""

OF_DEBTS = frozenset({"late_fee_note", "credit_note"})
"""Those that speak of what is owed."""


def assemble(kind: str, context: Context, words: Mapping[str, str], *, is_copy: bool) -> Page:
    debt = context if isinstance(context, Debt) else None
    return Page(
        kind=kind,
        language=context.language,
        mark=words["copy_mark"] if is_copy else "",
        subject=" ".join(words["subject"].split()),
        title=words["title"],
        creditor=context.creditor,
        creditor_address=context.creditor_address,
        phone=context.phone,
        customer_name=context.customer_name,
        address=context.address,
        postcode=context.postcode,
        reference=(
            Pair(words["account_label"], context.account_id),
            Pair(words["date_label"], context.written_on),
            Pair(words["notice_label"], context.notice_id),
        ),
        salutation=words["salutation"],
        opening=prose(words["opening"]),
        box=Box(words["box_label"], words["box_amount"], words["box_line"]) if words["box_amount"] else None,
        facts=_pairs(words["facts"]),
        tables=(*_parts(context, words), *(_bills(debt, words) if debt else ())),
        totals=_totals(debt, words) if debt and _lists(debt) else (),
        notes=(prose(words["late_fee_note"]) if _lists(debt) else ()) + prose(words["credit_note"]) if debt else (),
        sections=tuple(_sections(context, words)),
        closing=tuple(line for line in words["closing"].splitlines() if line),
        scan=words["scan"],
        pay_link=context.pay_link,
    )


def prose(text: str) -> tuple[Prose, ...]:
    """Each line is a paragraph, or an item of a list when it begins with a dash."""
    lines = (line.strip() for line in text.splitlines())
    return tuple(
        Prose("item", line.removeprefix("- ")) if line.startswith("- ") else Prose("paragraph", line)
        for line in lines
        if line
    )


def _pairs(text: str) -> tuple[Pair, ...]:
    cut = (line.partition(" | ") for line in text.splitlines() if line.strip())
    return tuple(Pair(label.strip(), value.strip()) for label, _, value in cut)


def _sections(context: Context, words: Mapping[str, str]) -> list[Section]:
    found = [Section(words["why_heading"], prose(words["why"])), Section(words["next_heading"], prose(words["next"]))]
    if isinstance(context, Debt) and (_lists(context) or not isinstance(context, Restoration)):
        found.append(Section(words["pay_heading"], prose(words["pay"]), has_code=bool(context.pay_link)))
    found += [Section(words[f"{name}_heading"], prose(words[name])) for name in ("contest", "contact")]
    return [section for section in found if section.prose]


def _lists(debt: Debt) -> bool:
    """Any bill at all: a notice about none, such as those of a case that is paid, says nothing of sums."""
    return bool(debt.overdue or debt.coming_due or debt.disputed)


def _bills(debt: Debt, words: Mapping[str, str]) -> list[Table]:
    groups: tuple[tuple[str, tuple[BillLine, ...], str], ...] = (
        ("overdue", debt.overdue, debt.overdue_amount),
        ("coming_due", debt.coming_due, debt.coming_due_amount),
        ("disputed", debt.disputed, debt.disputed_amount),
    )
    names = ("bill_column", "issued_column", "due_column", "amount_column", "open_column")
    return [
        Table(
            heading=words[f"{name}_heading"],
            note=words["disputed_note"] if name == "disputed" else "",
            columns=tuple(words[column] for column in names),
            amounts=2,
            rows=tuple((row.bill_id, row.issued_on, row.due_on, row.amount, row.open_amount) for row in rows),
            sum_label=words["sum_label"],
            sum=sum_,
        )
        for name, rows, sum_ in groups
        if rows
    ]


def _parts(context: Context, words: Mapping[str, str]) -> tuple[Table, ...]:
    if not isinstance(context, InstalmentAgreement):
        return ()
    columns = tuple(words[name] for name in ("part_column", "due_column", "amount_column"))
    rows = tuple((part.number, part.due_on, part.amount) for part in context.parts)
    return (Table(words["parts_heading"], "", columns, 1, rows, words["sum_label"], context.plan_amount),)


def _totals(debt: Debt, words: Mapping[str, str]) -> tuple[Pair, ...]:
    return Pair(words["total_label"], debt.total_amount), Pair(words["late_fee_label"], debt.late_fee)
