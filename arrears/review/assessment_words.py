"""The fixed words of the assessment of automated decisions, in Chinese and English. What they name beside this stands in the
policy, the card and the packs of the law."""

from collections.abc import Mapping, Sequence

Both = tuple[str, str]

TITLE: Both = (
    "个人信息保护影响评估：欠费风险预警与自动化决策",
    "Impact assessment: automated decisions on the risk of arrears",
)
BASIS: Both = (
    "依据《个人信息保护法》第二十四条、第五十五条、第五十六条。本文件由现行政策、评分卡和法规包自动生成，不含任何用户数据；须经责任部门复核签字。",
    "By the Personal Information Protection Law, art. 24, 55 and 56 (and GDPR art. 22 and 35 where it applies). Made from "
    "the policy, the card and the packs of the law in force; it holds no customer's data. The department in charge "
    "checks and signs it.",
)
PURPOSE: Sequence[Both] = (
    (
        "目的：在账单逾期之前识别可能拖欠电费的用户，及时提醒、商定缓交或分期，减少欠费与停电。",
        "Purpose: to know before a bill is overdue who may fall into arrears, so as to remind in time and to agree on "
        "deferrals or instalments, with less debt and fewer disconnections.",
    ),
    (
        "必要性：只使用供用电合同履行中产生的账单、缴费、用电和约定记录，以及依法公开的记录；按日计算，按夜留存版本。",
        "Need: only bills, payments, use and agreements from the supply contract, and public records, are used; worked out "
        "each night, and each night keeps its version.",
    ),
)
GROUPS: Mapping[str, Both] = {
    "attributes": ("用户属性", "attributes"),
    "payment behaviour": ("缴费行为", "payment behaviour"),
    "debt now": ("当前欠费", "debt now"),
    "use": ("用电", "use"),
    "integrity": ("窃电与违约用电", "integrity"),
}
NEVER: Sequence[Both] = (
    ("民族、种族、宗教信仰、政治面貌、工会身份", "ethnic origin, religion, political opinion, trade union membership"),
    ("生物识别信息、行踪轨迹、通信内容、社交网络", "biometrics, whereabouts, content of messages, social networks"),
    ("性别、婚姻状况、年龄（作为评分因素）", "sex, marital status, age (as something that is scored)"),
    ("健康状况：只作为保护情形，从不提高风险", "health: only as a reason for protection, which never raises risk"),
    ("营销画像、第三方购买的个人数据", "marketing profiles, personal data bought from others"),
)
NEVER_NOTE: Both = (
    "数据契约中没有上述内容的列。下列保护情形只能阻止不利措施，评分卡和预警级别都不能读取：",
    "The data contract has no column for these. The following protections can only bar what hurts; neither the card nor a "
    "warning level can read them:",
)
LOGIC: Both = (
    "得分为基础分与各特征分之和，按分数线定级；否决规则只能压低等级；随后各决策项按规则自上而下，第一条符合的规则生效，并随决定留存。",
    "Points are the base and those of each feature, added up; grades are cut by points; vetoes only hold a grade down. Then "
    "each axis is decided by its rules from the top: the first that matches wins, and is kept with the decision.",
)
RIGHTS: Sequence[Both] = (
    (
        "知情：决定通知书说明主要理由（特征与规则）",
        "To be told: the notice of a decision gives the main reasons (features and rule)",
    ),
    (
        "提出异议：受理后相关不利措施立即停止，由未参与原决定的人员复核，并书面说明理由",
        "To contest: what hurts stops at once, somebody who did not decide reviews it, and the reasons are given in writing",
    ),
    (
        "更正：账单、缴费等记录有误的，更正后当夜重新计算",
        "To correct: when a record was wrong, the next night is worked out anew",
    ),
    (
        "人工决定：任何不利措施须由人员确认或批准，不由系统单独作出",
        "A person decides: nothing that hurts is in force by the system alone",
    ),
    ("信用修复：告知恢复信用的条件", "The way back: what restores the credit is told"),
)
RISKS: Sequence[tuple[Both, Both]] = (
    (
        ("数据错误导致不当预警", "wrong data, and so a wrong warning"),
        (
            "逐行校验、隔离与账款平衡核对；存疑金额冻结不利措施",
            "rows are checked and set aside, money balances; money in question bars what hurts",
        ),
    ),
    (
        ("对弱势用户的不当影响", "harm to the vulnerable"),
        (
            "保护情形、暂缓催收与法定禁停；保护只会减轻措施（有性质测试）",
            "protections, holds, lawful bars; protection only softens (tests hold it)",
        ),
    ),
    (
        ("不可解释的决定", "decisions that nobody can explain"),
        (
            "可加评分卡与有序规则；每项决定保存所依据的数值与规则",
            "an additive card and ordered rules; each decision keeps its values and its rule",
        ),
    ),
    (
        ("自动作出不利决定", "harm decided by a machine"),
        (
            "人员确认、双人批准、批准内容哈希、逾期失效与提醒升级",
            "a person confirms, a second approves exactly that, approvals lapse and escalate",
        ),
    ),
    (
        ("模型失准或偏移", "a card that drifts"),
        ("按月验证、漂移监测、随机对照组", "monthly validation, drift is watched, a random group is left untreated"),
    ),
    (
        ("过久的记录影响今天", "old records that still count"),
        (
            "特征窗口最长60个月，不利记录保存不超过5年",
            "no window is longer than 60 months; negative records are kept for 5 years at the most",
        ),
    ),
)
