"""What the page says, in English and Chinese: both are in it, and one is shown."""

from __future__ import annotations

from html import escape

MEASURES = {
    "cer": (
        "CER",
        "字错率",
        "Character error rate: edit distance over the truth's length, at most 1 a file, pooled.",
        "编辑距离除以真值长度，每个文件最多为 1，按字符汇总。",
    ),
    "lost": (
        "Lost",
        "漏字率",
        "Characters lost: share of the truth's characters read nowhere, whatever the order.",
        "真值中完全没有读出的字符所占比例，不计顺序。",
    ),
    "edit": (
        "Edit",
        "归一化编辑距离",
        "Edit distance over the longer of both texts, mean over files (OmniDocBench).",
        "编辑距离除以两段文本中较长者的长度，按文件取平均（OmniDocBench 的定义）。",
    ),
    "f1": (
        "F1",
        "F1",
        "Order-free agreement of the characters, pooled; 1 is best.",
        "不计顺序的字符一致程度，按字符汇总；1 为最好。",
    ),
    "order": (
        "Order",
        "阅读顺序",
        "Edit distance between the order of the truth's lines and that in which they were read,"
        " over the lines found; lines not found do not count. Mean over files.",
        "真值各行的顺序与读出顺序之间的编辑距离，除以找到的行数；未找到的行不计。按文件取平均。",
    ),
    "teds": (
        "TEDS",
        "TEDS",
        "Likeness of tables, text included, mean over files; 1 is best, “-” means the engine gives"
        " no tables.",
        "表格相似度（含文字），按文件取平均；1 为最好，“-”表示该引擎不输出表格。",
    ),
    "teds_structure": (
        "TEDS-S",
        "TEDS-S",
        "The same without the text of the cells.",
        "同上，只比较结构，不比较文字。",
    ),
    "seconds_per_page": ("s/page", "秒/页", "Seconds a page.", "每页用时（秒）。"),
}
"""By key: short name in both languages, and what is measured, in both."""

VERDICTS = {"better": "更好", "worse": "更差", "chance": "在误差内", "too few": "样本太少"}
"""Verdicts of a comparison, in Chinese by their English word."""


def said(english: str, chinese: str) -> str:
    """Both sentences as HTML; the page shows the one in its language. Neither may hold HTML."""
    return f'<span lang="en">{escape(english)}</span><span lang="zh">{escape(chinese)}</span>'


def measure_name(key: str, heading: str) -> str:
    """A measure's short name as HTML; a judge's name is the same in both languages."""
    names = MEASURES.get(key)
    return escape(heading) if names is None else said(names[0], names[1])
