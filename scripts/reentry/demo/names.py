"""Invented personal names: combinations of common characters, drawn at random."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_COMMON = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
    "冉向覃"
)
_COMPOUND = ("欧阳", "司马", "上官", "诸葛", "皇甫", "夏侯", "司徒", "令狐")
_GIVEN = (
    "伟强磊军洋勇杰涛明超刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林欢阳建国文志海峰东成荣新家福生永兴红玉兰英梅"
    "芳娟敏静丽艳霞秀桂燕玲丹萍倩琳洁云莲凤德安庆祥才富贵顺义仁忠孝廷朝光天正启泽世万元学良昌先登开大小长春秋"
)
_UIGHUR_GIVEN = ("买买提", "阿卜杜拉", "艾尼瓦尔", "吐尔逊", "古丽娜尔", "阿依古丽", "麦麦提", "玉素甫")
_UIGHUR_FATHER = ("吐尔逊", "艾合买提", "肉孜", "卡德尔", "依明", "司马义", "热合曼", "阿不力孜")
_LATIN = ("JOHN CHEN", "Ali Hassan", "阿里 Karim", "NGUYEN VAN A", "Maria 李")


def make_names(rng: np.random.Generator, n: int) -> pa.Array:
    """N names as strings: Han mostly, compound surnames, names with ·, a few with Latin letters."""
    surnames = [*_COMMON, *_COMPOUND]
    weight = 1 / (np.arange(len(surnames)) + 3.0)
    weight[-len(_COMPOUND) :] = 0.002
    first = rng.choice(len(surnames), n, p=weight / weight.sum())
    given = [*_GIVEN, ""]
    middle = np.where(rng.random(n) < 0.22, len(given) - 1, rng.integers(0, len(_GIVEN), n))
    last = rng.integers(0, len(_GIVEN), n)
    pool = pa.array(given)
    han = pc.binary_join_element_wise(
        pa.array(surnames).take(pa.array(first)), pool.take(pa.array(middle)), pool.take(pa.array(last)), ""
    )
    chance = rng.random(n)
    dotted = pc.binary_join_element_wise(
        pa.array(_UIGHUR_GIVEN).take(pa.array(rng.integers(0, len(_UIGHUR_GIVEN), n))),
        pa.array(_UIGHUR_FATHER).take(pa.array(rng.integers(0, len(_UIGHUR_FATHER), n))),
        "·",
    )
    latin = pa.array(_LATIN).take(pa.array(rng.integers(0, len(_LATIN), n)))
    return pc.if_else(pa.array(chance < 0.012), dotted, pc.if_else(pa.array(chance > 0.998), latin, han))
