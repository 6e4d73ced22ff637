"""Debian's Chromium, headless, that finds every host on this machine and asks the network for nothing."""

import base64
import hashlib
import json
import os
import shutil
import subprocess


# What keeps it quiet, and on this machine.
FLAGS = [
    "--no-proxy-server", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-gpu",
    # Tests run as root in containers, where the sandbox cannot be built.
    "--no-sandbox",
]


def path():
    """The browser: CHROMIUM as given, a path or a name, else chromium on PATH."""
    found = shutil.which(os.environ.get("CHROMIUM") or "chromium")
    assert found, "there is no Chromium: run `make test-browser`, or name one in CHROMIUM"
    return found


def key_hash(certificate):
    """What --ignore-certificate-errors-spki-list wants: SHA-256 of the certificate's public key."""
    public = openssl(["x509", "-in", certificate, "-pubkey", "-noout"])
    der = openssl(["pkey", "-pubin", "-outform", "der"], public)
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


def openssl(words, given=None):
    return subprocess.run(["openssl", *words], input=given, check=True, capture_output=True, timeout=30).stdout


# Where hosts and ports lead; the first place that fits holds. Pages see the names and ports of the scenario.
PLACES = [
    # A page on the API's own site.
    ("www.api.test:443", "front-tls"),
    ("*.api.test:443", "api-tls"), ("*.api.test:80", "api"),
    ("*:443", "front-tls"), ("*:8443", "front-tls"), ("*:80", "front"), ("*:3000", "front"), ("*:3001", "front"),
]


def resolver_rules(ports):
    rules = [f"MAP {place} 127.0.0.1:{ports[listener]}" for place, listener in PLACES]
    # Nothing else leads anywhere.
    return ",".join([*rules, "MAP * ~NOTFOUND"])


def flags(ports, certificate):
    """Local network access needs no switch: pages and APIs are all on the loopback, and nothing goes to a nearer net."""
    return [
        f"--host-resolver-rules={resolver_rules(ports)}",
        # Trust this key, and no other: with --ignore-certificate-errors Chromium would cache no response.
        f"--ignore-certificate-errors-spki-list={key_hash(certificate)}",
        *FLAGS,
    ]


def launch(playwright, ports, certificate, profile):
    """A browser with a profile of its own. Its further contexts inherit the setting below.

    Chromium keeps the cookies of other sites from private contexts, which Playwright's are, whatever CORS says; only a
    profile's preferences turn that off.
    """
    preferences = profile / "Default" / "Preferences"
    preferences.parent.mkdir(parents=True)
    preferences.write_text(json.dumps({"profile": {"cookie_controls_mode": 0}}))
    context = playwright.chromium.launch_persistent_context(
        profile, executable_path=path(), args=flags(ports, certificate), timeout=30_000
    )
    return context.browser
