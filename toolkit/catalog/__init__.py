"""The named queries: ``queries/*.yaml``, parsed, checked and rewritten for a label dialect.

A named query is written once. The same name draws a panel, fires an alert, fills a table of the
report and is proven by a test::

    query = catalog()["events_by_rule"]
    query.missing(schema)                        # () where the labels carry what it needs
    query.render(schema, window="1d")            # LogQL for that Loki
"""

from __future__ import annotations

from toolkit.catalog.dialect import Missing, field_of, label_of, tagged
from toolkit.catalog.load import Catalog, catalog, load_catalog
from toolkit.catalog.query import Kind, NamedQuery

__all__ = [
    "Catalog",
    "Kind",
    "Missing",
    "NamedQuery",
    "catalog",
    "field_of",
    "label_of",
    "load_catalog",
    "tagged",
]
