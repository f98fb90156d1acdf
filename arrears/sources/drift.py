"""Drift of a source's schema, named before a row is read: what a mapping yields now, against the contract and against what it
yielded at the last pull."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from arrears.domain.identity import digest
from arrears.errors import SourceError
from arrears.lake.contract import PROVENANCE, Contract
from arrears.sources.mapping import Query
from arrears.sources.session import Columns

_KINDS = {
    "whole number": ("tinyint", "smallint", "integer", "int", "bigint", "hugeint", "int2", "int4", "int8"),
    "decimal": ("numeric", "decimal"),
    "floating number": ("float", "double", "real", "float4", "float8", "double precision"),
    "text": ("text", "varchar", "char", "bpchar", "name", "uuid", "citext"),
    "local time": ("timestamp", "timestamp without time zone"),
    "instant": ("timestamptz", "timestamp with time zone"),
    "truth value": ("bool", "boolean"),
}
KIND_OF = {name: kind for kind, names in _KINDS.items() for name in names}


@dataclass(frozen=True, slots=True)
class Shape:
    """What a mapping yields (`columns`), the columns of the files that it reads (`headers`, by view), and what was found
    about those files (`remarks`)."""

    columns: Columns
    headers: dict[str, list[str]]
    remarks: list[str]

    def to_json(self, query: Query) -> dict[str, Any]:
        """What a manifest keeps, for the next pull to compare with."""
        return {"columns": self.columns, "headers": self.headers, "mapping": digest(query.sql)}


@dataclass(frozen=True, slots=True)
class Drift:
    """What is only new: columns to leave out, and a sentence for each change that breaks nothing."""

    unmapped: list[str]
    remarks: list[str]


def compare(source: str, contract: Contract, query: Query, shape: Shape, last: Mapping[str, Any] | None) -> Drift:
    """SourceError for what breaks: a column of the contract that is gone, one that the contract does not know, a type of
    another kind. An edited mapping is taken as looked at: only the contract counts then."""
    needed = [name for name in contract.columns if name not in contract.optional]
    absent = [
        name for name in needed if name not in shape.columns and not (query.is_compared and name == "recorded_at")
    ]
    if absent:
        raise SourceError(
            source,
            contract.table,
            "column_missing",
            f"the mapping yields no {', '.join(absent)}; add it, or NULL AS it",
        )
    unmapped = [name for name in shape.columns if name not in {*contract.columns, *PROVENANCE}]
    is_same_mapping = last is not None and last.get("mapping") == digest(query.sql)
    if last is None or not is_same_mapping:
        if unmapped:
            raise SourceError(
                source,
                contract.table,
                "column_unknown",
                f"the mapping yields {', '.join(unmapped)}, which the contract does not know; mend the name, or leave it out",
            )
        return Drift([], [])
    _check_kinds(source, contract, shape.columns, last["columns"])
    return Drift(unmapped, [f"{source}: {contract.table}: {said}" for said in _news(shape, last)])


def _check_kinds(source: str, contract: Contract, now: Columns, before: Columns) -> None:
    for name, kind in now.items():
        earlier = before.get(name)
        if kind and earlier and _kind(kind) != _kind(earlier):
            raise SourceError(
                source,
                contract.table,
                "column_type_changed",
                f"{name} was {earlier} at the last pull and is {kind} now; see that its values still mean what they did, and "
                "say so by an edit of the mapping, such as a CAST",
            )


def _news(shape: Shape, last: Mapping[str, Any]) -> list[str]:
    said = [f"the mapping yields {name}, which is new" for name in shape.columns if name not in last["columns"]]
    said += [f"{name} is no longer yielded" for name in last["columns"] if name not in shape.columns]
    for name, kind in shape.columns.items():
        earlier = last["columns"].get(name)
        if kind and earlier and kind != earlier:
            said.append(f"{name} was {earlier} and is {kind}")
    for view, header in shape.headers.items():
        earlier = last["headers"].get(view)
        if earlier is not None:
            said += [f"the files of {view} have a new column {name}" for name in header if name not in earlier]
            said += [f"the files of {view} lack the column {name}" for name in earlier if name not in header]
    return said


def _kind(kind: str) -> str:
    """`numeric(18,2)` and `numeric` are one kind; a type of no known kind is one of its own."""
    plain = kind.partition("(")[0].strip().lower()
    return KIND_OF.get(plain, plain)
