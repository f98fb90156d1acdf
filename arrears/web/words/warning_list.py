"""What the warning list says, beside what all pages do."""

ZH = {
    "Account, name, address, pinyin initials": "户号、户名、地址、拼音首字母",
    "Address": "用电地址",
    "Age": "历时",
    "Age in days": "历时（天）",
    "All open": "全部未结",
    "As it stands, this cannot be done: there is nothing that it could be done to.": (
        "当前无法执行：没有可操作的对象。"
    ),
    "Choose 1 to {most} cases of the list; you chose {count}.": (
        "请在清单中选择 1 至 {most} 户；您选择了 {count} 户。"
    ),
    "Choose what is to be done.": "请选择要执行的操作。",
    "Choose {account}": "选择 {account}",
    "Conditions of the list": "清单条件",
    "Customer": "客户",
    "Days": "逾期天数",
    "Days overdue": "逾期天数",
    "Do it on {count}": "对 {count} 户执行",
    "Done on {count} of {total}.": "共 {total} 户，已完成 {count} 户。",
    "Expected loss": "预期损失",
    "Grade": "信用等级",
    "Held out at random": "随机对照",
    "It can be done on {count} of {total}.": "共 {total} 户，可执行 {count} 户。",
    "It was changed meanwhile, and was left as it is.": "期间已有变化，未作更改。",
    "Keys: / searches, j and k go down and up, x chooses, Enter opens.": (
        "快捷键：/ 搜索，j、k 上下移动，x 选择，Enter 打开。"
    ),
    "Known as of": "数据截至",
    "Levels": "预警级别",
    "Main reason": "主要原因",
    "My districts": "我的区域",
    "My work": "我的工作",
    "Narrow the list": "筛选",
    "New since I last looked": "上次查看后新增",
    "No case fits all of these conditions. Take one away above, or": "没有同时满足这些条件的用户。请去掉一个条件，或",
    "No case is open in your districts: nobody is warned of tonight, or everything is done. "
    "The next night may raise new ones.": (
        "您的区域内没有未结预警：今夜无人预警，或均已处理完毕。下一次夜间运行可能产生新的预警。"
    ),
    "Nobody's": "无人负责",
    "Nothing is here": "没有内容",
    "Only the first {count} can be paged through; narrow the list, or take it along.": (
        "只能翻看前 {count} 户；请缩小范围，或导出。"
    ),
    "Other reasons": "其他原因",
    "Owed": "未缴金额",
    "Owes at least": "未缴金额不低于",
    "Owes {amount} or more": "未缴不低于 {amount}",
    "Owner": "负责人",
    "Page {number} of {pages}": "第 {number} 页，共 {pages} 页",
    "Previous": "上一页",
    "Probability": "欠费概率",
    "Probability from": "概率下限",
    "Probability to": "概率上限",
    "Proposed": "建议",
    "Proposed payment mode": "建议缴费方式",
    "Proposed treatment": "建议催收措施",
    "Raised on": "预警日期",
    "Raised since": "预警日期不早于",
    "Raised since {day}": "{day} 起预警",
    "Rows of a page": "每页行数",
    "A page shows {most} rows at most; {size} are for programs.": "一页最多显示 {most} 行；{size} 行仅供程序读取。",
    "Search": "搜索",
    "Search: account, name, address, or pinyin initials": "搜索：户号、户名、地址或拼音首字母",
    "State": "状态",
    "Take along:": "导出：",
    "Take away all": "清除全部条件",
    "Tariff": "电价类别",
    "The case changed since you saw the list; look at it first.": "您查看清单后该预警已有变化，请先查看。",
    "The list can be had as csv or xlsx, not as {kind}.": "清单可导出为 csv 或 xlsx，不支持 {kind}。",
    "The list is made by the nightly run. It runs by itself at night; `arrears run --as-of DATE` runs one now.": (
        "清单由夜间运行生成。夜间会自动运行；也可用 `arrears run --as-of 日期` 立即运行。"
    ),
    "There is no list yet": "还没有清单",
    "To be looked at by": "跟进日期不晚于",
    "To be looked at by {day}": "{day} 前需跟进",
    "To be looked at on": "跟进日期",
    "To be looked at today": "今日需跟进",
    "Tonight's workload": "今日工作量",
    "Views": "视图",
    "Voltage class": "电压等级",
    "Voltage, tariff": "电压、电价",
    "Warnings, page {number} of {pages}": "预警，第 {number} 页，共 {pages} 页",
    "What does not, and why": "不执行的及原因",
    "What happens": "将发生",
    "What has been done": "已完成",
    "With those chosen:": "对所选：",
    "anybody": "任何人",
    "due {day}": "{day} 跟进",
    "either": "不限",
    "held out, not treated": "对照组，不处置",
    "look at everything that is open": "查看全部未结预警",
    "newly raised": "新预警",
    "no": "否",
    "no case": "无预警单",
    "take away": "去掉",
    "tonight": "今日",
    "yes": "是",
    "{count} d": "{count} 天",
    "{total} cases; {within} of them are tonight's workload. Overdue {overdue}, expected loss {loss}.": (
        "共 {total} 户，其中今日工作量 {within} 户。逾期 {overdue}，预期损失 {loss}。"
    ),
    "{total} rows are too many for a workbook, which takes {most}: narrow the list, or take it as CSV.": (
        "{total} 行超过工作簿上限 {most}：请缩小范围，或导出 CSV。"
    ),
}
