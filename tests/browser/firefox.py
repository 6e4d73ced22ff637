"""Debian's Firefox ESR, headless. It speaks WebDriver BiDi itself, so geckodriver is not needed.

The classes have the same names and methods as those of Playwright that judge.py uses.
"""

import contextlib
import json
import shutil
import subprocess
import time
import urllib.parse

from websockets.sync.client import connect

import chromium
import envoy_process
import socks

# How long Firefox may take to start, or to execute a command.
PATIENCE = 30
PREFERENCES = {
    # Cookies of other sites are allowed, as in Chromium's profile (chromium.py).
    "network.cookie.cookieBehavior": 0,
    "network.proxy.type": 1, "network.proxy.socks": "127.0.0.1", "network.proxy.socks_version": 5,
    "network.proxy.socks_remote_dns": True, "network.proxy.allow_hijacking_localhost": True,
    # Otherwise Firefox upgrades pages to https.
    "dom.security.https_first": False,
    # No background traffic.
    "app.update.enabled": False, "extensions.update.enabled": False,
    "browser.safebrowsing.malware.enabled": False, "browser.safebrowsing.phishing.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False, "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False, "services.settings.server": "data:,",
    "toolkit.telemetry.server": "data:,", "browser.shell.checkDefaultBrowser": False, "browser.startup.page": 0,
}


def path():
    return shutil.which("firefox-esr")


def launch(ports, _, profile):
    return Browser(ports, profile)


class Browser:
    def __init__(self, ports, profile):
        self.proxy = socks.start(lambda host, port: listener(ports, host, port))
        preferences = {**PREFERENCES, "network.proxy.socks_port": self.proxy.server_address[1]}
        profile.mkdir()
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in preferences.items()]
        (profile / "user.js").write_text("".join(lines))
        words = [path(), "--headless", "--no-remote", "--remote-debugging-port", "0", "--profile", str(profile)]
        output = open(profile / "output", "w")
        self.process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=output, stderr=output, preexec_fn=envoy_process.end_with_parent,
        )
        self.ends = contextlib.ExitStack()
        address = self.address(profile / "output") + "/session"
        self.socket = self.ends.enter_context(connect(address, max_size=None, proxy=None))
        self.numbers = 0
        self.send("session.new", capabilities={"alwaysMatch": {"acceptInsecureCerts": True}})

    def address(self, output):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for line in output.read_text().splitlines():
                if "WebDriver BiDi listening on " in line:
                    return line.split(" on ")[1].strip()
            time.sleep(0.05)
        raise RuntimeError("Firefox did not start:\n" + output.read_text())

    def send(self, method, **parameters):
        self.numbers += 1
        self.socket.send(json.dumps({"id": self.numbers, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self.socket.recv(timeout=PATIENCE))
            if answer.get("id") == self.numbers:
                break
        if answer["type"] == "error":
            raise RuntimeError(f"{method}: {answer['message']}")
        return answer["result"]

    def new_context(self):
        return Context(self)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.ends.close()
        self.proxy.shutdown()


def listener(ports, host, port):
    """The same mapping as Chromium's resolver rules."""
    for place, name in chromium.PLACES:
        pattern, place_port = place.rsplit(":", 1)
        fits = host.endswith(pattern[1:]) if pattern.startswith("*") else host == pattern
        if fits and port == int(place_port):
            return ports[name]
    return None


class Context:
    """A user context: it has its own cookies and caches."""

    def __init__(self, browser):
        self.browser = browser
        self.id = browser.send("browser.createUserContext")["userContext"]
        self.partition = {"type": "storageKey", "userContext": self.id}

    def clear_cookies(self):
        self.browser.send("storage.deleteCookies", partition=self.partition)

    def add_cookies(self, cookies):
        for cookie in cookies:
            value = {"type": "string", "value": cookie["value"]}
            host = urllib.parse.urlsplit(cookie["url"]).hostname
            given = {"name": cookie["name"], "value": value, "domain": host, "secure": True, "sameSite": "none"}
            self.browser.send("storage.setCookie", cookie=given, partition=self.partition)

    def new_page(self):
        made = self.browser.send("browsingContext.create", type="tab", userContext=self.id)
        return Page(self.browser, made["context"])

    def close(self):
        self.browser.send("browser.removeUserContext", userContext=self.id)


class Page:
    def __init__(self, browser, id_):
        self.browser, self.id = browser, id_

    def set_default_timeout(self, _):
        """Each command has a timeout, see `send`."""

    def goto(self, url):
        self.browser.send("browsingContext.navigate", context=self.id, url=url, wait="complete")

    def reload(self):
        self.browser.send("browsingContext.reload", context=self.id, wait="complete")

    def wait_for_timeout(self, milliseconds):
        time.sleep(milliseconds / 1000)

    def evaluate(self, function, argument):
        answer = self.browser.send(
            "script.callFunction", target={"context": self.id}, awaitPromise=True,
            functionDeclaration=f"async text => JSON.stringify(await ({function})(JSON.parse(text)))",
            arguments=[{"type": "string", "value": json.dumps(argument)}],
        )
        if answer["type"] == "exception":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"]["value"])

    def close(self):
        self.browser.send("browsingContext.close", context=self.id)
