"""A deploy over HTTP, on each generation of Grafana."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Answer, ScriptedServer
from tests.publish.support import (
    GENERATIONS,
    LOKI,
    actions,
    api_of,
    change,
    deployment,
    served,
    small,
    stored,
)
from toolkit.errors import PublishError, SettingsError
from toolkit.grafana.version import GrafanaVersion
from toolkit.publish.applying import apply_plan
from toolkit.publish.deploy import plan_deploy, render_offline
from toolkit.publish.model import Wishes
from toolkit.publish.sources import WantedSource

OVERVIEW = "falco-toolkit-overview"
SMALL = "falco-toolkit-small"
PLAIN = Wishes()


@pytest.mark.parametrize("version", GENERATIONS)
def test_everything_is_brought_and_a_second_run_sends_nothing(
    scripted_server: ScriptedServer, version: str
) -> None:
    fake = served(scripted_server, version)
    api = api_of(scripted_server)
    apply_plan(plan_deploy(deployment(), api, PLAIN), api)

    (source,) = fake.state.sources
    assert source.model["uid"] == "falco-loki"
    assert source.model["url"] == LOKI
    assert not source.model.get("isDefault")
    folder = fake.state.board("falco-toolkit", folder=True)
    assert folder is not None
    boards = [board for board in fake.state.boards if not board.is_folder]
    assert {board.uid for board in boards} >= {OVERVIEW, "falco-toolkit-rule", "falco-toolkit-node"}
    assert all(board.folder_id == folder.id for board in boards)
    assert len(fake.state.groups) == (0 if version == "7.5.5" else 3)

    fake.writes.clear()
    again = plan_deploy(deployment(), api, PLAIN)
    assert again.is_empty
    apply_plan(again, api)
    assert fake.writes == []


def test_on_7_5_alert_rules_are_said_to_need_grafana_9(scripted_server: ScriptedServer) -> None:
    """7.5 answers 404 to their routes, which says nothing."""
    served(scripted_server, "7.5.5")
    plan = plan_deploy(deployment(), api_of(scripted_server), PLAIN)
    skipped = change(plan, "falco-security")
    assert skipped.action == "skipped"
    assert skipped.reason == "alert rules need Grafana 9 or later, this is 7.5"
    assert not any("provisioning" in asked.path for asked in scripted_server.asked)


@pytest.mark.parametrize("version", ["12.1.0", "13.0.0"])
def test_a_server_that_stores_dashboards_in_its_own_words_is_left_alone(
    scripted_server: ScriptedServer, version: str
) -> None:
    """Its content never compares equal; the mark and the history say that nobody saved since."""
    fake = served(scripted_server, version, restates=True)
    api = api_of(scripted_server)
    apply_plan(plan_deploy(deployment(), api, PLAIN), api)
    assert plan_deploy(deployment(), api, PLAIN).is_empty
    fake.edit(OVERVIEW, tags=["mine"])
    edited = change(plan_deploy(deployment(), api, PLAIN), OVERVIEW)
    assert edited.action == "refused"


@pytest.mark.parametrize("version", ["7.5.5", "11.6.0"])
def test_a_new_title_is_an_update_with_a_readable_difference(
    scripted_server: ScriptedServer, version: str, tmp_path: Path
) -> None:
    fake = served(scripted_server, version)
    api = api_of(scripted_server)
    folder = small(tmp_path / "boards")
    apply_plan(plan_deploy(deployment(folder), api, PLAIN), api)
    small(folder, title="Renamed")
    plan = plan_deploy(deployment(folder), api, PLAIN)
    changed = change(plan, SMALL)
    assert changed.action == "update"
    assert changed.diff == ("~ title: Small → Renamed",)
    apply_plan(plan, api)
    assert stored(fake, SMALL)["title"] == "Renamed"
    assert stored(fake, SMALL)["version"] == 2


def test_what_somebody_changed_in_grafana_is_refused_with_name_and_time(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    fake = served(scripted_server)
    api = api_of(scripted_server)
    folder = small(tmp_path / "boards")
    apply_plan(plan_deploy(deployment(folder), api, PLAIN), api)
    fake.edit(SMALL, who="alice", refresh="30s")

    refused = change(plan_deploy(deployment(folder), api, PLAIN), SMALL)
    assert refused.action == "refused"
    assert "alice changed it in Grafana at 2026-11-23T04:35:28Z" in refused.reason
    assert refused.diff == ("~ refresh: 30s → 5m",)
    assert "--force" in refused.hint

    forced = plan_deploy(deployment(folder), api, Wishes(force=True))
    apply_plan(forced, api)
    assert stored(fake, SMALL)["refresh"] == "5m"


def test_an_edit_that_was_taken_back_is_no_edit(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    fake = served(scripted_server)
    api = api_of(scripted_server)
    folder = small(tmp_path / "boards")
    apply_plan(plan_deploy(deployment(folder), api, PLAIN), api)
    fake.edit(SMALL, refresh="30s")
    fake.edit(SMALL, refresh="5m")
    assert actions(plan_deploy(deployment(folder), api, PLAIN))[SMALL] == "unchanged"


def test_a_dashboard_of_somebody_elses_with_our_uid_is_not_taken_over(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    served(scripted_server)
    api = api_of(scripted_server)
    model = {"uid": SMALL, "title": "Theirs", "tags": [], "panels": [], "templating": {"list": []}}
    api.create_folder("theirs", "Theirs folder")
    api.save_dashboard(model, {"uid": "theirs"}, "by hand")
    refused = change(plan_deploy(deployment(small(tmp_path / "b")), api, PLAIN), SMALL)
    assert refused.action == "refused"
    assert "did not make" in refused.reason


@pytest.mark.parametrize("version", ["7.5.5", "12.1.0"])
def test_what_a_file_on_the_server_provides_is_never_written(
    scripted_server: ScriptedServer, version: str, tmp_path: Path
) -> None:
    """7.5 would take it (measured), and its file provider would put the old one back."""
    fake = served(scripted_server, version)
    api = api_of(scripted_server)
    folder = small(tmp_path / "boards")
    apply_plan(plan_deploy(deployment(folder), api, PLAIN), api)
    board = fake.state.board(SMALL, folder=False)
    assert board is not None
    board.provisioned = "Falco/small.json"
    small(folder, title="Renamed")
    refused = change(plan_deploy(deployment(folder), api, Wishes(force=True)), SMALL)
    assert refused.action == "refused"
    assert "Falco/small.json" in refused.reason


def test_what_a_file_provides_just_so_is_unchanged(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    """A file that was written by --target files has neither tag nor mark of a deploy."""
    fake = served(scripted_server)
    api = api_of(scripted_server)
    folder = small(tmp_path / "boards")
    apply_plan(plan_deploy(deployment(folder), api, PLAIN), api)
    board = fake.state.board(SMALL, folder=False)
    assert board is not None
    (made,) = render_offline(deployment(folder), GrafanaVersion(12, 1)).dashboards
    board.model, board.provisioned = made.model, "small.json"
    assert change(plan_deploy(deployment(folder), api, PLAIN), SMALL).action == "unchanged"


@pytest.mark.parametrize("version", ["7.5.5", "12.1.0"])
def test_a_dashboard_that_was_moved_goes_back_to_its_folder(
    scripted_server: ScriptedServer, version: str, tmp_path: Path
) -> None:
    fake = served(scripted_server, version)
    api = api_of(scripted_server)
    folder = small(tmp_path / "boards")
    apply_plan(plan_deploy(deployment(folder), api, PLAIN), api)
    board = fake.state.board(SMALL, folder=False)
    home = fake.state.board("falco-toolkit", folder=True)
    assert board is not None and home is not None
    board.folder_id = 0
    plan = plan_deploy(deployment(folder), api, PLAIN)
    assert change(plan, SMALL).diff == ("~ folder: General → Falco",)
    apply_plan(plan, api)
    assert board.folder_id == home.id


@pytest.mark.parametrize("version", ["7.5.5", "12.1.0"])
def test_a_folder_of_that_title_is_used_whatever_its_uid(
    scripted_server: ScriptedServer, version: str, tmp_path: Path
) -> None:
    fake = served(scripted_server, version)
    api = api_of(scripted_server)
    api.create_folder("by-hand", "falco")
    plan = plan_deploy(deployment(small(tmp_path / "b")), api, PLAIN)
    assert change(plan, "by-hand").action == "unchanged"
    apply_plan(plan, api)
    board = fake.state.board(SMALL, folder=False)
    folder = fake.state.board("by-hand", folder=True)
    assert board is not None and folder is not None
    assert board.folder_id == folder.id


def test_only_what_is_named_is_deployed_and_an_unknown_name_is_an_error(
    scripted_server: ScriptedServer,
) -> None:
    served(scripted_server)
    api = api_of(scripted_server)
    plan = plan_deploy(deployment(only=("over*", "falco-trends")), api, PLAIN)
    assert actions(plan).keys() == {"falco-loki", "falco-toolkit", OVERVIEW, "falco-trends"}
    with pytest.raises(SettingsError, match="is called nothing") as caught:
        plan_deploy(deployment(only=("nothing",)), api, PLAIN)
    assert {OVERVIEW, "falco-trends"} <= set(str(caught.value.hint).split(": ")[1].split(", "))


# --- rights ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", GENERATIONS)
def test_an_editors_token_deploys_dashboards_and_is_told_what_the_rest_needs(
    scripted_server: ScriptedServer, version: str
) -> None:
    fake = served(scripted_server, version)
    fake.add_source("their-loki", LOKI)
    api = api_of(scripted_server, "editor-token")
    wanted = deployment(source=WantedSource(uid="their-loki"))
    plan = plan_deploy(wanted, api, PLAIN)
    source = change(plan, "their-loki")
    if version == "7.5.5":
        assert source.action == "skipped"
        assert "datasources:read" in source.hint
    else:
        # An Editor sees data sources there, and may not make one.
        assert source.action == "unchanged"
    apply_plan(plan, api)
    (variable, *_) = stored(fake, OVERVIEW)["templating"]["list"]
    # 7.5 names data sources by name, which an Editor cannot look up: Grafana then chooses a Loki.
    expected = {} if version == "7.5.5" else {"text": "Loki", "value": "their-loki"}
    assert variable["current"] == expected
    alerts = change(plan, "falco-security")
    if version in ("9.5.21", "10.4.2"):
        assert alerts.action == "refused"
        assert "alert.provisioning:read" in alerts.hint
    elif version != "7.5.5":
        assert alerts.action == "create"


def test_without_the_right_to_make_a_data_source_dashboards_are_deployed_all_the_same(
    scripted_server: ScriptedServer,
) -> None:
    fake = served(scripted_server, "9.5.21")
    api = api_of(scripted_server, "editor-token")
    outcome = apply_plan(plan_deploy(deployment(), api, PLAIN), api)
    (denied,) = outcome.denied
    assert (denied.kind, denied.action) == ("data source", "refused")
    assert "datasources:create" in denied.hint
    assert fake.state.board(OVERVIEW, folder=False)


def test_a_viewers_token_is_told_what_is_missing(scripted_server: ScriptedServer) -> None:
    served(scripted_server)
    api = api_of(scripted_server, "viewer-token")
    plan = plan_deploy(deployment(), api, Wishes(alerts=False))
    with pytest.raises(PublishError, match="may not POST /api/folders") as caught:
        apply_plan(plan, api)
    assert caught.value.status == 403
    assert "folders:create" in (caught.value.hint or "")
    assert "Editor" in (caught.value.hint or "")


@pytest.mark.parametrize("token", ["nonsense", None])
def test_credentials_that_are_not_accepted(
    scripted_server: ScriptedServer, token: str | None
) -> None:
    served(scripted_server)
    more = {} if token else {"username": None, "password": None}
    api = api_of(scripted_server, token, **more)
    with pytest.raises(PublishError, match="does not accept these credentials") as caught:
        plan_deploy(deployment(), api, PLAIN)
    assert "GRAFANA_TOKEN" in (caught.value.hint or "")
    assert "nonsense" not in str(caught.value)


# --- half way -------------------------------------------------------------------------------------


def test_a_failure_half_way_says_what_was_done_and_the_next_run_goes_on(
    scripted_server: ScriptedServer,
) -> None:
    fake = served(scripted_server)
    fake.faults["POST /api/dashboards/db"] = Answer(
        500, b'{"message":"database is locked"}', {"Content-Type": "application/json"}
    )
    api = api_of(scripted_server)
    plan = plan_deploy(deployment(), api, PLAIN)
    with pytest.raises(PublishError, match="500 database is locked") as caught:
        apply_plan(plan, api)
    assert "2 of " in str(caught.value)
    assert "not made: Falco /" in str(caught.value)
    assert "run the command again" in (caught.value.hint or "")

    fake.faults.clear()
    second = plan_deploy(deployment(), api, PLAIN)
    assert actions(second)["falco-toolkit"] == "unchanged"
    apply_plan(second, api)
    assert plan_deploy(deployment(), api, PLAIN).is_empty


def test_somebody_who_saves_meanwhile_is_not_overwritten(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    fake = served(scripted_server)
    api = api_of(scripted_server)
    folder = small(tmp_path / "boards")
    apply_plan(plan_deploy(deployment(folder), api, PLAIN), api)
    small(folder, title="Renamed")
    plan = plan_deploy(deployment(folder), api, PLAIN)
    fake.edit(SMALL, refresh="1m")
    with pytest.raises(PublishError, match="changed by someone else") as caught:
        apply_plan(plan, api)
    assert caught.value.status == 412
    assert stored(fake, SMALL)["refresh"] == "1m"
