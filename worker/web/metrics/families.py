"""How one metric is written: its name, what it means, its labels and samples."""

from collections.abc import Iterable, Mapping

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)

Labels = tuple[str, ...]
Samples = Iterable[tuple[Labels, float]]


def gauge(name: str, text: str, labels: Labels, samples: Samples) -> GaugeMetricFamily:
    """Return something that goes up and down."""
    family = GaugeMetricFamily(name, text, labels=labels)
    for values, value in samples:
        family.add_metric(values, value)
    return family


def counter(
    name: str, text: str, labels: Labels, samples: Samples
) -> CounterMetricFamily:
    """Return something that only grows; its name ends in `_total`."""
    family = CounterMetricFamily(name, text, labels=labels)
    for values, value in samples:
        family.add_metric(values, value)
    return family


def histogram(
    name: str,
    text: str,
    labels: Labels,
    samples: Iterable[tuple[Labels, Mapping[str, float], float]],
) -> HistogramMetricFamily:
    """Return how often something lay within each bound; `+Inf` is the last of them."""
    family = HistogramMetricFamily(name, text, labels=labels)
    for values, buckets, total in samples:
        family.add_metric(values, list(buckets.items()), sum_value=total)
    return family
