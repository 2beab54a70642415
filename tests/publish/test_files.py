"""Manifests and provisioning files, read as a sidecar or Grafana itself reads them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.publish.support import LOKI, deployment, small
from toolkit.errors import PublishError, SettingsError
from toolkit.grafana.context import DataSource
from toolkit.grafana.version import NEWEST, OLDEST
from toolkit.logql.parser import parse
from toolkit.publish.deploy import render_offline
from toolkit.publish.manifests import Namespaces, manifests, too_long_to_apply
from toolkit.publish.provisioning import datasource_file, provisioning_tree
from toolkit.publish.rendering import RenderedDashboard
from toolkit.publish.writing import write_files

RENDERED = render_offline(deployment(), NEWEST)
FILES = manifests(RENDERED, Namespaces(), LOKI)
TREE = provisioning_tree(RENDERED, LOKI)


class Sidecar:
    """What the kiwigrid sidecar does: matching ConfigMaps of its namespaces become files."""

    def __init__(self, label: str, namespaces: list[str]) -> None:
        self.label = label
        self.namespaces = namespaces
        self.files: dict[str, str] = {}

    def load(self, files: dict[str, str]) -> dict[str, str]:
        for text in files.values():
            found = yaml.safe_load(text)
            if found["kind"] != "ConfigMap":
                continue
            metadata = found["metadata"]
            if metadata["namespace"] not in self.namespaces:
                continue
            if metadata.get("labels", {}).get(self.label) == "1":
                for name, content in found["data"].items():
                    assert name not in self.files, f"{name} overwrites another"
                    self.files[name] = content
        return self.files


def test_ranchers_sidecar_finds_every_dashboard_in_its_namespace() -> None:
    found = Sidecar("grafana_dashboard", ["cattle-dashboards"]).load(FILES)
    models = [json.loads(text) for text in found.values()]
    assert {model["uid"] for model in models} == {made.uid for made in RENDERED.dashboards}
    # Without a uid of its own a dashboard gets a new one each time the file is loaded.
    assert all(model["uid"] and "id" not in model for model in models)


def test_it_finds_the_data_source_which_is_no_ones_default() -> None:
    (text,) = Sidecar("grafana_datasource", ["cattle-monitoring-system"]).load(FILES).values()
    data = yaml.safe_load(text)
    (source,) = data["datasources"]
    assert data["apiVersion"] == 1
    assert (source["uid"], source["type"], source["url"]) == ("falco-loki", "loki", LOKI)
    assert "isDefault" not in source


def test_lokis_sidecar_finds_rules_that_loki_understands() -> None:
    (text,) = Sidecar("loki_rule", ["loki-stack"]).load(FILES).values()
    rules = [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]
    assert len(rules) >= 9
    for rule in rules:
        parse(rule["expr"], variables=False)


def test_a_manifest_is_one_dashboard_and_names_the_folder() -> None:
    for made in RENDERED.dashboards:
        found = yaml.safe_load(FILES[f"dashboard-{made.uid}.yaml"])
        assert list(found["data"]) == [f"{made.uid}.json"]
        assert found["metadata"]["name"] == made.uid
        assert found["metadata"]["annotations"] == {"grafana_folder": "Falco"}
        assert json.loads(found["data"][f"{made.uid}.json"]) == made.model


def test_kustomize_is_told_of_every_file() -> None:
    data = yaml.safe_load(FILES["kustomization.yaml"])
    assert sorted(data["resources"]) == sorted(name for name in FILES if "kustom" not in name)


def test_the_same_definitions_make_the_same_bytes() -> None:
    again = render_offline(deployment(), NEWEST)
    assert manifests(again, Namespaces(), LOKI) == FILES
    assert provisioning_tree(again, LOKI) == TREE
    assert not any("202" in text and "T00:" in text for text in FILES.values())


def test_a_dashboard_that_no_configmap_can_hold_is_an_error() -> None:
    huge = {**RENDERED.dashboards[0].model, "description": "x" * 1024 * 1024}
    large = replace(RENDERED, dashboards=(RenderedDashboard(Path("x"), huge),))
    with pytest.raises(PublishError, match="Kubernetes takes 1048576"):
        manifests(large, Namespaces(), None)


def test_what_is_too_long_for_kubectl_apply_is_named() -> None:
    assert too_long_to_apply(FILES.items()) == []
    long = {**RENDERED.dashboards[0].model, "description": "x" * 300_000}
    made = replace(RENDERED, dashboards=(RenderedDashboard(Path("x"), long),), groups=())
    files = manifests(made, Namespaces(), None)
    assert too_long_to_apply(files.items()) == [f"dashboard-{long['uid']}.yaml"]


def test_grafanas_own_files_are_where_it_looks_for_them() -> None:
    provider = yaml.safe_load(TREE["grafana/provisioning/dashboards/falco-toolkit.yaml"])
    (one,) = provider["providers"]
    assert one["type"] == "file"
    assert one["options"]["path"] == "/var/lib/grafana/dashboards/falco-toolkit"
    assert (one["folder"], one["folderUid"]) == ("Falco", "falco-toolkit")
    assert one["allowUiUpdates"] is False
    boards = [name for name in TREE if name.startswith("grafana/dashboards/falco-toolkit/")]
    assert len(boards) == len(RENDERED.dashboards)
    rules = yaml.safe_load(TREE["grafana/provisioning/alerting/falco-toolkit.yaml"])
    assert rules["apiVersion"] == 1
    for group in rules["groups"]:
        for rule in group["rules"]:
            assert {"uid", "title", "condition", "data"} <= rule.keys()
    assert "loki/rules/fake/falco-toolkit.yaml" in TREE


def test_for_grafana_7_5_there_are_no_alerting_files_but_the_rulers() -> None:
    rendered = render_offline(deployment(), OLDEST)
    names = provisioning_tree(rendered, LOKI)
    assert not any("alerting" in name for name in names)
    assert "loki/rules/fake/falco-toolkit.yaml" in names
    assert "rules-grafana.yaml" not in manifests(rendered, Namespaces(), LOKI)


def _expanded(value: Any) -> Any:
    """What Grafana does to a provisioning file's values: ``$$`` is a dollar."""
    if isinstance(value, str):
        assert "$" not in value.replace("$$", "")
        return value.replace("$$", "$")
    if isinstance(value, dict):
        return {key: _expanded(inner) for key, inner in value.items()}
    return [_expanded(inner) for inner in value] if isinstance(value, list) else value


