"""What the field visits and their slips say."""

ZH = {
    "bill": "账单",
    "Field visits": "上门催收",
    "There is no night yet. A night proposes field visits; here they stand by district, in the order of the road.": (
        "还没有批次。夜间运行会建议上门催收，这里按供电区域和路线排列。"
    ),
    "Nobody is to be visited in your districts. A night proposes a visit when a debt is old, or somebody "
    "could pay and does "
    "not; policy/modes says when.": (
        "您的区域内没有需要上门的用户。欠费时间长、或有能力却不缴时，夜间运行会建议上门；条件见 policy/modes。"
    ),
    "Asked for in all: {total}. In each district as many as it can work in a day, the most urgent and the "
    "largest expected "
    "losses.": "应收合计 {total}。各区域按当日人力安排，先急后大。",
    "{count} visits, in route order": "上门 {count} 户，按路线排序",
    "Print all slips of {district}": "打印 {district} 全部上门单",
    "Visits in {district}": "{district} 的上门名单",
    "stop": "顺序",
    "address": "用电地址",
    "customer": "客户",
    "days": "逾期天数",
    "by": "最迟日期",
    "why": "原因",
    "protected": "保护情形",
    "found": "结果",
    "slip": "上门单",
    "{amount} in dispute": "争议 {amount}",
    "Record what was found": "记录上门结果",
    "Slip": "上门单",
    "{count} more wait for another day: that is what the district can work.": "另有 {count} 户因当日人力所限，改日上门。",
    "Nobody is to be visited in a district {district} of yours.": "您没有名为 {district} 且需要上门的区域。",
    "Say whose slip it is to be: account=…, or district=… for all of a district.": (
        "请指明：account=户号，或 district=区域（打印整个区域）。"
    ),
    "Nobody like this is to be visited.": "没有符合条件的上门用户。",
    "Visit slips": "上门单",
    "Print this page: each slip comes on a sheet of its own, {count} in all.": "打印本页：每户一张，共 {count} 张。",
    "The letter to be handed over (PDF)": "需送达的催收单（PDF）",
    "Slip of account {account}": "户号 {account} 的上门单",
    "Field visit": "上门催收单",
    "stop {number}": "第 {number} 站",
    "Protected": "受保护用户",
    "asked for (overdue)": "应收（逾期）",
    "open in all": "未缴合计",
    "in dispute, not to be asked for": "争议金额（不得催收）",
    "oldest debt": "最早欠费",
    "{count} days past due": "逾期 {count} 天",
    "to be visited by": "最迟上门",
    "What was found": "上门结果",
    "spoke with the customer": "见到客户",
    "nobody there": "无人在家",
    "wrong address or moved away": "地址有误或已搬走",
    "refused to talk": "拒绝沟通",
    "has paid": "已缴费",
    "disputes the bill": "对账单有异议",
    "premises closed or empty": "关停或空置",
    "cannot pay: hardship": "无力支付：生活困难",
    "spoke with": "接待人",
    "promised: amount and day": "承诺金额及日期",
    "meter reading": "电表示数",
    "notes taken": "备注",
    "day, time, signature": "日期、时间、签字",
    "in collection: no open warning to record it on": "已在催收：没有可记录的未结预警",
    "Bills that are asked for": "应收账单",
    "due on": "截止日",
    "to pay": "应缴",
    "and {count} newer ones": "另有 {count} 张较新的账单",
}
