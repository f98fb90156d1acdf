"""The Chinese of a report, by its English."""

ZH = {
    # verdicts, checks, states
    "Clears every bar": "各项均达标",
    "Too little is known to say": "依据不足，尚不能下结论",
    "Does not clear every bar": "有指标未达标",
    "✓ cleared": "✓ 达标",
    "✗ not cleared": "✗ 未达标",
    "? not known": "? 未知",
    "Judged on rows that the fit did not see": "用建模未见过的样本检验",
    "Tells bad from good (AUC)": "区分好坏的能力（AUC）",
    "Keeps bad and good apart (KS)": "好坏样本的分离度（KS）",
    "As many turn bad as was said (came ÷ said)": "实际与预测的坏样本之比",
    "Probabilities neither too bold nor too timid (slope)": "概率不过激也不保守（校准斜率）",
    "Keeps its strength on later rows (AUC lost)": "在之后的样本上不衰减（AUC 下降）",
    "Still the same population (PSI)": "客群未变（PSI）",
    "Better than simple rules (lead in AUC)": "优于简单规则（AUC 领先）",
    "No sign of knowing the future": "没有泄露未来信息的迹象",
    "Treats groups alike (widest gap)": "对各群体一视同仁（最大差距）",
    "all rows": "全部样本",
    "the card's own window": "建模窗口内",
    "later rows (out of time)": "建模窗口之后（跨期）",
    "stable": "稳定",
    "watch": "关注",
    "act": "处置",
    "too few": "样本过少",
    "alike": "一致",
    "too few to say": "样本过少，不作判断",
    # summary
    "Validation of the scorecard {name}": "评分卡验证报告：{name}",
    "Version {version}": "版本 {version}",
    "valid from {day}": "自 {day} 起有效",
    "Summary": "摘要",
    "Judged on rows that lie behind the window the card was fitted on: an honest test.": (
        "所用样本晚于评分卡的建模窗口，是真实的跨期检验。"
    ),
    "Judged on the very rows the card was fitted on: the figures flatter it, and say nothing of rows to come.": (
        "所用样本就是建模样本：结果偏乐观，不能说明对今后样本的效果。"
    ),
    "Judged on another table than the card was fitted on; that the two share no rows cannot be seen from here.": (
        "所用样本来自建模数据以外的另一份数据；两者是否有重复样本，由此无法得知。"
    ),
    "There are too few bads or too few goods among the rows to judge a card by.": "坏样本或好样本过少，无法评判评分卡。",
    "If staff work the riskiest {share}, they reach {gain} of all that turn bad; {precision} of those they work do turn bad.": (
        "若处理风险最高的 {share}，可覆盖全部坏样本的 {gain}；所处理的样本中有 {precision} 确实变坏。"
    ),
    "The best single rule ({rule}) flags {share} and finds {gain} of the bads; the card finds {card} with as many.": (
        "最佳单条规则（{rule}）标出 {share} 的样本，覆盖 {gain} 的坏样本；标出同样多的样本，评分卡可覆盖 {card}。"
    ),
    "On {rows} rows kept aside at the fit ({how}) the card had an AUC of {auc} and a KS of {ks}.": (
        "建模时留出的 {rows} 个样本（{how}）上，评分卡的 AUC 为 {auc}，KS 为 {ks}。"
    ),
    "turned bad": "坏样本率",
    "said: {share}": "预测 {share}",
    "of all bads among the riskiest {share}": "的坏样本落在风险最高的 {share} 中",
    "rows judged": "检验样本数",
    "Bars": "达标情况",
    "What is looked at, and how far the card got": "检查项目与结果",
    "Bar": "检查项目",
    "value": "取值",
    "wanted": "要求",
    "result": "结果",
    # figures
    "Figures": "主要指标",
    "AUC: the chance that a random bad stands below a random good. KS: the widest gap between the two curves below. "
    "Brier: mean squared error of the probabilities. Slope: 1 is right, below 1 the probabilities are too bold.": (
        "AUC：随机一个坏样本得分低于随机一个好样本的概率。KS：下图两条曲线的最大间距。Brier：概率的均方误差。"
        "斜率：1 为准确，小于 1 表示概率过于极端。"
    ),
    "rows of": "样本",
    "rows": "样本数",
    "bads": "坏样本",
    "goods": "好样本",
    "bad rate": "坏样本率",
    "said": "预测",
    "came": "实际",
    "slope": "斜率",
    "(missing)": "（缺失）",
    "Log loss {loss}; the card takes {skill} off the Brier score of telling everybody the mean.": (
        "对数损失 {loss}；与对所有人都给出平均概率相比，评分卡使 Brier 分数降低 {skill}。"
    ),
    "ROC curve": "ROC 曲线",
    "card": "评分卡",
    "chance": "随机",
    "goods flagged": "被标出的好样本占比",
    "bads found": "覆盖的坏样本占比",
    "The further up and left, the better.": "曲线越靠左上方越好。",
    "Kolmogorov–Smirnov": "KS 曲线",
    "points": "得分",
    "share at or below these points": "不高于该得分的占比",
    "The wider the gap, the better bad and good are told apart.": "两线间距越大，好坏区分得越清楚。",
    "best single rule": "最佳单条规则",
    "a column that flags": "对照列",
    # calibration
    "Calibration": "校准",
    "Calibration by decile": "十分组校准",
    "probability that was said": "预测概率",
    "share that turned bad": "实际坏样本率",
    "On the dotted line what was said came true; bars are bounds of 95 %. Fewer than ten groups where many rows share a "
    "probability.": ("点落在虚线上表示预测与实际一致；竖线为 95 % 区间。概率相同的样本很多时不足十组。"),
    "decile": "分组",
    "Hosmer–Lemeshow {statistic} with {degrees} degrees of freedom, p {p}. A p below 0.05 says that the differences are "
    "more than chance, though with very many rows even harmless ones are.": (
        "Hosmer–Lemeshow 统计量 {statistic}，自由度 {degrees}，p {p}。"
        "p 小于 0.05 表示差异超出偶然；但样本很多时，无害的差异也会如此。"
    ),
    # gain
    "What staff find": "按人力处理的效果",
    "Gain": "增益曲线",
    "riskiest share of all rows": "风险最高的样本占比",
    "staff capacity": "人力可处理量",
    "riskiest share worked": "处理比例",
    "bads found (gain)": "覆盖的坏样本（增益）",
    "bads among them": "其中坏样本率",
    "lift": "提升度",
    "down to points": "得分下限",
    "(capacity)": "（人力可处理量）",
    # baselines
    "Against simple rules": "与简单规则比较",
    "No rule could be compared: too few bads or goods, or nothing tells them apart.": (
        "没有可比较的规则：坏样本或好样本过少，或没有特征能加以区分。"
    ),
    "rule or column": "规则或对照列",
    "lead of the card": "评分卡领先",
    "flags": "标出比例",
    "card, with as many": "评分卡（同样数量）",
    "(turned round: less of it is riskier)": "（已反向：数值越小风险越高）",
    "The best single rule was chosen on the rows of the card's window and judged on later ones, as the card was.": (
        "最佳单条规则在建模窗口内选出，与评分卡一样用之后的样本检验。"
    ),
    "The best single rule was chosen on these very rows, which flatters the rule.": (
        "最佳单条规则就在这些样本上选出，对规则有利。"
    ),
    # grades, bins, points
    "Grades": "信用等级",
    "grade": "等级",
    "points from": "得分下限",
    "below": "更低",
    "share": "占比",
    "Characteristics and bins": "特征与分箱",
    "Strongest first. WOE (weight of evidence) above 0: safer than the population. Bars (right-hand scale): share of rows. "
    "Hollow squares: bad rate at the fit; dots: bad rate in the judged rows.": (
        "按区分能力由强到弱。WOE（证据权重）大于 0 表示比总体更安全。"
        "柱（右轴）：样本占比；空心方块：建模时的坏样本率；圆点：检验样本的坏样本率。"
    ),
    "bin": "分箱",
    "bin, as numbered in the table": "分箱序号（见表）",
    "share of rows and bad rate by bin": "各分箱的样本占比与坏样本率",
    "rows at the fit": "建模占比",
    "rows now": "当前占比",
    "bad rate at the fit": "建模坏样本率",
    "bad rate now": "当前坏样本率",
    "any number": "任意数值",
    "and {count} more": "等另 {count} 个",
    "(any other)": "（其他）",
    "information value {value}": "信息值 {value}",
    "coefficient {value}": "系数 {value}",
    "trend of the bad rate: {trend}": "坏样本率走势：{trend}",
    "ascending": "递增",
    "descending": "递减",
    "peak": "先升后降",
    "valley": "先降后升",
    "none": "无固定走势",
    "Points table": "评分表",
    "Begin with the base points, add what each value brings, and read the grade. More points mean less risk.": (
        "从基础分开始，加上各项取值的得分，即可查得等级。分数越高，风险越低。"
    ),
    "{points} points stand for {odds} good to 1 bad; {double} more double that.": (
        "{points} 分对应好坏比 {odds}:1；每增加 {double} 分，好坏比翻一番。"
    ),
    "everybody else": "其余全部",
    "base points: {points}": "基础分：{points}",
    # stability
    "Stability": "稳定性",
    "There is nothing to hold these rows against: the card has no rows of its own, and there are not two months.": (
        "没有可比的基准：评分卡没有建模样本，数据也不足两个月。"
    ),
    "PSI and CSI: from 0.10 watch, from 0.25 act; hollow or “too few” where chance alone gives as much.": (
        "PSI 与 CSI：0.10 起关注，0.25 起处置；空心或“样本过少”表示仅凭偶然也会达到该值。"
    ),
    "Held against the rows the card was fitted on.": "以建模样本为基准。",
    "Held against {month}, the first month there is.": "以最早的月份 {month} 为基准。",
    "PSI of the points by month": "各月得分的 PSI",
    "AUC by month": "各月 AUC",
    "AUC of each month with bounds of 95 %; months with too few bads have none.": (
        "各月 AUC 及 95 % 区间；坏样本过少的月份不列。"
    ),
    "Bad rate said and seen, by month": "各月预测与实际的坏样本率",
    "By month": "按月",
    "month": "月份",
    "PSI of the points and CSI of each characteristic": "得分的 PSI 与各特征的 CSI",
    "points (PSI)": "得分（PSI）",
    "characteristic": "特征",
    "change of mean points": "平均得分变化",
    "The last {months} months; all of them are in the tables of --csv.": "只列最近 {months} 个月；全部月份见 --csv 输出的表。",
    # segments
    "By segment": "按分群",
    "No segment was asked for (--segment).": "未指定分群（--segment）。",
    # leakage
    "Too good to be true?": "是否好得不真实",
    "Too few rows to look for leaks; no feature's name speaks of the future.": (
        "样本过少，无法检查信息泄露；特征名称中没有涉及未来的。"
    ),
    "No sign that the card has seen what it was to predict: neither its AUC nor that of a single feature is beyond belief, "
    "no bin is all bad, no feature's name speaks of the future.": (
        "没有迹象表明评分卡事先见过要预测的结果：整卡与单个特征的 AUC 均在可信范围内，没有全坏的分箱，特征名称也不涉及未来。"
    ),
    "Find out when each of these was known before the card is used:": "使用评分卡之前，请查清以下各项是何时得知的：",
    "The card's AUC of {value} is above {line}: hardly anything real is so predictable.": (
        "整卡 AUC 为 {value}，高于 {line}：现实中很少有如此可预测的事。"
    ),
    "{feature} alone reaches an AUC of {value}, above {line}.": "仅“{feature}”一项的 AUC 就达到 {value}，高于 {line}。",
    "{feature}: in one bin {value} of the rows turn bad.": "“{feature}”：有一个分箱中 {value} 的样本变坏。",
    "{feature}: the name speaks of what comes after.": "“{feature}”：名称涉及之后才发生的事。",
    "Strength of each feature alone": "单个特征的区分能力",
    "feature": "特征",
    # fairness
    "Alike for all groups?": "对各群体是否一致",
    "No protected attribute was given (--protected), so nobody has looked.": "未指定受保护属性（--protected），未作检查。",
    "Flagged are the riskiest {share}. “Wronged”: goods that are flagged though they pay. Gaps are against all others. What "
    "counts is the gap in goods wronged (equal opportunity for those who pay): 5 points of a percentage or more that are not "
    "chance are watched, 10 acted on. The gap in points compares good with good and bad with bad. “Came ÷ said” above 1: the "
    "card favours the group.": (
        "标出的是风险最高的 {share}。“误标”：按时缴费却被标出的好样本。差距均与其余群体相比。"
        "判断依据是误标差距（对守约者机会均等）：超出偶然且达到 5 个百分点的予以关注，达到 10 个百分点的须处置。"
        "得分差距在好样本之间、坏样本之间分别比较。“实际 ÷ 预测”大于 1 表示评分卡偏向该群体。"
    ),
    "This attribute is in the card itself.": "该属性本身就在评分卡中。",
    "group": "群体",
    "came ÷ said": "实际 ÷ 预测",
    "gap": "差距",
    "goods wronged": "误标的好样本",
    "gap in points": "得分差距",
    # how it was made
    "How it was made": "制作说明",
    "The card": "评分卡",
    "Columns that are not in the card": "未进入评分卡的列",
    "This validation": "本次验证",
    "version": "版本",
    "made by": "制作方式",
    "expert judgement; it was not fitted on data": "专家判断，未用数据拟合",
    "data": "数据",
    "outcome": "目标",
    "window": "时间窗口",
    "{rows}, of which {bads} bad": "{rows}，其中坏样本 {bads}",
    "column: {role}": "列：{role}",
    "target": "目标",
    "id": "编号",
    "time": "时间",
    "weight": "权重",
    "segment": "分群",
    "figure at the fit: {name}": "建模指标：{name}",
    "setting: {name}": "设置：{name}",
    "note": "说明",
    "made with": "软件版本",
    "rows left out": "剔除样本",
}
