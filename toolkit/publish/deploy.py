"""One deploy from its wishes to a plan: whom to ask, what to render, what would change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from toolkit.catalog import Catalog
from toolkit.falco.labels import LabelSchema
from toolkit.grafana.context import Context, DataSource, Folder
from toolkit.grafana.loader import load_definitions
from toolkit.grafana.version import GrafanaVersion
from toolkit.publish.api import GrafanaApi
from toolkit.publish.model import Change, Plan, Wishes
from toolkit.publish.planning import find_folder, make_plan
from toolkit.publish.rendering import Rendered, render
from toolkit.publish.sources import (
    DEFAULT_NAME,
    DEFAULT_UID,
    WantedSource,
    check_prometheus,
    resolve,
)


@dataclass(frozen=True, slots=True)
class Deployment:
    """What is to be deployed, and in which words.

    ``folders`` hold the definition files. ``prometheus`` is the uid of a Prometheus data source for
    the rules that need one, ``runbooks`` where the runbook pages are. ``whole_tree`` asks for the
    declared notification policy to replace the whole tree of the organisation.
    """

    folders: tuple[Path, ...]
    catalog: Catalog
    schema: LabelSchema
    source: WantedSource = field(default_factory=WantedSource)
    folder: Folder = field(default_factory=Folder)
    only: tuple[str, ...] = ()
    whole_tree: bool = False
    prometheus: str | None = None
    runbooks: str = "docs/runbooks"

    def context(self, version: GrafanaVersion, datasource: DataSource) -> Context:
        """For whom to render."""
        return Context(
            self.catalog,
            self.schema,
            version,
            datasource,
            self.folder,
            prometheus=self.prometheus,
            runbooks=self.runbooks,
        )


def plan_deploy(
    deployment: Deployment, api: GrafanaApi, wishes: Wishes, version: GrafanaVersion | None = None
) -> Plan:
    """What deploying would do on this Grafana. Sends nothing.

    ``version`` renders for another Grafana than the one that answers, before an upgrade say.
    Definitions are loaded before Grafana is asked, so that a mistake in one costs nothing.
    """
    definitions = load_definitions(deployment.folders)
    datasource, source = resolve(api, deployment.source)
    if deployment.prometheus is not None:
        check_prometheus(api, deployment.prometheus)
    context = deployment.context(version or api.version, datasource)
    rendered = render(definitions, context, only=deployment.only, whole=deployment.whole_tree)
    return make_plan(api, rendered, source, wishes, find_folder(api, deployment.folder))


def render_offline(deployment: Deployment, version: GrafanaVersion) -> Rendered:
    """What is deployed by files, for which no Grafana is asked."""
    uid = deployment.source.uid or DEFAULT_UID
    context = deployment.context(version, DataSource(uid, DEFAULT_NAME))
    definitions = load_definitions(deployment.folders)
    return render(definitions, context, only=deployment.only, whole=deployment.whole_tree)


def needs_consent(plan: Plan) -> Sequence[Change]:
    """The changes that nobody should make unseen: deletions."""
    return [change for change in plan.changes if change.action == "delete"]
