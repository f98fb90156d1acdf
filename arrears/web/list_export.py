"""The warning list as a file: exactly what its page shows, all pages of it."""

import csv
import io
import tempfile
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from arrears.domain.spreadsheet import harmless

BOM = "\ufeff"
"""By which spreadsheets know that a CSV file is UTF-8."""
MOST_XLSX = 20_000
"""Rows of a workbook; of more a CSV file is made, which costs a hundredth."""


def csv_lines(headings: Sequence[str], rows: Iterator[list[Any]]) -> Iterator[bytes]:
    """Blocks of the file; numbers are written plain, days as 2026-11-01."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    out.write(BOM)
    writer.writerow([harmless(each) for each in headings])
    for row in rows:
        writer.writerow([_plain(value) for value in row])
        if out.tell() > 1 << 16:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()


def workbook(title: str, headings: Sequence[str], rows: Iterator[list[Any]]) -> IO[bytes]:
    """One sheet. A text stays a text whatever it looks like; the file is to be closed."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    sheet.append(list(headings))
    for row in rows:
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet, value=_clean(value))
            if isinstance(value, str):
                cell.data_type = "s"
            elif isinstance(value, Decimal):
                cell.number_format = "#,##0.00" if value.as_tuple().exponent == -2 else "0.000000"
            cells.append(cell)
        sheet.append(cells)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - handed on open
    book.save(file)
    file.seek(0)
    return file


def _plain(value: Any) -> Any:
    return "" if value is None else f"{value:f}" if isinstance(value, Decimal) else harmless(value)


def _clean(value: Any) -> Any:
    """A workbook holds no control characters."""
    return harmless(ILLEGAL_CHARACTERS_RE.sub("", value)) if isinstance(value, str) else value
