"""A workflow of GitHub Actions, for a Loki that GitHub's machines can reach.

Reports, the ledger of deliveries and the cache are kept in GitHub's cache between runs, whatever a
run exits with; the reports are an artefact of the run, too.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from toolkit.errors import SettingsError
from toolkit.schedule.configuration import check, configuration, needed_secrets
from toolkit.schedule.plan import NAME, Plan, Rendered
from toolkit.yamltext import dump

_CONFIG = f".github/{NAME}.toml"
_KEPT = NAME
_ALWAYS = "${{ !cancelled() }}"


def render(plan: Plan) -> Rendered:
    """The workflow and the settings that it reads, as they lie in a repository."""
    check(plan, "github", remote=True)
    secrets = [one.variable for one in needed_secrets(plan)]
    text = configuration(plan, _in_repository, f"../{_KEPT}/cache")
    files = {f".github/workflows/{NAME}.yml": dump(_workflow(plan, secrets)), _CONFIG: text}
    steps = [f"gh secret set {name} < FILE" for name in secrets]
    steps.append("commit what is in DIR to the repository's default branch")
    return Rendered(files, [*steps, f"gh workflow run {NAME}.yml"])


def _workflow(plan: Plan, secrets: list[str]) -> dict[str, Any]:
    report: dict[str, Any] = {
        "name": "Make and deliver the report",
        "run": shlex.join(["toolkit", *plan.arguments(_CONFIG, f"{_KEPT}/reports")]),
    }
    if secrets:
        report["env"] = {name: f"${{{{ secrets.{name} }}}}" for name in secrets}
    return {
        "name": "Falco report",
        "on": {"schedule": [{"cron": plan.moment.cron_utc}], "workflow_dispatch": {}},
        "permissions": {"contents": "read"},
        "concurrency": {"group": NAME, "cancel-in-progress": False},
        "jobs": {
            "report": {
                "runs-on": "ubuntu-latest",
                "timeout-minutes": 30,
                "steps": [
                    {"uses": "actions/checkout@v5", "with": {"persist-credentials": False}},
                    {"uses": "actions/setup-python@v6", "with": {"python-version": "3.13"}},
                    {"run": shlex.join(["pip", "install", plan.package])},
                    {
                        "uses": "actions/cache/restore@v4",
                        "with": {
                            "path": _KEPT,
                            "key": f"{NAME}-${{{{ github.run_id }}}}",
                            "restore-keys": f"{NAME}-",
                        },
                    },
                    report,
                    {
                        "uses": "actions/cache/save@v4",
                        "if": _ALWAYS,
                        "with": {"path": _KEPT, "key": f"{NAME}-${{{{ github.run_id }}}}"},
                    },
                    {
                        "uses": "actions/upload-artifact@v4",
                        "if": _ALWAYS,
                        "with": {
                            "name": NAME,
                            "path": f"{_KEPT}/reports",
                            "if-no-files-found": "ignore",
                            "retention-days": 90,
                        },
                    },
                ],
            }
        },
    }


def _in_repository(key: str, path: Path) -> str:
    """A file's place as seen from the settings file in ``.github``."""
    try:
        return f"../{Path(path).resolve().relative_to(Path.cwd()).as_posix()}"
    except ValueError:
        raise SettingsError(
            f"{key} names {path}, which is not in this repository",
            setting=key,
            hint="a workflow reads files of its repository: put it there and run this at its top",
        ) from None
