"""The assessment of automated decisions that the law asks to have on file (PIPL art. 55), made from the policy, the card and
the law in force on a day: the same files give the same bytes."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from arrears import dated
from arrears.domain.approval import ApprovalRules
from arrears.domain.decision import HURTS
from arrears.domain.law.rules import Pack
from arrears.policy.approvals import load_approvals
from arrears.policy.law import load_pack
from arrears.policy.rules import PARTS, Policy
from arrears.review.assessment_page import Assessment, Section
from arrears.review.assessment_words import BASIS, GROUPS, LOGIC, NEVER, NEVER_NOTE, PURPOSE, RIGHTS, RISKS, TITLE, Both
from arrears.review.axis_words import axis_word, value_word
from arrears.scorecard.card import Card
from arrears.settings import Settings
from arrears.snapshot.catalogue import Catalogue, load_catalogue
from arrears.sources.mapping import SourceFile

FOLDERS = ("scorecard", *PARTS, "approvals")


@dataclass(frozen=True, slots=True)
class Basis:
    """Everything that the assessment is made of. `files`: by folder of the policy the file in force and its SHA-256."""

    source: SourceFile
    as_of: dt.date
    card: Card
    policy: Policy
    catalogue: Catalogue
    pack: Pack
    approvals: ApprovalRules
    files: tuple[tuple[str, str, str], ...]

    @classmethod
    def load(cls, settings: Settings, source: SourceFile, as_of: dt.date, card: Card, policy: Policy) -> "Basis":
        """PolicyError when a file in force is wrong."""
        folders = [settings.policy / name for name in FOLDERS]
        folders.append(settings.policy / "jurisdictions" / source.jurisdiction)
        paths = [(folder.relative_to(settings.policy), dated.in_force(folder, as_of)) for folder in folders]
        files = tuple((str(name), path.name, sha256(path.read_bytes()).hexdigest()) for name, path in paths)
        pack = load_pack(settings.policy, source.jurisdiction, as_of)
        catalogue = load_catalogue(settings.sql)
        return cls(source, as_of, card, policy, catalogue, pack, load_approvals(settings.policy, as_of), files)


def assess(basis: Basis, language: str) -> Assessment:
    """`language` is zh-CN or en."""

    def say(pair: Both) -> str:
        return pair[0] if language == "zh-CN" else pair[1]

    def row(*cells: Both) -> tuple[str, ...]:
        return tuple(map(say, cells))

    never = [each.label(language) for each in basis.catalogue.features.values() if each.protects]
    contest = basis.pack.contest
    span = f"{contest.span.value} {contest.span.unit.replace('_', ' ')}"
    days = [wait.days for wait in (basis.approvals.remind_after, basis.approvals.deputy_after)]
    days += [wait.days for wait in (basis.approvals.escalate_after, basis.approvals.lapses_after)]
    waits: Both = (
        f"申请等待{days[0]}天提醒，{days[1]}天转代理人，{days[2]}天升级，{days[3]}天失效；批准自作出起{days[3]}天内有效。",
        f"What waits is reminded of after {days[0]} days, goes to deputies after {days[1]}, is escalated after {days[2]} and "
        f"lapses after {days[3]}; an approval acts for {days[3]} days.",
    )
    sections = (
        Section(
            say(("一、依据与版本", "1. What it is made from")),
            (
                say(BASIS),
                f"{say((basis.source.creditor.zh, basis.source.creditor.en))} · {basis.as_of}",
                f"{say(('评分卡', 'card'))} {basis.card.version} · {say(('政策', 'policy'))} {basis.policy.version} · "
                f"{say(('法规包', 'law'))} {basis.pack.name} {basis.pack.version}",
            ),
            (row(("部分", "part"), ("文件", "file"), ("SHA-256", "SHA-256")), *basis.files),
        ),
        Section(say(("二、目的与必要性", "2. Purpose and need")), tuple(map(say, PURPOSE))),
        Section(
            say(("三、使用的数据", "3. The data that are used")),
            table=(
                row(("类别", "group"), ("特征", "feature"), ("单位", "unit"), ("用途", "use"), ("名称", "name")),
                *_features(basis, language),
            ),
        ),
        Section(
            say(("四、从不使用的数据", "4. What is never used")),
            (*map(say, NEVER), say(NEVER_NOTE) + ("、" if language == "zh-CN" else ", ").join(never)),
        ),
        Section(
            say(("五、评分逻辑", "5. The logic of the score")),
            (say(LOGIC),),
            (
                row(
                    ("分群", "segment"), ("特征", "feature"), ("分箱", "bins"), ("最低分", "least"), ("最高分", "most")
                ),
                *_points(basis, language),
            ),
        ),
        Section(
            say(("六、等级", "6. Grades")),
            table=(
                row(("等级", "grade"), ("最低分", "from points"), ("逾期概率", "probability")),
                *((each.grade, str(each.from_points), str(each.probability)) for each in basis.card.grades),
            ),
        ),
        Section(
            say(("七、规则", "7. The rules, in order")),
            table=(
                row(("决策项", "axis"), ("规则", "rule"), ("结果", "then"), ("理由", "reason")),
                *_rules(basis, language),
            ),
        ),
        Section(
            say(("八、由谁决定", "8. Who decides")),
            (
                say(
                    (
                        "下列不利措施不由系统作出，须由人员确认：",
                        "What hurts is decided by a person, never by the system alone: ",
                    )
                )
                + "; ".join(
                    f"{axis_word(a, language)}: {value_word(a, v, language)}"
                    for a, values in HURTS.items()
                    for v in sorted(values)
                ),
                say(("须第二人批准后方可确认：", "Confirmed only with the approval of a second person: "))
                + ", ".join(sorted(basis.approvals.confirmed_by_two)),
                say(waits),
            ),
            (
                row(("批准规则", "rule"), ("批准人", "approvers"), ("代理人", "deputies"), ("升级", "escalation")),
                *(
                    (each.id, _sorted(each.approvers), _sorted(each.deputies), _sorted(each.escalate_to))
                    for each in basis.approvals.rules
                ),
            ),
        ),
        Section(
            say(("九、法定限制", "9. What the law bars")),
            table=(
                row(("措施", "measure"), ("规则", "rule"), ("说明", "what it says"), ("依据", "reference")),
                *_law(basis, language),
            ),
        ),
        Section(
            say(("十、个人权利", "10. Rights")),
            (
                *map(say, RIGHTS),
                f"{say(('异议答复期限', 'A contest is answered within'))}: {span} ({contest.clause.reference})",
            ),
        ),
        Section(
            say(("十一、风险与措施", "11. Risks and measures")),
            table=(row(("风险", "risk"), ("措施", "measure")), *((say(risk), say(measure)) for risk, measure in RISKS)),
        ),
    )
    return Assessment(say(TITLE), language, sections)


def _features(basis: Basis, language: str) -> Iterable[tuple[str, ...]]:
    scored = {each.feature for part in basis.card.parts for each in part.characteristics}
    for feature in basis.catalogue.features.values():
        use: Both = ("评分", "scored") if feature.name in scored else ("规则与核对", "rules and people")
        group, told = (pair[0] if language == "zh-CN" else pair[1] for pair in (GROUPS[feature.group], use))
        yield group, feature.label(language), feature.unit, told, feature.name


def _points(basis: Basis, language: str) -> Iterable[tuple[str, ...]]:
    for part in basis.card.parts:
        yield (
            part.segment or "-",
            ("基础分" if language == "zh-CN" else "base"),
            "-",
            str(part.base_points),
            str(part.base_points),
        )
        for each in part.characteristics:
            points = [found.points for found in each.bins]
            label = basis.catalogue.features[each.feature].label(language)
            yield part.segment or "-", label, str(len(each.bins)), str(min(points)), str(max(points))


def _rules(basis: Basis, language: str) -> Iterable[tuple[str, ...]]:
    for axis, rules in basis.policy.axes.items():
        for rule in rules:
            reason = rule.zh if language == "zh-CN" else rule.en
            yield axis_word(axis, language), rule.id, value_word(axis, rule.then, language), reason


def _law(basis: Basis, language: str) -> Iterable[tuple[str, ...]]:
    for measure, sequence in basis.pack.sequences.items():
        clauses = [link.clause for link in sequence.links] + [gate.clause for gate in sequence.gates]
        for clause in clauses:
            yield (
                value_word("treatment", measure, language),
                clause.id,
                clause.zh if language == "zh-CN" else clause.en,
                clause.reference,
            )


def _sorted(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
