"""Contact points, mute timings and our part of the policy tree, deployed over HTTP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ScriptedServer
from tests.publish.fake_grafana import FakeGrafana
from tests.publish.support import actions, api_of, change, deployment, served, small
from toolkit.errors import DefinitionError, PublishError, SettingsError
from toolkit.grafana.version import NEWEST
from toolkit.publish.api import GrafanaApi
from toolkit.publish.applying import apply_plan
from toolkit.publish.backup import rollback_plan, write_backup
from toolkit.publish.deploy import plan_deploy, render_offline
from toolkit.publish.manifests import Namespaces, manifests
from toolkit.publish.model import Plan, Wishes
from toolkit.publish.notifications import POLICIES
from toolkit.publish.provisioning import provisioning_tree, unwritten

Json = dict[str, Any]

TOLD = """
from toolkit.grafana.alerting import *

notifications = Notifications(
    contact_points=[
        ContactPoint(
            "Security",
            [
                Receiver("email", {"addresses": "soc@example.org"}),
                Receiver("slack", {"recipient": "#security", "token": from_environment("SLACK")}),
            ],
        )
    ],
    mute_timings=[MuteTiming("weekends", [Interval(weekdays=["saturday", "sunday"])])],
    policies=[
        Policy(
            "Security",
            group_by=["alertname", "hostname"],
            routes=[Policy(where=[Matcher("severity", "=", "info")], mute=["weekends"])],
        )
    ],
)
"""
MAIL, SLACK = "falco-toolkit-security", "falco-toolkit-security-2"
WEEKENDS = "falco-toolkit weekends"
TREE = {
    "receiver": "grafana-default-email",
    "group_by": ["grafana_folder", "alertname"],
    "routes": [{"receiver": "payments", "object_matchers": [["team", "=", "payments"]]}],
}
PAYMENTS = {
    "uid": "abc",
    "name": "payments",
    "type": "email",
    "settings": {"addresses": "pay@example.org"},
    "disableResolveMessage": False,
}
MODERN = ("9.5.21", "11.6.0", "13.0.0")


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK", "xoxb-the-token")


def folder(tmp_path: Path, text: str = TOLD) -> Path:
    found = small(tmp_path / "d")
    (found / "ours.notifications.py").write_text(text)
    return found


def grafana(server: ScriptedServer, version: str = "12.1.0") -> FakeGrafana:
    """A Grafana in which another team has a contact point and a policy."""
    fake = served(server, version)
    fake.state.receivers.append(dict(PAYMENTS))
    fake.state.policies = json.loads(json.dumps(TREE))
    return fake


def planned(api: GrafanaApi, where: Path, *, whole: bool = False, **wishes: bool) -> Plan:
    return plan_deploy(deployment(where, whole_tree=whole), api, Wishes(**wishes))


def deploy(api: GrafanaApi, where: Path, **wishes: bool) -> Plan:
    plan = planned(api, where, **wishes)
    apply_plan(plan, api)
    return plan


@pytest.mark.parametrize("version", MODERN)
def test_everything_is_brought_and_a_second_run_sends_nothing(
    scripted_server: ScriptedServer, tmp_path: Path, version: str
) -> None:
    fake, api, where = grafana(scripted_server, version), api_of(scripted_server), folder(tmp_path)
    deploy(api, where)
    stored = {one["uid"]: one for one in fake.state.receivers}
    assert stored[SLACK]["settings"] == {"recipient": "#security", "token": "xoxb-the-token"}
    assert stored[MAIL]["name"] == stored[SLACK]["name"] == "Security"
    assert fake.state.timings[0]["name"] == WEEKENDS
    sent = list(fake.writes)
    again = planned(api, where)
    assert again.is_empty
    assert set(actions(again).values()) == {"unchanged"}
    apply_plan(again, api)
    assert fake.writes == sent


@pytest.mark.parametrize("version", MODERN)
def test_the_rest_of_the_tree_stays_as_it_was_and_editable(
    scripted_server: ScriptedServer, tmp_path: Path, version: str
) -> None:
    fake, where = grafana(scripted_server, version), folder(tmp_path)
    deploy(api_of(scripted_server), where)
    ours, others = fake.state.policies["routes"]
    assert others == TREE["routes"][0]  # type: ignore[index]
    assert {k: v for k, v in fake.state.policies.items() if k != "routes"} == {
        k: v for k, v in TREE.items() if k != "routes"
    }
    assert ours["receiver"] == "Security"
    assert ["grafana_folder", "=", "Falco"] in ours["object_matchers"]
    assert ours["routes"][0]["mute_time_intervals"] == [WEEKENDS]


def test_a_secret_is_in_no_plan_no_backup_and_no_diff(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    grafana(scripted_server)
    api, where = api_of(scripted_server), folder(tmp_path)
    plan = planned(api, where)
    kept = write_backup(plan, tmp_path / "backups", _now())
    assert kept is not None
    apply_plan(plan, api)
    (where / "ours.notifications.py").write_text(TOLD.replace("#security", "#soc"))
    again = planned(api, where)
    assert change(again, SLACK).diff == ("~ settings.recipient: #security → #soc",)
    later = write_backup(again, tmp_path / "backups", _now(1))
    assert later is not None
    told = [json.dumps(plan.to_json()), json.dumps(again.to_json())]
    for text in (*told, kept.read_text(), later.read_text()):
        assert "xoxb" not in text


def _now(minute: int = 0) -> Any:
    from datetime import UTC, datetime

    return datetime(2026, 11, 23, 8, minute, tzinfo=UTC)


def test_a_secret_that_is_not_there_is_found_out_before_anything_is_sent(
    scripted_server: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake, api, where = grafana(scripted_server), api_of(scripted_server), folder(tmp_path)
    monkeypatch.delenv("SLACK")
    plan = planned(api, where)
    assert change(plan, SLACK).action == "create"
    with pytest.raises(SettingsError, match="variable SLACK is not set; contact point Security"):
        apply_plan(plan, api)
    assert fake.writes == []


def test_a_secret_may_be_in_a_file(scripted_server: ScriptedServer, tmp_path: Path) -> None:
    fake, api = grafana(scripted_server), api_of(scripted_server)
    path = tmp_path / "token"
    where = folder(tmp_path, TOLD.replace('from_environment("SLACK")', f'from_file("{path}")'))
    with pytest.raises(SettingsError, match=r"cannot be read from .*token: No such file"):
        deploy(api, where)
    path.write_text(" \n")
    with pytest.raises(SettingsError, match="is empty"):
        deploy(api, where)
    path.write_text("from-a-file\n")
    deploy(api, where)
    stored = next(one for one in fake.state.receivers if one["uid"] == SLACK)
    assert stored["settings"]["token"] == "from-a-file"


def test_secrets_cannot_be_compared_and_are_sent_again_with_force(
    scripted_server: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake, api, where = grafana(scripted_server), api_of(scripted_server), folder(tmp_path)
    deploy(api, where)
    monkeypatch.setenv("SLACK", "xoxb-new")
    assert planned(api, where).is_empty
    plan = deploy(api, where, force=True)
    assert [one.uid for one in plan.writes()] == [SLACK]
    stored = next(one for one in fake.state.receivers if one["uid"] == SLACK)
    assert stored["settings"]["token"] == "xoxb-new"


def test_a_contact_point_of_others_with_our_name_is_left_alone(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    fake, api, where = grafana(scripted_server), api_of(scripted_server), folder(tmp_path)
    fake.state.receivers.append({**PAYMENTS, "uid": "theirs", "name": "Security"})
    plan = deploy(api, where, force=True)
    assert change(plan, MAIL).action == "refused"
    assert "did not make" in change(plan, MAIL).reason
    assert [one["uid"] for one in fake.state.receivers if one["name"] == "Security"] == ["theirs"]


def test_what_a_file_provides_is_left(scripted_server: ScriptedServer, tmp_path: Path) -> None:
    fake, api, where = grafana(scripted_server), api_of(scripted_server), folder(tmp_path)
    deploy(api, where)
    for one in (*fake.state.receivers, *fake.state.timings, fake.state.policies):
        one["provenance"] = "file"
    text = TOLD.replace("soc@", "csirt@").replace('"sunday"', '"friday"').replace("host", "rule")
    plan = planned(api, folder(tmp_path, text), force=True)
    for uid in (MAIL, WEEKENDS, POLICIES):
        assert change(plan, uid).action == "refused"
        assert "comes from a file" in change(plan, uid).reason
    assert plan.is_empty


# --- the tree -------------------------------------------------------------------------------------


def test_a_policy_that_somebody_changed_in_grafana_is_refused(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    fake, api, where = grafana(scripted_server), api_of(scripted_server), folder(tmp_path)
    deploy(api, where)
    fake.state.policies["routes"][0]["group_wait"] = "5m"
    plan = planned(api, where)
    assert change(plan, POLICIES).action == "refused"
    assert "somebody changed it" in change(plan, POLICIES).reason
    assert change(plan, POLICIES).diff == ("- routes[0].group_wait: 5m",)
    deploy(api, where, force=True)
    assert "group_wait" not in fake.state.policies["routes"][0]


def test_a_policy_that_others_changed_elsewhere_is_none_of_our_business(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    fake, api, where = grafana(scripted_server), api_of(scripted_server), folder(tmp_path)
    deploy(api, where)
    fake.state.policies["routes"][1]["group_wait"] = "5m"
    assert planned(api, where).is_empty
    deploy(api, folder(tmp_path, TOLD.replace("hostname", "rule")))
    assert fake.state.policies["routes"][1]["group_wait"] == "5m"
    assert fake.state.policies["routes"][0]["group_by"] == ["alertname", "rule"]


def test_a_tree_that_somebody_saves_meanwhile_is_not_overwritten(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    fake, api, where = grafana(scripted_server), api_of(scripted_server), folder(tmp_path)
    plan = planned(api, where)
    fake.state.policies["group_wait"] = "1m"
    with pytest.raises(PublishError, match="somebody saved the policy tree meanwhile"):
        apply_plan(plan, api)
    assert len(fake.state.policies["routes"]) == 1
    deploy(api, where)
    assert fake.state.policies["group_wait"] == "1m"


def test_before_9_5_the_tree_would_be_locked_so_it_is_left_unless_forced(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    fake, api, where = grafana(scripted_server, "9.4.0"), api_of(scripted_server), folder(tmp_path)
    plan = deploy(api, where)
    assert change(plan, POLICIES).action == "refused"
    assert "would lock the whole tree" in change(plan, POLICIES).reason
    assert fake.state.policies == TREE
    assert actions(plan)[MAIL] == actions(plan)[WEEKENDS] == "create"
    deploy(api, where, force=True)
    assert fake.state.policies["provenance"] == "api"
    # It is locked now, so there is nothing left to protect.
    assert planned(api, where).is_empty
    plan = deploy(api, folder(tmp_path, TOLD.replace("hostname", "rule")))
    assert change(plan, POLICIES).action == "update"


def test_a_tree_that_is_kept_over_the_api_stays_so(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    fake, api, where = grafana(scripted_server), api_of(scripted_server), folder(tmp_path)
    fake.state.policies["provenance"] = "api"
    plan = deploy(api, where)
    assert "maybe by another tool" in change(plan, POLICIES).reason
    assert fake.state.policies["provenance"] == "api"


def test_a_contact_point_that_is_nowhere_is_said_before_grafana_says_it(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    grafana(scripted_server)
    api = api_of(scripted_server)
    text = "from toolkit.grafana.alerting import *\nnotifications = Notifications([], [], [X])\n"
    plan = planned(api, folder(tmp_path, text.replace("X", 'Policy("Nobody")')))
    assert change(plan, POLICIES).action == "refused"
    assert "'Nobody', which is nowhere" in change(plan, POLICIES).reason
    plan = planned(api, folder(tmp_path, text.replace("X", 'Policy("payments")')))
    assert change(plan, POLICIES).action == "update"


def test_the_whole_tree_is_replaced_only_when_that_is_asked_for(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    fake, api, where = grafana(scripted_server), api_of(scripted_server), folder(tmp_path)
    plan = planned(api, where, whole=True)
    assert change(plan, POLICIES).kind == "policy tree"
    assert "~ receiver: grafana-default-email → Security" in change(plan, POLICIES).diff
    kept = write_backup(plan, tmp_path / "backups", _now())
    assert kept is not None
    apply_plan(plan, api)
    assert fake.state.policies["receiver"] == "Security"
    assert [one["receiver"] for one in fake.state.policies["routes"]] == ["Security"]
    assert fake.state.policies["provenance"] == "api"
    assert planned(api, where, whole=True).is_empty
    apply_plan(rollback_plan(api, kept), api)
    assert fake.state.policies == TREE


def test_a_whole_tree_without_a_policy_is_an_error(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    grafana(scripted_server)
    with pytest.raises(DefinitionError, match=r"--whole-policy-tree: .* 0 are declared"):
        planned(api_of(scripted_server), small(tmp_path / "d"), whole=True)


# --- and back -------------------------------------------------------------------------------------


def test_a_rollback_puts_our_part_back_and_leaves_that_of_others(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    fake, api, where = grafana(scripted_server), api_of(scripted_server), folder(tmp_path)
    deploy(api, where)
    text = TOLD.replace("soc@", "csirt@").replace('"sunday"', '"friday"').replace("host", "rule")
    plan = planned(api, folder(tmp_path, text))
    kept = write_backup(plan, tmp_path / "backups", _now())
    assert kept is not None
    apply_plan(plan, api)
    assert fake.state.timings[0]["time_intervals"] == [{"weekdays": ["saturday", "friday"]}]
    fake.state.policies["routes"].append({"receiver": "payments"})
    apply_plan(rollback_plan(api, kept), api)
    mail = next(one for one in fake.state.receivers if one["uid"] == MAIL)
    assert mail["settings"] == {"addresses": "soc@example.org"}
    assert fake.state.timings[0]["time_intervals"] == [{"weekdays": ["saturday", "sunday"]}]
    assert fake.state.policies["routes"][0]["group_by"] == ["alertname", "hostname"]
    assert fake.state.policies["routes"][-1] == {"receiver": "payments"}
    assert planned(api, folder(tmp_path)).is_empty


def test_a_rollback_keeps_secrets(scripted_server: ScriptedServer, tmp_path: Path) -> None:
    """Grafana hands them out blacked out, and takes them blacked out for what it has."""
    fake, api, where = grafana(scripted_server), api_of(scripted_server), folder(tmp_path)
    deploy(api, where)
    plan = planned(api, folder(tmp_path, TOLD.replace("#security", "#soc")))
    kept = write_backup(plan, tmp_path / "backups", _now())
    assert kept is not None
    apply_plan(plan, api)
    apply_plan(rollback_plan(api, kept), api)
    slack = next(one for one in fake.state.receivers if one["uid"] == SLACK)
    assert slack["settings"] == {"recipient": "#security", "token": "xoxb-the-token"}


def test_pruning_takes_away_what_is_ours_policies_first(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    fake, api, where = grafana(scripted_server), api_of(scripted_server), folder(tmp_path)
    deploy(api, where)
    (where / "ours.notifications.py").unlink()
    assert planned(api, where).is_empty
    deploy(api, where, prune=True)
    assert fake.state.policies == TREE
    assert [one["name"] for one in fake.state.receivers] == ["email receiver", "payments"]
    assert fake.state.timings == []


def test_a_rollback_of_a_pruning_says_what_is_gone_for_good_and_can_be_run_again(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    """A contact point with a secret cannot be made again, nor a policy that names it."""
    fake, api, where = grafana(scripted_server), api_of(scripted_server), folder(tmp_path)
    deploy(api, where)
    (where / "ours.notifications.py").unlink()
    plan = planned(api, where, prune=True)
    kept = write_backup(plan, tmp_path / "backups", _now())
    assert kept is not None
    apply_plan(plan, api)
    back = rollback_plan(api, kept)
    assert actions(back) == {
        WEEKENDS: "create",
        SLACK: "skipped",
        MAIL: "create",
        POLICIES: "update",
    }
    apply_plan(back, api)
    again = rollback_plan(api, kept)
    assert set(actions(again).values()) == {"unchanged", "skipped"}
    fake.state.receivers = [dict(PAYMENTS)]
    fake.state.policies = json.loads(json.dumps(TREE))
    text = kept.read_text().replace('"addresses": "soc@example.org"', '"password": "[REDACTED]"')
    kept.write_text(text)
    lost = rollback_plan(api, kept)
    assert change(lost, POLICIES).action == "skipped"
    assert "'Security', which is gone" in change(lost, POLICIES).reason


def test_a_contact_point_that_others_use_stops_the_pruning_with_grafanas_words(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    fake, api, where = grafana(scripted_server), api_of(scripted_server), folder(tmp_path)
    deploy(api, where)
    fake.state.policies["routes"].append({"receiver": "Security"})
    (where / "ours.notifications.py").unlink()
    with pytest.raises(PublishError, match="currently used by a notification policy"):
        deploy(api, where, prune=True)


# --- rights and versions --------------------------------------------------------------------------


def test_an_editor_is_told_what_is_missing_and_dashboards_are_deployed(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    fake, where = grafana(scripted_server, "9.5.21"), folder(tmp_path)
    api = api_of(scripted_server, "editor-token")
    plan = planned(api, where, prune=True)
    assert change(plan, MAIL).action == change(plan, POLICIES).action == "refused"
    assert "alert.provisioning:read" in change(plan, MAIL).hint
    apply_plan(plan, api)
    assert "POST /api/dashboards/db" in fake.writes


def test_on_7_5_it_is_said_to_need_grafana_9(
    scripted_server: ScriptedServer, tmp_path: Path
) -> None:
    served(scripted_server, "7.5.5")
    plan = planned(api_of(scripted_server), folder(tmp_path))
    assert change(plan, POLICIES).action == "skipped"
    assert change(plan, POLICIES).reason == "it needs Grafana 9 or later, this is 7.5"


# --- files ----------------------------------------------------------------------------------------


def test_files_hold_contact_points_with_secrets_by_name_and_no_policy(tmp_path: Path) -> None:
    rendered = render_offline(deployment(folder(tmp_path)), NEWEST)
    tree = provisioning_tree(rendered, None)
    text = tree["grafana/provisioning/alerting/falco-toolkit-notifications.yaml"]
    assert "$__env{SLACK}" in text
    assert "xoxb" not in text
    assert "policies" not in yaml.safe_load(text)
    (said,) = unwritten(rendered)
    assert "--whole-policy-tree" in said
    made = manifests(rendered, Namespaces(), None)["notifications-grafana.yaml"]
    assert yaml.safe_load(made)["data"] == {"falco-toolkit-notifications.yaml": text}


def test_the_whole_tree_is_in_a_file_where_that_is_asked_for(tmp_path: Path) -> None:
    rendered = render_offline(deployment(folder(tmp_path), whole_tree=True), NEWEST)
    text = provisioning_tree(rendered, None)[
        "grafana/provisioning/alerting/falco-toolkit-notifications.yaml"
    ]
    (tree,) = yaml.safe_load(text)["policies"]
    assert tree["receiver"] == "Security"
    assert unwritten(rendered) == ()


def test_two_files_are_one_and_may_not_say_the_same_twice(tmp_path: Path) -> None:
    where = folder(tmp_path)
    (where / "other.notifications.py").write_text(TOLD)
    with pytest.raises(DefinitionError, match=r"ours\.notifications\.py.*two contact points"):
        render_offline(deployment(where), NEWEST)
    rendered = render_offline(deployment(where, only=("other",)), NEWEST)
    assert len(rendered.notifications.contact_points) == 1
