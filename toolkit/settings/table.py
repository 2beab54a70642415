"""The settings there are: one line each, with its flag, its variables and its key in toolkit.toml.

The names of Loki's variables are logcli's own (grafana/loki ``cmd/logcli/main.go``), so what works
for logcli works here. A secret has no flag, because a process list shows flags, and no key in
``toolkit.toml``, because that file is checked in: it comes from the environment or a file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from toolkit.settings import values


@dataclass(frozen=True, slots=True)
class Field:
    """One setting. ``key`` is ``table.name`` in toolkit.toml; ``source`` ones choose the source.

    A ``rare`` flag works everywhere and is listed by ``toolkit settings`` only.
    """

    key: str
    parse: Callable[[object], object]
    help: str
    flag: str | None = None
    env: str | None = None
    source: bool = False
    rare: bool = False

    @property
    def secret(self) -> bool:
        return self.parse is values.secret


FIELDS: tuple[Field, ...] = (
    Field("loki.url", values.url, "Address of Loki.", "--loki-url", "LOKI_ADDR", source=True),
    Field("loki.username", values.text, "User name for Loki's basic auth.", env="LOKI_USERNAME"),
    Field("loki.password", values.secret, "Password for Loki's basic auth.", env="LOKI_PASSWORD"),
    Field(
        "loki.password_file",
        values.path,
        "File that holds the password for Loki's basic auth.",
        "--loki-password-file",
        "LOKI_PASSWORD_FILE",
        rare=True,
    ),
    Field("loki.bearer_token", values.secret, "Bearer token for Loki.", env="LOKI_BEARER_TOKEN"),
    Field(
        "loki.bearer_token_file",
        values.path,
        "File that holds the bearer token for Loki.",
        "--loki-bearer-token-file",
        "LOKI_BEARER_TOKEN_FILE",
        rare=True,
    ),
    Field(
        "loki.tenant",
        values.text,
        "Loki's tenant, sent as X-Scope-OrgID.",
        "--loki-org-id",
        "LOKI_ORG_ID",
    ),
    Field(
        "loki.ca",
        values.path,
        "Certificate authority to trust for Loki (PEM).",
        "--loki-ca",
        "LOKI_CA_CERT_PATH",
    ),
    Field(
        "loki.certificate",
        values.path,
        "Client certificate for Loki (PEM).",
        "--loki-cert",
        "LOKI_CLIENT_CERT_PATH",
        rare=True,
    ),
    Field(
        "loki.key",
        values.path,
        "Key of the client certificate for Loki (PEM).",
        "--loki-key",
        "LOKI_CLIENT_KEY_PATH",
        rare=True,
    ),
    Field(
        "loki.tls_skip_verify",
        values.flag,
        "Do not verify Loki's certificate.",
        env="LOKI_TLS_SKIP_VERIFY",
    ),
    Field("loki.proxy", values.url, "HTTP proxy on the way to Loki.", env="LOKI_HTTP_PROXY_URL"),
    Field(
        "loki.timeout",
        values.seconds,
        "How long one request to Loki may take.",
        "--loki-timeout",
        "TOOLKIT_LOKI_TIMEOUT",
    ),
    Field(
        "loki.connect_timeout",
        values.seconds,
        "How long connecting to Loki may take.",
        env="TOOLKIT_LOKI_CONNECT_TIMEOUT",
    ),
    Field(
        "loki.retries",
        values.integer,
        "How often a failed request to Loki is tried again.",
        env="LOKI_CLIENT_RETRIES",
    ),
    Field("grafana.url", values.url, "Address of Grafana.", "--grafana-url", "GRAFANA_URL"),
    Field("grafana.token", values.secret, "Token for Grafana.", env="GRAFANA_TOKEN"),
    Field(
        "grafana.token_file",
        values.path,
        "File that holds the token for Grafana.",
        "--grafana-token-file",
        "GRAFANA_TOKEN_FILE",
    ),
    Field("grafana.user", values.text, "User name for Grafana's basic auth.", env="GRAFANA_USER"),
    Field(
        "grafana.password",
        values.secret,
        "Password for Grafana's basic auth.",
        env="GRAFANA_PASSWORD",
    ),
    Field(
        "grafana.password_file",
        values.path,
        "File that holds the password for Grafana's basic auth.",
        "--grafana-password-file",
        "GRAFANA_PASSWORD_FILE",
        rare=True,
    ),
    Field(
        "grafana.org_id",
        values.integer,
        "Number of the organisation in Grafana.",
        "--grafana-org-id",
        "GRAFANA_ORG_ID",
        rare=True,
    ),
    Field(
        "grafana.ca",
        values.path,
        "Certificate authority to trust for Grafana (PEM).",
        "--grafana-ca",
        "GRAFANA_CA_CERT_PATH",
        rare=True,
    ),
    Field(
        "grafana.certificate",
        values.path,
        "Client certificate for Grafana (PEM).",
        "--grafana-cert",
        "GRAFANA_CLIENT_CERT_PATH",
        rare=True,
    ),
    Field(
        "grafana.key",
        values.path,
        "Key of the client certificate for Grafana (PEM).",
        "--grafana-key",
        "GRAFANA_CLIENT_KEY_PATH",
        rare=True,
    ),
    Field(
        "grafana.tls_skip_verify",
        values.flag,
        "Do not verify Grafana's certificate.",
        env="GRAFANA_TLS_SKIP_VERIFY",
    ),
    Field(
        "grafana.proxy",
        values.url,
        "HTTP proxy on the way to Grafana.",
        env="GRAFANA_HTTP_PROXY_URL",
    ),
    Field(
        "grafana.timeout",
        values.seconds,
        "How long one request to Grafana may take.",
        "--grafana-timeout",
        "TOOLKIT_GRAFANA_TIMEOUT",
        rare=True,
    ),
    Field(
        "grafana.connect_timeout",
        values.seconds,
        "How long connecting to Grafana may take.",
        env="TOOLKIT_GRAFANA_CONNECT_TIMEOUT",
    ),
    Field(
        "grafana.retries",
        values.integer,
        "How often a failed request to Grafana is tried again.",
        env="TOOLKIT_GRAFANA_RETRIES",
    ),
    Field(
        "grafana.query_loki",
        values.flag,
        "Ask Loki through Grafana's data source proxy.",
        "--via-grafana",
        "TOOLKIT_VIA_GRAFANA",
        source=True,
    ),
    Field(
        "grafana.datasource_uid",
        values.text,
        "Uid of the Loki data source in Grafana.",
        "--datasource-uid",
        "TOOLKIT_DATASOURCE_UID",
    ),
    Field(
        "grafana.datasource_url",
        values.url,
        "Address of Loki as Grafana reaches it.",
        "--loki-datasource-url",
        "TOOLKIT_LOKI_DATASOURCE_URL",
    ),
    Field(
        "events.files",
        values.texts,
        "File of Falco's JSON lines, .gz too, - for standard input; repeatable.",
        "--events",
        "TOOLKIT_EVENTS",
        source=True,
    ),
    Field(
        "events.strict",
        values.flag,
        "Stop at a line that is not a Falco event.",
        "--strict",
        "TOOLKIT_STRICT",
    ),
    Field(
        "events.rejects",
        values.path,
        "File to keep the refused lines in.",
        "--rejects",
        "TOOLKIT_REJECTS",
    ),
    Field(
        "store.path",
        values.path,
        "Directory of an embedded store.",
        "--store",
        "TOOLKIT_STORE",
        source=True,
    ),
    Field(
        "sample.use",
        values.flag,
        "Use the sample cluster.",
        "--sample",
        "TOOLKIT_SAMPLE",
        source=True,
    ),
    Field(
        "labels.dialect",
        values.dialect,
        "How the events are labelled: source-falco, source-falco-json, stdout, ...",
        "--labels",
        "TOOLKIT_LABELS",
    ),
    Field(
        "labels.custom_fields",
        values.pairs,
        "Falcosidekick's customfields, as name:value.",
        env="TOOLKIT_CUSTOM_FIELDS",
    ),
    Field(
        "labels.extra_labels",
        values.texts,
        "Falcosidekick's loki.extralabels: names of output fields.",
        env="TOOLKIT_EXTRA_LABELS",
    ),
    Field(
        "labels.stream_labels",
        values.pairs,
        "Labels that a collector sets on Falco's standard output, as name:value.",
        env="TOOLKIT_STREAM_LABELS",
    ),
    Field(
        "labels.node_label",
        values.text,
        "Label in which a collector puts the name of the node.",
        env="TOOLKIT_NODE_LABEL",
    ),
    Field(
        "report.accepted",
        values.path,
        "File of accepted noise, which reports count apart.",
        "--accepted",
        "TOOLKIT_ACCEPTED",
    ),
    Field(
        "report.nodes",
        values.path,
        "File that gives hostnames the names of their nodes in reports.",
        "--nodes",
        "TOOLKIT_NODES",
    ),
    Field(
        "report.sections",
        values.path,
        "Folder of your own sections and templates of reports.",
        "--sections",
        "TOOLKIT_SECTIONS",
    ),
    Field(
        "timezone",
        values.timezone,
        "Time zone of days and weeks.",
        "--timezone",
        "TOOLKIT_TIMEZONE",
    ),
    Field(
        "cache.path",
        values.path,
        "Directory that keeps answers about the past, so that they are asked once.",
        "--cache",
        "TOOLKIT_CACHE",
    ),
)

BY_KEY = {field.key: field for field in FIELDS}
