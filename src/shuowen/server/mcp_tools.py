"""The tools that an assistant sees: reading a document, one page, and searching.

The functions' signatures and texts are what the assistant's model is shown, so they are written for
it: what a tool gives, how to name pages, what to do next.
"""

from __future__ import annotations

import base64
import inspect
import logging
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated, Any, ParamSpec, TypeVar

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ImageContent, TextContent, ToolAnnotations
from pydantic import Field

from shuowen.document.model import Page
from shuowen.errors import ShuowenError
from shuowen.server.bridge import call, in_thread
from shuowen.server.callers import LOCAL, caller_in
from shuowen.server.mcp_answers import Answer, Format, page_picture
from shuowen.server.mcp_library import Found, Library
from shuowen.server.mcp_search import Passage, find_passages
from shuowen.server.replies import unexpected
from shuowen.source.ranges import parse_ranges
from shuowen.version import __version__

MAX_CHARACTERS = 40_000
"""Most characters of one answer: about 10 000 tokens of English, 40 000 of Chinese."""

INSTRUCTIONS = (
    "Reads scans, photos, PDFs, handwriting and tables on this machine. Use read_document to get"
    " a document's text page by page, search_document to find where something stands, and"
    " read_page with picture=true to look at a page yourself where the text is in doubt."
)

_log = logging.getLogger("shuowen.server")
P = ParamSpec("P")
T = TypeVar("T")

PathOrUrl = Annotated[
    str, Field(description="A file's path, or an http(s) address: PDF, PNG, JPEG, TIFF, HEIC, …")
]
Pages = Annotated[
    str, Field(description='Which pages, from 1: "3", "1,5-10", "3-"; empty for all.')
]
Password = Annotated[str, Field(description="Of an encrypted PDF; empty otherwise.")]


def mcp_server(library: Library, *, max_characters: int = MAX_CHARACTERS) -> MCPServer[Any]:
    """A server with the tools over a library."""
    server: MCPServer[Any] = MCPServer(
        "shuowen",
        title="Shuowen",
        version=__version__,
        instructions=INSTRUCTIONS,
        log_level="WARNING",
    )
    tools = _Tools(library, max_characters)
    for function in (tools.read_document, tools.read_page, tools.search_document):
        server.add_tool(
            function,
            description=inspect.cleandoc(function.__doc__ or ""),
            annotations=ToolAnnotations(
                read_only_hint=True, destructive_hint=False, idempotent_hint=True
            ),
        )
    return server


@dataclass(frozen=True)
class _Tools:
    library: Library
    max_characters: int

    async def read_document(
        self,
        ctx: Context[Any, Any],
        path_or_url: PathOrUrl,
        pages: Pages = "",
        format: Annotated[
            Format,
            Field(description="markdown; json with boxes and confidences; or plain text."),
        ] = "markdown",
        password: Password = "",
    ) -> list[TextContent]:
        """Read a document: its text with headings and tables, in reading order, page by page.

        A long document does not fit in one answer; the answer then says which pages are left and
        how to ask for them.
        """
        found, indices = await self._open(path_or_url, pages, password)
        wanted = indices[: self.library.max_pages]
        answer = Answer(found, indices, format, self.max_characters)
        async with aclosing(self._pages(ctx, found, wanted, password)) as read:
            async for page in read:
                if not answer.add(page):
                    break
        return [_text(answer.body()), _text(answer.notes())]

    async def read_page(
        self,
        ctx: Context[Any, Any],
        path_or_url: PathOrUrl,
        page_number: Annotated[int, Field(ge=1, description="Which page, from 1.")],
        picture: Annotated[
            bool, Field(description="Whether to show the page's picture besides its text.")
        ] = False,
        password: Password = "",
    ) -> list[TextContent | ImageContent]:
        """Read one page as Markdown, and show its picture when asked to.

        Look at the picture where the text is in doubt, or for what is no text: figures, stamps,
        signatures.
        """
        found, indices = await self._open(path_or_url, str(page_number), password)
        answer = Answer(found, indices, "markdown", self.max_characters)
        async with aclosing(self._pages(ctx, found, indices, password)) as read:
            async for page in read:
                answer.add(page)
        content: list[TextContent | ImageContent] = [_text(answer.body()), _text(answer.notes())]
        if picture:
            content.append(await _told(_picture, self.library, found, indices[0], password))
        return content

    async def search_document(
        self,
        ctx: Context[Any, Any],
        path_or_url: PathOrUrl,
        query: Annotated[str, Field(min_length=1, description="Words to look for, or a question.")],
        pages: Pages = "",
        num_passages: Annotated[int, Field(ge=1, le=50, description="Most passages.")] = 8,
        password: Password = "",
    ) -> list[Passage]:
        """Find the passages of a document that fit a query best, with page numbers and boxes.

        The whole document is read at the first search, which takes a while for a long one; later
        ones are quick. A box is [left, top, right, bottom] in pixels of the page's picture.
        """
        found, indices = await self._open(path_or_url, pages, password)
        read = []
        async with aclosing(self._pages(ctx, found, indices, password)) as stream:
            async for page in stream:
                read.append(page)
        return await _told(find_passages, read, query, num_passages)

    async def _open(self, where: str, pages: str, password: str) -> tuple[Found, list[int]]:
        found = await _told(self.library.find, where, password)
        return found, await _told(parse_ranges, pages, found.num_pages)

    async def _pages(
        self, ctx: Context[Any, Any], found: Found, indices: Sequence[int], password: str
    ) -> AsyncGenerator[Page, None]:
        """Pages as they are read; the client is told after each how many are done."""
        owner = _owner(ctx)
        total = len(indices)

        def read() -> Iterator[Page]:
            return self.library.read(found, indices, owner, password)

        await ctx.report_progress(0, total, f"Pages to read: {total}")
        try:
            async with aclosing(in_thread(read)) as pages:
                done = 0
                async for page in pages:
                    done += 1
                    await ctx.report_progress(done, total, f"Page {page.page_number} is read")
                    yield page
        except Exception as error:
            raise _tool_error(error) from error


async def _told(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a blocking function on a thread; what goes wrong is told to the assistant."""
    try:
        return await call(function, *args, **kwargs)
    except Exception as error:
        raise _tool_error(error) from error


def _tool_error(error: Exception) -> ToolError:
    if not isinstance(error, ShuowenError | MemoryError):
        _log.error("A bug showed while a document was read.", exc_info=error)
    return ToolError(str(unexpected(error)))


def _picture(library: Library, found: Found, index: int, password: str) -> ImageContent:
    data = page_picture(library.picture(found, index, password))
    return ImageContent(type="image", data=base64.b64encode(data).decode(), mime_type="image/jpeg")


def _owner(ctx: Context[Any, Any]) -> str:
    request = ctx.request_context.request
    return (caller_in(request.scope) if request is not None else LOCAL).id


def _text(text: str) -> TextContent:
    return TextContent(type="text", text=text)
