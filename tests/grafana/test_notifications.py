"""Contact points, mute timings and policies: what is declared, refused and written to files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from toolkit.errors import DefinitionError
from toolkit.grafana.alerting import (
    ContactPoint,
    Interval,
    Matcher,
    MuteTiming,
    Notifications,
    Policy,
    Receiver,
    from_environment,
    from_file,
)
from toolkit.grafana.alerting.routing import (
    grafted,
    is_ours,
    notification_file,
    routes,
    unmarked,
    was_edited,
    whole_tree,
)
from toolkit.grafana.context import Folder
from toolkit.grafana.loader import load_definition
from toolkit.yamltext import dump

TEXT = (Path(__file__).parents[2] / "docs" / "dashboards.md").read_text(encoding="utf-8")
MAIL = ContactPoint("Security", [Receiver("email", {"addresses": "soc@example.org"})])
NIGHTS = MuteTiming("nights", [Interval(times=["22:00-24:00"]), Interval(times=["00:00-06:00"])])
FOLDER = Folder()


def declared(**policy: Any) -> Notifications:
    return Notifications([MAIL], [NIGHTS], [Policy("Security", **policy)])


# --- secrets --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "settings", "name"),
    [
        ("slack", {"recipient": "#x", "token": "xoxb-1"}, "token"),
        ("slack", {"url": "https://hooks.example/T0"}, "url"),
        ("teams", {"url": "https://example.webhook.office.example/x"}, "url"),
        ("pagerduty", {"integrationKey": "k"}, "integrationKey"),
        ("webhook", {"url": "https://a.example", "password": "p"}, "password"),
        ("webhook", {"url": "https://a.example", "hmacConfig": {"secret": "p"}}, "secret"),
        ("sns", {"topic_arn": "arn", "sigv4": {"secret_key": "p"}}, "secret_key"),
    ],
)
def test_a_secret_that_is_written_out_is_refused(
    kind: str, settings: dict[str, Any], name: str
) -> None:
    with pytest.raises(ValueError, match=f"the setting {name} of {kind} is a secret"):
        Receiver(kind, settings)


def test_what_is_no_secret_may_be_written_out() -> None:
    Receiver("webhook", {"url": "https://a.example", "password": from_environment("HOOK")})
    Receiver("slack", {"recipient": "#security", "token": from_file("/run/secrets/slack")})


def test_an_environment_variable_has_a_name() -> None:
    with pytest.raises(ValueError, match="no name of an environment variable"):
        from_environment("not a name")
    with pytest.raises(ValueError, match="has a path"):
        from_file("")


# --- mute timings ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "said", "kept"),
    [
        ("times", "08:00-18:30", {"start_time": "08:00", "end_time": "18:30"}),
        ("times", "22:00-24:00", {"start_time": "22:00", "end_time": "24:00"}),
        ("weekdays", "Monday:friday", "monday:friday"),
        ("weekdays", "sunday:sunday", "sunday"),
        ("days_of_month", "1:5", "1:5"),
        ("days_of_month", "-3:-1", "-3:-1"),
        ("days_of_month", "1:-1", "1:-1"),
        ("months", "december", "12"),
        ("months", "january:3", "1:3"),
        ("years", "2026:2027", "2026:2027"),
    ],
)
def test_a_part_of_an_interval_is_kept_as_alertmanager_gives_it_back(
    part: str, said: str, kept: Any
) -> None:
    """As a Grafana 9.4 answered when it was sent the text."""
    name = "days" if part == "days_of_month" else part
    assert Interval(**{name: [said]}).model() == {part: [kept]}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("part", "text", "message"),
    [
        ("times", "22:00-06:00", "ends before it starts"),
        ("times", "8-18", "no time such as 08:00-18:00"),
        ("times", "25:00-26:00", "no time"),
        ("weekdays", "saturday:sunday", "not weekdays"),
        ("weekdays", "mon", "not weekdays"),
        ("days", "0", "not days"),
        ("days", "5:1", "not days"),
        ("days", "-1:5", "not days"),
        ("days", "30:-1", "not days"),
        ("days", "1:2:3", "not days"),
        ("months", "13", "not months"),
        ("months", "december:1", "not months"),
        ("years", "2027:2026", "not years"),
    ],
)
def test_what_alertmanager_refuses_is_refused(part: str, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Interval(**{part: [text]})  # type: ignore[arg-type]


def test_a_time_zone_that_there_is_not() -> None:
    assert Interval(zone="Europe/Berlin").model() == {"location": "Europe/Berlin"}
    with pytest.raises(ValueError, match="no time zone 'Mars/Olympus'"):
        Interval(zone="Mars/Olympus")


# --- what belongs together ------------------------------------------------------------------------


def test_names_are_there_once_and_mute_timings_before_they_are_named() -> None:
    with pytest.raises(ValueError, match="two contact points 'Security'"):
        Notifications([MAIL, MAIL])
    with pytest.raises(ValueError, match="two mute timings 'nights'"):
        Notifications([], [NIGHTS, NIGHTS])
    with pytest.raises(ValueError, match="names the mute timing 'weekends'; there is none"):
        Notifications([MAIL], [NIGHTS], [Policy("Security", routes=[Policy(mute=["weekends"])])])
    with pytest.raises(ValueError, match="names its contact point"):
        Notifications([MAIL], [], [Policy()])
    with pytest.raises(ValueError, match="not a valid duration"):
        Policy("Security", group_wait="soon")


def test_each_receiver_has_a_uid_of_its_own_that_grafana_takes() -> None:
    point = ContactPoint("A name that goes on and on for a very long while", MAIL.receivers * 2)
    uids = [point.uid(0), point.uid(1)]
    assert len(set(uids)) == 2
    assert all(re.fullmatch(r"[a-z0-9-]{1,40}", uid) for uid in uids)
    assert uids[1].endswith("-2")


# --- policies -------------------------------------------------------------------------------------

OTHERS = {"receiver": "payments", "object_matchers": [["team", "=", "payments"]]}
TREE = {"receiver": "default", "group_by": ["alertname"], "routes": [OTHERS]}


def test_our_policies_go_before_those_of_others_and_leave_them_as_they_are() -> None:
    made = grafted(TREE, routes(declared(), FOLDER))
    ours, others = made["routes"]
    assert is_ours(ours)
    assert others is OTHERS
    assert {**made, "routes": [OTHERS]} == TREE


def test_a_policy_of_ours_stays_where_it_was_put() -> None:
    old, new = routes(declared(), FOLDER), routes(declared(group_by=["rule"]), FOLDER)
    moved = {**TREE, "routes": [OTHERS, *old, {"receiver": "last"}]}
    assert grafted(moved, new)["routes"] == [OTHERS, *new, {"receiver": "last"}]
    assert grafted(moved, [])["routes"] == [OTHERS, {"receiver": "last"}]


def test_without_a_matcher_a_policy_is_for_our_folder() -> None:
    (route,) = routes(declared(), Folder("x", "Security events"))
    assert unmarked(route)["object_matchers"] == [["grafana_folder", "=", "Security events"]]
    (route,) = routes(declared(where=[Matcher("severity", "=~", "critical|warning")]), FOLDER)
    assert unmarked(route)["object_matchers"] == [["severity", "=~", "critical|warning"]]


def test_the_mark_is_a_matcher_that_every_alert_meets() -> None:
    (route,) = routes(declared(), FOLDER)
    (mark,) = (one for one in route["object_matchers"] if one[0] == "falco_toolkit")
    assert mark[1] == "=~"
    assert re.fullmatch(mark[2], "")


def test_a_policy_that_somebody_changed_is_told_from_one_that_is_as_it_was_deployed() -> None:
    (route,) = routes(declared(group_wait="30s", routes=[Policy(carry_on=True)]), FOLDER)
    assert not was_edited(route)
    assert was_edited({**route, "group_wait": "1m"})
    assert was_edited({**route, "routes": []})
    assert was_edited({**route, "object_matchers": route["object_matchers"][:1]})


def test_a_whole_tree_has_one_policy_for_every_alert() -> None:
    made = whole_tree(declared(group_by=["alertname"], repeat_interval="90m"))
    assert made == {
        "receiver": "Security",
        "group_by": ["alertname"],
        "repeat_interval": "1h30m",
    }
    with pytest.raises(ValueError, match="one uppermost policy, 0 are declared"):
        whole_tree(Notifications([MAIL]))
    with pytest.raises(ValueError, match="takes every alert"):
        whole_tree(declared(where=[Matcher("a", "=", "b")]))
    with pytest.raises(ValueError, match="takes every alert"):
        whole_tree(declared(mute=["nights"]))


# --- files ----------------------------------------------------------------------------------------


def test_a_file_names_secrets_and_holds_none() -> None:
    """``$__env{...}`` and ``$__file{...}`` are looked up by the Grafana that reads the file."""
    slack = Receiver("slack", {"recipient": "#$ec", "token": from_environment("SLACK_TOKEN")})
    pager = Receiver("pagerduty", {"integrationKey": from_file("/run/pd")}, resolved=False)
    point = ContactPoint("Security", [slack, pager])
    made = yaml.safe_load(dump(notification_file(Notifications([point], [NIGHTS]))))
    assert made == {
        "apiVersion": 1,
        "contactPoints": [
            {
                "orgId": 1,
                "name": "Security",
                "receivers": [
                    {
                        "uid": "falco-toolkit-security",
                        "type": "slack",
                        "settings": {"recipient": "#$$ec", "token": "$__env{SLACK_TOKEN}"},
                        "disableResolveMessage": False,
                    },
                    {
                        "uid": "falco-toolkit-security-2",
                        "type": "pagerduty",
                        "settings": {"integrationKey": "$__file{/run/pd}"},
                        "disableResolveMessage": True,
                    },
                ],
            }
        ],
        "muteTimes": [
            {
                "orgId": 1,
                "name": "falco-toolkit nights",
                "time_intervals": [
                    {"times": [{"start_time": "22:00", "end_time": "24:00"}]},
                    {"times": [{"start_time": "00:00", "end_time": "06:00"}]},
                ],
            }
        ],
    }


def test_policies_are_in_a_file_only_when_the_whole_tree_is_to_be_replaced() -> None:
    assert "policies" not in notification_file(declared())
    (tree,) = notification_file(declared(), whole=True)["policies"]
    assert tree == {"orgId": 1, "receiver": "Security"}


# --- the definition file --------------------------------------------------------------------------


def test_the_example_in_the_documentation_is_one(tmp_path: Path) -> None:
    examples = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    (example,) = (one for one in examples if "\nnotifications = " in one)
    path = tmp_path / "ours.notifications.py"
    path.write_text(example)
    value = load_definition(path).value
    assert isinstance(value, Notifications)
    assert value.policies and value.contact_points and value.mute_timings
    assert value.to_json_data()["contactPoints"]


def test_a_mistake_in_a_definition_file_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "ours.notifications.py"
    path.write_text(
        "from toolkit.grafana.alerting import *\n"
        'notifications = Notifications([ContactPoint("x", [Receiver("slack", {"token": "t"})])])\n'
    )
    with pytest.raises(DefinitionError, match=r"ours\.notifications\.py:2: .*token of slack"):
        load_definition(path)
