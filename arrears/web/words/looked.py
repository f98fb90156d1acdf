"""What the page of who looked at whom says."""

ZH = {
    "Who looked at whom": "查阅记录",
    "Account": "户号",
    "Person": "人员",
    "Show": "查询",
    "Show all": "显示全部",
    "When": "时间",
    "Page": "页面",
    "Older ones": "更早的记录",
    "Nobody looked, as far as this goes.": "没有符合条件的查阅记录。",
}
