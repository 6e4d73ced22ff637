"""The policies of the scenarios, as our documents and as the closest policies of Envoy's native filter.

A policy named `app` applies to https://app.api.test, and to https://app.cdn.test, which reaches the same Envoy through
a shared HTTP cache.
"""

import json
import pathlib
import re

POLICIES = json.loads((pathlib.Path(__file__).parent / "policies.json").read_text())
# The methods that Fetch allows without being listed; for the native filter they are listed, as its documentation does.
SAFELISTED = ["GET", "HEAD", "POST"]


def hosts(name):
    return [f"{name}.api.test", f"{name}.cdn.test"]


def ours():
    """Our document: each policy is matched by its hosts."""
    named = [{"name": name, "match": {"hosts": hosts(name)}, **policy} for name, policy in POLICIES.items()]
    return {"policies": named}


def native(policy):
    """The closest native policy: the same origins, methods, headers, credentials and max age.

    By default it forwards refused preflights to the service; here the safer setting is used, as Envoy Gateway does.
    """
    document = {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy",
        "allow_origin_string_match": [matcher(rule) for rule in policy["allow_origins"]],
        "allow_methods": ",".join(methods(policy.get("allow_methods", []))),
        "allow_headers": ",".join(policy.get("allow_headers", [])),
        "expose_headers": ",".join(policy.get("expose_headers", [])),
        "allow_credentials": policy.get("allow_credentials", False),
        "forward_not_matching_preflights": False,
    }
    if "max_age" in policy:
        document["max_age"] = str(policy["max_age"])
    return document


def methods(listed):
    return listed if "*" in listed else SAFELISTED + [method for method in listed if method not in SAFELISTED]


def matcher(rule):
    """The native filter understands `*`; other wildcards become a regular expression, which Envoy anchors."""
    if rule == "*" or "*" not in rule:
        return {"exact": rule}
    escaped = re.escape(rule).replace(r":\*", "(:[0-9]+)?").replace(r"\*", "[a-z0-9._-]+")
    return {"safe_regex": {"regex": escaped}}
