"""Conditions in policy files: SQL boolean expressions over known names, parsed and checked before anything runs."""

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Literal

import sqlglot
from sqlglot import TokenType, exp
from sqlglot.optimizer.simplify import simplify

Kind = Literal["number", "text", "date", "boolean", "null"]

_ALLOWED = (
    exp.And, exp.Or, exp.Not, exp.Paren, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In, exp.Between, exp.Is,
    exp.Null, exp.Boolean, exp.Literal, exp.Column, exp.Identifier, exp.Neg, exp.Add, exp.Sub, exp.Mul, exp.Div,
    exp.Coalesce, exp.Abs,
)  # fmt: skip
_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg, exp.Abs)
_PLAIN_NUMBER = re.compile(r"\d{1,15}(\.\d{1,9})?")


class ConditionError(ValueError):
    """The condition is refused; the text says why in words a credit manager understands."""


def compile_condition(
    text: str,
    names: Mapping[str, Kind],
    choices: Mapping[str, frozenset[str]],
    values: Mapping[str, Decimal] | None = None,
) -> str:
    """The condition as SQL for the engine, `TRUE` when it matches everything. `names` are the columns it may use,
    `choices` the texts that some of them can have, `values` the numbers that have a name of their own. ConditionError for
    anything else: another name, a function, a statement, a comment, a comparison of unlike kinds."""
    known = tuple((name, f"{number:f}") for name, number in (values or {}).items())
    return _compiled(text, tuple(names.items()), tuple(choices.items()), known)


@lru_cache(maxsize=4096)  # one policy is read for night after night, and most of the time went into its conditions
def _compiled(
    text: str,
    names: tuple[tuple[str, Kind], ...],
    choices: tuple[tuple[str, frozenset[str]], ...],
    values: tuple[tuple[str, str], ...],
) -> str:
    tree = parse(text)
    for node in tree.walk():
        if not isinstance(node, _ALLOWED):
            raise ConditionError(f"'{node.sql(dialect='duckdb')}' is not allowed in a condition")
    known = {name: Decimal(number) for name, number in values}
    if _kind(tree, {**dict(names), **dict.fromkeys(known, "number")}, dict(choices)) != "boolean":
        raise ConditionError(f"'{text}' is not a yes-or-no condition")
    tree = tree.transform(lambda node: _valued(node, known))
    return "TRUE" if simplify(tree.copy()) == exp.true() else tree.sql(dialect="duckdb")


def parse(text: str) -> exp.Expr:
    """The one expression that `text` is; ConditionError for a statement, several, a comment or a semicolon."""
    try:
        tokens = sqlglot.tokenize(text, dialect="duckdb")
        parsed = sqlglot.parse(text, dialect="duckdb")
    except sqlglot.errors.SqlglotError as error:
        raise ConditionError(f"'{text}' cannot be read as a condition") from error
    if any(token.comments or token.token_type is TokenType.SEMICOLON for token in tokens):
        raise ConditionError(f"'{text}' has a comment or a semicolon; comments go before the rule, behind a #")
    if len(parsed) != 1 or parsed[0] is None:
        raise ConditionError(f"'{text}' is not one condition")
    return parsed[0]


def literal_of(node: exp.Literal) -> str:
    """The digits of a number; ConditionError when they are not plain, such as 1e400."""
    if not _PLAIN_NUMBER.fullmatch(node.name):
        raise ConditionError(f"{node.name} is not a plain number, such as 5000 or 0.25")
    return node.name


def _valued(node: exp.Expr, values: Mapping[str, Decimal]) -> exp.Expr:
    """A value's number in the place of its name."""
    if isinstance(node, exp.Column) and node.name in values:
        number = values[node.name]
        literal = exp.Literal.number(f"{abs(number):f}")
        return exp.paren(exp.Neg(this=literal)) if number < 0 else literal
    return node


def _kind(node: exp.Expr, names: Mapping[str, Kind], choices: Mapping[str, frozenset[str]]) -> Kind:
    def kind(child: exp.Expr) -> Kind:
        return _kind(child, names, choices)

    if isinstance(node, exp.Column):
        if node.table or node.name not in names:
            raise ConditionError(f"there is no column {node.sql()}")
        return names[node.name]
    if isinstance(node, exp.Literal):
        if node.is_string:
            return "text"
        literal_of(node)
        return "number"
    if isinstance(node, exp.Null):
        return "null"
    if isinstance(node, exp.Boolean):
        return "boolean"
    if isinstance(node, exp.Paren):
        return kind(node.this)
    if isinstance(node, (exp.And, exp.Or)):
        _want("boolean", kind(node.left), node.left)
        _want("boolean", kind(node.right), node.right)
        return "boolean"
    if isinstance(node, exp.Not):
        _want("boolean", kind(node.this), node.this)
        return "boolean"
    if isinstance(node, exp.Is):
        asked = kind(node.this)
        if isinstance(node.expression, exp.Boolean):
            _want("boolean", asked, node.this)
        elif not isinstance(node.expression, exp.Null):
            raise ConditionError(f"'{node.sql(dialect='duckdb')}': only null, true and false may follow `is`")
        return "boolean"
    if isinstance(node, _ARITHMETIC):
        for child in node.iter_expressions():
            _want("number", kind(child), child)
        return "number"
    if isinstance(node, exp.Coalesce):
        first = kind(node.this)
        for child in node.expressions:
            _want(first, kind(child), child)
        return first
    others = _compared(node)
    first = kind(node.this)
    for other in others:
        _want(first, kind(other), other)
        _check_choice(node.this, other, choices)
        _check_choice(other, node.this, choices)
    return "boolean"


def _compared(node: exp.Expr) -> list[exp.Expr]:
    """What stands on the other side of a comparison."""
    if isinstance(node, _COMPARISONS):
        return [node.expression]
    if isinstance(node, exp.Between):
        return [node.args["low"], node.args["high"]]
    if isinstance(node, exp.In) and node.expressions:
        return list(node.expressions)
    raise ConditionError(f"'{node.sql(dialect='duckdb')}' is not allowed in a condition")


def _want(wanted: Kind, found: Kind, node: exp.Expr) -> None:
    if found == "null":
        raise ConditionError("nothing equals NULL; write `is null` or `is not null`")
    if found != wanted:
        raise ConditionError(f"'{node.sql(dialect='duckdb')}' is a {found}, where a {wanted} is compared")


def _check_choice(column: exp.Expr, literal: exp.Expr, choices: Mapping[str, frozenset[str]]) -> None:
    column, literal = column.unnest(), literal.unnest()
    if isinstance(column, exp.Column) and isinstance(literal, exp.Literal) and column.name in choices:
        known = choices[column.name]
        if literal.name not in known:
            raise ConditionError(f"{column.name} is never '{literal.name}'; it can be {', '.join(sorted(known))}")
