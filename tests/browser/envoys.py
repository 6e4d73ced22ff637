"""A real Envoy in front of the backend, with our filter or with the native one, and the requests it saw.

There are two kinds of listeners, each with and without TLS: `api` has the filter and one virtual host for each policy;
`front` has no filter, serves the pages on every other host, and passes *.cdn.test to the shared cache.
"""

import json
import re
import socket
import subprocess
import time
import urllib.request

import policies
from envoy_process import PATIENCE, REPOSITORY, EnvoyProcess

MODULE = REPOSITORY / "dist" / "envoy-cors.wasm"
TYPE = "type.googleapis.com/envoy.extensions."


def typed(name, kind, **fields):
    return {"name": name, "typed_config": {"@type": TYPE + kind, **fields}}


def our_filter():
    string = {"@type": "type.googleapis.com/google.protobuf.StringValue", "value": json.dumps(policies.ours())}
    code = {"local": {"filename": str(MODULE)}}
    config = {
        "name": "envoy-cors", "failure_policy": "FAIL_CLOSED", "configuration": string,
        "vm_config": {"runtime": "envoy.wasm.runtime.v8", "code": code},
    }
    return typed("envoy-cors", "filters.http.wasm.v3.Wasm", config=config)


def native_filter():
    return typed("envoy.filters.http.cors", "filters.http.cors.v3.Cors")


def later_filters():
    """Filters after the CORS filter that reject requests: JWT (401), RBAC (403), and an injected fault (429)."""
    # The key is "secret" repeated, used only here.
    secret = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"
    keys = {"keys": [{"kty": "oct", "alg": "HS256", "kid": "k", "k": secret}]}
    provider = {"issuer": "tests", "local_jwks": {"inline_string": json.dumps(keys)}, "forward": True}
    jwt = typed(
        "jwt", "filters.http.jwt_authn.v3.JwtAuthentication", providers={"tests": provider},
        rules=[{"match": {"path": "/local/private"}, "requires": {"provider_name": "tests"}}],
    )
    denied = {"permissions": [{"url_path": {"path": {"exact": "/local/denied"}}}], "principals": [{"any": True}]}
    rbac = typed("rbac", "filters.http.rbac.v3.RBAC", rules={"action": "DENY", "policies": {"denied": denied}})
    return [jwt, rbac, typed("fault", "filters.http.fault.v3.HTTPFault")]


def routes():
    """The routes of each virtual host. Any other path gets Envoy's own 404."""
    echo = {"cluster": "backend", "prefix_rewrite": "/api/echo"}
    fault = {"@type": TYPE + "filters.http.fault.v3.HTTPFault",
             "abort": {"http_status": 429, "percentage": {"numerator": 100}}}
    return [
        {"match": {"path": "/local/private"}, "route": echo},
        {"match": {"path": "/local/denied"}, "route": echo},
        {"match": {"path": "/local/throttled"}, "route": echo, "typed_per_filter_config": {"fault": fault}},
        {"match": {"path": "/local/dead"}, "route": {"cluster": "dead"}},
        {"match": {"path": "/local/slow"},
         "route": {"cluster": "backend", "prefix_rewrite": "/api/slow", "timeout": "0.2s"}},
        {"match": {"path": "/local/direct"}, "direct_response": {"status": 200, "body": {"inline_string": "direct"}}},
        {"match": {"path": "/local/maintenance"},
         "direct_response": {"status": 503, "body": {"inline_string": "maintenance"}}},
        {"match": {"path": "/local/redirect"}, "redirect": {"path_redirect": "/api/echo"}},
        {"match": {"prefix": "/api/"}, "route": {"cluster": "backend"}},
    ]


def api_hosts(is_ours):
    for name, policy in policies.POLICIES.items():
        host = {"name": name, "domains": policies.hosts(name), "routes": routes()}
        if not is_ours:
            host["typed_per_filter_config"] = {"envoy.filters.http.cors": policies.native(policy)}
        yield host
    # A request here marks a point in the access log: all streams that ended before it are already in the log.
    yield {"name": "mark", "domains": ["mark.test"],
           "routes": [{"match": {"prefix": "/"}, "direct_response": {"status": 200}}]}


