"""Docling's own client and records; it warns of its own fields while it is imported."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from docling.datamodel.base_models import ConversionStatus
    from docling.datamodel.service.options import ConvertDocumentsOptions
    from docling.datamodel.service.responses import ConvertDocumentResponse
    from docling.datamodel.service.targets import ZipTarget
    from docling.service_client import DoclingServiceClient, StatusWatcherKind
    from docling.service_client.exceptions import ServiceError, TaskNotFoundError
    from docling.utils.paddleocr_vl_utils import parse_paddleocr_vl_result
    from docling_core.types.io import DocumentStream

__all__ = [
    "ConversionStatus",
    "ConvertDocumentResponse",
    "ConvertDocumentsOptions",
    "DoclingServiceClient",
    "DocumentStream",
    "ServiceError",
    "StatusWatcherKind",
    "TaskNotFoundError",
    "ZipTarget",
    "parse_paddleocr_vl_result",
]
