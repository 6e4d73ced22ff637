"""Debian's Chromium, headless. It resolves every host to this machine and never uses the network."""

import base64
import hashlib
import json
import os
import shutil
import subprocess


# No background traffic, and no proxy.
FLAGS = [
    "--no-proxy-server", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-gpu",
    # Tests run as root in containers, where the sandbox does not work.
    "--no-sandbox",
]


def path():
    """The browser: the path or name in CHROMIUM, else chromium on PATH."""
    found = shutil.which(os.environ.get("CHROMIUM") or "chromium")
    assert found, "Chromium not found: run `make test-browser`, or set CHROMIUM"
    return found


def key_hash(certificate):
    """The value for --ignore-certificate-errors-spki-list: the SHA-256 of the certificate's public key."""
    public = openssl(["x509", "-in", certificate, "-pubkey", "-noout"])
    der = openssl(["pkey", "-pubin", "-outform", "der"], public)
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


def openssl(words, given=None):
    return subprocess.run(["openssl", *words], input=given, check=True, capture_output=True, timeout=30).stdout


# Where hosts and ports lead; the first match wins. Pages see the names and ports of the scenario.
PLACES = [
    # A page on the API's own site.
    ("www.api.test:443", "front-tls"),
    ("*.api.test:443", "api-tls"), ("*.api.test:80", "api"),
    ("*:443", "front-tls"), ("*:8443", "front-tls"), ("*:80", "front"), ("*:3000", "front"), ("*:3001", "front"),
]


def resolver_rules(ports):
    rules = [f"MAP {place} 127.0.0.1:{ports[listener]}" for place, listener in PLACES]
    # All other hosts are unreachable.
    return ",".join([*rules, "MAP * ~NOTFOUND"])


def flags(ports, certificate):
    """Local network access needs no switch: both pages and APIs are on the loopback interface."""
    return [
        f"--host-resolver-rules={resolver_rules(ports)}",
        # Trust only this key: with --ignore-certificate-errors, Chromium would not cache any response.
        f"--ignore-certificate-errors-spki-list={key_hash(certificate)}",
        *FLAGS,
    ]


def launch(playwright, ports, certificate, profile):
    """A browser with its own profile. Contexts created later inherit the setting below.

    In private contexts, which Playwright uses, Chromium blocks the cookies of other sites, whatever CORS says. Only a
    profile's preferences turn that off.
    """
    preferences = profile / "Default" / "Preferences"
    preferences.parent.mkdir(parents=True)
    preferences.write_text(json.dumps({"profile": {"cookie_controls_mode": 0}}))
    context = playwright.chromium.launch_persistent_context(
        profile, executable_path=path(), args=flags(ports, certificate), timeout=30_000
    )
    return context.browser
