"""`arrears source new`: a first mapping of a system that nobody mapped yet, to be filled in by a person."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlglot
from sqlglot import exp

from arrears.errors import UsageError
from arrears.lake.contract import KEPT_HERE, TABLES, Contract, load_contract
from arrears.sources.guess import Guess, Tables, guess, load_words
from arrears.sources.mapping import FILL_IN

GUESS = "-- GUESS"

_TYPES = {"VARCHAR": "text", "DATE": "date", "BIGINT": "whole number", "INTEGER": "whole number"}


@dataclass(frozen=True, slots=True)
class System:
    """What is known of the system to be mapped: its connection's lines in source.yaml, the connection's name, its tables, and
    how a name is written in its SQL."""

    connection: str
    declared: Sequence[str]
    tables: Tables
    quote: str = '"'


@dataclass(frozen=True, slots=True)
class Scaffold:
    """Where the files are, and of which of the contract's tables something could be guessed."""

    folder: Path
    guessed: dict[str, Guess]


def write_scaffold(sql_folder: Path, name: str, system: System) -> Scaffold:
    """Write `sources/<name>/`: source.yaml and a mapping for each table of the contract. UsageError when it is there."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", name):
        raise UsageError(f"a source is named by small letters, digits and _, such as city_power; not '{name}'")
    folder = sql_folder / "sources" / name
    if folder.exists():
        raise UsageError(f"{folder} is there already, and nothing in it is written over; choose another name")
    contracts = [load_contract(sql_folder / "contract", table) for table in TABLES if table not in KEPT_HERE]
    words = load_words(sql_folder / "contract")
    found = {contract.table: guess(contract, system.tables, words) for contract in contracts}
    texts = {f"{contract.table}.sql": _mapping(contract, system, found[contract.table]) for contract in contracts}
    folder.mkdir(parents=True)
    for file, text in {"source.yaml": _declaration(name, system), **texts}.items():
        (folder / file).write_text(text, encoding="utf-8")
    guessed = {table: each for table, each in found.items() if each is not None}
    return Scaffold(folder, guessed)


def _declaration(name: str, system: System) -> str:
    lines = [
        f"# {FILL_IN}: whose system this is. Every {FILL_IN} below waits for a person; docs/mapping.md walks through it.",
        f"name: {name}",
        f"zone: {FILL_IN}            # of local dates, and of stamps without an offset, such as Asia/Shanghai",
        f"currency: {FILL_IN}        # such as CNY",
        f"language: {FILL_IN}        # of customers that say nothing else: zh-CN or en",
        "commodity: electricity  # or gas, or water: their use is counted in litres",
        "creditor:                # who writes to the customers, how to pay, how to contest",
        *(f"  {key}: {FILL_IN}" for key in ("zh", "en", "phone", "pay_zh", "pay_en", "contest_zh", "contest_en")),
        "absent: []               # tables that the system has nothing for: delete their .sql and name them here",
        "connections:",
        f"  {system.connection}:",
        *(f"    {line}" for line in system.declared),
    ]
    return "\n".join(lines) + "\n"


def _mapping(contract: Contract, system: System, found: Guess | None) -> str:
    columns = found.columns if found else {}
    stamp = columns.get("recorded_at")
    head = [f"-- connection: {system.connection}"]
    if found and not stamp:
        head.append("-- changes: compare")
    head += [f"-- {line}".rstrip() for line in _asked(contract)]
    if found:
        head.append(f"-- A guess by names alone, from {found.table} ({', '.join(system.tables[found.table])}).")
        head.append(f"-- Look at each line; take its {GUESS} away when it is right.")
    if found and not stamp:
        head.append(
            "-- No column says when a row was changed: the whole table is read each night and compared with the last."
        )
    wanted = [name for name in contract.columns if name != "recorded_at" or stamp or not found]
    lines = [_line(contract, name, columns.get(name), system.quote) for name in wanted]
    body = ["SELECT", *(f"    {text}{',' if text != lines[-1][0] else ''}  {note}".rstrip() for text, note in lines)]
    table = _quoted(found.table, system.quote) if found else FILL_IN
    body.append(f"FROM {table}")
    if stamp:
        at = _quoted(stamp, system.quote)
        body.append(f"WHERE {at} >= :since AND {at} < :until")
    return "\n".join([*head, *body]) + "\n"


def _line(contract: Contract, name: str, column: str | None, quote: str) -> tuple[str, str]:
    if column is not None:
        return _quoted(column, quote) if column == name else f"{_quoted(column, quote)} AS {name}", GUESS
    return f"NULL AS {name}", "" if name in contract.optional else f"-- {FILL_IN}"


def _quoted(name: str, quote: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) else f"{quote}{name.replace(quote, quote * 2)}{quote}"


def _asked(contract: Contract) -> list[str]:
    """What a row of the contract must be, column by column: its type, what it may hold, the rules that set a row aside."""
    grain = re.search(r"^-- grain: (.+)$", contract.sql, re.MULTILINE)
    lines = [f"{contract.table}: {grain[1] if grain else 'see the contract'}", ""]
    allowed = _allowed(contract)
    for name, kind in contract.columns.items():
        said = {
            "part of the key": name in contract.key,
            "may be left out": name in contract.optional,
            f"of {contract.references.get(name)}": name in contract.references,
            f"one of {', '.join(allowed.get(name, []))}": name in allowed,
        }
        plain = _TYPES.get(kind, "instant" if name in contract.instants else f"number, {kind.lower()}")
        words = [plain, *(word for word, is_so in said.items() if is_so)]
        rules = re.findall(rf"THEN '{name}\.([a-z_]+)'", contract.sql)
        lines.append(f"  {name:<24} {'; '.join(words)}" + (f" ({', '.join(rules)})" if rules else ""))
    return [*lines, ""]


def _allowed(contract: Contract) -> dict[str, list[str]]:
    """The values that a rule lists for a column."""
    found = {}
    for each in sqlglot.parse_one(contract.sql, dialect="duckdb").find_all(exp.In):
        column = each.this if isinstance(each.this, exp.Column) else each.find(exp.Column)
        if column is not None and each.expressions:
            found[column.name] = [str(value.this) for value in each.expressions if isinstance(value, exp.Literal)]
    return found
