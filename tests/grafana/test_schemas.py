"""The shipped dashboards against Grafana's own models, on every Grafana and in every dialect."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.grafana.support import DIALECTS, SCHEMAS, VERSIONS, problems, rendered, schema
from toolkit.grafana.render import panels

Json = dict[str, Any]
CURRENT = [version for version in VERSIONS if int(version.split(".")[0]) >= 10]
"""The schemas are those of Grafana 10 and later; older ones have other options."""


@pytest.mark.shared
@pytest.mark.skipif(not SCHEMAS.exists(), reason="the schemas are not beside this")
@pytest.mark.parametrize("version", CURRENT)
def test_every_dashboard_fits_the_json_schemas(version: str) -> None:
    whole, loki = schema("dashboard"), schema("loki")
    for dialect in DIALECTS:
        for board in rendered(version, dialect):
            where = f"{board['uid']} in {dialect}"
            assert not problems(board, whole), where
            for panel in panels(board):
                for target in panel.get("targets", []):
                    assert not problems(target, loki), where


@pytest.mark.shared
@pytest.mark.skipif(not SCHEMAS.exists(), reason="the schemas are not beside this")
@pytest.mark.parametrize("version", CURRENT)
def test_every_panels_options_fit_the_schema_of_its_kind(version: str) -> None:
    files = {"state-timeline": "statetimeline"}
    checked = set()
    for board in rendered(version):
        for panel in panels(board):
            kind = files.get(panel["type"], panel["type"])
            if not (SCHEMAS / f"{kind}.json.gz").exists():
                assert kind == "row"
                continue
            data = schema(kind)
            options = {**data, "$ref": "#/definitions/Options"}
            assert not problems(panel["options"], options), panel["title"]
            custom = panel.get("fieldConfig", {}).get("defaults", {}).get("custom")
            if custom and "FieldConfig" in data["definitions"]:
                fields = {**data, "$ref": "#/definitions/FieldConfig"}
                assert not problems(custom, fields), panel["title"]
            checked.add(kind)
    assert len(checked) >= 8


def _lost(sent: Any, kept: Any, path: str = "") -> list[str]:
    """What the typed model did not keep of the JSON."""
    if isinstance(sent, dict):
        found = []
        for key, value in sent.items():
            if isinstance(kept, dict) and key in kept:
                found += _lost(value, kept[key], f"{path}.{key}")
            elif value not in (None, [], {}, "", False):
                found.append(f"{path}.{key}")
        return found
    if isinstance(sent, list):
        if not isinstance(kept, list) or len(kept) != len(sent):
            return [path]
        pairs = zip(sent, kept, strict=True)
        return [one for n, (a, b) in enumerate(pairs) for one in _lost(a, b, f"{path}[{n}]")]
    return [] if sent == kept else [path]


@pytest.mark.parametrize(
    ("version", "dialect"),
    [
        *((one, "source-falco") for one in CURRENT),
        *(("13.0", one) for one in DIALECTS if one != "source-falco"),
    ],
)
def test_grafanas_typed_models_read_every_dashboard_and_keep_all_of_it(
    version: str, dialect: str
) -> None:
    """What a typed model drops is a key in the wrong place, which Grafana would drop too."""
    models = pytest.importorskip("grafana_foundation_sdk.models.dashboard")
    encoder = pytest.importorskip("grafana_foundation_sdk.cog.encoder")
    plugins = pytest.importorskip("grafana_foundation_sdk.cog.plugins")
    plugins.register_default_plugins()
    for board in rendered(version, dialect):
        model = models.Dashboard.from_json(board)
        kept = json.loads(json.dumps(model, cls=encoder.JSONEncoder))
        assert not _lost(board, kept), board["uid"]
