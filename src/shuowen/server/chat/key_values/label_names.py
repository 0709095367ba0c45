"""Names that one label goes by in print, English and Chinese, so that `invoice_no` finds 发票号码.

A name of a schema that says the same as a name of a group finds the other names of the group too.
Names before a "|" are better than those after it: where both are on a page, the first stands.
A line that begins with white goes on with the group above.
Simplified characters stand for their traditional forms, "no" for number and №, as `words` has it.
"""

from __future__ import annotations

from functools import cache

from shuowen.server.chat.key_values.words import label_keys

_GROUPS = """
invoice number, invoice no, tax invoice no, invoice id, cash invoice no, 发票号码, 发票号, 票号
  | receipt number, bill no, document no, 单据号, 收据编号
receipt number, receipt no, receipt id, slip no, 收据编号, 收据号, 小票号, 流水号 | bill no,
  invoice no, transaction no, 单号
invoice code, 发票代码
order number, order no, order id, po number, purchase order no, 订单号, 订单编号, 订购单号 |
  单号
contract number, contract no, agreement no, 合同编号, 合同号, 协议编号
reference number, reference, reference no, our reference, 参考号, 参考编号, 编号
document number, document no, file no, case no, 文号, 案号, 档案号, 编号
serial number, serial no, 序列号, 序号, 流水号
tracking number, tracking no, waybill no, 运单号, 快递单号
date, issue date, date of issue, dated, 日期, 开具日期 | invoice date, receipt date, bill date,
  开票日期, 填表日期, 签订日期, dd
invoice date, date of invoice, 开票日期, 发票日期, 开具日期 | date, issue date, 日期
receipt date, transaction date, purchase date, 交易日期, 消费日期 | date, 日期
issue date, date of issue, issued on, 签发日期, 发布日期, 开具日期, 发证日期 | date, 日期
due date, payment due, pay by, 到期日, 付款期限, 截止日期
birthdate, date of birth, birth date, birthday, 出生日期, 出生年月, 出生
signing date, date signed, 签订日期, 签署日期 | date, 日期
departure date, travel date, 乘车日期, 出发日期, 乘机日期 | date, 日期
time, 时间 | 交易时间, 开车时间
total, total amount, amount total, grand total, total payable, total due, amount due, balance
  due, amount payable, net total, total to pay, 合计, 总计, 总额, 总金额, 价税合计, 应付金额,
  实付, 合计金额, 总价 | total including tax, total including gst, total including vat, total
  including, total of gst, invoice total, nett, 小写, 金额合计, amount, 金额
grand total, total payable, amount due, 总计, 价税合计, 应付总额 | total, 合计
subtotal, sub total, net amount, amount before tax, 小计, 不含税金额 | total excluding tax,
  total excluding gst, total excluding
tax, tax amount, total tax, vat, gst, sales tax, 税额, 税金 | gst payable, tax1, vat amount, gst
  amount, 合计税额
tax rate, vat rate, gst rate, 税率
discount, 折扣, 优惠, 优惠金额, 减免
shipping, shipping cost, freight, delivery charge, 运费
tip, gratuity, service charge, 服务费, 小费
cash, cash paid, amount paid, paid, tendered, 现金, 实收, 已付金额, 付款金额
change, change due, 找零, 找赎
balance, closing balance, account balance, 余额, 结余
currency, 币种, 货币
price, unit price, u price, rate, 单价, 价格 | 票价, fare
fare, ticket price, 票价, 车票价
amount, line total, line amount, 金额 | total, price, 总价, sale amount, 价格
quantity, 数量, 件数, 份数
item, description, item name, product, product name, name, article, goods, 品名, 名称, 商品,
  商品名称, 货物名称, 项目, 项目名称, 内容
unit, uom, 单位, 计量单位
specification, model, spec, 规格, 型号, 规格型号
number of items, items, item count, no of items, item s, 件数, 商品数量
company, company name, vendor, vendor name, merchant, merchant name, store, store name, shop,
  shop name, supplier, supplier name, seller, seller name, business name, 公司, 公司名称,
  商户名称, 商家, 商店, 店名, 销售方, 销方, 销货单位, 销售方名称, 卖方, 卖方名称, 单位名称
customer, customer name, client, client name, buyer, buyer name, bill to, sold to, 客户,
  客户名称, 购买方, 买方, 购货单位, 购买方名称, 买方名称, 付款单位
cashier, served by, operator, 收银员, 操作员, 经办人, 开票人
payee, 收款人
reviewer, 复核, 复核人, 审核, 审核人
tax number, tax id, tax id no, tax registration no, tax no, vat number, vat no, gst number, gst
  no, gst id, gst id no, gst registration no, vat registration no, ein, 税号, 纳税人识别号,
  统一社会信用代码, 统一编号, 统编 | 卖方统一编号, 销售方纳税人识别号
seller tax id, 卖方统一编号, 销售方纳税人识别号 | tax id, 纳税人识别号, 统一编号, 统编
registration number, company registration no, registration no, co registration, 注册号, 登记号
address, street address, mailing address, 地址, 住址, 详细地址, 通讯地址, 联系地址
phone, phone no, contact number, contact no, mobile, mobile no, cell, 电话, 联系电话, 手机,
  手机号, 手机号码, 电话号码
fax, fax no, 传真
email, e mail, email address, 邮箱, 电子邮箱, 电子邮件
website, web, url, 网址, 网站
postcode, postal code, zip, zip code, 邮编, 邮政编码
name, full name, 姓名, 名字, 名称
surname, last name, family name, 姓
first name, given name, given names, 名
gender, sex, 性别
age, 年龄
nationality, 国籍
ethnicity, ethnic group, 民族
id number, identity no, id card no, id no, 身份证号, 身份证号码, 公民身份号码, 证件号码, 证件号
passport number, passport no, 护照号, 护照号码
occupation, profession, job, 职业
position, job title, title, post, 职务, 职位, 岗位
department, dept, division, 部门, 科室
employer, work unit, organisation, organization, 工作单位, 单位
contact, contact person, contact name, 联系人
signature, signed by, signed, 签名, 签字, 签章
bank, bank name, name of bank, 银行, 开户行, 开户银行, 银行名称
account number, account no, bank account, card no, iban, 账号, 银行账号, 账户, 卡号
account name, account holder, 户名, 开户名
payment method, payment, method of payment, paid by, 支付方式, 付款方式, 结算方式
destination, to, arrival, 目的地, 到站, 到达站, 到达
origin, from, departure, 出发地, 始发站, 出发站, 发站
seat, seat no, 座号, 座位, 座位号
train number, bus number, flight, flight no, vehicle number, 车次, 航班号, 班次
gate, 检票口, 登机口
license plate, license plate no, plate no, licence plate, 车牌号, 车牌号码, 车牌
driver, driver name, name of driver, 司机, 司机姓名, 驾驶员
passengers, number of passengers, 乘车人数, 人数
verification code, random code, check code, 校验码, 随机码, 验证码
remarks, remark, note, notes, comment, comments, memo, 备注, 说明, 附注
subject, re, regarding, topic, 主题, 事由
title, document title, 标题, 题目
author, by, written by, 作者, 编者
publisher, 出版社
isbn, isbn no
page, pages, page no, 页码, 页数
school, 学校
class, 班级
student number, student no, student id, 学号
score, grade, mark, result, 成绩, 分数, 得分
diagnosis, 诊断, 诊断结果, 初步诊断
patient, patient name, 患者, 患者姓名 | name, 姓名
doctor, physician, attending doctor, 医生, 医师, 主治医师
hospital, 医院
weight, gross weight, net weight, 重量, 毛重, 净重, 体重
height, 身高, 高度
version, revision, 版本, 版本号
status, state, 状态
category, type, class, 类别, 类型, 种类
reason, purpose, 原因, 用途, 事由
"""
LITTLE_WORDS = frozenset(("to", "from", "by", "re", "no", "dd", "post", "state", "item", "note"))
"""Labels that sentences are full of without meaning them."""
_SECOND = 0.9
"""What names after the "|" are worth."""

