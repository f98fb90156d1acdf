"""One sound row of each table, dated before the night that the tests run; a test says what is different in its own."""

import datetime as dt
from typing import Any

from tests.lake.raw_rows import Row, at, money

AS_OF = dt.date(2026, 10, 31)
KNOWN_AT = at(AS_OF)
LONG_AGO = dt.date(2020, 1, 1)


def day(ago: int) -> dt.date:
    return AS_OF - dt.timedelta(days=ago)


def customer(account_id: str, **other: Any) -> Row:
    return {
        "customer_id": f"customer of {account_id}",
        "name": "Li",
        "language": "en",
        "kind": "person",
        "recorded_at": at(LONG_AGO),
        **other,
    }


def premise(premise_id: str, **other: Any) -> Row:
    return {
        "premise_id": premise_id,
        "district": "North",
        "address": None,
        "postcode": None,
        "recorded_at": at(LONG_AGO),
        **other,
    }


def account(account_id: str, **other: Any) -> Row:
    return {
        "account_id": account_id,
        "customer_id": f"customer of {account_id}",
        "district": "North",
        "voltage_class": "<1kV",
        "tariff": "residential",
        "industry": None,
        "contracted_capacity_kva": None,
        "opened_on": LONG_AGO,
        "closed_on": None,
        "premise_id": None,
        "guarantor_customer_id": None,
        "occupancy": None,
        "payment_mode": None,
        "recorded_at": at(LONG_AGO),
        **other,
    }


def meter(account_id: str, **other: Any) -> Row:
    return {
        "account_id": account_id,
        "meter_id": f"M-{account_id}",
        "installed_on": LONG_AGO,
        "removed_on": None,
        "register_digits": None,
        "start_register_wh": None,
        "end_register_wh": None,
        "recorded_at": at(LONG_AGO),
        **other,
    }


def reading(account_id: str, ago: int, energy_wh: int | None, **other: Any) -> Row:
    return {
        "account_id": account_id,
        "meter_id": f"M-{account_id}",
        "read_on": day(ago),
        "register_wh": None,
        "energy_wh": energy_wh,
        "quality": "missing" if energy_wh is None else "measured",
        "recorded_at": at(day(ago), 24),
        **other,
    }


def profile(account_id: str, ago: int, energy_wh: int | None, **other: Any) -> Row:
    """The half-hour that begins at noon."""
    return {
        "account_id": account_id,
        "meter_id": f"M-{account_id}",
        "starts_at": at(day(ago), 12),
        "read_on": day(ago),
        "interval_minutes": 30,
        "energy_wh": energy_wh,
        "quality": "missing" if energy_wh is None else "measured",
        "recorded_at": at(day(ago), 24),
        **other,
    }


def bill(account_id: str, bill_id: str, due_ago: int, cents: int, **other: Any) -> Row:
    """Issued twenty days before it is due, for the month before."""
    issued = due_ago + 20
    return {
        "bill_id": bill_id,
        "account_id": account_id,
        "issued_on": day(issued),
        "period_start_on": day(issued + 30),
        "period_end_on": day(issued + 1),
        "due_on": day(due_ago),
        "amount": money(cents),
        "energy_wh": 1000,
        "status": "issued",
        "kind": None,
        "peak_wh": None,
        "flat_wh": None,
        "valley_wh": None,
        "currency": None,
        "recorded_at": at(day(issued)),
        **other,
    }


def adjustment(account_id: str, adjustment_id: str, ago: int, kind: str, cents: int, **other: Any) -> Row:
    return {
        "adjustment_id": adjustment_id,
        "account_id": account_id,
        "kind": kind,
        "bill_id": None,
        "adjusted_on": day(ago),
        "due_on": None,
        "amount": money(cents),
        "status": "booked",
        "currency": None,
        "recorded_at": at(day(ago)),
        **other,
    }


def payment(account_id: str, payment_id: str, ago: int, cents: int, **other: Any) -> Row:
    return {
        "payment_id": payment_id,
        "account_id": account_id,
        "paid_on": day(ago),
        "amount": money(cents),
        "channel": "counter",
        "reverses_payment_id": None,
        "currency": None,
        "recorded_at": at(day(ago)),
        **other,
    }


def security(account_id: str, security_id: str, ago: int, **other: Any) -> Row:
    return {
        "security_id": security_id,
        "account_id": account_id,
        "kind": "deposit",
        "amount": money(7000),
        "valid_from_on": day(ago),
        "valid_until_on": None,
        "status": "in_force",
        "currency": None,
        "recorded_at": at(day(ago)),
        **other,
    }


def incident(account_id: str, number: int, ago: int, kind: str, **other: Any) -> Row:
    return {
        "incident_id": f"i{number}",
        "account_id": account_id,
        "kind": kind,
        "confirmed_on": day(ago),
        "status": "confirmed",
        "recovered_wh": None,
        "recovery_amount": None,
        "recorded_at": at(day(ago), 12),
        **other,
    }


def dispute(account_id: str, dispute_id: str, bill_id: str, ago: int, **other: Any) -> Row:
    return {
        "dispute_id": dispute_id,
        "account_id": account_id,
        "bill_id": bill_id,
        "opened_on": day(ago),
        "closed_on": None,
        "recorded_at": at(day(ago)),
        **other,
    }


def arrangement(account_id: str, arrangement_id: str, ago: int, kind: str, **other: Any) -> Row:
    return {
        "arrangement_id": arrangement_id,
        "part_no": 1,
        "account_id": account_id,
        "kind": kind,
        "agreed_on": day(ago),
        "due_on": day(ago - 10),
        "amount": money(500),
        "status": "open",
        "currency": None,
        "recorded_at": at(day(ago)),
        **other,
    }


def hold(account_id: str, hold_id: str, ago: int, **other: Any) -> Row:
    return {
        "hold_id": hold_id,
        "account_id": account_id,
        "bill_id": None,
        "reason": "disaster",
        "from_on": day(ago),
        "until_on": None,
        "recorded_at": at(day(ago)),
        **other,
    }


def contact(account_id: str, contact_id: str, **other: Any) -> Row:
    return {
        "contact_id": contact_id,
        "customer_id": f"customer of {account_id}",
        "channel": "email",
        "address": "li@example.org",
        "consent": "given",
        "status": None,
        "recorded_at": at(LONG_AGO),
        **other,
    }


def protection(account_id: str, protection_id: str, ago: int, **other: Any) -> Row:
    return {
        "protection_id": protection_id,
        "account_id": account_id,
        "kind": "medical",
        "valid_from_on": day(ago),
        "valid_until_on": None,
        "recorded_at": at(day(ago)),
        **other,
    }


def external_record(account_id: str, record_id: str, ago: int, **other: Any) -> Row:
    return {
        "record_id": record_id,
        "customer_id": f"customer of {account_id}",
        "kind": "court",
        "published_on": day(ago),
        "ended_on": None,
        "amount": None,
        "currency": None,
        "recorded_at": at(day(ago)),
        **other,
    }
