"""What the pages say in Chinese: by the English sentence that stands in code and templates."""

from arrears.web.words import common, looked, me, people

ZH: dict[str, str] = {**common.ZH, **looked.ZH, **me.ZH, **people.ZH}
