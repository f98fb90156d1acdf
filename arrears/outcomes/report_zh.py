"""The Chinese of a report of outcomes, by its English; what is not here, the scorecard's report may have."""

ZH = {
    "Outcomes of the warnings: {source}, {first} to {last}": "预警效果评估：{source}，{first} 至 {last}",
    "As known on {day}. A fall into arrears: within {horizon} days an account comes to owe the sum of the policy or "
    "more at 15 or more days past due. Amounts in {currency}.": (
        "数据截至 {day}。“陷入欠费”指 {horizon} 天内，逾期15天及以上的欠费达到政策规定金额。金额单位：{currency}。"
    ),
    "Summary": "摘要",
    "Nothing can be said of these months yet.": "这些月份目前尚无可用结果。",
    "Nothing to show for these months; the first section says why.": "这些月份暂无数据，原因见第一部分。",
    "What is not known yet": "尚不清楚的部分",
    "of arrears money warned of {days} days ahead": "的欠费金额提前 {days} 天以上预警",
    "of worked warnings came true": "的处理能力内预警应验",
    "days of lead, in half of the cases or more": "天：半数以上预警的提前量",
    "days": "天",
    "Was arrears money warned of in time?": "欠费是否及时预警",
    "Recall: of the money with which accounts fell into arrears, the share on accounts of which some night had warned "
    "{days} or more days before. By month of the fall.": (
        "召回率：陷入欠费的金额中，至少提前 {days} 天已预警的占比。按陷入欠费的月份统计。"
    ),
    "Arrears money by how long before it was first warned of": "欠费金额，按首次预警的提前天数",
    "Arrears by how long before they were warned of": "欠费金额与预警提前量",
    "By month": "按月",
    "by {dimension}": "按{dimension}",
    "month": "月份",
    "all": "合计",
    "all months": "全部月份",
    "all months together": "全部月份合计",
    "fell into arrears": "陷入欠费",
    "of them warned of": "其中已预警",
    "arrears": "欠费金额",
    "warned of in time": "及时预警金额",
    "recall": "召回率",
    "median days ahead": "提前天数（中位数）",
    "Recall by month": "各月召回率",
    "30 days or more": "提前30天以上",
    "20–29 days": "提前20–29天",
    "10–19 days": "提前10–19天",
    "not warned": "未预警",
    "Were the warnings right?": "预警是否准确",
    "Precision: of the accounts warned of, the share that fell into arrears within the horizon. Within capacity are "
    "those that staff of their district could work that day, the largest expected loss first. An account counts once "
    "a month. A warning that prompts a customer to pay does not come true: the hold-out below tells that apart.": (
        "准确率：被预警用户在预测期内陷入欠费的占比。“处理能力内”指当日各供电区域人员可处理的预警，按预期损失从大到小"
        "。每户每月计一次。"
        "促使客户缴费的预警不会应验，其作用见下文随机对照。"
    ),
    "Share of warnings that came true": "预警应验比例",
    "Warnings that came true": "预警应验情况",
    "within capacity": "处理能力内",
    "all warnings": "全部预警",
    "level": "预警级别",
    "warned": "预警户数",
    "came true": "应验",
    "precision": "准确率",
    "precision at capacity": "处理能力内准确率",
    "loss expected": "预期损失",
    "arrears that came": "实际欠费",
    "share": "占比",
    "Does the score tell who will fall?": "评分能否识别将欠费的用户",
    "On the first judged night of each month, over all open accounts that were not in collection. AUC: the chance "
    "that one who fell had the worse points than one who did not. KS: the widest gap of the two curves. Brier: mean "
    "squared error of the probabilities. PSI: how far the points moved from the first month that the same card "
    "decided; from 0.10 watch, from 0.25 act.": (
        "取每月首个已评估之夜，统计全部在用且未进入催收的用户。AUC：欠费用户得分低于正常用户的概率。KS：两条累计曲线的"
        "最大差距。"
        "Brier：概率的均方误差。PSI：得分分布相对同一评分卡首月的偏移，0.10 起关注，0.25 起处置。"
    ),
    "AUC by month, with bounds of 95 %; months of too few are left out": "各月 AUC 及 95% 区间；样本过少的月份不列",
    "fell": "陷入欠费",
    "said": "预测",
    "PSI needs two months that the same card decided.": "PSI 需要同一评分卡至少两个月的数据。",
    "accounts judged": "评估户数",
    "accounts": "户数",
    "share that fell": "欠费占比",
    "decile": "十分位",
    "probability that was said": "预测概率",
    "What did treatments do?": "措施有何作用",
    "What treatments did": "各项措施的作用",
    "Accounts that a treatment was proposed for, beside those that the same rule meant and the draw held out of it. "
    "Only accounts that could have been drawn are compared, once for each block of nights. Below nought the treatment "
    "helps; bounds of 95 % (Newcombe). With fewer than 20 on a side nothing is said.": (
        "将建议采取措施的用户，与按同一规则本应采取、但被随机留作对照的用户相比。只比较可能被抽中的用户，每个时段每户"
        "计一次。"
        "差值小于零表示措施有效；区间为95%（Newcombe 法）。任一方不足20户时不作判断。"
    ),
    "No live night lies in these months: nothing was sent or done, so no treatment can have had an effect.": (
        "这些月份没有正式运行的夜次：未发送通知，也未采取措施，因此不会有任何作用。"
    ),
    "treatment": "措施",
    "treated": "已采取",
    "held out": "对照",
    "difference": "差值",
    "fell into arrears: treated less held out": "欠费占比之差：已采取减对照",
    "{treatment}: too few to say what it did ({treated} treated, {held} held out).": (
        "{treatment}：样本过少，不作判断（已采取 {treated} 户，对照 {held} 户）。"
    ),
    "{treatment}: {difference} points of a percentage against the hold-out ({low} to {high}); it helped.": (
        "{treatment}：与对照相比 {difference} 个百分点（{low} 至 {high}），措施有效。"
    ),
    "{treatment}: {difference} points of a percentage against the hold-out ({low} to {high}); more of the treated "
    "fell.": ("{treatment}：与对照相比 {difference} 个百分点（{low} 至 {high}），采取措施的用户欠费更多。"),
    "{treatment}: {difference} points of a percentage against the hold-out ({low} to {high}); that could be chance.": (
        "{treatment}：与对照相比 {difference} 个百分点（{low} 至 {high}），可能出于偶然。"
    ),
    "What became of warnings": "预警的结局",
    "Of the episodes that staff worked with, by the month in which they were raised.": (
        "人员实际处理的预警事件，按产生月份统计。"
    ),
    "No live night was folded in these months: these are the episodes of the shadow that backfills made, which nobody "
    "worked with.": ("这些月份没有正式运行的夜次：以下为回填产生的影子事件，未经人员处理。"),
    "Warnings by the month in which they were raised": "预警事件，按产生月份",
    "raised in": "产生月份",
    "warnings": "预警数",
    "paid in time": "按期缴清",
    "dismissed": "人工排除",
    "expired": "到期失效",
    "withdrawn": "已撤回",
    "open": "尚未结束",
    "Receivables": "应收账款",
    "DSO: receivables at the end of the month ÷ billed in it × its days. CEI: of what could be collected, the share "
    "that was: (opening + billed − closing) ÷ (opening + billed − closing that is not due or in dispute). Collection: "
    "of what fell due in the month, the share paid by its end.": (
        "DSO（应收账款周转天数）：月末应收 ÷ 当月出账 × 当月天数。CEI（催收有效性指数）：（月初应收＋出账－月末应收）÷"
        "（月初应收＋出账－月末未到期及争议）。"
        "回收率：当月到期电费中月末前已缴的占比。"
    ),
    "CEI and collection by month": "各月 CEI 与回收率",
    "Collection": "电费回收率",
    "paid by the end of the month": "月末前已缴",
    "paid by the due date": "按期已缴",
    "fell due": "当期到期",
    "opening": "月初净额",
    "brought in": "期初转入",
    "billed": "出账",
    "paid": "实收",
    "credited": "减免退补",
    "written off": "核销",
    "closing": "月末净额",
    "owed at the end": "月末应收",
    "Opening + brought in + billed − paid − credited − written off = closing, less credit balances. An entry counts "
    "in the month in which it became known.": (
        "月初＋期初转入＋出账－实收－减免退补－核销＝月末（均已扣除预存余额）。每笔记账计入其获知的月份。"
    ),
    "Ageing": "账龄",
    "Ageing of what is owed at the end of each month, by days past due": "各月末应收账龄（按逾期天数）",
    "Roll rates": "账龄滚动率",
    "Of the accounts in an ageing bucket at the start of a month (by the oldest open bill), where they stood at its "
    "end; all months together. Rolled on: into an older bucket.": (
        "月初处于某账龄段的用户（按最早未缴账单），月末所处账龄段；全部月份合计。恶化指转入更长账龄段。"
    ),
    "at the start": "月初",
    "owed": "欠费",
    "clear": "已结清",
    "left": "已移出",
    "rolled on": "恶化",
    "of the money": "按金额",
    "not yet due": "未到期",
    "1–30 days": "1–30天",
    "31–60 days": "31–60天",
    "61–90 days": "61–90天",
    "91–180 days": "91–180天",
    "181–360 days": "181–360天",
    "over 360 days": "360天以上",
    "What these figures rest on": "数据依据",
    "Nights": "夜次",
    "nights stored": "已存夜次",
    "nights judged": "已评估夜次",
    "whole from": "完整起始日",
    "books": "月末账",
    "Each figure is one SQL file of sql/outcomes/figures, with its rule at the top; docs/decisions.md says where the "
    "definitions come from. All figures lie as CSV and JSON beside this page.": (
        "每项指标对应 sql/outcomes/figures 中的一个 SQL 文件，口径见文件开头；定义来源见 docs/decisions.md。全部数据以"
        " CSV 和 JSON 存于本页旁。"
    ),
    "{month}: no night is stored, so nothing is said of its warnings; `arrears backfill run` makes nights of the past.": (
        "{month}：没有存储的夜次，无法评估其预警；可用 `arrears backfill run` 补做。"
    ),
    "{month}: {judged} of {stored} stored nights are judged; the horizon of the last one ends on {day}, and `arrears "
    "outcomes label` then judges it. Until then the figures of this month are of the nights judged so far.": (
        "{month}：{stored} 个夜次中已评估 {judged} 个；最后一个的预测期于 {day} 结束，届时由 `arrears outcomes label` "
        "评估。此前该月数据仅含已评估夜次。"
    ),
    "{month}: no DSO, CEI, ageing, collection or roll rates, which need the stored nights of the first of the month "
    "and of the first of the next.": ("{month}：无 DSO、CEI、账龄、回收率和滚动率，需要当月1日和次月1日的夜次。"),
    "Of {arrears} {currency} that fell into arrears, {warned} had been warned of {lead} or more days before: {share}. "
    "Half of these warnings came {days} or more days ahead.": (
        "陷入欠费的 {arrears} {currency} 中，{warned} 至少提前 {lead} 天预警，占 {share}；其中半数提前 {days} 天以上。"
    ),
    "Of {warned} warnings, an account counted once a month, {share} came true; of those that staff could work, "
    "{worked}.": ("预警 {warned} 户次（每户每月计一次），应验 {share}；处理能力内的应验 {worked}。"),
    "At the end of {month} customers owed {open} {currency}: DSO {dso} days, CEI {cei}; of what fell due in the month "
    "{collected} was paid by its end.": (
        "{month} 末应收 {open} {currency}：DSO {dso} 天，CEI {cei}；当月到期电费月末前回收 {collected}。"
    ),
    "(not known)": "（未知）",
    "segment": "客户分群",
    "district": "供电区域",
    "voltage class": "电压等级",
    "tariff": "电价类别",
    "high voltage": "高压",
    "low-voltage business": "低压工商业",
    "residential": "居民",
    "agricultural": "农业",
    "general commercial": "一般工商业",
    "large industrial": "大工业",
    "blue": "蓝色",
    "yellow": "黄色",
    "orange": "橙色",
    "red": "红色",
    "reminder": "缴费提醒",
    "demand": "催缴",
    "field visit": "上门催收",
    "disconnection": "停电催费",
}
