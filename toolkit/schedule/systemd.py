"""A systemd service and its timer, for a machine without Kubernetes.

The service has a user only while it runs, sees the system read-only, and gets its secrets as
credentials (systemd 250 and later): files that no other process reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from toolkit.schedule.configuration import check, configuration, needed_secrets, paths
from toolkit.schedule.plan import NAME, Plan, Rendered

CONFIG = "/etc/falco-toolkit/toolkit.toml"
SECRETS = "/etc/falco-toolkit/secrets"
_HOMES = ("/home", "/root", "/run/user")
_HARDENING = """\
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectProc=invisible
ProcSubset=pid
PrivateTmp=yes
PrivateDevices=yes
PrivateUsers=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
KeyringMode=private
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
UMask=0077
"""


def render(plan: Plan) -> Rendered:
    """The two units and the settings they read."""
    check(plan, "systemd", remote=False)
    found = needed_secrets(plan)
    credentials = "".join(
        f"LoadCredential={one.variable}:{SECRETS}/{one.variable}\n"
        f"Environment={one.file_variable}=%d/{one.variable}\n"
        for one in found
    )
    words = [plan.command, *plan.arguments(CONFIG, f"/var/lib/{NAME}")]
    service = f"""\
[Unit]
Description=Trend report of Falco's events
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=6h
StartLimitBurst=4

[Service]
Type=oneshot
ExecStart={" ".join(quoted(word) for word in words)}
DynamicUser=yes
StateDirectory={NAME}
CacheDirectory={NAME}
{credentials}# 3 may pass; 1, 2 and 4 stay what they are.
Restart=on-failure
RestartPreventExitStatus=1 2 4
RestartSec=10min
TimeoutStartSec=2h
MemoryMax={_bytes(plan.memory)}
{_reach(plan)}{_HARDENING}"""
    timer = f"""\
[Unit]
Description=Trend report of Falco's events, {plan.moment.report}

[Timer]
OnCalendar={plan.moment.calendar}
# A machine that was off makes up for it when it is on again.
Persistent=true
RandomizedDelaySec=5min

[Install]
WantedBy=timers.target
"""
    text = configuration(plan, lambda _, path: str(Path(path).absolute()), f"/var/cache/{NAME}")
    files = {f"{NAME}.service": service, f"{NAME}.timer": timer, "toolkit.toml": text}
    return Rendered(files, _next_steps([one.variable for one in found]))


def _reach(plan: Plan) -> str:
    """What it may see and write besides its own: homes only where settings name a path there."""
    homes = any(path.absolute().is_relative_to(home) for path in paths(plan) for home in _HOMES)
    written = [one.get("path").absolute() for one in plan.deliveries if one.kind == "folder"]
    lines = [f"ProtectHome={'read-only' if homes else 'yes'}"]
    lines += [f"ReadWritePaths={quoted(str(path))}" for path in written]
    return "".join(f"{line}\n" for line in lines)


def quoted(word: str) -> str:
    """A word of a command line as systemd reads it: specifiers and variables are only text."""
    text = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    plain = text == word and word and not any(character in " \t;'" for character in word)
    return text if plain else f'"{text}"'


def _bytes(memory: str) -> str:
    """Kubernetes' ``1Gi`` as systemd's ``1G``: both are 2 to the power of 30."""
    return memory.removesuffix("i")


def _next_steps(secrets: Sequence[str]) -> list[str]:
    steps = [f"install -D -m 0644 DIR/toolkit.toml {CONFIG}"]
    steps += [f"install -D -m 0600 FILE {SECRETS}/{name}" for name in secrets]
    steps.append(f"install -m 0644 DIR/{NAME}.service DIR/{NAME}.timer /etc/systemd/system/")
    steps.append("systemctl daemon-reload")
    return [*steps, f"systemctl enable --now {NAME}.timer", f"systemctl start {NAME}.service"]
