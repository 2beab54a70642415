"""``toolkit deploy-dashboards``: data source, folder, dashboards and alert rules to Grafana."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from toolkit.catalog import load_catalog
from toolkit.cli.options import GRAFANA, with_settings
from toolkit.errors import SettingsError
from toolkit.falco import labels
from toolkit.grafana.context import Folder
from toolkit.grafana.version import NEWEST, GrafanaVersion
from toolkit.http import HttpClient
from toolkit.publish.api import GrafanaApi, connect
from toolkit.publish.applying import apply_plan
from toolkit.publish.backup import backup_folder, latest_backup, rollback_plan, write_backup
from toolkit.publish.deploy import Deployment, needs_consent, plan_deploy, render_offline
from toolkit.publish.manifests import (
    DASHBOARDS_NAMESPACE,
    GRAFANA_NAMESPACE,
    LOKI_NAMESPACE,
    Namespaces,
    manifests,
    too_long_to_apply,
)
from toolkit.publish.model import Change, Plan
from toolkit.publish.planning import Wishes
from toolkit.publish.provisioning import provisioning_tree
from toolkit.publish.ruler import apply_rules, plan_rules
from toolkit.publish.sources import WantedSource
from toolkit.publish.writing import write_files
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
_SIGNS = {"create": "+", "update": "~", "delete": "-", "refused": "!", "skipped": "!"}


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
        bool, typer.Option("--alerts/--no-alerts", help="Deploy alert rules.")
    ] = True,
    rollback: Annotated[
        bool, typer.Option("--rollback", help="Put back what the last deploy replaced.")
    ] = False,
    backups: Annotated[
        Path | None, typer.Option(help="Folder of backups; the user's own state by default.")
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
    )
    if target is Target.RULER:
        _deploy_rules(deployment, settings, prune=prune, yes=yes, dry_run=dry_run, diff=diff)
        return
    if target is not Target.API:
        names = Namespaces(dashboards_namespace, grafana_namespace, loki_namespace)
        _write(deployment, target, version or NEWEST, output, names, dry_run=dry_run)
        return
    wishes = Wishes(force=force, prune=prune, alerts=alerts, partial=bool(only))
    with HttpClient(settings.grafana, name="Grafana") as http:
        api = connect(http, version)
        kept = backups or backup_folder(api.url)
        if rollback:
            plan = rollback_plan(api, latest_backup(kept))
        else:
            plan = plan_deploy(deployment, api, wishes, version)
        if as_json:
            typer.echo(json.dumps(plan.to_json(), indent=1, ensure_ascii=False))
        else:
            _show(plan, diff=diff)
        complete = dry_run or _apply(plan, api, kept, yes=yes, quiet=as_json)
    if not complete or any(plan.refused()):
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


# --- over the API ---------------------------------------------------------------------------------


def _show(plan: Plan, *, diff: bool) -> None:
    typer.echo(f"Grafana {plan.version} at {plan.url}")
    _show_changes(plan, diff=diff)


def _show_changes(plan: Plan, *, diff: bool) -> None:
    for change in plan.changes:
        _show_change(change)
        if diff:
            for line in change.diff:
                typer.echo(f"    {line}")
    for note in plan.notes:
        typer.echo(f"  {note}")


def _show_change(change: Change) -> None:
    sign = _SIGNS.get(change.action, " ")
    name = change.title if change.kind != "dashboard" else f"{change.title} ({change.uid})"
    typer.echo(f"{sign} {change.kind:<11} {name}: {change.action}")
    if change.reason:
        typer.echo(f"    {change.reason}")
    if change.hint and change.action in ("refused", "skipped"):
        typer.echo(f"    hint: {change.hint}")


def _apply(plan: Plan, api: GrafanaApi, backups: Path, *, yes: bool, quiet: bool) -> bool:
    """Carries the plan out; gives whether this account was let do all of it."""
    if plan.is_empty:
        if not quiet:
            typer.echo("Nothing changed; nothing was sent.")
        return True
    _agree(plan, yes=yes)
    kept = write_backup(plan, backups, datetime.now(UTC))
    outcome = apply_plan(plan, api)
    if not quiet:
        for change in outcome.denied:
            _show_change(change)
        sent = len(outcome.done)
        typer.echo(f"Sent {sent} changes. What was there before is kept in {kept}")
        typer.echo("Put it back with: toolkit deploy-dashboards --rollback")
    return not outcome.denied


def _agree(plan: Plan, *, yes: bool) -> None:
    """Asks before anything is deleted; without somebody to ask it is an error."""
    doomed = needs_consent(plan)
    if not doomed or yes:
        return
    names = ", ".join(change.title for change in doomed)
    if not sys.stdin.isatty():
        raise SettingsError(
            f"this would delete {names}", setting="--yes", hint="add --yes to have it deleted"
        )
    typer.confirm(f"Delete {names}?", abort=True)


# --- to Loki's ruler ------------------------------------------------------------------------------


def _deploy_rules(
    deployment: Deployment, settings: Settings, *, prune: bool, yes: bool, dry_run: bool, diff: bool
) -> None:
    rendered = render_offline(deployment, NEWEST)
    with HttpClient(settings.loki, name="Loki") as http:
        plan = plan_rules(http, rendered.groups, rendered.context, prune=prune)
        typer.echo(f"Loki's ruler at {plan.url}")
        _show_changes(plan, diff=diff)
        if plan.is_empty:
            typer.echo("Nothing changed; nothing was sent.")
        elif not dry_run:
            _agree(plan, yes=yes)
            typer.echo(f"Sent {len(apply_rules(plan, http))} changes.")


# --- as files -------------------------------------------------------------------------------------


def _write(
    deployment: Deployment,
    target: Target,
    version: GrafanaVersion,
    output: Path | None,
    namespaces: Namespaces,
    *,
    dry_run: bool,
) -> None:
    if output is None:
        raise SettingsError(
            f"--target {target} writes files and needs a folder for them",
            setting="--output",
            hint="add --output DIR",
        )
    rendered = render_offline(deployment, version)
    # A data source that was named by its uid is there already.
    url = None if deployment.source.uid else deployment.source.address
    files: Mapping[str, str]
    if target is Target.CONFIGMAP:
        files = manifests(rendered, namespaces, url)
    else:
        files = provisioning_tree(rendered, url)
    typer.echo(f"Rendered for Grafana {version}; --grafana-version renders for another.")
    for name, what in write_files(files, output, dry_run=dry_run).items():
        typer.echo(f"  {name}: {what}")
    long = too_long_to_apply(files.items()) if target is Target.CONFIGMAP else ()
    if target is Target.CONFIGMAP:
        how = "--server-side " if long else ""
        typer.echo(f"Bring it to the cluster with: kubectl apply {how}-k {output}")
