"""Falco events in Loki, as Grafana dashboards, alert rules and trend reports written in code."""

__version__ = "0.1.0"
