"""The terms of a decision: arithmetic over what is known of an account, as SQL that gives the same cents everywhere."""

from functools import lru_cache

import sqlglot
from sqlglot import exp

from arrears.policy.axes import TEXT_TERMS, TermKind
from arrears.policy.conditions import ConditionError, literal_of, parse
from arrears.policy.names import Names

_NUMBER = "DECIMAL(28, 6)"
"""What every step is kept in: six places, which no order of rows or threads changes."""

_SIGNS = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*"}
_OF_SEVERAL = {exp.Least: "least", exp.Greatest: "greatest", exp.Coalesce: "coalesce"}


def compile_term(text: str, column: str, kind: TermKind, names: Names) -> str:
    """The term as SQL. ConditionError for an unknown name, a text in a sum, anything but + - * / least greatest round
    coalesce abs. A division by nothing, what is too large for any amount, and whatever is worked out from a missing value is
    missing."""
    if kind == "text":
        if text not in TEXT_TERMS[column]:
            raise ConditionError(f"it is never '{text}'; it can be {', '.join(sorted(TEXT_TERMS[column]))}")
        return sqlglot.exp.Literal.string(text).sql(dialect="duckdb")
    number = _number(_parsed(text), names)
    if kind == "money":
        return f"TRY_CAST({_within(number, '0')} AS DECIMAL(18, 2))"
    if kind == "share":
        return f"CAST({_within(number, '0', '1')} AS DECIMAL(5, 4))"
    whole = f"CAST({_within(number, '0', '3650')} AS INTEGER)"
    return whole if kind == "count" else f"CAST(:as_of AS DATE) + {whole}"


@lru_cache(maxsize=4096)  # one policy is read for night after night
def _parsed(text: str) -> exp.Expr:
    """What `parse` makes of it, to be read only."""
    return parse(text)


def _within(number: str, least: str, most: str | None = None) -> str:
    """`least` and `greatest` would put a bound in the place of a missing value."""
    above = f" WHEN {number} > {most} THEN {most}" if most is not None else ""
    return f"CASE WHEN {number} < {least} THEN {least}{above} ELSE {number} END"


def _number(node: exp.Expr, names: Names) -> str:
    def number(child: exp.Expr) -> str:
        return _number(child, names)

    if isinstance(node, exp.Paren):
        return number(node.this)
    if isinstance(node, exp.Column):
        return _column(node, names)
    if isinstance(node, exp.Literal) and not node.is_string:
        return f"CAST({literal_of(node)} AS {_NUMBER})"
    if isinstance(node, exp.Neg):
        return f"(-{number(node.this)})"
    if isinstance(node, exp.Abs):
        return f"abs({number(node.this)})"
    if isinstance(node, (exp.Add, exp.Sub, exp.Mul)):
        return f"TRY(CAST({number(node.left)} {_SIGNS[type(node)]} {number(node.right)} AS {_NUMBER}))"
    if isinstance(node, exp.Div):
        return f"TRY_CAST(CAST({number(node.left)} AS DOUBLE) / nullif(CAST({number(node.right)} AS DOUBLE), 0) AS {_NUMBER})"
    if isinstance(node, (exp.Least, exp.Greatest, exp.Coalesce)):
        children = ", ".join(number(child) for child in (node.this, *node.expressions))
        return f"{_OF_SEVERAL[type(node)]}({children})"
    if isinstance(node, exp.Round):
        return f"CAST(round({number(node.this)}, {_places(node)}) AS {_NUMBER})"
    raise ConditionError(f"'{node.sql(dialect='duckdb')}' is not allowed in a term")


def _column(node: exp.Column, names: Names) -> str:
    if not node.table and node.name in names.values:
        return f"CAST({names.values[node.name]:f} AS {_NUMBER})"
    if node.table or node.name not in names.kinds:
        raise ConditionError(f"there is no column {node.sql()}")
    if names.kinds[node.name] != "number":
        raise ConditionError(f"{node.name} is a {names.kinds[node.name]}, and no number")
    return f"TRY_CAST({node.name} AS {_NUMBER})"


def _places(node: exp.Round) -> int:
    places = node.args.get("decimals")
    if places is None:
        return 0
    if not isinstance(places, exp.Literal) or places.is_string or places.name not in tuple("0123456"):
        raise ConditionError("round keeps 0 to 6 places, such as round(exposure_amount, 2)")
    return int(places.name)
