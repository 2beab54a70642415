"""Grafana's alerting provisioning API, which it has from 9 on."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from urllib.parse import quote

from toolkit.publish.asking import READ_ALERTS, WRITE_ALERTS, Requests

Json = dict[str, Any]

_POINTS = "/api/v1/provisioning/contact-points"
_TIMINGS = "/api/v1/provisioning/mute-timings"
_POLICIES = "/api/v1/provisioning/policies"


class AlertingApi:
    """Alert rules, contact points, mute timings and the policy tree of one Grafana."""

    def __init__(self, requests: Requests) -> None:
        self._ask = requests.ask

    # --- alert rules ------------------------------------------------------------------------------

    def rule_group(self, folder_uid: str, name: str) -> Json | None:
        """The rule group; None where there is none of that name."""
        found: Json | None = self._ask(
            "GET", _group_path(folder_uid, name), READ_ALERTS, absent=(404,), uid=name
        )
        # An unknown group is an empty one to some versions.
        return found if found and found.get("rules") else None

    def save_rule_group(self, folder_uid: str, group: Json, *, known: Collection[str]) -> None:
        """Replaces the group: rules that it does not list are deleted.

        Rules whose uid is not among ``known``, those of the organisation, are made first: Grafana
        9.4 answers 500 to a group with a rule of an unknown uid ("could not find alert
        rule"), which was measured.
        """
        for rule in group["rules"]:
            if rule["uid"] not in known:
                made = {**rule, "folderUID": folder_uid, "ruleGroup": group["title"]}
                self._ask(
                    "POST",
                    "/api/v1/provisioning/alert-rules",
                    WRITE_ALERTS,
                    body=made,
                    uid=rule["uid"],
                )
        path = _group_path(folder_uid, group["title"])
        if not group["rules"]:
            # A group without rules is saved and changes nothing, as was measured on 9.4.
            there = self.rule_group(folder_uid, group["title"]) or {"rules": []}
            for rule in there["rules"]:
                self.delete_alert_rule(rule["uid"])
            return
        self._ask("PUT", path, WRITE_ALERTS, body=group, uid=group["title"], repeatable=True)

    def alert_rules(self) -> list[Json]:
        """Every alert rule of the organisation."""
        found: list[Json] = self._ask("GET", "/api/v1/provisioning/alert-rules", READ_ALERTS)
        return found

    def alert_rule(self, uid: str) -> Json:
        """One alert rule, with where it comes from."""
        path = f"/api/v1/provisioning/alert-rules/{quote(uid, safe='')}"
        found: Json = self._ask("GET", path, READ_ALERTS, uid=uid)
        return found

    def delete_alert_rule(self, uid: str) -> None:
        """Deletes a rule; one that is gone already is fine."""
        path = f"/api/v1/provisioning/alert-rules/{quote(uid, safe='')}"
        self._ask("DELETE", path, WRITE_ALERTS, absent=(404,), uid=uid)

    # --- who is told ------------------------------------------------------------------------------

    def receivers(self) -> list[Json]:
        """The receivers of every contact point; secrets are blacked out."""
        found: list[Json] = self._ask("GET", _POINTS, READ_ALERTS)
        return found

    def create_receiver(self, receiver: Json) -> None:
        """Adds a receiver to the contact point of its name, which is made if need be."""
        self._ask("POST", _POINTS, WRITE_ALERTS, body=receiver, uid=receiver["uid"])

    def update_receiver(self, receiver: Json) -> None:
        """Replaces a receiver; a secret that is sent blacked out is kept."""
        uid = receiver["uid"]
        path = f"{_POINTS}/{quote(uid, safe='')}"
        self._ask("PUT", path, WRITE_ALERTS, body=receiver, uid=uid, repeatable=True)

    def delete_receiver(self, uid: str) -> None:
        """Takes a receiver away; with its last one a contact point is gone."""
        path = f"{_POINTS}/{quote(uid, safe='')}"
        self._ask("DELETE", path, WRITE_ALERTS, absent=(404,), uid=uid)

    def mute_timings(self) -> list[Json]:
        """Every mute timing of the organisation."""
        found: list[Json] = self._ask("GET", _TIMINGS, READ_ALERTS)
        return found

    def create_mute_timing(self, timing: Json) -> None:
        """Makes a mute timing."""
        self._ask("POST", _TIMINGS, WRITE_ALERTS, body=timing, uid=timing["name"])

    def update_mute_timing(self, timing: Json) -> None:
        """Replaces the mute timing of that name."""
        name = timing["name"]
        path = f"{_TIMINGS}/{quote(name, safe='')}"
        self._ask("PUT", path, WRITE_ALERTS, body=timing, uid=name, repeatable=True)

    def delete_mute_timing(self, name: str) -> None:
        """Deletes a mute timing."""
        path = f"{_TIMINGS}/{quote(name, safe='')}"
        self._ask("DELETE", path, WRITE_ALERTS, absent=(404,), uid=name)

    def policies(self) -> Json:
        """The organisation's policy tree."""
        found: Json = self._ask("GET", _POLICIES, READ_ALERTS)
        return found

    def save_policies(self, tree: Json) -> None:
        """Replaces the whole tree. One without ``provenance`` can be edited in Grafana's interface
        and stays so; Grafana locks it there otherwise."""
        headers = None if tree.get("provenance") else {"X-Disable-Provenance": "true"}
        body = {key: value for key, value in tree.items() if key != "provenance"}
        self._ask("PUT", _POLICIES, WRITE_ALERTS, body=body, repeatable=True, headers=headers)


def _group_path(folder_uid: str, name: str) -> str:
    folder, group = quote(folder_uid, safe=""), quote(name, safe="")
    return f"/api/v1/provisioning/folder/{folder}/rule-groups/{group}"