FRONT_HOSTS = [
    {"name": "cdn", "domains": ["*.cdn.test"], "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "cache"}}]},
    {"name": "pages", "domains": ["*"], "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "backend"}}]},
]


def listener(name, filters, hosts, certificate, log):
    """One listener; with TLS it speaks HTTP/2, as browsers and gateways do, else HTTP/1.1."""
    access_log = typed(
        "file", "access_loggers.file.v3.FileAccessLog", path=str(log),
        log_format={"json_format": {
            "listener": name, "method": "%REQ(:METHOD)%", "path": "%REQ(:PATH)%", "host": "%REQ(:AUTHORITY)%",
            "asked": "%REQ(ACCESS-CONTROL-REQUEST-METHOD)%", "origin": "%REQ(ORIGIN)%",
            "status": "%RESPONSE_CODE%", "details": "%RESPONSE_CODE_DETAILS%",
        }},
    )
    manager = typed(
        "envoy.filters.network.http_connection_manager",
        "filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix="test", access_log=[access_log],
        upgrade_configs=[{"upgrade_type": "websocket"}],
        # A host with a port or a trailing dot is the same host.
        strip_any_host_port=True, strip_trailing_host_dot=True,
        http_filters=[*filters, typed("envoy.filters.http.router", "filters.http.router.v3.Router")],
        route_config={"name": name, "virtual_hosts": hosts},
    )
    chain = {"filters": [manager]}
    if certificate:
        pair = {"certificate_chain": {"filename": certificate[0]}, "private_key": {"filename": certificate[1]}}
        context = {"tls_certificates": [pair], "alpn_protocols": ["h2", "http/1.1"]}
        chain["transport_socket"] = typed(
            "tls", "transport_sockets.tls.v3.DownstreamTlsContext", common_tls_context=context
        )
    address = {"socket_address": {"address": "127.0.0.1", "port_value": 0}}
    return {"name": name, "address": address, "filter_chains": [chain]}


def cluster(name, port):
    endpoint = {"endpoint": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": port}}}}
    assignment = {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]}
    return {"name": name, "type": "STATIC", "connect_timeout": "2s", "load_assignment": assignment}


class Envoy:
    """A running Envoy with the filter `ours` or `native`, on free ports."""

    def __init__(self, kind, backend, cache, certificate, folder):
        self.log = folder / "access.log"
        self.folder = folder
        self.marks, self.lines, self.read_to = 0, [], 0
        is_ours = kind == "ours"
        filters = [our_filter() if is_ours else native_filter(), *later_filters()]
        hosts = list(api_hosts(is_ours))
        listeners = [
            listener("api", filters, hosts, None, self.log), listener("api-tls", filters, hosts, certificate, self.log),
            listener("front", [], FRONT_HOSTS, None, self.log),
            listener("front-tls", [], FRONT_HOSTS, certificate, self.log),
        ]
        # Nothing listens on port 9 (discard), so this cluster refuses every connection.
        places = {"backend": backend.server_address[1], "cache": cache.server_address[1], "dead": 9}
        clusters = [cluster(name, port) for name, port in places.items()]
        admin = {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}}}
        resources = {"listeners": listeners, "clusters": clusters}
        (folder / "envoy.json").write_text(json.dumps({"admin": admin, "static_resources": resources}))
        self.start()
        cache.envoy_port = self.ports["api"]

    def start(self):
        files = ["--admin-address-path", str(self.folder / "admin")]
        self.ports = None

        def is_ready():
            self.ports = self.find_ports()
            return self.ports is not None

        self.process = EnvoyProcess(self.folder / "envoy.json", self.folder / "log", is_ready, files)

    def find_ports(self):
        try:
            admin = (self.folder / "admin").read_text().strip()
            with urllib.request.urlopen(f"http://{admin}/listeners", timeout=2) as answer:
                lines = answer.read().decode().split()
            with urllib.request.urlopen(f"http://{admin}/ready", timeout=2):
                pass
        except (OSError, ValueError):
            return None
        ports = {name: int(address.rsplit(":", 1)[1]) for name, address in (line.split("::") for line in lines)}
        return ports if len(ports) == 4 else None

    def requests(self, run):
        """The requests of a run that the api listeners saw: every stream that has ended by now."""
        self.marks += 1
        mark = f"/mark-{self.marks}"
        request = f"GET {mark} HTTP/1.1\r\nhost: mark.test\r\n\r\n"
        with socket.create_connection(("127.0.0.1", self.ports["api"]), timeout=5) as connection:
            connection.sendall(request.encode())
            connection.recv(4096)
        deadline = time.monotonic() + PATIENCE
        while not any(line["path"] == mark for line in self.lines[-50:]):
            if time.monotonic() > deadline:
                raise RuntimeError("Envoy wrote no access log")
            time.sleep(0.001)
            self.read_log()
        token = re.compile(f"[?&]run={re.escape(run)}(&|$)")
        return [line for line in self.lines if line["listener"].startswith("api") and token.search(line["path"])]

    def read_log(self):
        """The complete lines written since the last call."""
        with open(self.log, "rb") as log:
            log.seek(self.read_to)
            text = log.read()
        whole = text[: text.rfind(b"\n") + 1]
        self.read_to += len(whole)
        self.lines += [json.loads(line) for line in whole.splitlines()]

    def stop(self):
        self.process.stop()


def make_certificate(folder):
    """A new certificate; the browser trusts its key (chromium.py)."""
    chain, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=tests", "-keyout", str(key), "-out", str(chain)],
        check=True, capture_output=True, timeout=30,
    )
    return str(chain), str(key)
