"""Everything that notices are written with, loaded and tried whole before the first one: words, layouts, law and policy."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

from arrears import dated
from arrears.domain.identity import digest
from arrears.domain.law.case import Measure, Step
from arrears.domain.notice import Channel, NoticeKind
from arrears.lake.partition import sha256
from arrears.notices.examples import VARIANTS, example, variant
from arrears.notices.letter import Typesetter
from arrears.notices.printed import LANGUAGES
from arrears.notices.render import NoticeTemplates
from arrears.notices.words import folders
from arrears.notices.writing import Labels, Sender
from arrears.policy.law import load_pack
from arrears.policy.law_file import PackFile
from arrears.policy.notices import load_notices
from arrears.settings import ROOT
from arrears.sources.mapping import SourceFile

Templates = Mapping[NoticeKind, NoticeTemplates]


def load_sender(policy: Path, source: SourceFile, labels: Labels, as_of: dt.date) -> Sender:
    """PolicyError with file and line when the pack or the policy of notices is wrong. What a utility's own policy folder has no
    part for is taken from the one that comes with the install."""
    law = policy if (policy / "jurisdictions" / source.jurisdiction).is_dir() else ROOT / "policy"
    rules = policy if (policy / "notices").is_dir() else ROOT / "policy"
    law_on = max(as_of, _first_known(law, source.jurisdiction, as_of))
    return Sender(source, load_pack(law, source.jurisdiction, law_on), load_notices(rules, as_of), labels)


def _first_known(policy: Path, place: str, as_of: dt.date) -> dt.date:
    """The first day of which pack and calendar are there. A night before it, which is one of history, is written about under
    the law of that day."""
    packs = dated.files(policy / "jurisdictions" / place)
    if not packs:
        return as_of
    since, path = min(packs)
    calendars = policy / "calendars" / dated.load(path, PackFile)[0].country
    years = [int(each.stem) for each in calendars.glob("*.yaml")]
    return max(since, dt.date(min(years), 1, 1)) if years else since


def load_templates(own: Path) -> Templates:
    """PolicyError with file and line for the first that is wrong."""
    return {kind: NoticeTemplates(own, kind) for kind in NoticeKind}


def try_out(own: Path, templates: Templates, sender: Sender) -> int:
    """Write every kind in every language to a customer who does not exist, and set the letters: what a template gets wrong is
    told with file and line, before a night begins. The count of notices."""
    kinds = written(sender)
    contexts = [
        (kind, example(kind, sender, language)) for kind in NoticeKind if kind in kinds for language in LANGUAGES
    ]
    contexts += [
        (kind, variant(name, sender, language))
        for name, (kind, _, _) in VARIANTS.items()
        if kind in kinds
        for language in LANGUAGES
    ]
    letters = [
        rendering.body
        for kind, context in contexts
        for rendering in templates[kind].render(context)
        if rendering.channel is Channel.LETTER
    ]
    Typesetter(own).batch(letters)
    return len(letters)


_TRIED: dict[str, Templates] = {}
"""What was tried in this process: a backfill of thirty nights loads and tries the same words once."""


def load_tried(own: Path, sender: Sender) -> Templates:
    """The templates, after `try_out`, unless this process has tried these very files for this sender."""
    files = [path for folder in folders(own) for path in sorted(folder.rglob("*")) if path.is_file()]
    of_these = digest(repr(sender), *(f"{path} {sha256(path)}" for path in files))
    if of_these not in _TRIED:
        templates = load_templates(own)
        try_out(own, templates, sender)
        _TRIED[of_these] = templates
    return _TRIED[of_these]


def written(sender: Sender) -> tuple[NoticeKind, ...]:
    """The kinds that the sender's law knows: where nobody is told again before a stop, there is no such notice."""
    links = sender.pack.sequences[Measure.DISCONNECTION].links
    told_again = any((link.after, link.step) == (Step.RENOTICE, Step.CUT) for link in links)
    return tuple(kind for kind in NoticeKind if told_again or kind is not NoticeKind.STOP_RENOTICE)
