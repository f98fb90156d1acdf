"""Names of customers who do not exist, put together from syllables."""

from .parameters import DISTRICTS, HOUSEHOLD, TRADES
from .random_streams import Bools, Ints, RandomStreams

_SURNAMES = "陆 沈 韩 卫 蒋 云 苏 潘 葛 奚 范 彭 鲁 韦 苗 凤 花 方 俞 任 袁 柳 鲍 史 唐 费 岑 薛 雷 贺"
_FIRST = "嘉 思 雨 子 文 晓 明 若 安 景 一 书 清 亦 云 静 志 君 乐 知"
_SECOND = "涵 远 宁 然 轩 琪 舟 澜 禾 萱 川 彤 恒 妍 和 辰 岚 朗 溪 桐"
_BRANDS = "恒源 瑞泰 广盛 金禾 鼎信 华茂 永丰 宏达 百川 新越 嘉和 正阳 启明 同兴 安顺 兴隆"
_STREETS = "清泉 长青 望湖 和风 锦绣 松涛 明珠 桂花 学府 迎春 石桥 广场 丰收 工农 新苑 环城"
_ROADS = "路 街 巷 大道"
_LATIN_SURNAMES = "Luvan Shenari Hanley Weiden Sorel Pannick Gessner Fanshaw Marrow Tarling Ellery Corvin"
_LATIN_GIVEN = "Alba Brin Cato Delia Edda Faron Greta Hollin Ivo Juna Kester Lorin"
_LATIN_BRANDS = "Evergrove Brightwell Kingsvale Northmere Silverlane Oakhaven Redbrook Summerfield"


def customer_names(
    streams: RandomStreams, customer: Ints, segment: Ints, district: Ints, trade: Ints, is_english: Bools
) -> list[str]:
    """People for households, companies for the others; Latin letters where the language is English."""

    def pick(purpose: str, syllables: str) -> list[str]:
        words = syllables.split()
        drawn = streams.between(purpose, 0, len(words) - 1, customer)
        return [words[place] for place in drawn.tolist()]

    serial = streams.between("name/serial", 1, 99, customer).tolist()
    people = [
        a + b + c
        for a, b, c in zip(
            pick("name/family", _SURNAMES), pick("name/first", _FIRST), pick("name/second", _SECOND), strict=True
        )
    ]
    latin = [
        f"{a} {b}" for a, b in zip(pick("name/first", _LATIN_GIVEN), pick("name/family", _LATIN_SURNAMES), strict=True)
    ]
    brands, latin_brands = pick("name/brand", _BRANDS), pick("name/brand", _LATIN_BRANDS)
    names: list[str] = []
    for row, (kind, english) in enumerate(zip(segment.tolist(), is_english.tolist(), strict=True)):
        if kind == HOUSEHOLD:
            names.append(latin[row] if english else people[row])
            continue
        line = TRADES[int(trade[row])]
        if english:
            names.append(f"{latin_brands[row]} {line.en} No. {serial[row]} Co., Ltd.")
        else:
            names.append(f"{DISTRICTS[int(district[row])].name}{brands[row]}{line.zh}{serial[row]}号有限公司")
    return names


def addresses(streams: RandomStreams, premise: Ints, district: Ints) -> list[str]:
    """One per premise: the same draw for all accounts there."""
    streets, roads = _STREETS.split(), _ROADS.split()
    drawn = zip(
        district.tolist(),
        streams.between("address/street", 0, len(streets) - 1, premise).tolist(),
        streams.between("address/road", 0, len(roads) - 1, premise).tolist(),
        streams.between("address/number", 1, 388, premise).tolist(),
        streams.between("address/room", 101, 1806, premise).tolist(),
        strict=True,
    )
    return [f"{DISTRICTS[a].name}{streets[b]}{roads[c]}{number}号{room}室" for a, b, c, number, room in drawn]
