"""The pages / and /docs, for people who open the server's address, and what programs read there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse

from shuowen.server.parts import Parts
from shuowen.server.web_page import template, web_page

_SUBTITLE = (
    'Reads hard documents on your own machine. <span class="zh" lang="zh">本地识读疑难文档。</span>'
)
_SECTIONS = (
    (
        "OpenAI's protocol",
        "OpenAI 接口",
        (
            ("GET /v1/models", "Which models there are.", "模型列表。"),
            ("POST /v1/chat/completions", "Ask about pictures and PDFs.", "就图片和 PDF 提问。"),
        ),
    ),
    (
        "Documents",
        "文档",
        (
            ("POST /v1/documents", "Hand in a document.", "提交文档。"),
            ("GET /v1/documents/{id}", "How far it is.", "查看进度。"),
            ("GET /v1/documents/{id}/result", "What it says.", "获取结果。"),
            ("GET /v1/documents/{id}/events", "Page by page.", "逐页推送。"),
            ("DELETE /v1/documents/{id}", "Erase it.", "删除。"),
        ),
    ),
    (
        "For other people's tools",
        "兼容其他工具",
        (
            ("PUT /process", "Open WebUI, external document loader.", "Open WebUI 外部文档解析。"),
            ("POST /v1/convert/file", "docling-serve.", "docling-serve 接口。"),
            ("POST /v1/ocr", "Mistral OCR.", "Mistral OCR 接口。"),
            ("POST /layout-parsing", "PaddleOCR-VL.", "PaddleOCR-VL 接口。"),
            ("POST /file_parse", "MinerU.", "MinerU 接口。"),
        ),
    ),
    (
        "Operation",
        "运维",
        (
            ("GET /health", "Alive?", "是否存活。"),
            ("GET /ready", "Ready to answer?", "是否就绪。"),
            ("GET /metrics", "Numbers for Prometheus.", "Prometheus 指标。"),
        ),
    ),
)
_WITH_KEYS = (
    "<p>Every request needs an API key, which whoever runs the server gives out."
    ' <span class="zh" lang="zh">每个请求都需要 API 密钥，请向管理员索取。</span></p>'
)
_WITHOUT_KEYS = (
    "<p>No API key is needed; clients that insist on one may send anything."
    ' <span class="zh" lang="zh">不需要 API 密钥；客户端若必须填写，可填任意内容。</span></p>'
)
_DOCS = (
    '<a href="docs">All paths</a>, also as <a href="openapi.json">OpenAPI</a>.'
    ' <span class="zh" lang="zh">全部接口，另有 OpenAPI 描述。</span>'
)


def router(parts: Parts) -> APIRouter:
    """The paths / and, unless the options say otherwise, /docs and /openapi.json."""
    routes = APIRouter(include_in_schema=False)
    options = parts.options

    @routes.get("/", response_class=HTMLResponse)
    async def front(request: Request) -> HTMLResponse:
        content = template("front.html").substitute(
            base=escape(str(request.base_url).rstrip("/")),
            key=' -H "Authorization: Bearer $KEY"' if options.needs_keys else "",
            python_key="sw-…" if options.needs_keys else "none",
            keys=_WITH_KEYS if options.needs_keys else _WITHOUT_KEYS,
            sections="\n".join(_section(*section) for section in _SECTIONS),
            docs=_DOCS if options.docs else "",
        )
        return web_page("Shuowen 说文", _SUBTITLE, content)

    if options.docs:

        @routes.get("/docs", response_class=HTMLResponse)
        async def docs(request: Request) -> HTMLResponse:
            return web_page("Shuowen: paths", "All paths.", _all_paths(request.app.openapi()))

        @routes.get("/openapi.json", response_class=JSONResponse)
        async def openapi(request: Request) -> JSONResponse:
            return JSONResponse(request.app.openapi())

    return routes


def _section(title: str, chinese: str, rows: Iterable[tuple[str, str, str]]) -> str:
    items = "".join(
        f"<li><code>{_operation(*operation.split(' ', 1))}</code><div>{escape(text)}"
        f' <span class="zh" lang="zh">{escape(own)}</span></div></li>\n'
        for operation, text, own in rows
    )
    return f'<h2>{escape(title)} <span lang="zh">{escape(chinese)}</span></h2>\n<ul>{items}</ul>'


def _operation(method: str, path: str) -> str:
    breakable = escape(path).replace("/", "<wbr>/")
    return f'<span class="method">{escape(method)}</span> {breakable}'


def _all_paths(schema: Mapping[str, Any]) -> str:
    """Everything that OpenAPI lists, by tag."""
    groups: dict[str, list[str]] = {}
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            group = (operation.get("tags") or ["More"])[0]
            summary = escape(operation.get("summary", ""))
            shown = _operation(method.upper(), path)
            item = f"<li><code>{shown}</code><div>{summary}</div></li>"
            groups.setdefault(group, []).append(item)
    return "\n".join(
        f"<h2>{escape(group)}</h2>\n<ul>{''.join(items)}</ul>" for group, items in groups.items()
    )
