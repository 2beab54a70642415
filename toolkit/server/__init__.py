"""The embedded store behind Loki's own HTTP API: ``toolkit serve``.

It exists for trying things out, for tests and notebooks, and for small clusters: one process, one
directory, no replication, no retention, no object storage. A cluster that must not lose its logs
runs Loki; whatever asks here (Grafana's Loki data source, logcli, Falcosidekick) asks Loki the
same way.

Routes, parameters, status codes and error texts are those of grafana/loki, main of August 2026
(``pkg/loghttp``, ``pkg/querier/queryrange``, ``pkg/distributor``), as a running one answered.
"""
