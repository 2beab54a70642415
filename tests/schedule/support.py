"""Plans as the command makes them, of settings as a user writes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from toolkit.schedule.moments import moment
from toolkit.schedule.plan import Plan
from toolkit.settings import load, named

TOML = """\
[loki]
url = "http://loki.loki-stack.svc.cluster.local:3100"
tenant = "team \\"a\\""
bearer_token_file = "token"
ca = "ca.pem"
timeout = 30

[grafana]
url = "https://grafana.example.org"

[labels]
dialect = "falcosidekick-json"
custom_fields = ["source:falco", "cluster:prod"]

[deliver.mail]
kind = "email"
host = "10.1.2.3"
user = "falco"
from = "falco@example.org"
to = ["a@example.org", "b@example.org"]
link = "https://reports.example.org/{period}/100%.html"

[deliver.chat]
kind = "slack"

[deliver.hook]
kind = "webhook"
url = "http://hooks:8080/in"
secret_file = "hmac"

[deliver.bucket]
kind = "s3"
bucket = "reports"
endpoint = "http://minio.storage.svc:80"

[deliver.marks]
kind = "grafana"
"""
SHARE = '\n[deliver.share]\nkind = "folder"\npath = "share of reports"\n'
SECRETS = {
    "LOKI_BEARER_TOKEN",
    "GRAFANA_TOKEN",
    "TOOLKIT_DELIVER_MAIL_PASSWORD",
    "TOOLKIT_DELIVER_CHAT_URL",
    "TOOLKIT_DELIVER_HOOK_SECRET",
    "TOOLKIT_DELIVER_BUCKET_ACCESS_KEY",
    "TOOLKIT_DELIVER_BUCKET_SECRET_KEY",
}
"""What a run with these settings cannot work without, counted by hand."""


def plan(
    folder: Path,
    toml: str = TOML,
    *,
    deliver: str | None = "all",
    flags: dict[str, object] | None = None,
    environ: dict[str, str] | None = None,
    when: tuple[Any, ...] = ("weekly", "06:00", None, "Europe/Berlin"),
    **more: Any,
) -> Plan:
    """A plan; nothing of the machine's own environment gets into it."""
    folder.mkdir(exist_ok=True)
    (folder / "toolkit.toml").write_text(toml, encoding="utf-8")
    (folder / "token").write_text("t0k\n")
    settings = load(flags or {}, environ=environ or {}, directory=folder)
    chosen = named(settings.deliveries, deliver) if deliver else ()
    return Plan(settings, moment(*when), deliveries=chosen, **more)
