"""The smallest policy that is whole, as texts of its files; a test puts another text in the place of one."""

import datetime as dt
from pathlib import Path
from tempfile import TemporaryDirectory

from arrears.policy.rules import Policy, load_policy
from arrears.scorecard.expert import load_card
from arrears.settings import ROOT
from arrears.snapshot.catalogue import load_catalogue

DAY = dt.date(2026, 10, 31)
CATALOGUE = load_catalogue(ROOT / "sql")
CARD = load_card(ROOT / "policy", DAY, CATALOGUE)
"""Grades A to E."""

LEVELS = """\
values:
  # what a levels file needs, and no more
  collection_amount: {value: 10, unit: money, reference: here}
  horizon_days: {value: 60, unit: days, reference: here}
  calmer_nights: {value: 2, unit: nights, reference: here}
  cool_down_days: {value: 14, unit: days, reference: here}
  days_to_lawful_stop: {value: 37, unit: days, reference: here}
  share_lost: {value: 0.35, unit: share, reference: here}
  hold_out_share: {value: 0, unit: share, reference: here}
levels: [blue, red]
rules:
  - id: overdue
    when: overdue_amount > 0
    then: red
    zh: 逾期
    en: overdue
  - id: calm
    when: "true"
    then: none
    zh: 无
    en: calm
"""

GRADES = """\
vetoes:
  - id: theft
    when: theft_count_24m >= 1
    at_best: C
    zh: 窃电
    en: theft found
  - id: twice
    when: theft_count_24m >= 2
    at_best: E
    zh: 两次窃电
    en: theft found twice
customer_grade: worst
"""

STANCE = """\
points:
  - id: use-falls
    when: recent_use_ratio < 0.5
    points: 2
    zh: 用电下降
    en: use falls
  - id: theft
    when: theft_count_24m >= 1
    points: -3
    zh: 窃电
    en: theft found
cannot_from: 2
will_not_to: -2
"""

MODES = """\
values:
  large_debt: {value: 5000, unit: money, reference: here}
axes:
  payment_mode:
    - id: prepays
      when: overdue_amount >= large_debt and not is_protected
      then: prepay
      terms: {purchase_amount: mean_bill_amount_12m / 2, warning_balance: 20, debt_share: 0.3}
      zh: 预付费
      en: prepay
    - id: as-it-is
      when: "true"
      then: postpay
      zh: 维持
      en: as it is
  arrangement:
    - id: defer
      when: stance = 'cannot' and not is_over_ceiling
      then: deferral
      terms: {days: 30, against: promise}
      zh: 缓交
      en: deferral
    - {id: no-arrangement, when: "true", then: none, zh: 无, en: none}
  security:
    - id: cover
      when: is_over_limit
      then: deposit
      terms: {amount: "least(expected_loss_amount, 2 * mean_bill_amount_12m)"}
      zh: 保证金
      en: deposit
    - {id: no-security, when: "true", then: none, zh: 无, en: none}
  treatment:
    - id: remind
      when: level = 'red' and not is_in_collection
      then: reminder
      zh: 提醒
      en: a reminder
    - id: leave
      when: "true"
      then: none
      zh: 不采取措施
      en: nothing
  payment_term:
    - {id: longer, when: customer_grade = 'A', then: longer, terms: {days: 15}, zh: 账期延长, en: longer term}
    - {id: standard, when: "true", then: standard, zh: 标准, en: standard}
  service:
    - {id: first, when: payment_term = 'longer', then: priority, zh: 优先, en: priority}
    - {id: standard, when: "true", then: standard, zh: 标准, en: standard}
  advice:
    - {id: no-advice, when: "true", then: none, zh: 无, en: none}
  repair:
    - {id: no-repair, when: "true", then: none, zh: 无, en: none}
"""

CREDIT = """\
term_days:
  A: {value: 30, unit: days, reference: here}
  B: {value: 25, unit: days, reference: here}
  C: {value: 20, unit: days, reference: here}
  D: {value: 15, unit: days, reference: here}
  E: {value: 10, unit: days, reference: here}
limits:
  - {segment: residential, grade: A, months_of_bill: 6, at_most: 10000}
  - {segment: residential, grade: B, months_of_bill: 5, at_most: 8000}
  - {segment: residential, grade: C, months_of_bill: 4, at_most: 6000}
  - {segment: residential, grade: D, months_of_bill: 3, at_most: 4000}
  - {segment: residential, grade: E, months_of_bill: 2, at_most: 2000}
ceilings:
  - {segment: residential, district: "*", amount: 1000, reference: here}
  - {segment: residential, district: North, amount: 500, reference: here}
capacity:
  cases_per_district_day: 40
  by_district: {North: 20}
  hours: {reminder: 0, demand: 0.25, field_visit: 2}
plans:
  grace_days: {value: 3, unit: days, reference: here}
  missed_parts: {value: 2, unit: parts, reference: here}
  most_parts: {value: 12, unit: parts, reference: here}
  least_part_amount: {value: 50, unit: money, reference: here}
  longest_deferral_days: {value: 90, unit: days, reference: here}
  lapse_days: {value: 30, unit: days, reference: here}
"""

TEXTS = {"levels": LEVELS, "grades": GRADES, "stance": STANCE, "modes": MODES, "credit": CREDIT}


def write_policy(folder: Path, **texts: str) -> Path:
    """A policy folder in force since 2026, with these texts in the place of the small ones."""
    for part, text in {**TEXTS, **texts}.items():
        (folder / part).mkdir(parents=True, exist_ok=True)
        (folder / part / "2026-01-01.yaml").write_text(text, encoding="utf-8")
    return folder


def small_policy(folder: Path, **texts: str) -> Policy:
    return load_policy(write_policy(folder, **texts), DAY, CATALOGUE, CARD)


with TemporaryDirectory() as _folder:
    SMALL = small_policy(Path(_folder))
