"""One HTML file that needs nothing else: all that was read, tables with their merged cells.

Each page is a section with the anchor `#page-1`, each region carries its id as an anchor, and what
went wrong is said where it happened. There is no script, and every character of the document is
escaped: a scanned `<script>` is text. Words that are marked as doubtful are highlighted, with how
likely they are right, and a legend says so; what was crossed out follows where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from html import escape

from shuowen.document.model import Document, Notice, Page, Region
from shuowen.writers.lists import parse_list
from shuowen.writers.marks import crossed_out, shown, with_marks
from shuowen.writers.plain import error_sentence, single_line
from shuowen.writers.tables import html_lines, html_table, shown_table

_DEFAULT_LEVEL, _MAX_LEVEL = 2, 6

# Scripts that tell a language by themselves, the most telling first. Japanese and Korean pages
# may hold many Chinese characters, so a few percent of kana or hangul decide.
_SCRIPTS = (
    ("ja", re.compile("[\u3041-\u30ff]"), 0.05),
    ("ko", re.compile("[\uac00-\ud7a3]"), 0.05),
    ("zh", re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]"), 0.05),
)
_LETTER = re.compile(r"[^\W\d_]")

# No text can hold these tags: it is escaped.
_DOUBT_TAG, _CROSSED_OUT_TAG = '<mark class="doubt"', '<p class="crossed-out">'
_LEGENDS = {
    "en": "Highlighted words may be wrong; pointing at one shows how likely it is right.",
    "zh": "标出的文字可能有误，鼠标停在上面可看到正确的可能性。",
}

_STYLE = """
:root { color-scheme: light dark; --ink: #1d1d1f; --soft: #6e6e73; --rule: #d2d2d7;
  --paper: #fff; --ground: #f5f5f7; --head: #f0f0f3; --alert: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8ed; --soft: #98989d; --rule: #48484a;
  --paper: #1c1c1e; --ground: #000; --head: #2c2c2e; --alert: #ff8a80; } }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 1rem/1.7 system-ui, "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif; }
main { max-width: 52rem; margin: 0 auto; padding: 1rem; }
.page { position: relative; margin: 1rem 0; padding: 2.5rem clamp(1rem, 6vw, 4rem);
  background: var(--paper); border: 1px solid var(--rule); border-radius: .5rem;
  overflow-x: auto; overflow-wrap: anywhere; }
.page::before { content: attr(aria-label); position: absolute; top: .6rem; right: 1rem;
  color: var(--soft); font-size: .75rem; }
h1, h2, h3, h4, h5, h6 { line-height: 1.3; margin: 1.4em 0 .6em; }
p, ul, ol, table, figure { margin: 0 0 1em; }
table { border-collapse: collapse; font-size: .95em; overflow-wrap: normal; }
th, td { border: 1px solid var(--rule); padding: .3em .6em; text-align: left;
  vertical-align: top; min-width: 1em; }
th { background: var(--head); }
figure { border: 1px dashed var(--rule); padding: .6em 1em; color: var(--soft); min-height: 1.7em; }
.header, .footer, .page_number, .footnote, .caption { color: var(--soft); font-size: .85em; }
.caption, .formula, .page_number { text-align: center; }
.formula { font-family: ui-serif, "Cambria Math", serif; }
.seal { color: var(--alert); }
.notice { border-left: .25rem solid var(--soft); padding: .3em .8em; background: var(--head); }
.failed { border-color: var(--alert); color: var(--alert); }
@media print { body { background: none; } .page { border: 0; break-after: page; } }
"""
_MARKS_STYLE = """mark.doubt { background: #fff3a3; color: #1d1d1f; border-radius: .2em; }
.legend, .crossed-out { color: var(--soft); font-size: .85em; }
"""


def write(document: Document) -> bytes:
    """`document` as one UTF-8 HTML file."""
    pages = [_page(page) for page in document.pages]
    language = guess_language(document)
    is_doubtful = any(_DOUBT_TAG in page for page in pages)
    legend = [_legend(language)] if is_doubtful else []
    body = "\n".join((*legend, *_notices(document.notices), *pages))
    is_marked = is_doubtful or any(_CROSSED_OUT_TAG in page for page in pages)
    # The policy is a second lock: nothing in the file could run or load, even unescaped.
    return f"""<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="{_attribute(document.generator)}">
<title>{_attribute(document.source.name)}</title>
<style>{_STYLE}{_MARKS_STYLE if is_marked else ""}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
""".encode()


def guess_language(document: Document) -> str:
    """The language tag that the document's script suggests: ja, ko, zh, else en.

    English stands for all that is written in other scripts; nothing here tells those apart.
    """
    text = "".join(region.text for page in document.pages for region in page.regions)
    num_letters = len(_LETTER.findall(text))
    for tag, script, share in _SCRIPTS:
        if num_letters and len(script.findall(text)) >= share * num_letters:
            return tag
    return "en"


def _attribute(text: str) -> str:
    return escape(single_line(text))


def _notices(notices: Iterable[Notice]) -> list[str]:
    return [f'<p class="notice">{html_lines(notice.message)}</p>' for notice in notices]


def _page(page: Page) -> str:
    number = page.page_number
    error = error_sentence(page)
    parts = (
        f'<section id="page-{number}" class="page" aria-label="Page {number}">',
        *([f'<p class="notice failed" role="alert">{escape(error)}</p>'] if error else []),
        *_notices(page.notices),
        *filter(None, map(_region, page.regions)),
        "</section>",
    )
    return "\n".join(parts)


def _region(region: Region) -> str:
    marked = with_marks(region)
    element = _element_of(marked)
    if marked is not region:
        element = shown(element, (_DOUBT_TAG + ' title="{}">').format, "</mark>")
    struck = " ".join(f"<del>{escape(text)}</del>" for text in crossed_out(region))
    return f"{element}\n{_CROSSED_OUT_TAG}{struck}</p>".lstrip() if struck else element


def _legend(language: str) -> str:
    """What the highlight means, in English and in Chinese where the text is."""
    words = [_LEGENDS[tag] for tag in dict.fromkeys((language, "en")) if tag in _LEGENDS]
    return f'<p class="legend">{"<br>".join(words)}</p>'


def _element_of(region: Region) -> str:
    anchor = f' id="{_attribute(region.id)}"'
    if table := shown_table(region):
        return html_table(table, anchor)
    return _ELEMENTS.get(region.kind, _classed)(region, anchor)


def _title(region: Region, anchor: str) -> str:
    tag = f"h{min(region.level or _DEFAULT_LEVEL, _MAX_LEVEL)}"
    return _element(tag, anchor, region.text)


def _list(region: Region, anchor: str) -> str:
    parsed = parse_list(region.text)
    if not parsed.items:
        return ""
    items = "\n".join(_element("li", "", item) for item in parsed.items)
    if parsed.start is None:
        return f"<ul{anchor}>\n{items}\n</ul>"
    start = f' start="{parsed.start}"' if parsed.start != 1 else ""
    return f"<ol{start}{anchor}>\n{items}\n</ol>"


def _figure(region: Region, anchor: str) -> str:
    return f"<figure{anchor}>{html_lines(region.text)}</figure>"


def _paragraph(region: Region, anchor: str) -> str:
    return _element("p", anchor, region.text)


def _classed(region: Region, anchor: str) -> str:
    return _element("p", f'{anchor} class="{region.kind}"', region.text)


def _element(tag: str, attributes: str, text: str) -> str:
    content = html_lines(text)
    return f"<{tag}{attributes}>{content}</{tag}>" if content else ""


_ELEMENTS: dict[str, Callable[[Region, str], str]] = {
    "title": _title,
    "text": _paragraph,
    "list": _list,
    "figure": _figure,
}
