"""What the portfolio says."""

ZH = {
    "There is no night yet. After the first one this page tells what is owed by age, DSO, CEI, collection "
    "rates, roll rates, and "
    "whether warnings came true.": (
        "还没有批次。首个批次之后，这里会显示账龄、应收账款周转天数（DSO）、催收有效指数（CEI）、回收率、滚动率，以及预警是否应验。"
    ),
    "open, of {count} accounts": "未缴，共 {count} 户",
    "overdue": "逾期金额",
    "open": "未缴金额",
    "days of sales outstanding, last 12 months": "DSO（近12个月，天）",
    "collection rate of {month}": "{month} 电费回收率",
    "CEI of {month}": "{month} 催收有效指数",
    "warned of, expected loss {loss}": "户被预警，预期损失 {loss}",
    "recall: warned of {days} days ahead or more": "召回率：提前 {days} 天以上预警",
    "precision at capacity": "人力范围内准确率",
    "Parts": "分组",
    "by {what}": "按{what}",
    "By district only yours are shown; sums over everybody are the whole utility's.": (
        "按供电区域只显示您的区域；合计为全公司数据。"
    ),
    "as of {day}": "数据截至 {day}",
    "accounts": "户数",
    "amount in dispute": "争议金额",
    "DSO, days": "DSO（天）",
    "Each open bill stands in the bucket of its own days past due, counted from the day after its due date; "
    "what is in dispute or "
    "on hold is in none. DSO tonight = open / billed in the last 12 months × 365.": (
        "每张未缴账单按自身逾期天数（自缴费截止日次日起算）归入账龄；争议或暂缓的账单不计入。"
        "当晚 DSO = 未缴金额 ÷ 近12个月开票金额 × 365。"
    ),
    "By month": "按月",
    "The months before this night are not worked out yet. `arrears outcomes label`, which the schedule runs "
    "every morning, does "
    "that.": "此前各月尚未计算。定时任务每天早晨运行的 `arrears outcomes label` 会完成计算。",
    "DSO by month": "各月 DSO",
    "CEI by month": "各月 CEI",
    "Collection rate by month": "各月电费回收率",
    "Opening + brought in + billed − paid − credited − written off = closing, each less credit balances": (
        "期初 + 转入 + 开票 − 实收 − 退补 − 核销 = 期末（均已扣除预存余额）"
    ),
    "month": "月份",
    "opening": "期初",
    "billed": "开票",
    "paid": "实收",
    "credited": "退补",
    "written off": "核销",
    "closing": "期末",
    "CEI": "CEI",
    "collection rate": "回收率",
    "paid in time": "按期缴纳率",
    "{month} by {what}": "{month}，按{what}",
    "fell due": "当月到期",
    "collected of it": "其中已收",
    "DSO = open at the end of the month / billed in it × its days. CEI = (open at the start + billed − open "
    "at the end) / (open at "
    "the start + billed − what of the open at the end is not due yet or in dispute): 100 % when all that "
    "could be collected was. "
    "Collection rate = of what fell due in the month, the share paid by its end. The months are told as "
    "this night knows them; "
    "months whose books were closed stand as they were closed.": (
        "DSO = 月末未缴 ÷ 当月开票 × 当月天数。CEI =（月初未缴 + 开票 − 月末未缴）÷（月初未缴 + 开票 − "
        "月末未缴中未到期或有争议的部分）；"
        "可收的全部收回时为 100%。回收率 = 当月到期金额中月末前已缴的比例。各月按本批次所知计算；"
        "已关账的月份以关账为准。"
    ),
    "Roll rates in {month}": "{month} 账龄滚动率",
    "From the bucket at the start of the month to that at its end, in shares of accounts": (
        "由月初账龄到月末账龄，按户数占比"
    ),
    "at the start": "月初",
    "rolled on": "滚入更长账龄",
    "rolled on, of the money": "滚入更长账龄（金额）",
    "An account stands in the bucket of its oldest open bill. Rolled on: it stood in an older bucket at the "
    "end of the month than "
    "at its start.": "用户按其最早的未缴账单归入账龄。滚入：月末账龄长于月初。",
    "Warnings and what became of them": "预警及其结果",
    "Warnings tonight": "今夜预警",
    "warned of": "预警户数",
    "expected loss": "预期损失",
    "in collection already": "已在催收",
    "precision": "准确率",
    "recall": "召回率",
    "lead, days": "提前天数",
    "Nobody can say yet whether warnings were right: a night is judged when its horizon has passed.": (
        "预警是否准确尚无定论：预测期满后才能评判。"
    ),
    "The first one can be judged on {day}.": "最早一夜可于 {day} 评判。",
    "{count} nights of the last {months} months were judged.": "近 {months} 个月已评判 {count} 夜。",
    "The next one can be judged on {day}.": "下一夜可于 {day} 评判。",
    "Were the warnings right?": "预警准确吗？",
    "fell into arrears": "陷入欠费",
    "of it warned of": "其中已预警",
    "What became of warnings": "预警的结果",
    "Cases by the month in which they were raised": "案件，按预警月份",
    "raised": "预警",
    "paid_in_time": "按期缴清",
    "dismissed": "已排除",
    "expired": "已过期",
    "withdrawn": "已撤回",
    "fell_into_arrears": "陷入欠费",
    "Recall = of the money that fell into arrears, the share that some night had warned of {days} or more "
    "days before. Precision = of "
    "the accounts that were warned of, counted once a month, the share that fell into arrears within the "
    "horizon; at capacity: of "
    "those that staff of the district could work. Lead: the median of days from the first warning to the fall.": (
        "召回率 = 陷入欠费的金额中提前 {days} 天以上已预警的比例。准确率 = "
        "被预警用户（每月计一次）在预测期内陷入欠费的比例；"
        "人力范围内：仅计当地人力能处理的预警。提前天数：首次预警至欠费的天数中位数。"
    ),
    "not yet due": "未到期",
    "over 360 days": "360天以上",
    "{days} days": "{days} 天",
    "clear": "无欠费",
    "left": "已销户",
    "new": "新开户",
    "still open": "未结",
}
