"""The data source of a deploy: found, made, used as it is, or refused."""

from __future__ import annotations

import pytest

from tests.conftest import ScriptedServer
from tests.publish.support import (
    GENERATIONS,
    LOKI,
    api_of,
    change,
    deployment,
    served,
    stored,
)
from toolkit.errors import PublishError
from toolkit.publish.applying import apply_plan
from toolkit.publish.deploy import plan_deploy
from toolkit.publish.model import Wishes
from toolkit.publish.sources import WantedSource

OVERVIEW = "falco-toolkit-overview"
SMALL = "falco-toolkit-small"
PLAIN = Wishes()


@pytest.mark.parametrize("version", GENERATIONS)
@pytest.mark.parametrize("url", [LOKI, LOKI + "/", LOKI.replace("loki.loki", "LOKI.loki")])
def test_a_loki_that_somebody_added_by_hand_is_used_and_never_doubled(
    scripted_server: ScriptedServer, version: str, url: str
) -> None:
    fake = served(scripted_server, version)
    fake.add_source("P8E80F9AEF21F6940", url, name="My Loki", jsonData={"maxLines": 7})
    api = api_of(scripted_server)
    plan = plan_deploy(deployment(), api, PLAIN)
    apply_plan(plan, api)
    (source,) = fake.state.sources
    assert source.model["jsonData"] == {"maxLines": 7}
    assert "is used" in change(plan, "P8E80F9AEF21F6940").reason
    (variable, *_) = stored(fake, OVERVIEW)["templating"]["list"]
    expected = "My Loki" if version == "7.5.5" else "P8E80F9AEF21F6940"
    assert variable["current"]["value"] == expected
    if version != "7.5.5":
        (rule, *_) = fake.state.groups["falco-toolkit", "falco-security"]["rules"]
        assert rule["data"][0]["datasourceUid"] == "P8E80F9AEF21F6940"


def test_of_several_of_the_same_address_the_default_one_is_used(
    scripted_server: ScriptedServer,
) -> None:
    fake = served(scripted_server)
    fake.add_source("first", LOKI, name="A")
    fake.add_source("second", LOKI, name="B", isDefault=True)
    plan = plan_deploy(deployment(), api_of(scripted_server), PLAIN)
    assert change(plan, "second").action == "unchanged"


@pytest.mark.parametrize("version", GENERATIONS)
def test_our_own_data_source_follows_a_new_address_and_keeps_the_rest(
    scripted_server: ScriptedServer, version: str
) -> None:
    fake = served(scripted_server, version)
    fake.add_source("falco-loki", "http://old:3100", jsonData={"maxLines": 7})
    api = api_of(scripted_server)
    plan = plan_deploy(deployment(), api, PLAIN)
    assert change(plan, "falco-loki").diff == (f"~ url: http://old:3100 → {LOKI}",)
    apply_plan(plan, api)
    (source,) = fake.state.sources
    assert source.model["url"] == LOKI
    assert source.model["jsonData"] == {"maxLines": 7}


def test_a_provisioned_data_source_is_not_changed(scripted_server: ScriptedServer) -> None:
    """7.5 would make it editable, which was measured; later ones answer 403."""
    fake = served(scripted_server, "7.5.5")
    fake.add_source("falco-loki", "http://old:3100", readOnly=True)
    plan = plan_deploy(deployment(), api_of(scripted_server), PLAIN)
    assert change(plan, "falco-loki").action == "refused"
    assert "provisioned" in change(plan, "falco-loki").reason


def test_a_data_source_named_by_uid_is_used_as_it_is(scripted_server: ScriptedServer) -> None:
    fake = served(scripted_server)
    fake.add_source("theirs", "http://elsewhere:3100")
    wanted = deployment(source=WantedSource(uid="theirs"))
    plan = plan_deploy(wanted, api_of(scripted_server), PLAIN)
    assert change(plan, "theirs").action == "unchanged"


def test_a_data_source_named_by_uid_that_is_nowhere_is_an_error(
    scripted_server: ScriptedServer,
) -> None:
    fake = served(scripted_server)
    fake.add_source("theirs", "http://elsewhere:3100", name="Their Loki")
    with pytest.raises(PublishError, match="there is no data source gone in Grafana") as caught:
        plan_deploy(deployment(source=WantedSource(uid="gone")), api_of(scripted_server), PLAIN)
    assert "theirs (Their Loki)" in (caught.value.hint or "")
    assert "--loki-datasource-url" in (caught.value.hint or "")
    # With an address it is known what to make of it.
    wanted = deployment(source=WantedSource(uid="gone", url=LOKI))
    assert change(plan_deploy(wanted, api_of(scripted_server), PLAIN), "gone").action == "create"


def test_a_prometheus_that_is_nowhere_or_is_none_is_an_error(
    scripted_server: ScriptedServer,
) -> None:
    fake = served(scripted_server)
    fake.add_source("loki", LOKI)
    fake.add_source("prom", "http://prometheus:9090", name="P", type="prometheus")
    api = api_of(scripted_server)
    with pytest.raises(PublishError, match="no data source gone") as caught:
        plan_deploy(deployment(prometheus="gone"), api, PLAIN)
    assert "prom (P)" in (caught.value.hint or "")
    with pytest.raises(PublishError, match="loki is a loki, not a Prometheus"):
        plan_deploy(deployment(prometheus="loki"), api, PLAIN)
    plan = plan_deploy(deployment(prometheus="prom"), api, PLAIN)
    rules = (change(plan, "falco-pipeline").after or {})["rules"]
    assert "Falcosidekick loses events" in [rule["title"] for rule in rules]


@pytest.mark.parametrize("version", ["9.5.21", "12.1.0"])
def test_an_editor_brings_dashboards_to_a_server_that_has_none_yet(
    scripted_server: ScriptedServer, version: str
) -> None:
    """For a dashboard that is not there 9.4 answers 403 to an Editor, as was measured."""
    fake = served(scripted_server, version)
    api = api_of(scripted_server, "editor-token")
    apply_plan(plan_deploy(deployment(), api, PLAIN), api)
    assert stored(fake, OVERVIEW)["title"]


def test_a_data_source_named_by_uid_that_is_no_loki_is_an_error(
    scripted_server: ScriptedServer,
) -> None:
    fake = served(scripted_server)
    fake.add_source("prom", "http://prometheus:9090", type="prometheus")
    with pytest.raises(PublishError, match="prom is a prometheus, not a Loki"):
        plan_deploy(deployment(source=WantedSource(uid="prom")), api_of(scripted_server), PLAIN)


def test_a_name_that_is_taken_is_not_fought_over(scripted_server: ScriptedServer) -> None:
    fake = served(scripted_server)
    fake.add_source("other", "http://other:3100", name="Loki")
    api = api_of(scripted_server)
    apply_plan(plan_deploy(deployment(), api, PLAIN), api)
    assert {one.model["name"] for one in fake.state.sources} == {"Loki", "Loki (Falco)"}
