"""Entries of forms: their labels and how what is filled in is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from shuowen.train.synthesize import wording
from shuowen.train.synthesize.made import Language

Draw = Callable[[np.random.Generator, Language], str]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A label and what is filled in.

    Attributes:
        label: Without a colon.
        value: What is filled in; of a choice, the chosen ones, apart by "、" or ", ".
        options: What can be chosen; empty where something is written.
        chosen: Indices of the options that are ticked.
    """

    label: str
    value: str
    options: tuple[str, ...] = ()
    chosen: tuple[int, ...] = ()


def _code(rng: np.random.Generator, _: Language) -> str:
    return wording.code(rng)


def _amount(rng: np.random.Generator, language: Language) -> str:
    number = f"{int(rng.integers(100, 10_000_000)) / 100:,.2f}"
    return ("¥" if language == "zh" else "$") + number


def _age(rng: np.random.Generator, _: Language) -> str:
    return str(rng.integers(1, 100))


def _reason(rng: np.random.Generator, language: Language) -> str:
    return wording.sentence(rng, language)


def _email(rng: np.random.Generator, _: Language) -> str:
    name = wording.pick(rng, ("office", "info", "post", "mail", "wang", "li", "chen", "smith"))
    return f"{name}{rng.integers(1, 1000)}@{wording.pick(rng, ('example.com', '163.com'))}"


_WRITTEN: Mapping[Language, Mapping[str, Draw]] = {
    "zh": {
        "姓名": wording.person,
        "联系人": wording.person,
        "经办人": wording.person,
        "出生日期": wording.date,
        "申请日期": wording.date,
        "有效期": wording.date,
        "联系电话": wording.phone,
        "手机": wording.phone,
        "单位名称": wording.company,
        "住址": wording.address,
        "地址": wording.address,
        "编号": _code,
        "证件号码": _code,
        "合同编号": _code,
        "金额": _amount,
        "年龄": _age,
        "电子邮件": _email,
        "部门": wording.value,
        "职务": wording.value,
        "专业": wording.value,
        "项目名称": wording.heading,
        "用途": wording.value,
        "备注": wording.value,
        "申请理由": _reason,
    },
    "en": {
        "Name": wording.person,
        "Contact": wording.person,
        "Prepared by": wording.person,
        "Date of Birth": wording.date,
        "Date": wording.date,
        "Valid until": wording.date,
        "Phone": wording.phone,
        "Fax": wording.phone,
        "Company": wording.company,
        "Address": wording.address,
        "Ship to": wording.address,
        "Order No.": _code,
        "Reference": _code,
        "Amount": _amount,
        "Age": _age,
        "Email": _email,
        "Department": wording.value,
        "Position": wording.value,
        "Subject": wording.heading,
        "Remarks": wording.value,
        "Reason": _reason,
    },
}
_CHOICES: Mapping[Language, Mapping[str, tuple[str, ...]]] = {
    "zh": {
        "性别": ("男", "女"),
        "婚姻": ("已婚", "未婚"),
        "付款方式": ("现金", "转账", "支付宝", "微信支付"),
        "学历": ("高中", "大专", "本科", "硕士", "博士"),
        "审批意见": ("同意", "不同意"),
        "检查结果": ("正常", "不正常"),
        "证件类型": ("身份证", "护照", "其他"),
    },
    "en": {
        "Sex": ("Male", "Female"),
        "Payment": ("Cash", "Card", "Transfer"),
        "Approved": ("Yes", "No"),
        "Delivery": ("Pick up", "Courier", "Post"),
        "Degree": ("Bachelor", "Master", "Doctor"),
        "Status": ("New", "Renewal", "Change"),
    },
}


def draw_entries(rng: np.random.Generator, language: Language, count: int) -> list[Entry]:
    """Entries to write in, each label once; some are left empty."""
    known = [item for item in _WRITTEN[language].items() if wording.writable(item[:1])]
    chosen = rng.permutation(len(known))[:count]
    return [
        Entry(label=label, value="" if rng.random() < 0.06 else draw(rng, language))
        for label, draw in (known[index] for index in chosen)
    ]


def draw_choices(rng: np.random.Generator, language: Language, count: int) -> list[Entry]:
    """Entries with boxes to tick: mostly one is, now and then two or none."""
    known = [
        (label, tuple(wording.writable(options)))
        for label, options in _CHOICES[language].items()
        if wording.writable((label,))
    ]
    picked = rng.permutation(len(known))[:count]
    return [_ticked(rng, language, *known[index]) for index in picked]


def _ticked(
    rng: np.random.Generator, language: Language, label: str, options: tuple[str, ...]
) -> Entry:
    num_chosen = int(rng.choice([0, 1, 1, 1, 1, 1, 1, 2])) if len(options) > 2 else 1
    chosen = tuple(sorted(rng.permutation(len(options))[:num_chosen].tolist()))
    joint = "、" if language == "zh" else ", "
    value = joint.join(options[index] for index in chosen)
    return Entry(label=label, value=value, options=options, chosen=chosen)
