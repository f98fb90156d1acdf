"""Every feature of every open account, but those of meters and of rows set aside: slow, obvious, and by other means."""

import datetime as dt
from typing import Any

from arrears.lake.contract import TABLES
from tests.lake.raw_rows import CONTRACTS, Raw, Row
from tests.snapshot.reference import back, books, cents, current, debt, on_hold, whole_months
from tests.snapshot.reference_behaviour import arrangements, behaviour, habits
from tests.snapshot.reference_use import exposure, load_factor, use

PROTECTIONS = {
    "medical": "is_medically_protected",
    "elderly": "is_elderly_protected",
    "young_children": "is_child_protected",
    "low_income": "is_low_income_protected",
    "other_vulnerable": "is_otherwise_protected",
    "important_user": "is_important_user",
    "high_risk_user": "is_high_risk_user",
    "continuous_process": "is_continuous_process_user",
}


def night(raw: Raw, as_of: dt.date, known_at: dt.datetime) -> dict[str, dict[str, Any]]:
    """By account, by feature; amounts in cents."""
    known = {table: current(raw, table, as_of, known_at) for table in TABLES}
    accounts = [row for row in known["account"] if row["closed_on"] is None or row["closed_on"] >= as_of]
    told = {row["account_id"]: _account(row, known, as_of) for row in accounts}
    for row in accounts:
        told[row["account_id"]] |= _links(row, accounts, told)
    return told


def _segment(account: Row) -> str | None:
    if account["voltage_class"] not in (None, "<1kV"):
        return "high_voltage"
    if account["tariff"] == "residential":
        return "residential"
    return "business" if account["tariff"] else None


def _account(account: Row, known: dict[str, list[Row]], as_of: dt.date) -> dict[str, Any]:
    def own(table: str, column: str) -> list[Row]:
        return [row for row in known[table] if row[column] == account[column]]

    rows = {table: own(table, "account_id") for table in TABLES if "account_id" in CONTRACTS[table].columns}
    found = books(rows, as_of)
    told = {
        **{name: account[name] for name in ("district", "industry", "voltage_class", "tariff", "occupancy")},
        "segment": _segment(account),
        "contracted_capacity_kva": account["contracted_capacity_kva"],
        "payment_mode_in_force": account["payment_mode"],
        "is_direct_debit": account["payment_mode"] and account["payment_mode"] == "direct_debit",
        "account_age_days": (as_of - account["opened_on"]).days,
        **_protection(rows["protection"], as_of),
        **_customer({table: own(table, "customer_id") for table in ("customer", "contact", "external_record")}, as_of),
        **debt(found, as_of),
        **on_hold(rows, as_of),
        **behaviour(found, as_of),
        **habits(rows, as_of),
        **arrangements(rows, as_of),
        **use(rows, as_of),
        "load_factor_30d": load_factor(rows["profile"], as_of),
        **_integrity(rows["incident"], as_of),
    }  # fmt: skip
    bills = [row for row in rows["bill"] if row["status"] == "issued" and row["kind"] != "recovery"]
    told["bills_12m"] = sum(row["period_end_on"] >= back(as_of, 12) for row in bills)
    told |= exposure(account, rows, told, as_of)
    del told["bills_12m"]
    booked = [row for row in rows["adjustment"] if row["status"] == "booked" and row["adjusted_on"] >= back(as_of, 24)]
    told["credited_amount_24m"] = sum(cents(row) for row in booked if row["kind"] == "credit")
    told["written_off_amount_24m"] = sum(cents(row) for row in booked if row["kind"] == "write_off")
    assert found.balance == told["open_amount"] - told["credit_amount"]
    return told


def _protection(rows: list[Row], as_of: dt.date) -> dict[str, Any]:
    kinds = {row["kind"] for row in rows if row["valid_until_on"] is None or row["valid_until_on"] >= as_of}
    return {"is_protected": bool(kinds), **{name: kind in kinds for kind, name in PROTECTIONS.items()}}


def _customer(rows: dict[str, list[Row]], as_of: dt.date) -> dict[str, Any]:
    customer = rows["customer"]
    right = [row for row in rows["contact"] if row["status"] != "wrong"] if customer else []
    given = {row["channel"] for row in right if row["consent"] == "given"}
    recent = [row for row in rows["external_record"] if row["published_on"] >= back(as_of, 60)] if customer else []
    last_on = max((row["published_on"] for row in recent), default=None)
    return {
        "customer_kind": customer[0]["kind"] if customer else None,
        "has_address": bool(right),
        **{f"has_{name}_consent": name in given for name in ("email", "sms", "phone", "letter", "chat")},
        "adverse_records_60m": len(recent),
        **{
            f"{kind}_records_60m": sum(row["kind"] == kind for row in recent)
            for kind in ("business", "tax", "court", "insolvency")
        },
        "standing_records_60m": sum(row["ended_on"] is None or row["ended_on"] >= as_of for row in recent),
        "days_since_adverse_record": (as_of - last_on).days if last_on else None,
    }


def _integrity(rows: list[Row], as_of: dt.date) -> dict[str, Any]:
    stood = [row for row in rows if row["status"] == "confirmed"]
    recent = [row for row in stood if row["confirmed_on"] >= back(as_of, 24)]
    last_on = max((row["confirmed_on"] for row in stood), default=None)

    def months_since(*kinds: str) -> int | None:
        return min((whole_months(row["confirmed_on"], as_of) for row in stood if row["kind"] in kinds), default=None)

    return {
        "months_since_theft": months_since("theft", "tampering"),
        "months_since_breach": months_since("unauthorised_use", "breach"),
        "theft_count_24m": sum(row["kind"] in ("theft", "tampering") for row in recent),
        "breach_count_24m": sum(row["kind"] in ("unauthorised_use", "breach") for row in recent),
        "days_since_incident": (as_of - last_on).days if last_on else None,
        "months_since_incident": whole_months(last_on, as_of) if last_on else None,
        "recovered_kwh_24m": sum(row["recovered_wh"] or 0 for row in recent) / 1000,
        "recovery_amount_24m": sum(int((row["recovery_amount"] or 0) * 100) for row in recent),
    }


def _links(account: Row, accounts: list[Row], told: dict[str, dict[str, Any]]) -> dict[str, Any]:
    def same(column: str) -> set[str]:
        return {
            row["account_id"]
            for row in accounts
            if row is not account and row[column] is not None and row[column] == account[column]
        }

    owner, guarantor, premises = same("customer_id"), same("guarantor_customer_id"), same("premise_id")
    others = [told[name] for name in owner | guarantor | premises]
    return {
        "same_owner_accounts": len(owner),
        "same_guarantor_accounts": len(guarantor),
        "same_premises_accounts": len(premises),
        "linked_accounts": len(others),
        "linked_overdue_accounts": sum(other["overdue_amount"] > 0 for other in others),
        "linked_open_amount": sum(other["open_amount"] for other in others),
        "linked_overdue_amount": sum(other["overdue_amount"] for other in others),
    }
