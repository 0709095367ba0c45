"""HTML pages for people: whole in themselves, without scripts, and with nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from html import escape
from pathlib import Path
from string import Template

from starlette.responses import HTMLResponse

from shuowen.version import __version__

_FOLDER = Path(__file__).parent / "web"


def web_page(title: str, subtitle: str, content: str) -> HTMLResponse:
    """A page in the server's frame; `content` and `subtitle` are HTML, the title is text."""
    text = template("frame.html").substitute(
        title=escape(title),
        style=_style(),
        version=escape(__version__),
        subtitle=subtitle,
        content=content,
    )
    return HTMLResponse(text, headers=_headers())


@cache
def template(name: str) -> Template:
    """A file of this package's pages."""
    return Template((_FOLDER / name).read_text(encoding="utf-8"))


@cache
def _style() -> str:
    return (_FOLDER / "style.css").read_text(encoding="utf-8")


@cache
def _headers() -> dict[str, str]:
    """What keeps a browser from loading, sending or framing anything."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:;"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {
        "content-security-policy": policy,
        "referrer-policy": "no-referrer",
    }
