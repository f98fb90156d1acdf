"""What the page of one's own account says."""

from arrears.review import passwords, people

ZH = {
    "My account": "我的账号",
    "This is your first password. Change it, and everything else is open to you.": "这是初始密码。修改后即可使用其他功能。",
    "Password so far": "原密码",
    "New password": "新密码",
    "New password again": "再次输入新密码",
    "12 signs or more; not your name with a little added. A sentence that nobody else would say is a good one.": (
        "至少 12 个字符，不能只是用户名加几个字符。一句别人不会说的话就是好密码。"
    ),
    "Change the password": "修改密码",
    "The password is changed. Wherever else you were signed in, you are signed out.": "密码已修改，其他设备上的登录均已退出。",
    "Who I am here": "我的身份",
    "Called": "姓名",
    "Account name": "账号",
    "Roles": "角色",
    "Districts": "供电区域",
    "What I may do": "我的权限",
    "Language of the pages": "页面语言",
    "Kept with your account, for every device.": "随账号保存，在所有设备上生效。",
    "Choose one of the languages.": "请选择一种语言。",
    "all districts": "全部供电区域",
    "nothing yet": "暂无",
    "the new password was typed in two ways; type it twice the same": "两次输入的新密码不一致，请重新输入",
    passwords.LENGTH: "密码须为 12 至 200 个字符；一句别人不会说的话就是好密码",
    passwords.REPEATS: "密码不能只重复少数几个字符",
    passwords.NAMED: "密码不能只是用户名加几个字符",
    passwords.SAME: "新密码与原密码相同，请另选一个",
    people.NOT_SO_FAR: "原密码不正确",
    people.TOO_MANY: "错误次数过多，请稍后再试",
}
