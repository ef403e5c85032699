"""Rows as CSV that spreadsheets and warehouses read alike. Pure."""

import csv
import io
from collections.abc import Sequence
from decimal import Decimal

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet may take for the beginning of a formula (OWASP: CSV injection)."""

Cell = str | int | float | Decimal | None
"""Numbers are no text: a minus before one is no formula's."""


def csv_line(cells: Sequence[Cell]) -> str:
    """One row, without the end of its line. Text that could be a formula begins with an apostrophe."""
    written = io.StringIO()
    end = "\r\n"  # both stand quoted in a cell, as they would not if a line had no end
    csv.writer(written, lineterminator=end).writerow([_safe(cell) for cell in cells])
    return written.getvalue().removesuffix(end)


def _safe(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULAS) else cell
