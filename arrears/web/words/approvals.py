"""What the queue of the second person says."""

ZH = {
    "What waits for a second person": "待复核审批",
    "Requests for approval": "审批申请",
    "No request waits. What hurts a customer (prepay, a deposit, stopping supply) is asked for on the page "
    "of the case, and "
    "stands here until a second person has answered it; whoever asked never answers.": (
        "没有待审批的申请。对客户不利的措施（预付费、保证金、停电）在案件页面申请，须由第二人答复；申请人不能自批。"
    ),
    "what is asked for": "申请事项",
    "owed": "欠费",
    "asked by, and why": "申请人及理由",
    "waits": "等待",
    "who may answer": "可答复人",
    "exactly this is approved": "批准的确切内容",
    "Choose {what} of account {account}": "勾选户号 {account} 的{what}",
    "has lapsed": "已失效",
    "escalated": "已升级",
    "with the deputies too": "代理人也可答复",
    "to be reminded of": "需催办",
    "reminded {at}": "已催办 {at}",
    "Not you: you asked for it. A second person must answer.": "您不能答复：由您提出，须由第二人答复。",
    "Not you: your roles, or your districts, are others.": "您不能答复：角色或区域不符。",
    "Nobody: ask anew.": "无人可答复：请重新申请。",
    "You may answer.": "您可以答复。",
    "subject": "对象",
    "Approve what is ticked …": "批准所选…",
    "Do not approve …": "不批准…",
    "Remind …": "催办…",
    "Contests": "异议",
    "Contests that wait for an answer": "待答复的异议",
    "the customer says": "客户陈述",
    "taken in": "受理时间",
    "to be answered by": "答复期限",
    "what you can do": "可做的操作",
    "Answer": "答复",
    "Take into review": "接手复核",
    "Not you: who decided it, or has not the right, does not review it.": "您不能复核：原决定人或无权限者不得复核。",
    "No contest is open. What a customer says against a decision or a case is taken in on the page of the "
    "case, and the step "
    "stands still until somebody who did not decide it has answered.": (
        "没有未结异议。客户对决定或案件的异议在案件页面受理；在非原决定人答复之前，相关步骤暂停。"
    ),
    "Requests for credit": "信用申请",
    "amount": "金额",
    "asked by": "申请人",
    "limit and term check": "额度与期限审查",
    "customer {id}": "客户 {id}",
    "{count} parts, the last due on {day}": "共 {count} 期，最后一期 {day} 到期",
    "not checked yet": "尚未审查",
    "Nothing: another person's turn.": "无：由他人处理。",
    "No request for credit waits. New supply, more capacity, a deferral or instalments are asked for on the "
    "page of the case, "
    "checked against limit and term, and come into force once a second person has approved them.": (
        "没有待处理的信用申请。新装、增容、缓交或分期在案件页面申请，经额度与期限审查，由第二人批准后生效。"
    ),
    "Some of these requests were answered meanwhile. Look at the list again.": "部分申请已被答复，请重新查看清单。",
    "What is asked for has changed since you read it. Read it again.": "申请内容已发生变化，请重新阅读。",
    "Say in a few words why; it is kept with the answer.": "请简要说明理由，理由将与答复一并保存。",
    "{count} approved.": "已批准 {count} 项。",
    "{count} not approved.": "未批准 {count} 项。",
    "{count} reminded of.": "已催办 {count} 项。",
    "done": "已完成",
    "Not all of it could be done. Each line says what came of it.": "未能全部完成，逐项结果如下。",
    "Back to the list": "返回清单",
    "This request waits no more, or lies where you may not look.": "该申请已处理，或您无权查看。",
    "The form does not say which change of the request you saw.": "表单缺少您所见的申请版本。",
    "The request is kept: {act}.": "申请已更新：{act}。",
    "{count} requests over {total} owed are approved, each exactly as it was read.": (
        "批准 {count} 项申请（欠费合计 {total}），以所见内容为准。"
    ),
    "An approved proposal may be confirmed; a case of the law goes on to its next step.": (
        "获批的建议可以确认；停电案件进入下一步。"
    ),
    "{count} requests over {total} owed are not approved.": "不批准 {count} 项申请（欠费合计 {total}）。",
    "A proposal that is not approved cannot be confirmed; a case of the law ends by it.": (
        "未获批的建议不能确认；停电案件随之终止。"
    ),
    "It is kept that whoever may answer {count} requests was reminded.": "记录已就 {count} 项申请催办可答复人。",
    "{what} cannot be answered by you: {why}": "{what}：您不能答复，{why}",
    "Approve": "批准",
    "you asked for it; a second person must answer": "由您提出，须由第二人答复",
    "it has lapsed; it must be asked for anew": "已失效，须重新申请",
    "it asks for: {rights}": "须由：{rights}",
    "The request is checked against limit, term and ceilings, as the latest night knows them.": (
        "按最近批次的数据审查额度、期限和应收上限。"
    ),
    "You take the request into review; nobody else answers it then.": "由您接手复核，其他人不再答复。",
    "The request comes into force, once it has been checked again; the customer is told.": "再次审查后申请生效，并告知客户。",
    "The request is refused; the customer is told.": "拒绝申请，并告知客户。",
    "The request is taken back, as the customer wishes.": "按客户意愿撤回申请。",
    "The last check said: {verdict}": "上次审查结论：{verdict}",
    "check": "审查",
    "review": "接手复核",
    "refuse": "拒绝",
    "withdraw": "撤回",
    "requested": "已申请",
    "checked": "已审查",
    "blocked": "已阻止",
    "in_review": "审核中",
    "axis": "决策项",
    "policy": "政策",
    "card": "评分卡",
    "payment_mode": "缴费方式",
    "treatment": "措施",
    "not taken up yet": "待接手",
    "in review": "复核中",
}
