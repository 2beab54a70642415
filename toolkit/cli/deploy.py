"""``toolkit deploy-dashboards``: data source, folder, dashboards and alert rules to Grafana."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from toolkit.catalog import load_catalog
from toolkit.cli.deploying import Going, bring, bring_rules, write
from toolkit.cli.options import GRAFANA, with_settings
from toolkit.errors import SettingsError
from toolkit.falco import labels
from toolkit.grafana.context import Folder
from toolkit.grafana.version import NEWEST, GrafanaVersion
from toolkit.publish.deploy import Deployment
from toolkit.publish.manifests import (
    DASHBOARDS_NAMESPACE,
    GRAFANA_NAMESPACE,
    LOKI_NAMESPACE,
    Namespaces,
)
from toolkit.publish.model import Wishes
from toolkit.publish.sources import WantedSource
from toolkit.settings import BY_KEY, Settings, shipped

HELP = """Bring data source, folder, dashboards and alert rules to Grafana.

Shows what it does, sends only what is different, and leaves alone what somebody changed in Grafana
since the last deploy, or what a file on the server provides. A second run sends nothing.

The token comes from GRAFANA_TOKEN or --grafana-token-file, or GRAFANA_USER and GRAFANA_PASSWORD.
An Editor's token deploys dashboards; data sources need an Admin's. Where neither is to be had, as
with Rancher Monitoring, --target configmap writes manifests for the cluster instead. --target ruler
brings the alert rules to Loki's own ruler.

Example: toolkit deploy-dashboards --grafana-url http://127.0.0.1:3000 --dry-run
"""

_LOKI = tuple(key for key, field in BY_KEY.items() if field.flag and key.startswith("loki."))
KEYS = (*(key for key in GRAFANA if key != "grafana.query_loki"), *_LOKI, "labels.dialect")


class Target(StrEnum):
    """Where to."""

    API = "api"
    CONFIGMAP = "configmap"
    FILES = "files"
    RULER = "ruler"


@with_settings(KEYS)
def deploy_dashboards(
    settings: Settings,
    target: Annotated[Target, typer.Option(help="Where to bring it.")] = Target.API,
    output: Annotated[
        Path | None, typer.Option(help="Folder to write to, for configmap and files.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be done.")
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Show what is different, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the plan as JSON.")] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(help="Name or uid of what to deploy, * and ? allowed; repeatable."),
    ] = None,
    prune: Annotated[
        bool, typer.Option("--prune", help="Delete what earlier deploys left and nothing defines.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace what somebody changed in Grafana.")
    ] = False,
    alerts: Annotated[
        bool,
        typer.Option("--alerts/--no-alerts", help="Deploy alert rules and who is told of them."),
    ] = True,
    whole_policy_tree: Annotated[
        bool,
        typer.Option(
            "--whole-policy-tree",
            help="Replace Grafana's whole notification policy tree by the declared policy.",
        ),
    ] = False,
    rollback: Annotated[
        bool, typer.Option("--rollback", help="Put back what the last deploy replaced.")
    ] = False,
    backups: Annotated[
        Path | None,
        typer.Option(
            help="Folder of backups, the user's own state by default; for --rollback also one file."
        ),
    ] = None,
    dashboards: Annotated[
        list[Path] | None,
        typer.Option(help="Folder of definitions instead of the shipped one; repeatable."),
    ] = None,
    queries: Annotated[
        Path | None, typer.Option(help="Folder of named queries instead of the shipped one.")
    ] = None,
    folder: Annotated[str, typer.Option(help="Title of the folder in Grafana.")] = "Falco",
    folder_uid: Annotated[str, typer.Option(help="Uid of that folder.")] = "falco-toolkit",
    grafana_version: Annotated[
        str | None,
        typer.Option(help="Version to render for; by default the server's, or the newest."),
    ] = None,
    prometheus_datasource_uid: Annotated[
        str | None, typer.Option(help="Uid of a Prometheus data source, for rules that need one.")
    ] = None,
    runbooks_url: Annotated[
        str, typer.Option(help="Address of the runbook pages.")
    ] = "docs/runbooks",
    dashboards_namespace: Annotated[
        str, typer.Option(help="Namespace of dashboards' ConfigMaps.")
    ] = DASHBOARDS_NAMESPACE,
    grafana_namespace: Annotated[
        str, typer.Option(help="Namespace of the data source's ConfigMap.")
    ] = GRAFANA_NAMESPACE,
    loki_namespace: Annotated[
        str, typer.Option(help="Namespace of the rules' ConfigMap.")
    ] = LOKI_NAMESPACE,
) -> None:
    """Bring data source, folder, dashboards and alert rules to Grafana."""
    version = _version(grafana_version)
    deployment = Deployment(
        folders=tuple(dashboards or [shipped("dashboards")]),
        catalog=load_catalog(queries or shipped("queries")),
        schema=settings.labels(labels.DEFAULT),
        source=WantedSource(settings.datasource_uid, settings.datasource_url),
        folder=Folder(folder_uid, folder),
        only=tuple(only or ()),
        prometheus=prometheus_datasource_uid,
        runbooks=runbooks_url,
        whole_tree=whole_policy_tree,
    )
    going = Going(
        dry_run=dry_run,
        diff=diff,
        as_json=as_json,
        prune=prune,
        yes=yes,
        rollback=rollback,
        backups=backups,
    )
    if target in (Target.CONFIGMAP, Target.FILES):
        if rollback or force:
            raise SettingsError(
                f"--target {target} writes files, of which version control keeps the old ones",
                setting="--rollback" if rollback else "--force",
            )
        names = Namespaces(dashboards_namespace, grafana_namespace, loki_namespace)
        write(deployment, target.value, version or NEWEST, output, names, going)
        return
    wishes = Wishes(force=force, prune=prune, alerts=alerts, partial=bool(only))
    if target is Target.RULER:
        complete = bring_rules(deployment, settings, wishes, going)
    else:
        complete = bring(deployment, settings, wishes, going, version)
    if not complete:
        raise typer.Exit(1)


def _version(text: str | None) -> GrafanaVersion | None:
    if text is None:
        return None
    try:
        return GrafanaVersion.parse(text)
    except ValueError as error:
        raise SettingsError(
            f"--grafana-version {text!r}: {error}", setting="--grafana-version"
        ) from None
