"""Grafana as code: dashboards and alert rules as values, without the network.

grafanalib is the base: a definition file holds its ``Dashboard``. This room adds what it lacks
(Loki's queries, modern panels, one model of alert rules) and repairs what it writes wrongly.
"""
