"""The Chinese of what a fit says about itself, by its English with names where a value stands."""

ZH_OF_FIT = {
    # how rows were kept aside
    "each of {folds} folds, fitted on the others": "{folds} 折轮流留出",
    "{rows} rows at random, fitted on {others} others": "随机留出 {rows} 个样本，用另外 {others} 个建模",
    "the latest {share}, fitted on what was before": "留出最近的 {share}，用之前的样本建模",
    # why a column is not in the card
    "excluded by hand": "人工排除",
    "it holds dates; make a number of days of it to use it": "为日期列；换算成天数后才能使用",
    "it holds nothing": "没有取值",
    "it holds neither numbers nor texts": "既不是数值也不是文本",
    "all its values are the same": "所有取值相同",
    "sex, marital status, ethnicity, religion and health are never used": "性别、婚姻、民族、宗教、健康状况一律不用",
    "it is a name or a number of the row: no two are the same": "是名称或行号：没有两行相同",
    "it is a name, or too rare: no text stands in as many as twenty rows": "是名称，或过于罕见：没有一个文本出现满二十行",
    "it tells every good row from every bad one: it can only be known afterwards": (
        "能把好坏样本完全分开：只可能是事后才知道的"
    ),
    "on rows kept aside it says no more than the mean": "在留出样本上不比平均值更有用",
    "beside the other columns its coefficient has the wrong sign": "与其他列并用时系数符号相反",
    "other columns say the same (variance inflation {value})": "与其他列重复（方差膨胀因子 {value}）",
    "beside the other columns it adds too little ({value} standard errors)": "与其他列并用时增益过小（{value} 倍标准误）",
    "there are too few bad or good rows for more than {most} columns": "坏样本或好样本过少，最多只能用 {most} 列",
    "{most} other columns have a higher information value": "另有 {most} 列的信息值更高",
    # what a person should know
    "only {fewer} rows are bad: {rest}": "坏样本仅 {fewer} 个：分箱与列数均受限制，使用前须由人复核",
    "only {fewer} rows are good: {rest}": "好样本仅 {fewer} 个：分箱与列数均受限制，使用前须由人复核",
    "{rows} rows have {ids} ids: standard errors are clustered by '{column}', and rows of one id are kept aside together": (
        "{rows} 个样本对应 {ids} 个编号：标准误按“{column}”聚类，同一编号的样本一同留出"
    ),
    "{column}: {codes} taken for codes, not for amounts, with bins of their own": (
        "{column}：{codes} 视为代码而非数值，单独分箱"
    ),
    "{column}: {rows} rows hold rare texts, which count as unseen": "{column}：{rows} 个样本为罕见文本，按“其他”处理",
    "{column}: {texts} texts among numbers count as missing": "{column}：数值中混有 {texts} 个文本，按缺失处理",
    "{texts} texts among numbers count as missing": "数值中混有 {texts} 个文本，按缺失处理",
    "segment '{name}' has fewer than {rows} bad or good rows: scored as everybody else": (
        "分群“{name}”的坏样本或好样本不足 {rows} 个：与其余样本一同评分"
    ),
    "{rows} rows without an outcome in '{column}' are left out": "剔除“{column}”没有结果的 {rows} 个样本",
    "no outcome in '{column}'": "“{column}”没有结果",
}
