"""What the command line says about a night, in both languages."""

from enum import StrEnum

from arrears.cli.words_of_law import ZH_OF_LAW
from arrears.cli.words_of_people import ZH_OF_PEOPLE

ZH = {
    "level": "预警级别",
    "account": "户号",
    "district": "供电区域",
    "class": "电压等级",
    "grade": "信用等级",
    "expected loss": "预期损失",
    "open": "未缴金额",
    "overdue": "逾期金额",
    "days": "逾期天数",
    "mode": "缴费方式",
    "main reasons": "主要原因",
    "all": "合计",
    "blue": "蓝色",
    "yellow": "黄色",
    "orange": "橙色",
    "red": "红色",
    "payment_mode": "缴费方式",
    "treatment": "措施",
    "postpay": "后付费",
    "prepay": "预付费",
    "split_settlement": "分次结算",
    "direct_debit": "代扣",
    "none": "不采取措施",
    "reminder": "缴费提醒",
    "demand": "催缴",
    "field_visit": "上门催收",
    "axis": "决策项",
    "value": "取值",
    "rule": "规则",
    "reason": "理由",
    "feature": "评分特征",
    "points": "得分",
    "of": "满分",
    "lost": "失分",
    "fact": "事实",
    "unit": "单位",
    "open {open}, overdue {overdue}, oldest {days} days past due": "未缴 {open}，逾期 {overdue}，最长逾期 {days} 天",
    "veto: held at {grade} ({before} by points): {reason}": "一票否决：等级限为 {grade}（按得分为 {before}）：{reason}",
    "can't or won't pay: {stance} ({points:+d})": "支付能力与意愿：{stance}（{points:+d}）",
    "looked at": "所依据的数据",
    "what would change it: nothing is better than this grade": "如何改善：已是最高等级",
    "what would change it: nothing that the customer can do by itself reaches the next grade": (
        "如何改善：客户自身的改变尚不足以提升等级"
    ),
    "what would change it: to grade {grade}, {points} points": "如何改善：可升至 {grade} 级，得分 {points}",
    " (the veto stays until its reason is gone)": "（一票否决的原因消除前，等级不变）",
    "below {below}": "低于 {below}",
    "{least} or more": "{least} 及以上",
    "nothing left": "清零",
    "terms": "条件",
    "since": "起始夜",
    "acts": "处理次数",
    "policy": "政策",
    "card": "评分卡",
    "held out": "随机对照",
    "proposed": "已建议",
    "confirmed": "已确认",
    "changed": "已更改",
    "decision_confirmed": "确认",
    "decision_changed": "更改",
    "decision_refused": "驳回",
    "decision_reversed": "随运行撤销",
    "reversed": "已撤销",
    "No decision is kept that is like this.": "没有符合条件的决定。",
    "{count} proposals would hurt, and are not in force before a person confirms them: "
    "`arrears decision list --state waiting`": (
        "其中 {count} 项不利决定须经人工确认后生效：`arrears decision list --state waiting`"
    ),
    "money": "金额",
    "share": "比例",
    "ratio": "比值",
    "bills": "张",
    "mean bills": "月均账单",
    "date": "日期",
    "category": "类别",
    "incidents": "次",
    "kVA": "kVA",
    "{source}, as of {as_of}": "{source}，数据截止 {as_of}",
    "{points} points, grade {grade}, probability {probability}": "得分 {points}，信用等级 {grade}，欠费概率 {probability}",
    " (95 % interval {low} to {high})": "（95%区间 {low} 至 {high}）",
    " (a prior of the grade, not calibrated)": "（等级先验值，未校准）",
    ", expected loss {loss} of {exposure} at risk": "，预期损失 {loss}，风险敞口 {exposure}",
    "{count} warnings of {source} as of {as_of}": "{source} 数据截止 {as_of}，共 {count} 条预警",
    "No account is warned of.": "没有预警用户。",
    "{source}, as of {as_of}: {accounts} open accounts owe {open} {currency}, of which {overdue} is overdue.": (
        "{source}，数据截止 {as_of}：在用户 {accounts} 户，未缴 {open} {currency}，其中逾期 {overdue}。"
    ),
    "{warned} accounts are warned of, with an expected loss of {loss} {currency}; "
    "{collection} more are in collection already, with {owed} {currency} overdue.": (
        "预警 {warned} 户，预期损失 {loss} {currency}；另有 {collection} 户已进入催收，逾期 {owed} {currency}。"
    ),
    "The {count} largest expected losses": "预期损失最大的 {count} 户",
    "{count} notices were drafted that night, none is sent: {folder}": ("当夜生成通知 {count} 份，均未发送：{folder}"),
    "Next:": "下一步：",
    "{source}: {count} rows are in quarantine, over {money} {currency}; {suspense} of it is in suspense: it names no "
    "known account.": (
        "{source}：隔离区 {count} 条记录，涉及金额 {money} {currency}；其中 {suspense} 为挂账（所列户号不存在）。"
    ),
    "{suspense} {currency} in quarantine name no known account: `arrears quarantine list --source {source}`": (
        "隔离区中 {suspense} {currency} 未能对应户号（挂账）：`arrears quarantine list --source {source}`"
    ),
    "{count} rows were written to {file}": "已将 {count} 条记录写入 {file}",
    "and {count} more; --csv FILE writes all": "另有 {count} 条；用 --csv 文件 导出全部",
    "table": "数据表",
    "rows": "条数",
    "what it means": "含义",
    "id": "编号",
    "state": "状态",
    "place": "位置",
    "column": "列",
    "set to": "改为",
    "remedy": "处理办法",
    "known since": "获知时间",
    "decision": "处理决定",
    "waiting": "待处理",
    "dropped": "已放弃",
    "release": "放行",
    "drop": "放弃",
    "who": "操作人",
    "what": "内容",
    "when": "时间",
    "step": "步骤",
    "owner": "负责人",
    "due": "待跟进日期",
    "promise": "缴费承诺",
    "raised on": "预警日期",
    "cases of stopping supply: {told}; orders that wait in the field: {orders}; `arrears case list`": (
        "停电案件：{told}；待答复派工 {orders} 件；`arrears case list`"
    ),
    "measure": "措施",
    "from": "自",
    "may be done": "可办理时间",
    "why not": "不可办理的原因",
    "{source}: {count} cases": "{source}：停电案件 {count} 件",
    "{source}: {count} orders wait": "{source}：待答复派工 {count} 件",
    "{account}: {measure}, {state} since {at}; opened {opened}, proposed for {amount}, change {seq}": (
        "{account}：{measure}，{state}（{at}）；立案 {opened}，申请金额 {amount}，变更 {seq}"
    ),
    "{account} at {at}, as the night of {as_of} knows it, by the law of {pack}": (
        "{account}，{at}；数据截止 {as_of}，适用规则 {pack}"
    ),
    "{source}: {count} open cases": "{source}：未结案件 {count} 件",
    "and {count} more; --owner, --due, --state and --district show fewer": (
        "另有 {count} 件；可用 --owner、--due、--state、--district 缩小范围"
    ),
    "{account}: {level}, {state}{ended}; raised on {raised_on}, owner {owner}, follow-up {follow_up}, step {step}": (
        "{account}：{level}，{state}{ended}；预警日期 {raised_on}，负责人 {owner}，跟进日期 {follow_up}，步骤 {step}"
    ),
    "promised {amount} by {due_on}: {state}": "承诺于 {due_on} 前缴费 {amount}：{state}",
    "{source}: the night of {as_of} (run {run}) is reversed: {count} cases are as they were before it": (
        "{source}：已撤回 {as_of} 当夜的运行（{run}），{count} 件案件恢复到运行之前"
    ),
    "notices withdrawn: {notices}, had left: {sent}; decisions reversed: {decisions}, acted on and left: {acted_on}": (
        "撤回通知{notices}件，已发出{sent}件；撤销决定{decisions}项，已有人处理而保留{acted_on}项"
    ),
    "cases of the law taken back: {law_cases}": "撤回法律程序{law_cases}件",
    "What it did in cases of the law, and stays:": "该次运行在法律程序中已做、予以保留的事项：",
    "Left as they are, since somebody worked on them:": "以下案件之后已有人处理，保持不变：",
    "request": "申请编号",
    "kind": "类型",
    "customer": "客户编号",
    "amount": "金额",
    "until": "期限",
    "asked by": "申请人",
    "on": "日期",
    "check": "额度与期限审查",
    "part": "期次",
    "due on": "到期日",
    "outstanding": "未缴",
    "missed": "未按期",
    "kept": "已履约",
    "broken": "已违约",
    "requested": "已申请",
    "checked": "已审查",
    "blocked": "已阻止",
    "in review": "审核中",
    "in force": "已生效",
    "refused": "已拒绝",
    "withdrawn": "已撤回",
    "lapsed": "已失效",
    "made": "提出申请",
    "review begun": "开始审核",
    "approved": "批准",
    "part kept": "已履约，期次",
    "part missed": "未按期，期次",
    "passes": "通过",
    "needs review": "需审核",
    "new supply": "新装",
    "more capacity": "增容",
    "deferral": "限时缓交",
    "instalment": "分期",
    "release from prepay": "解除预付费",
    "segment": "客户群",
    "high_voltage": "高压",
    "business": "低压工商业",
    "residential": "居民",
    "by points": "得分等级",
    "veto": "否决规则",
    "at risk": "风险敞口",
    "arrangement": "缴费安排",
    "accounts": "户数",
    "ceiling": "应收上限",
    "alarm": "告警",
    "reached": "已达上限",
    "{source}: there is no such request": "{source}：没有这样的申请",
    "grade {grade}: the worst of {count} accounts ({worst})": "信用等级 {grade}：{count} 户中最差者（{worst}）",
    "grade {grade}: the mean of {count} accounts, weighted by what is at risk ({shares})": (
        "信用等级 {grade}：{count} 户按风险敞口加权平均（{shares}）"
    ),
    "{exposure} {currency} at risk, {open} open, {overdue} overdue; limit {limit}, term {term} days": (
        "风险敞口 {exposure} {currency}，未缴 {open}，逾期 {overdue}；授信额度 {limit}，信用期 {term} 天"
    ),
    " (over its limit)": "（已超额度）",
    "Ceilings reached: {count}; no new deferral there.": "已达应收上限：{count} 处，不再受理新的缓交。",
    "Ceilings reached: {places}; no new deferral there: `arrears ceilings --source {source} --as-of {as_of}`": (
        "已达应收上限：{places}，不再受理新的缓交：`arrears ceilings --source {source} --as-of {as_of}`"
    ),
    "stop": "顺序",
    "customer name": "客户名称",
    "postcode": "邮编",
    "address": "用电地址",
    "in dispute": "争议金额",
    "by": "最迟日期",
    "protections": "保护情形",
    "Nobody is to be visited.": "没有需要上门的用户。",
    "{district}: {count} visits, in route order": "{district}：上门 {count} 户，按路线排序",
    "{count} more wait for another day: that is what the district can work": "另有 {count} 户因当日人力所限顺延",
    "notice": "通知",
    "language": "语言",
    "night": "批次",
    "act": "动作",
    "way": "渠道",
    "tries": "尝试次数",
    "payment_reminder": "缴费提醒",
    "arrears_demand": "催缴通知",
    "prepay_offer": "预付费建议",
    "deferral_agreement": "缓交协议",
    "instalment_agreement": "分期协议",
    "field_visit_slip": "上门催收单",
    "stop_notice": "停电通知",
    "stop_renotice": "停电前再次通知",
    "credit_statement": "信用年报",
    "email": "电子邮件",
    "sms": "短信",
    "chat": "即时消息",
    "letter": "信函",
    "planned": "备用",
    "drafted": "草稿",
    "released": "已放行",
    "sending": "发送中",
    "in_doubt": "待核实",
    "it was handed over and no answer came: ask the provider, and say so with `arrears notice receipt LIST.csv`, a list "
    "with the columns key, outcome (sent, or not_sent: it goes again) and why; the key is the id, a dot, and the way's "
    "number": "已交出但未收到答复：请向服务商核实，并用 `arrears notice receipt LIST.csv` 登记；清单含 key、"
    "outcome（sent 已发出；not_sent 未发出，将重新发送）和 why 三列；key 为编号、一个点和送达方式的序号",
    "handed over long ago, and nothing was reported: {count}": "已交出较久而无回执：{count} 件",
    "`arrears notice list --unreported` names them: ask whoever delivers, and say so with `arrears notice receipt LIST.csv`, a "
    "list with the columns key, outcome (delivered, or returned) and why; the key is the id, a dot, and the way's "
    "number": "用 `arrears notice list --unreported` 列出：请向投递方核实，并用 `arrears notice receipt LIST.csv` 登记；"
    "清单含 key、outcome（delivered 已送达；returned 被退回）和 why 三列；key 为编号、一个点和送达方式的序号",
    "sent": "已发出",
    "delivered": "已送达",
    "failed": "发送失败",
    "returned": "被退回",
    "expired": "已过期",
    "withdraw": "撤回",
    "expire": "过期",
    "defer": "稍后再试",
    "accept": "已被接收",
    "refuse": "被拒",
    "lose": "无应答",
    "arrive": "送达",
    "bounce": "退回",
    "next": "改用下一渠道",
    "{released} released, {superseded} superseded, {expired} expired, {unreachable} without an address": (
        "放行 {released}，因情况变化撤回 {superseded}，过期 {expired}，无可用地址 {unreachable}"
    ),
    "{count} withdrawn": "撤回 {count}",
    "notices: {count}, money: {money}": "通知 {count} 份，金额 {money}",
    **ZH_OF_LAW,
    **ZH_OF_PEOPLE,
}
"""Chinese for each English text; a text that is not here is a value and stays as it is."""


class Language(StrEnum):
    """Of labels, headings and reasons."""

    ZH = "zh"
    EN = "en"

    @property
    def tag(self) -> str:
        """As notices and labels name it."""
        return "zh-CN" if self is Language.ZH else "en"

    def say(self, text: str, **values: object) -> str:
        """`text` in this language, with its values filled in."""
        return (ZH.get(text, text) if self is Language.ZH else text).format(**values)
