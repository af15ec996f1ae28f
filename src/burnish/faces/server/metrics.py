"""What a server counts, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from burnish.monitoring.request_log import RequestLog

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
ROUTES = frozenset(
    {
        "/",
        "/health",
        "/ready",
        "/metrics",
        "/model",
        "/openapi.json",
        "/predict",
        "/predict/batch",
        "/explain",
        "/feedback",
    }
)


class _LogMetrics(Collector):
    """What a request log counts by itself, read when it is asked for."""

    def __init__(self, log: RequestLog) -> None:
        self._log = log

    def collect(self) -> Iterator[Metric]:
        """The log's counters."""
        yield CounterMetricFamily(
            "burnish_log_lost", "Entries of the log that the disk refused", value=float(self._log.lost)
        )
        yield GaugeMetricFamily(
            "burnish_log_waiting",
            "1 where entries wait since the log's database is away",
            value=float(self._log.waiting_since > 0),
        )


class ServerMetrics:
    """Counters of one server; each server has a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.content_type = CONTENT_TYPE_LATEST
        self._requests = Counter(
            "burnish_requests", "Requests by route and status", ("route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "burnish_request_seconds",
            "Seconds from a request to its answer",
            ("route",),
            registry=self.registry,
            buckets=_SECONDS,
        )
        self._rows = Histogram(
            "burnish_batch_rows", "Rows that the specialist answered in one call", registry=self.registry, buckets=_ROWS
        )
        self._answers = Counter(
            "burnish_predictions", "Predictions by model version", ("version",), registry=self.registry
        )
        self._shadows = Counter(
            "burnish_shadows", "Answers of the version beside the one that answered", ("done",), registry=self.registry
        )
        self._confidence = Histogram(
            "burnish_confidence",
            "Confidence of predictions",
            registry=self.registry,
            buckets=[number / 10 for number in range(1, 11)],
        )
        self._ready = Gauge(
            "burnish_ready", "1 where the server answers as the evaluated model does", registry=self.registry
        )

    def watch(self, log: RequestLog) -> None:
        """Show how a request log is."""
        self.registry.register(_LogMetrics(log))

    def request(self, scope: Mapping[str, Any], status: int, seconds: float) -> None:
        """Count a request. Unknown paths are counted together: clients could make up any number of them."""
        route = scope["path"] if scope["path"] in ROUTES else "other"
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def batch(self, rows: int) -> None:
        """Count a call of the specialist."""
        self._rows.observe(rows)

    def prediction(self, version: str, confidence: float) -> None:
        """Count an answer."""
        self._answers.labels(version).inc()
        self._confidence.observe(confidence)

    def shadow(self, rows: int, *, done: bool) -> None:
        """Count answers of the version beside; those that were left out, since the server had too much to do, too."""
        self._shadows.labels("yes" if done else "no").inc(rows)

    def ready(self, *, is_ready: bool) -> None:
        """Say whether the server is ready."""
        self._ready.set(is_ready)

    def exposition(self) -> bytes:
        """Everything, in Prometheus's text format."""
        return generate_latest(self.registry)
