"""Bills and payments on one line of time: bills stand above it, what is still open of them is full; money hangs below it."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

from markupsafe import Markup

from arrears.review.case_owed import Bill, Move, Owed, months_before
from arrears.web.language import Language
from arrears.web.svg import DEEP, INK, PALE, PAPER, SOFT, Drawing

WIDTH, TALL = 420, 74
MIDDLE = 96.0
PAID = ("payment", "reversed_payment", "credit", "write_off")
MARKS = ("dispute", "hold", "theft", "tampering", "unauthorised_use", "breach", "reversal")
WORDS = {
    "bill": "Bill",
    "cancelled_bill": "Bill, cancelled",
    "payment": "Payment",
    "reversed_payment": "Payment, taken back later",
    "reversal": "Payment taken back",
    "credit": "Credit",
    "write_off": "Written off",
    "opening_balance": "Opening balance",
    "dispute": "Dispute opened",
    "dispute_closed": "Dispute closed",
    "hold": "On hold",
    "theft": "Theft of electricity",
    "tampering": "Tampering with the meter",
    "unauthorised_use": "Unauthorised use",
    "breach": "Breach of contract",
}
"""What happened, in English as the pages' words know it."""


def timeline(owed: Owed, language: Language) -> Markup:
    amounts = [bill.amount for bill in owed.bills] + [
        each.amount for each in owed.moves if each.kind in PAID and each.amount
    ]
    most = max(amounts, default=Decimal(1)) or Decimal(1)
    line = _Line(owed.since_on, owed.as_of, most, language)
    drawing = Drawing(
        "timeline",
        WIDTH,
        200,
        language.say("Bills and payments"),
        language.say(
            "Since {day}: {bills} bills, {payments} payments; {open} is open on {count} bills.",
            day=language.date(owed.since_on),
            bills=len([each for each in owed.moves if each.kind == "bill"]),
            payments=len([each for each in owed.moves if each.kind == "payment"]),
            open=language.amount(owed.open_amount),
            count=len(owed.open_bills),
        ),
    )
    line.years(drawing)
    line.bills(drawing, owed.bills)
    line.money(drawing, owed.moves)
    line.marks(drawing, owed.moves)
    drawing.line(0, MIDDLE, WIDTH, MIDDLE, stroke=INK)
    drawing.text(0, 11, language.say("bills, by due date; full: open"), fill=SOFT, size=11)
    drawing.text(
        0, 192, language.say("payments; hatched: credit or write-off; outlined: taken back"), fill=SOFT, size=11
    )
    drawing.text(WIDTH, 11, language.amount(most), anchor="end", fill=SOFT, size=11)
    return drawing.markup()


class _Line:
    def __init__(self, since: dt.date, until: dt.date, most: Decimal, language: Language) -> None:
        self.since, self.until, self.most, self.language = since, until, most, language
        self.days = max((until - since).days, 1) + 31

    def x(self, on: dt.date) -> float:
        """Bills that fall due within the month ahead have room; what is older than the line stands at its beginning."""
        return min(max((on - self.since).days / self.days, 0.0), 1.0) * (WIDTH - 12) + 4

    def tall(self, amount: Decimal) -> float:
        return float(abs(amount) / self.most) * TALL

    def years(self, drawing: Drawing) -> None:
        month = months_before(self.since, 0)
        while month <= self.until:
            x = self.x(month)
            is_year = month.month == 1
            drawing.line(
                x,
                MIDDLE - (TALL + 6 if is_year else 3),
                x,
                MIDDLE + (TALL + 6 if is_year else 3),
                dashes="2 3" if is_year else "",
            )
            if is_year:
                drawing.text(x + 3, MIDDLE - TALL + 2, str(month.year), fill=SOFT, size=11)
            month = months_before(month, -1)
        x = self.x(self.until)
        drawing.line(x, MIDDLE - TALL - 8, x, MIDDLE + TALL + 8, stroke=INK, dashes="4 3")

    def bills(self, drawing: Drawing, bills: Iterable[Bill]) -> None:
        for each in bills:
            x = self.x(each.due_on) - 3
            said = self._said(each)
            fill = PAPER if each.is_cancelled else PALE
            line = SOFT if each.is_cancelled else DEEP
            tall = self.tall(each.amount)
            drawing.bar(x, MIDDLE - tall, 6, tall, fill=fill, line=line, said=said)
            if each.open_amount:
                high = self.tall(each.open_amount)
                drawing.bar(x, MIDDLE - high, 6, high, fill=DEEP, line=DEEP, said=said)
            if each.is_disputed or each.is_held:
                top = MIDDLE - tall - 11
                drawing.path(f"M{x + 3:.1f} {top:.1f} l5 5 l-5 5 l-5 -5 Z", fill=PAPER, said=said)

    def money(self, drawing: Drawing, moves: Iterable[Move]) -> None:
        for each in moves:
            if each.kind in PAID and each.amount:
                fill = {"payment": DEEP, "reversed_payment": PAPER}.get(each.kind, drawing.hatch)
                what = self.language.say(WORDS[each.kind])
                said = f"{self.language.date(each.on)} {what} {self.language.amount(each.amount)}"
                drawing.bar(self.x(each.on) - 2.5, MIDDLE, 5, self.tall(each.amount), fill=fill, line=DEEP, said=said)

    def marks(self, drawing: Drawing, moves: Iterable[Move]) -> None:
        for each in moves:
            if each.kind in MARKS:
                x = self.x(each.on)
                said = f"{self.language.date(each.on)} {self.language.say(WORDS[each.kind])} {each.reference}"
                is_incident = each.kind in MARKS[2:6]
                shape = f"M{x:.1f} 166 l6 11 l-12 0 Z" if is_incident else f"M{x:.1f} 166 l5 5 l-5 5 l-5 -5 Z"
                drawing.path(shape, fill=INK if is_incident else PAPER, said=said)

    def _said(self, bill: Bill) -> str:
        said = self.language.say(
            "{bill}: {amount}, due {day}",
            bill=bill.bill_id,
            amount=self.language.amount(bill.amount),
            day=self.language.date(bill.due_on),
        )
        left = (
            self.language.say("{amount} open", amount=self.language.amount(bill.open_amount))
            if bill.open_amount
            else ""
        )
        return f"{said}, {left}" if left else said
