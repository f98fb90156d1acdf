"""The words of a report. English is what the template says; Chinese is looked up, and what has none is a value."""

import re
from collections.abc import Callable
from typing import Literal

from arrears.scorecard.report_zh import ZH
from arrears.scorecard.report_zh_fit import ZH_OF_FIT

Language = Literal["zh", "en"]
TAGS = {"zh": "zh-CN", "en": "en"}

VERDICTS = {
    "ready": "Clears every bar",
    "open": "Too little is known to say",
    "unready": "Does not clear every bar",
}
STATES = {"passed": "✓ cleared", "failed": "✗ not cleared", "unknown": "? not known"}
SAMPLES = {"all": "all rows", "window": "the card's own window", "later": "later rows (out of time)"}
CHECKS = {
    "held_out": "Judged on rows that the fit did not see",
    "order": "Tells bad from good (AUC)",
    "separation": "Keeps bad and good apart (KS)",
    "level": "As many turn bad as was said (came ÷ said)",
    "slope": "Probabilities neither too bold nor too timid (slope)",
    "fall": "Keeps its strength on later rows (AUC lost)",
    "stability": "Still the same population (PSI)",
    "baseline": "Better than simple rules (lead in AUC)",
    "leakage": "No sign of knowing the future",
    "fairness": "Treats groups alike (widest gap)",
}
DRIFTS = {"stable": "stable", "watch": "watch", "act": "act", "too_few": "too few"}
FINDINGS = {"fair": "alike", "watch": "watch", "act": "act", "too_few": "too few to say"}
LEAKS = {
    "total": "The card's AUC of {value} is above {line}: hardly anything real is so predictable.",
    "single": "{feature} alone reaches an AUC of {value}, above {line}.",
    "pure_bin": "{feature}: in one bin {value} of the rows turn bad.",
    "name": "{feature}: the name speaks of what comes after.",
}
HONESTY = {
    "later": "Judged on rows that lie behind the window the card was fitted on: an honest test.",
    "fitted": "Judged on the very rows the card was fitted on: the figures flatter it, and say nothing of rows to come.",
    "other": "Judged on another table than the card was fitted on; that the two share no rows cannot be seen from here.",
}


def words(language: Language) -> Callable[..., str]:
    """`say(text, **values)` in that language, the values filled in."""

    def say(text: str, **values: object) -> str:
        return (ZH.get(text, text) if language == "zh" else text).format(**values)

    return say


def of_fit(text: str, language: Language) -> str:
    """What a fit has noted, in that language; a note that nobody has put into Chinese stays English."""
    if language == "en":
        return text
    for pattern, zh in _FITTED:
        if found := pattern.fullmatch(text):
            return zh.format(**found.groupdict())
    return text


def _pattern(english: str) -> re.Pattern[str]:
    parts = re.split(r"{(\w+)}", english)
    return re.compile("".join(f"(?P<{part}>.+?)" if i % 2 else re.escape(part) for i, part in enumerate(parts)))


_FITTED = [(_pattern(english), zh) for english, zh in ZH_OF_FIT.items()]
