"""Figures for Prometheus. Counters and times are of all workers; what concerns the model is of the worker that
answers, as each follows the champion by itself."""

import os

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Histogram, multiprocess
from prometheus_client.core import GaugeMetricFamily

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
CONTENT_TYPE = prometheus_client.CONTENT_TYPE_PLAIN_0_0_4


class Figures:
    def __init__(self):
        # With several workers the library keeps values in files of this folder.
        self.is_shared = "PROMETHEUS_MULTIPROC_DIR" in os.environ
        self.registry = CollectorRegistry()

        def counter(name, text, labels=()):
            return Counter(f"wikisentry_serving_{name}", text, labels, registry=self.registry)

        self.requests = counter("requests", "Requests, by route and status.", ("route", "status"))
        self.seconds = Histogram(
            "wikisentry_serving_request_seconds",
            "Time from the header of a request to the end of its answer, by route.",
            ("route",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self.swaps = counter("model_swaps", "Champions that took the place of another model.")
        self.refused = counter("models_refused", "Champions, or aliases, that were refused.")
        self.checks_failed = counter("model_checks_failed", "Looks for the champion without an answer.")

    def text(self, follower, is_ready, under_way):
        """The exposition in Prometheus' text format 0.0.4."""
        registry = self.registry
        if self.is_shared:
            registry = CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)
        now = CollectorRegistry()
        now.register(Now(follower, is_ready, under_way))
        return b"".join(prometheus_client.generate_latest(one) for one in (registry, now))


class Now:
    """The gauges, as they are when they are asked for."""

    def __init__(self, follower, is_ready, under_way):
        self.follower = follower
        self.is_ready = is_ready
        self.under_way = under_way

    def collect(self):
        in_use = self.follower.in_use
        info = GaugeMetricFamily("wikisentry_model_info", "The model in use.", labels=["version", "source"])
        info.add_metric([in_use.model.version, in_use.source], 1)
        yield info
        for name, text, value in (
            ("serving_model_loaded_timestamp_seconds", "When the model was loaded.", in_use.loaded_at),
            ("serving_model_checked_timestamp_seconds", "When the store last said which is the champion.", self.follower.checked_at),
            ("serving_model_problem", "Whether the champion that is named does not score.", self.follower.problem is not None),
            ("serving_ready", "Whether requests are wanted.", self.is_ready),
            ("serving_predictions_under_way", "Requests for predictions under way.", self.under_way),
        ):
            if value is not None:
                yield GaugeMetricFamily(f"wikisentry_{name}", text, float(value))
