"""What the pages say in Chinese: by the English sentence that stands in code and templates."""

from arrears.web.words import (
    acts,
    approvals,
    boards,
    case,
    common,
    looked,
    me,
    night,
    notices,
    people,
    portfolio,
    visits,
    warning_list,
)

ZH: dict[str, str] = {
    **common.ZH,
    **looked.ZH,
    **me.ZH,
    **people.ZH,
    **boards.ZH,
    **acts.ZH,
    **case.ZH,
    **night.ZH,
    **portfolio.ZH,
    **visits.ZH,
    **approvals.ZH,
    **notices.ZH,
    **warning_list.ZH,
}
