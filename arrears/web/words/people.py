"""What the pages of accounts say."""

ZH = {
    ", ": "、",
    "Make an account": "新建账号",
    "Account of {name}": "{name} 的账号",
    "Account is": "状态",
    "Changed at": "最近变更",
    "closed": "已停用",
    "in use": "启用",
    "in use, with a first password": "启用，待改密码",
    "What will happen": "将会发生",
    "Do it": "确定办理",
    "Nothing: the account stands like this already.": "没有变化：账号已是如此。",
    "only these:": "仅限：",
    "The account is in use": "启用该账号",
    "Nobody changes his own roles or districts; ask another who manages people.": (
        "任何人不得更改自己的角色或供电区域，请由其他管理人员办理。"
    ),
    "The roles come from {issuer}.": "角色由 {issuer} 给定。",
    "See what will happen": "查看将会发生什么",
    "New first password": "重置初始密码",
    "A password is made up and shown once. Whoever is signed in by the account is signed out, and must change it at the next "
    "sign-in.": "系统随机生成密码并仅显示一次。该账号现有登录将全部退出，下次登录时须修改密码。",
    "Make one up": "生成新密码",
    "What was done with the account": "账号变更记录",
    "account made": "新建账号",
    "account changed": "变更账号",
    "account closed": "停用账号",
    "account opened again": "重新启用",
    "password set": "设置密码",
    "First password": "初始密码",
    "Hand this over in person. It is kept nowhere; this is the only time it is shown.": (
        "请当面交付。系统不保存该密码，仅此一次显示。"
    ),
    "{who} is changed.": "{who} 已变更。",
    "An account {subject} is made for {name}.": "将为 {name} 新建账号 {subject}。",
    "Its roles: {roles}.": "角色：{roles}。",
    "They count in: {districts}.": "适用供电区域：{districts}。",
    "A first password is shown once; it must be changed at the first sign-in.": "初始密码仅显示一次，首次登录时须修改。",
    "The name becomes {name}.": "姓名改为 {name}。",
    "The roles become: {roles}.": "角色改为：{roles}。",
    "The rights count in: {districts}.": "权限适用于：{districts}。",
    "The account is closed, and whoever is signed in by it is signed out.": "账号将停用，现有登录将全部退出。",
    "The account is opened again.": "账号将重新启用。",
}
