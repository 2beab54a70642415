"""What happens in the sample cluster on an ordinary day, a row for each."""

from __future__ import annotations

from toolkit.falco.sample import cluster as c
from toolkit.falco.sample import vocabulary as v
from toolkit.falco.sample.vocabulary import Activity, Fields, Phrase, Rhythm


def _contact(
    workload: c.Workload, nodes: tuple[c.SampleNode, ...], rate: float, command: str
) -> Activity:
    path = command.split(" ")[0]
    fields = v.connection("10.42.1.{n}:{port}->" + v.API_SERVER, 443) | v.process(
        # The kernel keeps fifteen characters of a name.
        path.rpartition("/")[2][:15],
        command,
        path=path,
        event="connect",
        user="<NA>",
        uid=1000,
    )
    return Activity(v.CONTACT, fields, nodes, rate, "flat", workload)


def _terminal(workload: c.Workload, node: c.SampleNode, rate: float, command: str) -> Activity:
    name = command.split(" ")[0]
    fields = v.process(name, command, parent="runc", path=f"/bin/{name}", tty=34816, flags=v.LOWER)
    return Activity(v.TERMINAL, fields, (node,), rate, "office", workload)


def _audit(phrase: Phrase, fields: Fields, rate: float, rhythm: Rhythm) -> Activity:
    return Activity(phrase, fields, (c.CONTROL_PLANE,), rate, rhythm, audit=True)


_OSQUERY = (
    v.opened("/etc/shadow")
    | v.ancestors("systemd")
    | v.process(
        "osqueryd",
        "osqueryd --flagfile /etc/osquery/osquery.flags",
        parent="systemd",
        path="/opt/osquery/bin/osqueryd",
        event="openat",
    )
)
_LOGROTATE = v.opened("/var/log/syslog") | v.process(
    "logrotate",
    "logrotate /etc/logrotate.conf",
    parent="systemd",
    path="/usr/sbin/logrotate",
    event="openat",
)
_CONFTEST = v.process(
    "conftest", "./conftest", parent="configure", path="/builds/app/conftest", flags=v.UPPER
) | {"proc.exe": "./conftest", "proc.cwd": "/builds/app/"}
_ESBUILD = v.process(
    "esbuild",
    "esbuild --service=0.25.9 --ping",
    parent="node",
    path="/src/node_modules/.bin/esbuild",
    flags=v.UPPER,
) | {"proc.exe": "/src/node_modules/.bin/esbuild", "proc.cwd": "/src/"}
_PROBE = (
    v.ancestors("containerd-shim")
    | v.connection("10.42.1.{n}:{port}->10.43.88.12:6379", 6379)
    | v.process("nc", "nc -w 1 stock-cache 6379", parent="sh", path="/bin/busybox", event="dup2")
)
_SCAN = v.process("find", "find /scan/{n} -name id_rsa", parent="scanner", flags=v.LOWER)
_SCAN_AWS = v.process(
    "grep", "grep -rl aws_secret_access_key /scan/{n}", parent="scanner", flags=v.LOWER
) | {"proc.pcmdline": "scanner run --all", "proc.cwd": "/scan/"}
_DELVE = v.process(
    "dlv", "dlv attach {n} --headless", parent="bash", path="/go/bin/dlv", event="ptrace"
) | {"proc.pcmdline": "bash -il"}
_KEEPALIVED = v.process(
    "keepalived",
    "keepalived -n -l",
    parent="run",
    path="/usr/local/sbin/keepalived",
    event="socket",
) | {
    "evt.args": "domain=17(AF_PACKET) type=3 proto=1544",
    "fd.name": "",
    "fd.lport": None,
    "fd.rport": None,
    "fd.type": None,
    "fd.l4proto": None,
}
_APACHE = (
    v.opened("/etc/passwd")
    | v.ancestors("apache2", "containerd-shim")
    | v.process(
        "apache2",
        "apache2 -DFOREGROUND",
        parent="apache2",
        path="/usr/sbin/apache2",
        event="openat",
        user="www-data",
        uid=33,
    )
    | {"fd.nameraw": "/var/www/html/../../../etc/passwd"}
)
_SSH = v.connection("10.0.4.14:{port}->198.51.100.23:2222", 2222) | v.process(
    "ssh", "ssh -p 2222 backup@198.51.100.23", parent="rsync", event="connect"
)
_LOGIN = v.process(
    "login",
    "login",
    parent="build",
    path="/bin/login",
    user="daemon",
    uid=2,
    tty=34817,
    flags="EXE_WRITABLE",
)
_SYNC = v.connection("10.42.3.{n}:{port}->" + v.API_SERVER, 443) | v.process(
    "coredns-sync", "/coredns-sync --watch", path="/coredns-sync", event="connect"
)
_NPM = v.shell("npm ci --no-audit", "node", "node /usr/lib/node_modules/npm/bin/npm-cli.js ci")
_CONVERT = v.shell(
    "convert /srv/upload-{n}.png -resize 640x out.png", "apache2", "apache2 -DFOREGROUND"
)
_MAKE = v.shell("git clean -ffdx && make -j4", "gitlab-runner", "gitlab-runner exec job {n}")
_CLAIM = {
    "ka.user.name": "legacy-provisioner",
    "ka.target.name": "claim-{n}",
    "ka.target.resource": "persistentvolumeclaims",
    "ka.verb": "patch",
    "ka.uri": "/api/v1/namespaces/shop/persistentvolumeclaims/claim-{n}",
    "ka.response.code": "200",
}
_SECRETS = "system:serviceaccount:external-secrets:external-secrets"
_ARGOCD = "system:serviceaccount:argocd:argocd-application-controller"
_RUNNER = "system:serviceaccount:ci:runner"
_EVERYWHERE = (c.CONTROL_PLANE, *c.WORKERS)

