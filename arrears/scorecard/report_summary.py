"""What a manager reads in a minute: the verdict, what it rests on, and each bar; for the report and for the terminal."""

from collections.abc import Mapping

from arrears.scorecard import report_formats as formats
from arrears.scorecard import report_words
from arrears.scorecard.baselines import RULE, Baseline
from arrears.scorecard.card import Card
from arrears.scorecard.report_words import Language
from arrears.scorecard.validate import Validation
from arrears.scorecard.verdict import Check, CheckName


class Summary:
    """The words about one validation in one language; `labels` names features for people."""

    def __init__(self, validation: Validation, card: Card, language: Language, labels: Mapping[str, str]) -> None:
        self.v, self.card, self.language, self.labels = validation, card, language, labels
        self.say = report_words.words(language)

    def lines(self) -> list[str]:
        """The whole, for a terminal: verdict, sentences, one line for each bar."""
        told = [self.say(report_words.VERDICTS[self.v.verdict]), *self.sentences(), ""]
        for each in self.v.checks:
            name, state = self.say(report_words.CHECKS[each.name]), self.say(report_words.STATES[each.state])
            subject = f" ({self.subject(each.subject)})" if each.subject else ""
            values = "" if each.value is None else f" {self.value_of(each)} [{formats.bar_of(each)}]"
            told.append(f"{state}: {name}{subject}{values}")
        return told

    def sentences(self) -> list[str]:
        """What the verdict rests on."""
        kind = "later" if self.v.judged_on == "later" else "fitted" if self.v.provenance.is_fitted_on else "other"
        told = [self.say(report_words.HONESTY[kind]), *self._at_the_fit()]
        found = self.v.at_capacity
        if found is None:
            return [*told, self.say("There are too few bads or too few goods among the rows to judge a card by.")]
        told.append(
            self.say(
                "If staff work the riskiest {share}, they reach {gain} of all that turn bad; "
                "{precision} of those they work do turn bad.",
                share=formats.percent(found.share, 0),
                gain=formats.percent(found.gain, 0),
                precision=formats.percent(found.precision, 0),
            )
        )
        return [*told, *self._against_rule()]

    def label(self, feature: str) -> str:
        """What people call it."""
        return self.labels.get(feature, feature)

    def baseline(self, found: Baseline) -> str:
        """A column's name, or the rule in one line."""
        return (
            self.label(found.name)
            if found.rule is None
            else formats.rule_told(found.rule, self.label(found.rule.feature))
        )

    def subject(self, name: str) -> str:
        """What a check's result is about."""
        return self.say("best single rule") if name == RULE else self.label(name)

    def value_of(self, check: Check) -> str:
        """In the unit of its bar."""
        if check.value is None:
            return "–"
        if check.name is CheckName.FAIRNESS:
            return formats.percent(check.value)
        return formats.signed(check.value) if check.name is CheckName.BASELINE else formats.number(check.value)

    def _at_the_fit(self) -> list[str]:
        aside = self.card.training.metrics.get("held_out") if self.card.training else None
        if not aside or aside["auc"] is None or aside["ks"] is None:
            return []
        return [
            self.say(
                "On {rows} rows kept aside at the fit ({how}) the card had an AUC of {auc} and a KS of {ks}.",
                rows=formats.count(aside["rows"]),
                how=report_words.of_fit(aside["how"], self.language),
                auc=formats.number(aside["auc"]),
                ks=formats.number(aside["ks"]),
            )
        ]

    def _against_rule(self) -> list[str]:
        rule = next((each for each in self.v.baselines if each.name == RULE), None)
        if not rule or rule.gain is None or rule.gain_of_card is None or rule.flagged_share is None:
            return []
        return [
            self.say(
                "The best single rule ({rule}) flags {share} and finds {gain} of the bads; "
                "the card finds {card} with as many.",
                rule=self.baseline(rule),
                share=formats.percent(rule.flagged_share, 0),
                gain=formats.percent(rule.gain, 0),
                card=formats.percent(rule.gain_of_card, 0),
            )
        ]
