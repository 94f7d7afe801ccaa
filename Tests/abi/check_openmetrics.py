"""Reads OpenMetrics text from standard input with Prometheus' own parser, which is strict, and fails if it is not that."""

import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families

families = {family.name: family for family in text_string_to_metric_families(sys.stdin.read())}
for name, kind in (
    ("etcdcli_calls", "counter"),
    ("etcdcli_call_seconds", "histogram"),
    ("etcdcli_pump_seconds", "histogram"),
    ("etcdcli_state", "stateset"),
    ("etcdcli_lease_left_seconds", "gauge"),
):
    if families[name].type != kind:
        sys.exit(f"{name} is a {families[name].type}")