Keys = tuple[str, ...]


@cache
def _names() -> tuple[tuple[dict[Keys, float], frozenset[Keys]], ...]:
    """For each group, all names with their worth, and the names that a schema may use for it."""
    groups = []
    for line in _GROUPS.strip().replace("\n  ", " ").splitlines():
        first, _, second = line.partition("|")
        better = [label_keys(name.strip()) for name in first.split(",")]
        worse = [label_keys(name.strip()) for name in second.split(",") if name.strip()]
        worth = {**dict.fromkeys(worse, _SECOND), **dict.fromkeys(better, 1.0)}
        groups.append((worth, frozenset(better)))
    return tuple(groups)


def other_names(name: Keys) -> dict[Keys, float]:
    """Other names of what a schema calls `name`, each with its worth, 0 to 1."""
    found: dict[Keys, float] = {}
    for worth, better in _names():
        if name in better:
            found |= {each: max(value, found.get(each, 0.0)) for each, value in worth.items()}
    return found


@cache
def known_names() -> frozenset[Keys]:
    """All names: what may be taken for a label on a page that nobody asked about."""
    return frozenset(name for worth, _ in _names() for name in worth)


@cache
def label_words() -> frozenset[str]:
    """All words of all names."""
    return frozenset(word for name in known_names() for word in name)
