"""What the pages say in Chinese: by the English sentence that stands in code and templates."""

from arrears.web.words import common

ZH: dict[str, str] = {**common.ZH}
