"""The utility's own books: journals that are only ever added to. A closing, a cancellation, a reversal or a decision is
a row of its own, with the moment at which it was entered; amounts are whole fen."""

from typing import Any

from sqlalchemy import BigInteger, Column, Date, DateTime, Integer, MetaData, String, Table

BOOKS = MetaData()


def _key(name: str) -> Column[Any]:
    """A whole number that SQLite takes for the row's own number, so that it costs no index."""
    return Column(name, BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False)


def _whole(name: str, nullable: bool = False) -> Column[Any]:
    return Column(name, BigInteger, nullable=nullable)


def _text(name: str, length: int, nullable: bool = False) -> Column[Any]:
    return Column(name, String(length), nullable=nullable)


def _day(name: str, nullable: bool = False) -> Column[Any]:
    return Column(name, Date, nullable=nullable)


def _journal(name: str, *columns: Column[Any]) -> Table:
    return Table(name, BOOKS, *columns, Column("entered_at", DateTime, nullable=False))


JOURNALS = (
    _journal(
        "c_cust",
        _key("cust_id"),
        _text("cust_name", 80),
        _text("lang_code", 2, nullable=True),
        _text("cust_type", 2),
    ),
    _journal("c_prem", _key("prem_id"), _text("org_no", 2), _text("prem_addr", 80), _text("post_code", 6)),
    _journal(
        "c_cons",
        _key("cons_id"),
        _text("cons_no", 10),
        _whole("cust_id"),
        _text("org_no", 2),
        _text("volt_code", 7, nullable=True),
        _text("elec_type_code", 3),
        _text("trade_code", 3, nullable=True),
        _whole("contract_cap", nullable=True),
        _day("build_date"),
        _whole("prem_id"),
        _whole("guar_cust_id", nullable=True),
        _text("occ_code", 2, nullable=True),
        _text("settle_mode", 2),
    ),
    _journal("c_cons_close", _key("cons_id"), _day("close_date"), _text("reason_code", 2)),
    _journal(
        "c_meter_inst",
        _key("meter_id"),
        _text("cons_no", 10),
        _text("asset_no", 11),
        _text("type_code", 2),
        _whole("digits"),
        _day("inst_date"),
        _whole("bgn_num"),
    ),
    _journal("c_meter_rmv", _key("meter_id"), _day("rmv_date"), _whole("end_num")),
    _journal(
        "a_rcvbl_flow",
        _key("rcvbl_amt_id"),
        _text("cons_no", 10),
        _day("release_date"),
        _day("bgn_date"),
        _day("end_date"),
        _day("pay_limit_date"),
        _whole("t_pq"),
        _whole("rcvbl_fen"),
        _whole("orig_amt_id", nullable=True),
        _text("amt_type", 2),
        _whole("peak_pq", nullable=True),
        _whole("flat_pq", nullable=True),
        _whole("valley_pq", nullable=True),
    ),
    _journal("a_rcvbl_cancel", _key("rcvbl_amt_id"), _day("cancel_date")),
    _journal(
        "a_pay_flow",
        _key("charge_id"),
        _text("cons_no", 10),
        _day("charge_date"),
        _whole("rcved_fen"),
        _text("pay_mode", 4),
    ),
    _journal("a_pay_reversal", _key("charge_id"), _day("rev_date"), _text("reason_code", 2)),
    _journal(
        "a_adjust_flow",
        _key("adj_id"),
        _text("cons_no", 10),
        _text("adj_type", 2),
        _whole("rcvbl_amt_id", nullable=True),
        _day("adj_date"),
        _day("due_date", nullable=True),
        _whole("adj_fen"),
    ),
    _journal("a_adjust_cancel", _key("adj_id"), _day("cancel_date")),
    _journal("c_theft_case", _key("case_id"), _text("cons_no", 10), _text("case_type", 2), _day("confirm_date")),
    _journal("c_theft_assess", _key("case_id"), _whole("rec_pq"), _whole("rec_fen"), _whole("rcvbl_amt_id")),
    _journal("c_theft_revoke", _key("case_id"), _day("revoke_date")),
    _journal("s_appeal", _key("appeal_id"), _text("cons_no", 10), _whole("rcvbl_amt_id"), _day("accept_date")),
    _journal("s_appeal_end", _key("appeal_id"), _day("finish_date"), _text("result_code", 2)),
    _journal("s_pay_plan", _key("plan_id"), _text("cons_no", 10), _text("plan_type", 2), _day("agree_date")),
    _journal(
        "s_pay_plan_term",
        _key("term_id"),
        _whole("plan_id"),
        _whole("term_no"),
        _day("term_date"),
        _whole("term_fen"),
    ),
    _journal("s_pay_plan_result", _key("term_id"), _text("result_code", 2)),
    _journal(
        "c_deposit", _key("dep_id"), _text("cons_no", 10), _text("dep_type", 2), _whole("dep_fen"), _day("bgn_date")
    ),
    _journal("c_deposit_end", _key("dep_id"), _text("end_type", 2), _day("end_date")),
    _journal(
        "c_contact",
        _key("contact_id"),
        _whole("cust_id"),
        _text("contact_mode", 2),
        _text("contact_value", 100),
        _text("consent_code", 1, nullable=True),
    ),
    _journal("c_contact_chg", _key("contact_id"), _text("consent_code", 1, nullable=True), _text("valid_code", 1)),
    _journal(
        "c_protect",
        _key("prot_id"),
        _text("cons_no", 10),
        _text("prot_type", 2),
        _day("bgn_date"),
        _day("end_date", nullable=True),
    ),
    _journal("c_protect_end", _key("prot_id"), _day("end_date")),
    _journal(
        "x_pub_record",
        _key("rec_id"),
        _whole("cust_id"),
        _text("src_code", 2),
        _day("pub_date"),
        _whole("rec_fen", nullable=True),
    ),
    _journal("x_pub_record_end", _key("rec_id"), _day("end_date")),
)
"""In the order in which they are written."""

ORIGIN = Table(
    "demo_origin",
    BOOKS,
    Column("name", String(20), primary_key=True),
    Column("value", String(80), nullable=False),
)
"""What these books were made with, and how far they reach; the one table that a real utility would not have."""
