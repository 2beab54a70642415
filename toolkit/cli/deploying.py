"""A deploy shown and carried out: over Grafana's API, to Loki's ruler, or as files."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import typer

from toolkit.errors import SettingsError
from toolkit.grafana.version import NEWEST, GrafanaVersion
from toolkit.http import HttpClient
from toolkit.publish.alerts import remarks
from toolkit.publish.api import connect
from toolkit.publish.applying import Outcome, apply_plan
from toolkit.publish.backup import backup_folder, latest_backup, rollback_plan, write_backup
from toolkit.publish.deploy import Deployment, needs_consent, plan_deploy, render_offline
from toolkit.publish.manifests import Namespaces, manifests, too_long_to_apply, with_others
from toolkit.publish.model import Change, Plan, Wishes
from toolkit.publish.provisioning import provisioning_tree, unwritten
from toolkit.publish.ruler import apply_rules, plan_rules, rules_rollback
from toolkit.publish.writing import left_behind, remove_files, write_files
from toolkit.settings import Settings

_SIGNS = {"create": "+", "update": "~", "delete": "-", "refused": "!", "skipped": "!"}


@dataclass(frozen=True, slots=True)
class Going:
    """How to go about it: what is only shown, what is asked, where backups are."""

    dry_run: bool = False
    diff: bool = False
    as_json: bool = False
    prune: bool = False
    yes: bool = False
    rollback: bool = False
    backups: Path | None = None


# --- over an API ----------------------------------------------------------------------------------


def bring(
    deployment: Deployment,
    settings: Settings,
    wishes: Wishes,
    going: Going,
    version: GrafanaVersion | None,
) -> bool:
    """To Grafana; gives whether everything that was asked for is done."""
    with HttpClient(settings.grafana, name="Grafana") as http:
        api = connect(http, version)
        backups = going.backups or backup_folder(api.url)
        if going.rollback:
            plan = rollback_plan(api, latest_backup(backups, api.url))
        else:
            plan = plan_deploy(deployment, api, wishes, version)
        where = f"Grafana {plan.version} at {plan.url}"
        return _carry_out(plan, where, going, backups, lambda: apply_plan(plan, api))


def bring_rules(deployment: Deployment, settings: Settings, wishes: Wishes, going: Going) -> bool:
    """To Loki's ruler."""
    rendered = render_offline(deployment, NEWEST)
    with HttpClient(settings.loki, name="Loki") as http:
        backups = going.backups or backup_folder(http.url)
        if going.rollback:
            plan = rules_rollback(http, latest_backup(backups, http.url))
        else:
            prune = wishes.prune and not wishes.partial
            plan = plan_rules(http, rendered.groups, rendered.context, prune=prune)
        where = f"Loki's ruler at {plan.url}"
        return _carry_out(plan, where, going, backups, lambda: Outcome(apply_rules(plan, http), ()))


def _carry_out(
    plan: Plan, where: str, going: Going, backups: Path, send: Callable[[], Outcome]
) -> bool:
    """Shows the plan and sends it; gives whether this account was let do all of it."""
    if going.as_json:
        typer.echo(json.dumps(plan.to_json(), indent=1, ensure_ascii=False))
    else:
        typer.echo(where)
        _show(plan, diff=going.diff)
    complete = not any(plan.refused())
    if going.dry_run:
        return complete
    if plan.is_empty:
        if not going.as_json:
            typer.echo("Nothing changed; nothing was sent." if complete else "Nothing was sent.")
        return complete
    _agree([change.title for change in needs_consent(plan)], yes=going.yes)
    folder = backups.parent if backups.is_file() else backups
    kept = write_backup(plan, folder, datetime.now(UTC), rollback=going.rollback)
    outcome = send()
    if not going.as_json:
        for change in outcome.denied:
            _show_change(change)
        many = f"{len(outcome.done)} change{'' if len(outcome.done) == 1 else 's'}"
        typer.echo(f"Sent {many}. What was there before is kept in {kept}")
        if not going.rollback:
            typer.echo("Put it back with the same command and --rollback")
    return complete and not outcome.denied


def _show(plan: Plan, *, diff: bool) -> None:
    said = ""
    for change in plan.changes:
        _show_change(change, but=said)
        said = change.reason
        if diff:
            for line in change.diff:
                typer.echo(f"    {line}")
    for note in plan.notes:
        typer.echo(f"  {note}")


def _show_change(change: Change, but: str = "") -> None:
    """A line for the change, and why and what to do; not the reason ``but``, which was said."""
    sign = _SIGNS.get(change.action, " ")
    name = change.title if change.kind != "dashboard" else f"{change.title} ({change.uid})"
    typer.echo(f"{sign} {change.kind:<11} {name}: {change.action}")
    if change.reason and change.reason == but:
        return
    if change.reason:
        typer.echo(f"    {change.reason}")
    if change.hint and change.action in ("refused", "skipped"):
        typer.echo(f"    hint: {change.hint}")


def _agree(doomed: Sequence[str], *, yes: bool) -> None:
    """Asks before anything is deleted; without somebody to ask it is an error."""
    if not doomed or yes:
        return
    names = ", ".join(doomed)
    if not sys.stdin.isatty():
        raise SettingsError(
            f"this would delete {names}", setting="--yes", hint="add --yes to have it deleted"
        )
    typer.confirm(f"Delete {names}?", abort=True)


# --- as files -------------------------------------------------------------------------------------


def write(
    deployment: Deployment,
    target: str,
    version: GrafanaVersion,
    output: Path | None,
    namespaces: Namespaces,
    going: Going,
) -> None:
    """As files in ``output``; what an earlier run left there goes with ``--prune``."""
    if output is None:
        raise SettingsError(
            f"--target {target} writes files and needs a folder for them",
            setting="--output",
            hint="add --output DIR",
        )
    rendered = render_offline(deployment, version)
    # A data source that was named by its uid is there already.
    url = None if deployment.source.uid else deployment.source.address
    configmap = target == "configmap"
    files = manifests(rendered, namespaces, url) if configmap else provisioning_tree(rendered, url)
    old: Sequence[str] = ()
    if deployment.only:
        files = with_others(files, output) if configmap else files
    else:
        old = left_behind(files, output)
    if old and going.prune and not going.dry_run:
        _agree(old, yes=going.yes)
    _say(f"Rendered for Grafana {version}; --grafana-version renders for another.", going)
    done = write_files(files, output, dry_run=going.dry_run)
    if going.prune:
        done |= remove_files(old, output, dry_run=going.dry_run)
    if going.as_json:
        typer.echo(json.dumps({"folder": str(output), "files": done}, indent=1))
    for name, what in done.items():
        _say(f"  {name}: {what}", going)
    if old and not going.prune:
        _say(f"Left from before: {', '.join(old)}; --prune deletes it.", going)
    for sentence in (*remarks(rendered.groups, rendered.context), *unwritten(rendered)):
        _say(sentence, going)
    if configmap:
        how = "--server-side " if too_long_to_apply(files.items()) else ""
        _say(f"Bring it to the cluster with: kubectl apply {how}-k {output}", going)
    else:
        _say(
            f"Grafana looks for {output}/grafana/provisioning in /etc/grafana/provisioning, and for"
            f" {output}/grafana/dashboards in /var/lib/grafana/dashboards.",
            going,
        )


def _say(text: str, going: Going) -> None:
    if not going.as_json:
        typer.echo(text)
