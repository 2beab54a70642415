"""A crontab for one user, where neither Kubernetes nor systemd keeps the time."""

from __future__ import annotations

import shlex
from pathlib import Path

from toolkit.schedule.configuration import check, configuration, needed_secrets
from toolkit.schedule.plan import NAME, Plan, Rendered
from toolkit.schedule.systemd import CONFIG, SECRETS

_STATE = f"/var/lib/{NAME}"
_BUSY = 3
"""What flock exits with when another run is on: the same as the program itself."""


def render(plan: Plan) -> Rendered:
    """The crontab and the settings that it reads."""
    check(plan, "cron", remote=False)
    found = needed_secrets(plan)
    words = [plan.command, *plan.arguments(CONFIG, _STATE)]
    lock = f"flock --nonblock --conflict-exit-code {_BUSY} {_STATE}/.cron.lock"
    # A percent sign ends a crontab's command, unless a backslash stands before it.
    command = f"{lock} {shlex.join(words)}".replace("%", "\\%")
    variables = "".join(f"{one.file_variable}={SECRETS}/{one.variable}\n" for one in found)
    crontab = f"""\
# Trend report of Falco's events, {plan.moment.report}, made up for where a run was missed.
# cronie reads CRON_TZ; other crons, Debian's among them, go by the machine's own time zone.
# The days and weeks of the report are those of toolkit.toml either way.
SHELL=/bin/sh
CRON_TZ={plan.moment.timezone}
{variables}{plan.moment.cron} {command}
"""
    text = configuration(plan, lambda _, path: str(Path(path).absolute()), f"{_STATE}/cache")
    steps = [f"install -D -m 0644 DIR/toolkit.toml {CONFIG}"]
    steps += [f"install -D -m 0600 -o USER FILE {SECRETS}/{one.variable}" for one in found]
    steps += [
        f"install -d -m 0700 -o USER {_STATE}",
        f"(crontab -u USER -l; cat DIR/{NAME}.crontab) | crontab -u USER -",
    ]
    return Rendered({f"{NAME}.crontab": crontab, "toolkit.toml": text}, steps)
