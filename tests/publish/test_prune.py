"""What an earlier deploy left over is shown and pruned; what is not ours stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ScriptedServer
from tests.publish.support import (
    ALERTS,
    actions,
    alerting,
    api_of,
    change,
    deployment,
    served,
    small,
    stored,
)
from toolkit.falco.labels import dialects
from toolkit.grafana.context import Folder
from toolkit.publish.applying import apply_plan
from toolkit.publish.deploy import plan_deploy
from toolkit.publish.model import Wishes

OVERVIEW = "falco-toolkit-overview"
SMALL = "falco-toolkit-small"
PLAIN = Wishes()


@pytest.mark.parametrize("version", ["7.5.5", "12.1.0"])
def test_pruning_deletes_what_is_ours_and_nothing_else(
    scripted_server: ScriptedServer, version: str, tmp_path: Path
) -> None:
    fake = served(scripted_server, version)
    api = api_of(scripted_server)
    folder = small(tmp_path / "boards")
    small(folder, uid="falco-toolkit-old", title="Old")
    small(folder, uid="falco-toolkit-edited", title="Edited")
    apply_plan(plan_deploy(deployment(folder), api, PLAIN), api)
    fake.edit("falco-toolkit-edited", refresh="1m")
    # Somebody saved a copy under another name: it has our tag and our mark.
    copy = stored(fake, "falco-toolkit-old") | {"uid": "copy", "title": "My copy"}
    del copy["version"], copy["id"]
    home = fake.state.board("falco-toolkit", folder=True)
    assert home is not None
    api.save_dashboard(copy, {"uid": home.uid, "id": home.id}, "")
    (folder / "falco-toolkit-old.dashboard.py").unlink()
    (folder / "falco-toolkit-edited.dashboard.py").unlink()

    assert "falco-toolkit-old" not in actions(plan_deploy(deployment(folder), api, PLAIN))
    plan = plan_deploy(deployment(folder), api, Wishes(prune=True))
    found = actions(plan)
    assert found["falco-toolkit-old"] == "delete"
    assert found["falco-toolkit-edited"] == "skipped"
    assert found["copy"] == "skipped"
    apply_plan(plan, api)
    left = {board.uid for board in fake.state.boards if not board.is_folder}
    assert left == {SMALL, "falco-toolkit-edited", "copy"}


def test_pruning_deletes_rules_of_groups_that_are_gone(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    fake = served(scripted_server)
    api = api_of(scripted_server)
    folder = alerting(small(tmp_path / "all"))
    apply_plan(plan_deploy(deployment(folder), api, PLAIN), api)
    (folder / "x.alertgroup.py").unlink()
    plan = plan_deploy(deployment(folder), api, Wishes(prune=True))
    assert change(plan, "falco-toolkit-too-many").action == "delete"
    apply_plan(plan, api)
    assert fake.state.groups == {}


@pytest.mark.parametrize("version", ["9.4.0", "12.1.0"])
def test_a_rule_that_goes_to_another_group_is_moved_and_not_pruned(
    scripted_server: ScriptedServer, tmp_path: Path, version: str
) -> None:
    fake = served(scripted_server, version)
    api = api_of(scripted_server)
    folder = small(tmp_path / "d")
    path = folder / "x.alertgroup.py"
    text = ALERTS.replace("{title}", "T").replace("{{rule}}", "{rule}")
    path.write_text(text)
    apply_plan(plan_deploy(deployment(folder), api, PLAIN), api)
    path.write_text(text.replace('"g"', '"other"'))
    plan = plan_deploy(deployment(folder), api, Wishes(prune=True))
    apply_plan(plan, api)
    assert [(key[1], len(group["rules"])) for key, group in fake.state.groups.items()] == [
        ("other", 1)
    ]


@pytest.mark.parametrize("version", ["9.4.0", "12.1.0"])
def test_a_group_whose_rules_the_labels_feed_no_more_is_emptied(
    scripted_server: ScriptedServer, version: str
) -> None:
    fake = served(scripted_server, version)
    api = api_of(scripted_server)
    old = deployment(schema=dialects()["falcosidekick-2.25"])
    first = plan_deploy(old, api, PLAIN)
    assert change(first, "falco-pipeline").action == "skipped"
    assert "feed none of its rules" in change(first, "falco-pipeline").reason
    apply_plan(plan_deploy(deployment(), api, PLAIN), api)
    assert ("falco-toolkit", "falco-pipeline") in fake.state.groups
    plan = plan_deploy(old, api, PLAIN)
    assert change(plan, "falco-pipeline").action == "update"
    apply_plan(plan, api)
    assert ("falco-toolkit", "falco-pipeline") not in fake.state.groups


def test_nothing_is_called_left_over_when_only_some_were_chosen(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    served(scripted_server)
    api = api_of(scripted_server)
    folder = small(tmp_path / "boards")
    small(folder, uid="falco-toolkit-other", title="Other")
    apply_plan(plan_deploy(deployment(folder), api, PLAIN), api)
    wishes = Wishes(prune=True, partial=True)
    plan = plan_deploy(deployment(folder, only=(SMALL,)), api, wishes)
    assert "falco-toolkit-other" not in actions(plan)


def test_a_folder_of_ones_own(scripted_server: ScriptedServer, tmp_path: Path) -> None:
    fake = served(scripted_server)
    api = api_of(scripted_server)
    wanted = deployment(small(tmp_path / "b"), folder=Folder("sec", "Security"))
    apply_plan(plan_deploy(wanted, api, PLAIN), api)
    assert fake.state.board("sec", folder=True)
