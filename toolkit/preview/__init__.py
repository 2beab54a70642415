"""Dashboards without Grafana: panels evaluated as Grafana evaluates them, drawn as SVG and HTML.

:func:`~toolkit.preview.evaluate.evaluate_dashboard` says what each panel of a dashboard shows, as
values that can be checked. :func:`~toolkit.preview.page.render_preview` draws dashboards into one
page that needs neither scripts nor the network.
"""
