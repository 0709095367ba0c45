"""What a server counts, in Prometheus' format; every app has a registry of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from shuowen.version import __version__

CONTENT_TYPE = CONTENT_TYPE_LATEST

_REQUEST_SECONDS = (0.005, 0.02, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000)
_PAGE_SECONDS = (0.03, 0.1, 0.2, 0.4, 0.7, 1, 1.5, 2, 3, 5, 10, 30, 100)


class Metrics:
    """Counters, gauges and histograms; methods may be called from any thread."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(namespace="shuowen", registry=self.registry)
        info = self._gauge("shuowen_info", "The release that runs.", ["version"])
        info.labels(version=__version__).set(1)
        self._requests = self._counter(
            "shuowen_requests", "Requests that were answered.", ["route", "method", "status"]
        )
        self._seconds = self._histogram(
            "shuowen_request_seconds", "Until the answer's end.", ["route"], _REQUEST_SECONDS
        )
        self.in_flight = self._gauge("shuowen_requests_in_flight", "Requests being answered.")
        self._waiting = self._gauge("shuowen_pages_waiting", "Pages that wait for a thread.")
        self._pages = self._counter("shuowen_pages_read", "Pages that were read.", ["status"])
        self._page_seconds = self._histogram(
            "shuowen_page_seconds", "Reading one page, without waiting.", [], _PAGE_SECONDS
        )
        self._prompt = self._counter("shuowen_prompt_tokens", "Tokens of prompts.", ["model"])
        self._completion = self._counter(
            "shuowen_completion_tokens", "Tokens of answers.", ["model"]
        )

    def request_done(self, route: str, method: str, status: int, seconds: float) -> None:
        """A request was answered; `route` is the path's template, never the path itself."""
        self._requests.labels(route=route, method=method, status=str(status)).inc()
        self._seconds.labels(route=route).observe(seconds)

    def page_read(self, status: str, seconds: float) -> None:
        """A page was read, with the status "ok", "partial" or "failed"."""
        self._pages.labels(status=status).inc()
        self._page_seconds.observe(seconds)

    def tokens(self, model: str, *, prompt: int, completion: int) -> None:
        """A question was answered by the model of this name, one that the server has."""
        self._prompt.labels(model=model).inc(prompt)
        self._completion.labels(model=model).inc(completion)

    def watch_waiting_pages(self, count: Callable[[], int]) -> None:
        """Ask `count` how many pages wait, whenever the metrics are shown."""
        self._waiting.set_function(lambda: float(count()))

    def watch_documents(self, count: Callable[[], Mapping[Any, int]]) -> None:
        """Ask `count` how many documents are in each state, whenever the metrics are shown."""
        self.registry.register(_Documents(count))

    def show(self) -> bytes:
        """All of it as text; blocks for the length of a small read of the disk."""
        return generate_latest(self.registry)

    def _counter(self, name: str, text: str, labels: list[str]) -> Counter:
        return Counter(name, text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, labels: list[str] | None = None) -> Gauge:
        return Gauge(name, text, labels or [], registry=self.registry)

    def _histogram(
        self, name: str, text: str, labels: list[str], buckets: tuple[float, ...]
    ) -> Histogram:
        return Histogram(name, text, labels, buckets=buckets, registry=self.registry)


class _Documents(Collector):
    def __init__(self, count: Callable[[], Mapping[Any, int]]) -> None:
        self._count = count

    def describe(self) -> Iterator[Metric]:
        """Name the gauge without asking for its values, as registering would."""
        yield self._family()

    def collect(self) -> Iterator[Metric]:
        """One number for each state."""
        family = self._family()
        for state, number in sorted(self._count().items()):
            family.add_metric([state], number)
        yield family

    def _family(self) -> GaugeMetricFamily:
        return GaugeMetricFamily("shuowen_documents", "Documents by state.", labels=["state"])
