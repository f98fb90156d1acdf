"""An assessment on paper: Markdown, or one page of HTML with nothing from elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from arrears.errors import UsageError

STYLE = (
    "body{font-family:sans-serif;max-width:70em;margin:2em auto}table{border-collapse:collapse}"
    "td,th{border:1px solid #999;padding:.2em .5em;text-align:left}"
)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, sentences, and a table whose first row names its columns."""

    heading: str
    said: tuple[str, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Assessment:
    title: str
    language: str
    sections: tuple[Section, ...]


def written(assessment: Assessment, suffix: str) -> str:
    """As Markdown or as one page of HTML; UsageError for another kind of file."""
    if suffix == ".md":
        return _markdown(assessment)
    if suffix in (".html", ".htm"):
        return _html(assessment)
    raise UsageError(f"an assessment is written as .md or .html, not as '{suffix}'")


def _markdown(assessment: Assessment) -> str:
    lines = [f"# {assessment.title}", ""]
    for section in assessment.sections:
        lines += [f"## {section.heading}", ""]
        lines += [line for said in section.said for line in (f"- {said}",)]
        if section.said:
            lines.append("")
        if section.table:
            head, *rows = section.table
            lines += [_line(head), _line(["---"] * len(head)), *map(_line, rows), ""]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _html(assessment: Assessment) -> str:
    body = [f"<h1>{escape(assessment.title)}</h1>"]
    for section in assessment.sections:
        body.append(f"<h2>{escape(section.heading)}</h2>")
        body += [f"<p>{escape(said)}</p>" for said in section.said]
        if section.table:
            head, *rows = section.table
            cells = "".join(f"<th>{escape(cell)}</th>" for cell in head)
            body.append(f"<table><tr>{cells}</tr>")
            body += ["<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows]
            body.append("</table>")
    return (
        f'<!doctype html>\n<html lang="{assessment.language}"><head><meta charset="utf-8">'
        f"<title>{escape(assessment.title)}</title>"
        f"<style>{STYLE}</style></head>\n<body>\n" + "\n".join(body) + "\n</body></html>\n"
    )
