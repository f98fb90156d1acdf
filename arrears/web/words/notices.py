"""What the outbox says."""

ZH = {
    "It has no letter: the letters' font lacks signs of its words.": "没有信函：信函字库缺少其中的字符。",
    "No notice was drafted yet. A night drafts letters, mails and messages; people release what the policy "
    "does not release by "
    "itself, and the next dispatch sends it.": (
        "还没有通知。夜间运行会起草信函、邮件和短信；政策不自动放行的由人工放行，下一次发送时发出。"
    ),
    "of all accounts": "全部户号",
    "Notices that match": "符合条件的通知",
    "{count} notices, the newest night first": "{count} 份通知，最近批次在前",
    "notice": "通知",
    "night": "批次",
    "way": "渠道",
    "Choose {kind} of account {account}": "勾选户号 {account} 的{kind}",
    "No notice is like this. Take a filter away.": "没有符合条件的通知。请取消部分筛选。",
    "Withdraw …": "撤回…",
    "Send once more …": "重新发送…",
    "all notices of this account": "该户号的全部通知",
    "language": "语言",
    "Ways": "发送渠道",
    "{count} tries": "尝试 {count} 次",
    "The ways are planned when it is released, by what is known of the customer's addresses and consents then.": (
        "渠道在放行时按当时已知的联系方式和同意情况确定。"
    ),
    "What happened to it": "经过",
    "drafted by the night of {day}": "{day} 批次起草",
    "Its words, as they leave": "发出的内容",
    "Letter (PDF)": "信函（PDF）",
    "Mail": "邮件",
    "Message": "短信",
    "There is no such notice, or none that you may see.": "没有该通知，或您无权查看。",
    "Some of these notices have moved on since you looked. Look at them again.": "部分通知的状态已变化，请重新查看。",
    "None of these notices is in a state in which that can be done.": "所选通知的状态均不允许此操作。",
    "Say in a few words why; it is kept with the notice.": "请简要说明理由，理由将与通知一并保存。",
    "{released} released; {superseded} no longer owed and withdrawn, {expired} too old, {unreachable} "
    "without an address.": (
        "放行 {released} 份；因已不欠而撤回 {superseded}，过期 {expired}，无可用地址 {unreachable}。"
    ),
    "{count} withdrawn; {late} were on their way by then.": "撤回 {count} 份；{late} 份已在发送中。",
    "{count} copies leave with the next dispatch.": "{count} 份副本将在下次发送时发出。",
    "{count} notices over {total} are released; the next dispatch sends them in contact hours.": (
        "放行 {count} 份通知（金额 {total}），下次在联系时段内发出。"
    ),
    "Before that each is checked once more: what is paid by then, or is too old, does not leave.": (
        "发出前逐份复查：已缴或过期的不发出。"
    ),
    "{count} notices over {total} will never leave.": "{count} 份通知（金额 {total}）将不再发出。",
    "{count} copies with the same words are made, and leave with the next dispatch.": (
        "将生成 {count} 份内容相同的副本，下次发送时发出。"
    ),
    "Some may have been sent already: release them only once you know that they were not.": (
        "其中可能有已发出的：确认未发出后再放行。"
    ),
    "{count} are left as they are, since their state does not let that be done.": "{count} 份因状态不允许而保持不变。",
    "Release notices": "放行通知",
    "Withdraw notices": "撤回通知",
    "expire": "过期",
    "claim": "开始发送",
    "defer": "稍后再试",
    "accept": "已被接收",
    "lose": "无应答",
    "arrive": "送达",
    "bounce": "退回",
    "next": "改用下一渠道",
    "That is none, or more than {most} at once. Filter by kind or state.": "没有或超过 {most} 份。请按类型或状态筛选。",
    "all {count} that match": "符合条件的全部 {count} 份",
}
