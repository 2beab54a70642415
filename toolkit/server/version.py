"""The version that clients compare with to know what they may ask (Grafana, logcli)."""

LOKI_VERSION = "3.8.0"
