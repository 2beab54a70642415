"""What a deploy replaces can be brought back, and what people change can be brought home."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import ScriptedServer
from tests.publish.support import actions, api_of, deployment, served, small, stored
from toolkit.errors import PublishError
from toolkit.grafana.context import DataSource
from toolkit.grafana.loader import load_definitions
from toolkit.publish.api import GrafanaApi
from toolkit.publish.applying import apply_plan
from toolkit.publish.backup import backup_folder, latest_backup, rollback_plan, write_backup
from toolkit.publish.deploy import plan_deploy
from toolkit.publish.model import Wishes
from toolkit.publish.pulling import pull
from toolkit.publish.rendering import render

SMALL = "falco-toolkit-small"
MORNING = datetime(2026, 11, 23, 8, tzinfo=UTC)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def deployed(api: GrafanaApi, folder: Path, backups: Path, now: datetime) -> None:
    plan = plan_deploy(deployment(folder), api, Wishes())
    write_backup(plan, backups, now)
    apply_plan(plan, api)


@pytest.mark.parametrize("version", ["7.5.5", "12.1.0"])
def test_a_rollback_puts_back_what_was_there_and_takes_away_what_was_new(
    scripted_server: ScriptedServer, version: str, tmp_path: Path
) -> None:
    fake = served(scripted_server, version)
    api = api_of(scripted_server)
    folder, backups = small(tmp_path / "d"), tmp_path / "backups"
    deployed(api, folder, backups, MORNING)
    home = fake.state.board("falco-toolkit", folder=True)
    assert home is not None
    small(folder, title="Renamed")
    small(folder, uid="falco-toolkit-new", title="New")
    deployed(api, folder, backups, NOON)
    assert stored(fake, SMALL)["title"] == "Renamed"

    plan = rollback_plan(api, latest_backup(backups, api.url))
    apply_plan(plan, api)
    assert stored(fake, SMALL)["title"] == "Small"
    board = fake.state.board(SMALL, folder=False)
    assert board is not None and board.folder_id == home.id
    assert fake.state.board("falco-toolkit-new", folder=False) is None
    # What is there again is ours, untouched: the next deploy may change it.
    assert actions(plan_deploy(deployment(folder), api, Wishes()))[SMALL] == "update"


@pytest.mark.parametrize("version", ["9.4.0", "12.1.0"])
def test_rules_that_were_pruned_come_back_in_their_groups(
    scripted_server: ScriptedServer, version: str, tmp_path: Path
) -> None:
    fake = served(scripted_server, version)
    api = api_of(scripted_server)
    apply_plan(plan_deploy(deployment(), api, Wishes()), api)

    def held() -> dict[str, tuple[int, list[tuple[str, str]]]]:
        return {
            name: (
                group["interval"],
                [(r["uid"], r["data"][0]["model"]["expr"]) for r in group["rules"]],
            )
            for (_, name), group in fake.state.groups.items()
        }

    before = held()
    assert {interval for interval, _ in before.values()} > {60}
    plan = plan_deploy(deployment(small(tmp_path / "d")), api, Wishes(prune=True))
    write_backup(plan, tmp_path / "backups", NOON)
    apply_plan(plan, api)
    assert fake.state.groups == {}
    # Somebody has put a rule of theirs into a group of that name meanwhile.
    gone = plan.changes[-1].before
    assert gone is not None
    kept = {**gone, "uid": "theirs", "title": "Theirs"}
    place = {"folderUid": "falco-toolkit", "title": kept["ruleGroup"], "interval": 60}
    api.alerting.save_rule_group("falco-toolkit", {**place, "rules": [kept]}, known=())

    back = latest_backup(tmp_path / "backups", api.url)
    apply_plan(rollback_plan(api, back), api)
    found = held()
    theirs = found.pop(kept["ruleGroup"])
    wanted = before.pop(kept["ruleGroup"])
    assert found == before
    assert [uid for uid, _ in theirs[1]] == ["theirs", *(uid for uid, _ in wanted[1])]
    again = {one.action for one in rollback_plan(api, back).changes if one.kind == "alert group"}
    assert again == {"unchanged"}
    made = actions(plan_deploy(deployment(), api, Wishes()))
    assert {made[name] for name in before} == {"unchanged"}


@pytest.mark.parametrize("version", ["7.5.5", "12.1.0"])
def test_an_edit_that_was_replaced_by_force_is_an_edit_again_after_a_rollback(
    scripted_server: ScriptedServer, version: str, tmp_path: Path
) -> None:
    """Otherwise it passes for a deploy of ours and is kept for ever, as measured on a 9.4."""
    fake = served(scripted_server, version)
    api = api_of(scripted_server)
    folder, backups = small(tmp_path / "d"), tmp_path / "backups"
    deployed(api, folder, backups, MORNING)
    fake.edit(SMALL, who="alice", title="Edited")
    plan = plan_deploy(deployment(folder), api, Wishes(force=True))
    kept = write_backup(plan, backups, NOON)
    assert kept is not None
    apply_plan(plan, api)
    apply_plan(rollback_plan(api, kept), api)
    assert stored(fake, SMALL)["title"] == "Edited"
    assert actions(plan_deploy(deployment(folder), api, Wishes()))[SMALL] == "refused"


def test_a_rollback_that_is_run_again_has_nothing_more_to_do(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    served(scripted_server)
    api = api_of(scripted_server)
    folder, backups = small(tmp_path / "d"), tmp_path / "backups"
    deployed(api, folder, backups, MORNING)
    deployed(api, small(folder, title="Renamed"), backups, NOON)
    plan = rollback_plan(api, latest_backup(backups, api.url))
    write_backup(plan, backups, NOON.replace(hour=13), rollback=True)
    apply_plan(plan, api)
    assert rollback_plan(api, latest_backup(backups, api.url)).is_empty


def test_of_two_servers_in_one_folder_each_has_its_own_backups(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    served(scripted_server)
    api = api_of(scripted_server)
    deployed(api, small(tmp_path / "d"), tmp_path, MORNING)
    assert latest_backup(tmp_path, api.url).name.startswith("20261123T08")
    with pytest.raises(PublishError, match="no backup of http://loki"):
        latest_backup(tmp_path, "http://loki.example")


def test_a_deploy_that_changes_nothing_leaves_no_backup(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    served(scripted_server)
    api = api_of(scripted_server)
    folder, backups = small(tmp_path / "d"), tmp_path / "backups"
    deployed(api, folder, backups, MORNING)
    deployed(api, folder, backups, NOON)
    assert len(list(backups.iterdir())) == 1


def test_nobody_else_may_read_a_backup(scripted_server: ScriptedServer, tmp_path: Path) -> None:
    """Grafana 9.4 shows the address of a contact point of Teams, which is a secret."""
    served(scripted_server)
    deployed(api_of(scripted_server), small(tmp_path / "d"), tmp_path / "backups", MORNING)
    (path,) = (tmp_path / "backups").iterdir()
    assert path.stat().st_mode & 0o077 == 0


def test_without_a_backup_there_is_nothing_to_put_back(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="there is no backup"):
        latest_backup(tmp_path, "http://grafana.example")


@pytest.mark.parametrize("text", ["", "[]", '{"format": 2, "changes": []}'])
def test_a_file_that_is_no_backup(
    scripted_server: ScriptedServer, tmp_path: Path, text: str
) -> None:
    served(scripted_server)
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(PublishError, match="cannot be used as a backup"):
        rollback_plan(api_of(scripted_server), path)


def test_backups_are_kept_apart_for_each_grafana() -> None:
    one = backup_folder("https://grafana.example/one")
    assert one.name == "grafana.example-one"
    assert one != backup_folder("https://grafana.example/two")


def test_what_somebody_changed_comes_home_as_a_patch(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    fake = served(scripted_server)
    api = api_of(scripted_server)
    folder = small(tmp_path / "d")
    apply_plan(plan_deploy(deployment(folder), api, Wishes()), api)
    context = deployment(folder).context(api.version, DataSource())
    rendered = render(load_definitions([folder]), context)
    assert list(pull(api, rendered)) == []
    fake.edit(SMALL, who="alice", refresh="1m")
    (found,) = pull(api, rendered)
    assert (found.author, found.diff) == ("alice", ("~ refresh: 5m → 1m",))
    assert '- "refresh": "5m",' in found.patch and '+ "refresh": "1m",' in found.patch
    assert "falco_toolkit" not in json.dumps(found.model)
    assert found.model["tags"] == ["falco", "falco-toolkit"]