ACTIVITIES: tuple[Activity, ...] = (
    # A few groups make up most of the volume, as in most clusters.
    _contact(
        c.ARGOCD,
        (c.WORKER_1,),
        190,
        "/usr/local/bin/argocd-application-controller --metrics-port 8082",
    ),
    _contact(c.KYVERNO, (c.WORKER_2,), 130, "/ko-app/reports-controller --loggingFormat=text"),
    _contact(c.OPERATOR, (c.WORKER_1,), 95, "/bin/operator --kubelet-service=kube-system/kubelet"),
    _contact(c.LONGHORN, c.WORKERS, 36, "longhorn-manager -d daemon --engine-image engine"),
    Activity(v.CONTACT, _SYNC, (c.WORKER_3,), 22, "flat", c.API),
    Activity(v.SHELL, _MAKE, (c.WORKER_2,), 140, "builds", c.RUNNER),
    Activity(v.SHELL, _NPM, (c.BUILD_HOST,), 52, "builds", c.BUILD),
    Activity(v.SHELL, _CONVERT, (c.WORKER_1,), 30, "office", c.LEGACY),
    Activity(v.NEW_BINARY, _CONFTEST, (c.WORKER_2,), 20, "builds", c.RUNNER),
    Activity(v.NEW_BINARY, _ESBUILD, (c.BUILD_HOST,), 13, "builds", c.BUILD),
    Activity(v.REDIRECT, _PROBE, (c.WORKER_1,), 26, "flat", c.PROBE),
    Activity(v.SENSITIVE, _OSQUERY, _EVERYWHERE, 7),
    Activity(v.SENSITIVE, _OSQUERY, (c.STORAGE,), 3, span="until quiet"),
    _terminal(c.API, c.WORKER_1, 3.5, "bash -il"),
    _terminal(c.API, c.WORKER_4, 1.8, "bash -il"),
    _terminal(c.RUNNER, c.WORKER_2, 2.2, "sh"),
    _terminal(c.CHECKOUT, c.WORKER_2, 0.6, "bash"),
    Activity(v.KEYS, _SCAN, (c.WORKER_4,), 15, "night", c.SCANNER),
    Activity(v.AWS, _SCAN_AWS, (c.WORKER_4,), 3, "night", c.SCANNER),
    Activity(v.LOGS, _LOGROTATE, _EVERYWHERE, 1, "midnight"),
    Activity(v.LOGS, _LOGROTATE, (c.STORAGE,), 1, "midnight", span="until quiet"),
    Activity(v.TRACED, _DELVE, (c.WORKER_1,), 6, "office", c.DEBUG, "before the week"),
    Activity(v.PACKETS, _KEEPALIVED, (c.WORKER_1,), 2, "flat", c.KEEPALIVED),
    Activity(v.CLIMB, _APACHE, (c.WORKER_1,), 2.5, "flat", c.LEGACY),
    Activity(v.SSH, _SSH, (c.WORKER_4,), 1.2, "night"),
    Activity(v.LOGIN, _LOGIN, (c.BUILD_HOST,), 0.6, "office", c.BUILD),
    # The Kubernetes audit log, read by a Falco on the control plane.
    _audit(v.SECRET, v.audit(_SECRETS, "db-{n}", "shop", "secrets", "200"), 32, "flat"),
    _audit(v.CONFIG, v.audit(_ARGOCD, "settings-{n}", "staging", "configmaps"), 20, "builds"),
    _audit(v.DEPLOYMENT, v.audit(_ARGOCD, "api-{n}", "staging", "deployments"), 9, "office"),
    _audit(v.ACCOUNT, v.audit(_RUNNER, "job-{n}", "ci", "serviceaccounts"), 7, "builds"),
    _audit(v.NAMESPACE, v.audit(_RUNNER, "review-{n}", "", "namespaces"), 2, "office"),
    _audit(
        v.ATTACH, v.exec_request("dev-{n}@example.org", "api-0", "staging", "bash"), 7, "office"
    ),
    _audit(v.STRANGER, dict(_CLAIM), 14, "flat"),
)
