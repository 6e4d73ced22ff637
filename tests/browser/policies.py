"""The policies of the table, as documents of ours and as the nearest policies of Envoy's native filter.

A policy named `app` holds for https://app.api.test, and for https://app.cdn.test, which reaches the same Envoy through
a shared HTTP cache.
"""

import json
import pathlib
import re

POLICIES = json.loads((pathlib.Path(__file__).parent / "policies.json").read_text())
# The methods that Fetch lets pass without being listed; the native filter's documentation lists them with the others.
SAFELISTED = ["GET", "HEAD", "POST"]


def hosts(name):
    return [f"{name}.api.test", f"{name}.cdn.test"]


def ours():
    """The document of our filter: each policy is matched by its hosts."""
    named = [{"name": name, "match": {"hosts": hosts(name)}, **policy} for name, policy in POLICIES.items()]
    return {"policies": named}


def native(policy):
    """The nearest native policy: the same origins, methods, headers, credentials and age.

    Its default forwards refused preflights to the service; the safer switch is set, as Envoy Gateway does.
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
    """`*` is understood by the native filter itself; other wildcards are a regular expression, which Envoy anchors."""
    if rule == "*" or "*" not in rule:
        return {"exact": rule}
    escaped = re.escape(rule).replace(r":\*", "(:[0-9]+)?").replace(r"\*", "[a-z0-9._-]+")
    return {"safe_regex": {"regex": escaped}}