def test_dollars_survive_grafanas_expansion_of_variables() -> None:
    data = datasource_file(DataSource("u", "Co$t"), "http://loki/$x")
    (source,) = _expanded(data)["datasources"]
    assert (source["name"], source["url"]) == ("Co$t", "http://loki/$x")


def test_files_are_written_once_and_left_alone_after(tmp_path: Path) -> None:
    files = {"a/b.txt": "one\n", "c.txt": "two\n"}
    assert write_files(files, tmp_path, dry_run=True) == {"a/b.txt": "created", "c.txt": "created"}
    assert list(tmp_path.iterdir()) == []
    write_files(files, tmp_path)
    before = (tmp_path / "c.txt").stat().st_mtime_ns
    again = write_files({**files, "a/b.txt": "new\n"}, tmp_path)
    assert again == {"a/b.txt": "updated", "c.txt": "unchanged"}
    assert (tmp_path / "c.txt").stat().st_mtime_ns == before
    assert (tmp_path / "a" / "b.txt").read_text() == "new\n"


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PublishError, match="cannot be written: "):
        write_files({"x": "y"}, tmp_path / "file")


def test_a_users_own_dashboards_are_written_like_ours(tmp_path: Path) -> None:
    rendered = render_offline(deployment(small(tmp_path / "mine")), NEWEST)
    names = manifests(rendered, Namespaces(dashboards="monitoring"), None)
    found = yaml.safe_load(names["dashboard-falco-toolkit-small.yaml"])
    assert found["metadata"]["namespace"] == "monitoring"
    assert "datasource-falco-loki.yaml" not in names


# --- what earlier runs left -----------------------------------------------------------------------


@pytest.mark.parametrize("target", ["configmap", "files"])
def test_what_nothing_stands_behind_is_named_and_goes_when_it_is_asked_for(
    tmp_path: Path, target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.publish.test_command import run

    folder, out = small(tmp_path / "d"), tmp_path / "out"
    small(folder, uid="falco-toolkit-old", title="Old")
    write = ("--target", target, "--output", str(out), "--dashboards", str(folder))
    assert run(*write) == 0
    (folder / "falco-toolkit-old.dashboard.py").unlink()
    (out / "theirs.yaml").write_text("kind: ConfigMap\n")
    capsys.readouterr()
    assert run(*write) == 0
    assert "falco-toolkit-old" in capsys.readouterr().out.split("Left from before: ")[1]
    assert list(out.rglob("*falco-toolkit-old*"))
    assert run(*write, "--prune", "--dry-run") == 0
    assert list(out.rglob("*falco-toolkit-old*"))
    with pytest.raises(SettingsError, match="this would delete") as caught:
        run(*write, "--prune")
    assert "--yes" in (caught.value.hint or "")
    assert run(*write, "--prune", "--yes") == 0
    assert not list(out.rglob("*falco-toolkit-old*"))
    assert list(out.rglob("*falco-toolkit-small*"))
    assert (out / "theirs.yaml").exists()


def test_with_only_some_written_the_kustomization_still_names_the_others(tmp_path: Path) -> None:
    from tests.publish.test_command import run

    folder, out = small(tmp_path / "d"), tmp_path / "out"
    small(folder, uid="falco-toolkit-other", title="Other")
    write = ("--target", "configmap", "--output", str(out), "--dashboards", str(folder))
    assert run(*write) == 0
    whole = (out / "kustomization.yaml").read_text()
    assert run(*write, "--only", "falco-toolkit-other", "--prune", "--yes") == 0
    assert (out / "kustomization.yaml").read_text() == whole
    assert list(out.glob("*falco-toolkit-small*"))


@pytest.mark.parametrize("flag", ["--rollback", "--force"])
def test_files_have_no_rollback(tmp_path: Path, flag: str) -> None:
    from tests.publish.test_command import run

    with pytest.raises(SettingsError, match="version control"):
        run("--target", "files", "--output", str(tmp_path), flag)
