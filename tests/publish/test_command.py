"""``toolkit deploy-dashboards`` as somebody types it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import Answer, ScriptedServer
from tests.publish.support import served, small, stored
from toolkit.cli.main import Entry, resolve
from toolkit.errors import PublishError, SettingsError

SMALL = "falco-toolkit-small"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings of the machine's, and an empty folder to stand in."""
    for name in ("GRAFANA_URL", "GRAFANA_TOKEN", "GRAFANA_USER", "GRAFANA_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> int:
    """Runs the command and gives its exit status; errors of ours come through."""
    command = resolve(Entry("deploy-dashboards", "toolkit.cli.deploy", "deploy_dashboards", ""))
    try:
        command.main(args=list(arguments), standalone_mode=True)
    except SystemExit as exit_:
        return int(exit_.code or 0)
    raise AssertionError("a command exits")


@pytest.fixture
def arguments(
    scripted_server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> list[str]:
    monkeypatch.setenv("GRAFANA_URL", scripted_server.url)
    monkeypatch.setenv("GRAFANA_USER", "admin")
    monkeypatch.setenv("GRAFANA_PASSWORD", "admin")
    folder = small(tmp_path / "boards")
    return ["--dashboards", str(folder), "--backups", str(tmp_path / "backups")]


def test_it_deploys_and_says_so_and_then_says_that_nothing_changed(
    scripted_server: ScriptedServer, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    fake = served(scripted_server)
    assert run(*arguments) == 0
    said = capsys.readouterr().out
    assert "+ data source Loki: create" in said
    assert "+ folder      Falco: create" in said
    assert "+ dashboard   Small (falco-toolkit-small): create" in said
    assert "Sent 3 changes." in said
    fake.writes.clear()
    assert run(*arguments) == 0
    assert "Nothing changed; nothing was sent." in capsys.readouterr().out
    assert fake.writes == []


def test_a_dry_run_sends_nothing(
    scripted_server: ScriptedServer, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    fake = served(scripted_server)
    assert run(*arguments, "--dry-run", "--diff") == 0
    assert "+ 1 panels" in capsys.readouterr().out
    assert fake.writes == []
    assert all(asked.method == "GET" for asked in scripted_server.asked)


def test_the_plan_as_json(
    scripted_server: ScriptedServer, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    served(scripted_server, "11.6.0")
    assert run(*arguments, "--json", "--dry-run") == 0
    plan: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert plan["grafana"] == {"url": scripted_server.url, "version": "11.6"}
    assert plan["counts"] == {"create": 3}
    assert [one["kind"] for one in plan["changes"]] == ["data source", "folder", "dashboard"]


def test_what_is_refused_is_said_and_the_exit_status_is_1(
    scripted_server: ScriptedServer, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    fake = served(scripted_server)
    run(*arguments)
    fake.edit(SMALL, who="alice", refresh="1m")
    capsys.readouterr()
    assert run(*arguments) == 1
    said = capsys.readouterr().out
    assert "! dashboard   Small (falco-toolkit-small): refused" in said
    assert "alice changed it" in said
    assert stored(fake, SMALL)["refresh"] == "1m"
    assert run(*arguments, "--force") == 0
    assert stored(fake, SMALL)["refresh"] == "5m"


def test_nothing_is_deleted_unless_it_is_agreed_to(
    scripted_server: ScriptedServer, arguments: list[str], tmp_path: Path
) -> None:
    fake = served(scripted_server)
    small(tmp_path / "boards", uid="falco-toolkit-old", title="Old")
    run(*arguments)
    (tmp_path / "boards" / "falco-toolkit-old.dashboard.py").unlink()
    with pytest.raises(SettingsError, match="this would delete Old"):
        run(*arguments, "--prune")
    assert fake.state.board("falco-toolkit-old", folder=False)
    assert run(*arguments, "--prune", "--yes") == 0
    assert fake.state.board("falco-toolkit-old", folder=False) is None
    assert run(*arguments, "--rollback") == 0
    assert fake.state.board("falco-toolkit-old", folder=False)


def test_a_rollback_goes_on_with_earlier_deploys_and_can_be_undone(
    scripted_server: ScriptedServer, arguments: list[str], tmp_path: Path
) -> None:
    fake = served(scripted_server)
    backups = tmp_path / "one by one"
    for title in ("First", "Second", "Third"):
        small(tmp_path / "boards", title=title)
        assert run(*arguments, "--backups", str(backups)) == 0
    _, second, _ = sorted(backups.iterdir())
    assert run(*arguments, "--rollback", "--backups", str(backups)) == 0
    assert stored(fake, SMALL)["title"] == "Second"
    (undo,) = backups.glob("*.rollback.json")
    assert run(*arguments, "--rollback", "--backups", str(second)) == 0
    assert stored(fake, SMALL)["title"] == "First"
    assert run(*arguments, "--rollback", "--backups", str(undo)) == 0
    assert stored(fake, SMALL)["title"] == "Third"
    second.write_text(second.read_text().replace(scripted_server.url, "http://elsewhere"))
    with pytest.raises(PublishError, match="a backup of http://elsewhere, not of"):
        run(*arguments, "--rollback", "--backups", str(second))


def test_a_token_comes_from_the_environment_or_a_file_and_no_flag_takes_one(
    scripted_server: ScriptedServer,
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    served(scripted_server)
    monkeypatch.delenv("GRAFANA_PASSWORD")
    monkeypatch.delenv("GRAFANA_USER")
    (tmp_path / "token").write_text("admin-token\n")
    assert run(*arguments, "--grafana-token-file", str(tmp_path / "token"), "--dry-run") == 0
    assert scripted_server.asked[-1].headers["authorization"] == "Bearer admin-token"
    assert run("--grafana-token", "x") == 2
    assert "No such option" in capsys.readouterr().err


def test_without_an_address_it_says_which_setting_is_missing() -> None:
    with pytest.raises(SettingsError, match="the address of Grafana is not set"):
        run("--dry-run")


def test_configmaps_need_no_grafana(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert run("--target", "configmap", "--output", str(out), "--grafana-version", "11.6") == 0
    said = capsys.readouterr().out
    assert "Rendered for Grafana 11.6" in said
    assert f"kubectl apply -k {out}" in said
    overview = yaml.safe_load((out / "dashboard-falco-toolkit-overview.yaml").read_text())
    assert json.loads(overview["data"]["falco-toolkit-overview.json"])["schemaVersion"] == 39
    assert run("--target", "configmap", "--output", str(out), "--grafana-version", "11.6") == 0
    again = capsys.readouterr().out
    assert "created" not in again and "unchanged" in again


def test_files_are_a_provisioning_tree(tmp_path: Path) -> None:
    assert run("--target", "files", "--output", "tree", "--loki-datasource-url", "http://l:1") == 0
    path = tmp_path / "tree" / "grafana" / "provisioning" / "datasources" / "falco-toolkit.yaml"
    assert yaml.safe_load(path.read_text())["datasources"][0]["url"] == "http://l:1"
    with pytest.raises(SettingsError, match="needs a folder"):
        run("--target", "files")


def test_a_version_that_is_none() -> None:
    with pytest.raises(SettingsError, match="'latest': expected a version"):
        run("--grafana-version", "latest")


def test_the_label_dialect_decides_the_queries(tmp_path: Path) -> None:
    run("--target", "files", "--output", "a")
    run("--target", "files", "--output", "b", "--labels", "stdout")
    board = "grafana/dashboards/falco-toolkit/falco-toolkit-overview.json"
    assert '{source=\\"falco\\"' in (tmp_path / "a" / board).read_text()
    assert '{container=\\"falco\\"' in (tmp_path / "b" / board).read_text()


@pytest.mark.parametrize(("fault", "status"), [(Answer(500, b"{}"), 1), (Answer(hang_up=True), 3)])
def test_an_error_half_way_exits_as_the_error_does(
    scripted_server: ScriptedServer, arguments: list[str], fault: Answer, status: int
) -> None:
    fake = served(scripted_server)
    fake.faults["POST /api/dashboards/db"] = fault
    with pytest.raises(PublishError, match="2 of 3 changes were made") as caught:
        run(*arguments)
    assert caught.value.exit_code == status
