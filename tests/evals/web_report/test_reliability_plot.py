import re
from xml.etree import ElementTree

from shuowen.evals.calibration import Bin
from shuowen.evals.web_report.reliability_plot import reliability_plot

BINS = [Bin(num=1, confidence=0.0, accuracy=0.0), Bin(num=100, confidence=1.0, accuracy=0.5)]


def test_dots_stand_where_they_belong() -> None:
    root = ElementTree.fromstring(reliability_plot(("a < b", "甲"), BINS))
    frame = root.find("rect")
    assert frame is not None
    left, top, size = (float(frame.attrib[name]) for name in ("x", "y", "width"))
    first, second = root.findall("circle")
    assert (float(first.attrib["cx"]), float(first.attrib["cy"])) == (left, top + size)
    assert (float(second.attrib["cx"]), float(second.attrib["cy"])) == (left + size, top + size / 2)
    assert float(first.attrib["r"]) < float(second.attrib["r"])


def test_titles_are_text() -> None:
    drawn = reliability_plot(("<script>", "<script>"), BINS)
    assert not re.search("<script", drawn)


def test_the_title_is_there_in_both_languages() -> None:
    root = ElementTree.fromstring(reliability_plot(("lines", "行"), BINS))
    titles = {each.attrib["lang"]: each.text for each in root.findall("text[@class='title']")}
    assert titles == {"en": "lines", "zh": "行"}


def test_no_bins_are_an_empty_diagram() -> None:
    assert ElementTree.fromstring(reliability_plot(("none", "无"), [])).findall("circle") == []
