"""A report of outcomes as files: report.html for people, one CSV for each figure, and all of it as outcomes.json."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

from arrears.domain.spreadsheet import harmless
from arrears.outcomes.page import render
from arrears.outcomes.report import Report, Row
from arrears.scorecard.report_words import Language


def write(report: Report, folder: Path, language: Language, templates: Path) -> Path:
    """Into `folder`, over what is there; gives the page. The same report is the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in report.csv_tables().items():
        _write_csv(folder / f"{name}.csv", rows)
    said = json.dumps(report.to_json(), ensure_ascii=False, indent=1)
    (folder / "outcomes.json").write_text(said + "\n", encoding="utf-8")
    page = folder / "report.html"
    page.write_text(render(report, language, templates), encoding="utf-8")
    return page


def _write_csv(path: Path, rows: Sequence[Row]) -> None:
    with path.open("w", newline="", encoding="utf-8-sig") as file:  # with its mark a spreadsheet takes it for UTF-8
        writer = csv.writer(file, lineterminator="\n")
        if rows:
            writer.writerow(rows[0])
        writer.writerows([harmless(value) for value in row.values()] for row in rows)
