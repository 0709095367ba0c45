"""MinerU's local API: files in, Markdown and structure out.

Open WebUI looks for `/v1/health` first, which only MinerU 4 has; as it is not here, it comes to
`/file_parse`.
"""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from shuowen.errors import FieldError
from shuowen.server.bridge import call
from shuowen.server.callers import caller_of
from shuowen.server.compat.bodies import form_of
from shuowen.server.compat.fields import Contract
from shuowen.server.compat.figures import figure_pictures
from shuowen.server.compat.mineru_files import Parsed, as_json, as_zip, unique_stems
from shuowen.server.compat.mineru_requests import TABLE, ParseRequest, parse_request
from shuowen.server.compat.openapi import answers, multipart_body
from shuowen.server.compat.reading import (
    DOCUMENT_FAULTS,
    Reading,
    check_readable,
    read_document,
)
from shuowen.server.compat.region_kinds import without_tables
from shuowen.server.documents.uploads import shown_name
from shuowen.server.parts import Parts
from shuowen.source.model import Source

CONTRACT = Contract(
    title="MinerU local API (as of 3.4)",
    endpoints=("POST /file_parse",),
    encoding="a multipart form",
    tables=(TABLE,),
    remarks=(
        "Of several files one that cannot be read has an `error` in its result; a file alone makes"
        " the status 422. A page that cannot be read says so in the Markdown.",
        "Open WebUI's loader sends no key to this path, so with keys it needs another engine.",
    ),
)


def router(parts: Parts) -> APIRouter:
    """The one path of the API."""
    paths = APIRouter(tags=["MinerU"])

    @paths.post(
        "/file_parse",
        summary="Reads the files of a form",
        openapi_extra=multipart_body(TABLE, files=("files",)),
        responses=answers("Results by file name.", "application/json", "application/zip"),
    )
    async def file_parse(request: Request) -> Response:
        """Reads the files of a form."""
        async with form_of(request, ("files",)) as form:
            asked = parse_request(form.values)
            if not form.files:
                raise FieldError("There is no file.", "Send documents as files.", param="files")
            work = _Work(parts=parts, asked=asked, owner=caller_of(request).id)
            return await work.answer(form.files)

    return paths


@dataclass(frozen=True, kw_only=True)
class _Work:
    parts: Parts
    asked: ParseRequest
    owner: str

    async def answer(self, files: tuple[UploadFile, ...]) -> Response:
        names = [shown_name(file.filename or "") for file in files]
        stems = unique_stems(names)
        if len(files) == 1:
            parsed = [await self._parsed(stems[0], names[0], files[0])]
        else:
            triples = zip(stems, names, files, strict=True)
            parsed = [await self._perhaps_parsed(*each) for each in triples]
        if self.asked.is_packed:
            body = await call(as_zip, parsed, self.asked)
            headers = {"Content-Disposition": 'attachment; filename="results.zip"'}
            return Response(body, media_type="application/zip", headers=headers)
        return Response(await call(as_json, parsed, self.asked), media_type="application/json")

    async def _perhaps_parsed(self, stem: str, name: str, file: UploadFile) -> Parsed:
        try:
            return await self._parsed(stem, name, file)
        except DOCUMENT_FAULTS as error:
            return Parsed(stem=stem, name=name, error=str(error))

    async def _parsed(self, stem: str, name: str, file: UploadFile) -> Parsed:
        source = Source(name=name, data=await file.read())
        options, limits = self.asked.options, self.parts.options.limits
        reading = Reading(source=source, options=options, owner=self.owner)
        document = await read_document(self.parts, reading)
        check_readable(document)
        pictures = {}
        if self.asked.with_pictures:
            pictures = await call(figure_pictures, source, options, limits, document)
        return Parsed(
            stem=stem,
            name=name,
            document=document if self.asked.with_tables else without_tables(document),
            pictures=pictures,
            original=source.data if self.asked.with_original else None,
        )
