"""What the policy in force on a day says of credit, for those who need nothing else of it."""

import datetime as dt
from pathlib import Path

from arrears import dated
from arrears.policy.files import CreditFile, GradesFile


def load_credit(policy: Path, as_of: dt.date) -> CreditFile:
    """PolicyError with file and line when the file is wrong."""
    return dated.load(dated.in_force(policy / "credit", as_of), CreditFile)[0]


def customer_grade_rule(policy: Path, as_of: dt.date) -> str:
    """How a customer's grade is made from its accounts': `worst` or `exposure_weighted`."""
    return dated.load(dated.in_force(policy / "grades", as_of), GradesFile)[0].customer_grade
