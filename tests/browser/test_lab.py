"""The lab that `make run` serves, in Chromium.

With UPDATE_SCREENSHOTS=1 the pictures of the README are taken anew.
"""

import json
import os
import re
import urllib.request

import pytest
from envoy_process import REPOSITORY
from lab_envoy import PORTS, LabEnvoy
from lab_fixtures import chromium, envoy  # noqa: F401
from lab_page import LabPage

SCREENSHOTS = REPOSITORY / "tests/browser/screenshots"
LARGEST_SCREENSHOT = 300_000
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@pytest.mark.parametrize("side", ["allowed", "unnamed"])
def test_every_scenario_ends_as_expected(chromium, envoy, side):
    with LabPage(chromium, envoy, side) as lab:
        lab.run_all()
        assert lab.failed() == {}
        assert lab.page.locator(".scenario[data-state=passed]").count() == lab.page.locator(".scenario").count() >= 30
        assert lab.page.locator("html").get_attribute("data-failed") == "0"
        readable = lab.page.locator(".scenario[data-outcome=readable]").count()
        assert readable == (0 if side == "unnamed" else 26)
        assert lab.unprovoked() == []


# A filter in front of ours, which takes the vary that ours sets off again.
WITHOUT_VARY = """                http_filters:
                  - name: envoy.filters.http.header_mutation
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation
                      mutations: { response_mutations: [{ remove: vary }] }
"""
CHANGES = {
    "a method taken away": (
        lambda text: text.replace('["GET", "PUT", "DELETE"]', '["GET", "DELETE"]'),
        ["cookie-put", "no-route-put", "preflight-kept", "preflight-not-kept", "preflight-other-method", "put-json"],
    ),
    "a header taken away": (lambda text: text.replace(', "authorization"]', "]"), ["authorization"]),
    "a header no longer exposed": (lambda text: text.replace('"x-total-count", ', ""), ["exposed"]),
    "a method added": (lambda text: text.replace('["GET", "PUT"', '["GET", "PATCH", "PUT"'), ["refused-method"]),
    "null allowed": (
        lambda text: text.replace('["https://app', '["null", "https://app').replace(
            '"debug_header"', '"dangerously_allow": ["null_origin"], "debug_header"'
        ),
        ["refused-null"],
    ),
    "no credentials": (
        lambda text: text.replace('"allow_credentials": true', '"allow_credentials": false'),
        ["cookie", "cookie-left-out", "cookie-put", "preflight-not-kept", "set-cookie"],
    ),
    "preflights not kept": (lambda text: text.replace("7200", "0"), ["preflight-kept", "preflight-other-method"]),
    "no vary": (lambda text: text.replace("                http_filters:\n", WITHOUT_VARY, 1), ["vary"]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_verdicts_notice(chromium, tmp_path, change):
    edit, expected = CHANGES[change]
    envoy = LabEnvoy(tmp_path, edit)
    try:
        with LabPage(chromium, envoy) as lab:
            lab.run_all()
            assert sorted(lab.failed()) == expected, lab.failed()
            wrong = len(expected)
            assert lab.page.text_content("#score") == f"31 of 31 run, {31 - wrong} as expected, {wrong} not"
    finally:
        envoy.stop()


def test_a_refusal_shows_its_reason_and_its_line(chromium, envoy):
    reasons = {
        "refused-origin": (f"No rule in allow_origins covers {envoy.unnamed}.", '"allow_origins"'),
        "refused-null": ("No rule in allow_origins covers null.", '"allow_origins"'),
        "refused-method": ("allow_methods does not list PATCH.", '"allow_methods"'),
        "refused-header": ("allow_headers does not list x-request-id.", '"allow_headers"'),
    }
    with LabPage(chromium, envoy) as lab:
        for scenario, (reason, key) in reasons.items():
            lab.run(scenario)
            row = lab.page.locator(f"#{scenario}")
            assert row.locator("dt:text-is('Why') + dd p").text_content() == reason
            deciding = row.locator(".deciding .line")
            assert deciding.count() == 1 and deciding.text_content().startswith(key)
            marked = lab.page.locator("#policy .marked")
            assert marked.count() == 1 and marked.text_content().strip().startswith(key)


def test_preflights_are_told_from_those_in_the_cache(chromium, envoy):
    with LabPage(chromium, envoy) as lab:
        for scenario, word in [
            ("get", "no preflight"),
            ("put-json", "preflight sent"),
            ("preflight-kept", "preflight from cache"),
        ]:
            lab.run(scenario)
            assert lab.page.text_content(f"#{scenario} .preflight") == word
        assert "because of the method PUT and the content type application/json" in lab.page.text_content("#put-json")


def test_the_policy_is_the_one_of_the_configuration(chromium, envoy):
    configured = re.search(r"value: \|\n( +\{\n.*?\n +\}\n)", (REPOSITORY / "envoy/envoy.yaml").read_text(), re.DOTALL)[1]
    with LabPage(chromium, envoy) as lab:
        shown = lab.page.locator("#policy code").all_text_contents()
        assert json.loads("\n".join(shown)) == json.loads(configured)
        assert [line.strip() for line in shown] == [line.strip() for line in configured.splitlines()]


def test_the_counters_follow_requests_of_others(chromium, envoy):
    with LabPage(chromium, envoy) as lab:
        lab.page.wait_for_selector("#counters-state[data-state=live]")
        before = lab.counter("default/request/origin_refused")
        urllib.request.urlopen(
            urllib.request.Request(f"{envoy.api}/api/hello", headers={"origin": "https://evil.example"})
        )
        cell = f'[data-counter="default/request/origin_refused"]:text-is("{before + 1}")'
        lab.page.wait_for_selector(cell, timeout=5_000)


def test_the_lab_works_by_keyboard(chromium, envoy):
    with LabPage(chromium, envoy) as lab:
        focused = "document.activeElement.id || document.activeElement.className"
        lab.page.keyboard.press("Tab")
        assert lab.page.evaluate(focused) == "skip"
        lab.page.keyboard.press("Enter")
        lab.page.keyboard.press("Tab")
        assert lab.page.evaluate(focused) == "run-all"
        lab.page.keyboard.press("Enter")
        lab.wait_until_done()
        assert lab.failed() == {}
        # Focus stays; the row's button opens and closes what became of it.
        assert lab.page.evaluate(focused) == "run-all"
        lab.page.focus("#get .opener")
        lab.page.keyboard.press("Enter")
        assert lab.page.is_visible("#details-get")
        assert lab.page.get_attribute("#get .opener", "aria-expanded") == "true"
        lab.page.keyboard.press("Space")
        assert not lab.page.is_visible("#details-get")
        assert lab.page.text_content("#announcement").endswith("as expected")


def test_every_control_has_a_name_and_shows_its_focus(chromium, envoy):
    with LabPage(chromium, envoy) as lab:
        nameless = "controls => controls.filter(c => !(c.ariaLabel || c.textContent.trim() || c.labels?.length)).length"
        assert lab.page.eval_on_selector_all("button, a, input, select, textarea", nameless) == 0
        lab.page.keyboard.press("Tab")
        lab.page.keyboard.press("Tab")
        outline = lab.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"


def test_a_request_of_ones_own(chromium, envoy):
    with LabPage(chromium, envoy) as lab:
        page = lab.page
        assert page.text_content("#own-hint") == "A simple request: the browser will not ask first."
        page.select_option("[name=method]", "PUT")
        page.fill("[name=path]", "/api/orders/7")
        page.fill("[name=headers]", "content-type: application/json\nx-trace: 1")
        page.fill("[name=body]", "{}")
        assert page.text_content("#own-hint") == (
            "The browser will ask first, because of the method PUT, "
            "the content type application/json and the header x-trace."
        )
        page.click("#own button")
        page.wait_for_selector("#own-result[data-outcome=refused]")
        assert "allow_headers does not list x-trace." in page.text_content("#own-result")
        page.fill("[name=headers]", "content-type: application/json")
        page.click("#own button")
        page.wait_for_selector("#own-result[data-outcome=readable]")
        assert "200 OK" in page.text_content("#own-result")
        page.fill("[name=headers]", "no colon")
        page.click("#own button")
        page.wait_for_selector("#own-result[data-outcome=invalid]")
        assert lab.unprovoked() == []


def test_a_path_of_ones_own_cannot_leave_the_api(chromium, envoy):
    with LabPage(chromium, envoy) as lab:
        lab.page.fill("[name=path]", "https://elsewhere.example/")
        lab.page.click("#own button")
        lab.page.wait_for_selector("#own-result[data-outcome=invalid]")
        assert "begins with /" in lab.page.text_content("#own-result")
        assert lab.unprovoked() == []


def test_nothing_is_wider_than_a_phone(chromium, envoy):
    with LabPage(chromium, envoy, viewport={"width": 360, "height": 740}) as lab:
        assert not lab.is_wider_than_its_window()
        lab.run_all()
        for opener in lab.page.locator(".opener").all():
            opener.click()
        for summary in lab.page.locator(".curl summary").all():
            summary.click()
        assert not lab.is_wider_than_its_window()


def test_the_lab_says_when_envoy_has_ended(chromium, tmp_path):
    envoy = LabEnvoy(tmp_path)
    with LabPage(chromium, envoy) as lab:
        lab.page.wait_for_selector("#counters-state[data-state=live]")
        envoy.stop()
        lab.page.wait_for_selector("#counters-state[data-state=lost]")
        lab.run("get")
        assert "Envoy does not answer" in lab.page.text_content("#get")


def test_each_file_is_served_with_its_type_and_nothing_may_run_but_it(envoy):
    for file in (REPOSITORY / "envoy/lab").iterdir():
        path = "/" if file.name == "index.html" else f"/{file.name}"
        status, headers, body = envoy.ask("GET", path)
        assert (status, body) == (200, file.read_text()), path
        assert headers["content-type"].split(";")[0] == TYPES[file.suffix]
        assert headers["x-content-type-options"] == "nosniff"
        policy = headers["content-security-policy"]
        if path == "/try.html":
            policy = policy.replace("script-src 'self' 'wasm-unsafe-eval';", "")
        assert policy.startswith("default-src 'self';") and "unsafe" not in policy and "*" not in policy


def test_of_the_admin_two_answers_are_reachable_and_no_more(envoy):
    counters, listener = "/live/counters", "/live/listener"
    for path in (counters, listener):
        assert envoy.ask("GET", path)[0] == 200
        for method in ("POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"):
            assert envoy.ask(method, path)[0] == 404, (method, path)
        tricks = [
            "?",
            "?filter=.",
            "?usedonly",
            "&filter=.",
            "/",
            "//",
            ";a",
            "%3ffilter=.",
            "%00",
            "/../quitquitquit",
            "/x",
        ]
        for trick in tricks:
            assert envoy.ask("GET", path + trick)[0] == 404, path + trick
    admin = [
        "/quitquitquit",
        "/stats",
        "/config_dump",
        "/ready",
        "/help",
        "/logging",
        "/stats/prometheus",
        "/server_info",
    ]
    prefixes = ["", "/live", "/.", "//", "/live/counters/..", "/live/..%2f", "/%2e", "http://127.0.0.1:9901"]
    for path in admin:
        for prefix in prefixes:
            for method in ("GET", "POST"):
                status = envoy.ask(method, prefix + path)[0]
                # An absolute target names another host, which is sent away.
                assert status == (307 if prefix.startswith("http:") else 404), (method, prefix + path)
    # The answers hold the filter's counters and the API's listener, and nothing else.
    assert all(
        line.startswith("wasmcustom.envoy_cors_requests_total.") for line in envoy.ask("GET", counters)[2].splitlines()
    )
    configs = json.loads(envoy.ask("GET", listener)[2])["configs"]
    assert [config["listener"]["name"] for config in configs] == ["api"]


def test_other_names_of_the_listener_lead_to_the_lab(envoy):
    for host in (
        "evil.example",
        f"evil.example:{envoy.ports['8000']}",
        "127.0.0.1",
        f"127.0.0.1:{envoy.ports['8000']}",
    ):
        for path in ("/", "/live/counters", "/live/listener"):
            status, headers, body = envoy.ask("GET", path, {"host": host})
            assert (status, headers["location"], body) == (307, f"{envoy.lab}/", ""), host


def test_the_api_and_the_lab_set_no_cors_header_themselves():
    assert "access-control-" not in (REPOSITORY / "envoy/envoy.yaml").read_text().lower()


def light(lab):
    lab.run_all()
    lab.run("refused-method")
    lab.page.evaluate("document.querySelector('#refused-method').scrollIntoView({ block: 'center' })")


def before(lab):
    lab.page.wait_for_selector("#counters-state[data-state=live]")


@pytest.mark.parametrize(
    ("name", "side", "prepare", "options"),
    [
        ("light", "allowed", light, {}),
        ("dark", "allowed", light, {"color_scheme": "dark"}),
        ("narrow", "allowed", LabPage.run_all, {"viewport": {"width": 360, "height": 740}}),
        ("refused", "unnamed", LabPage.run_all, {}),
        ("before", "allowed", before, {}),
    ],
)
def test_the_screenshots(chromium, envoy, tmp_path, name, side, prepare, options):
    kept = SCREENSHOTS / f"lab-{name}.png"
    if os.environ.get("UPDATE_SCREENSHOTS") != "1":
        assert 0 < kept.stat().st_size <= LARGEST_SCREENSHOT
        return
    # An Envoy with the ports of the demo and its counters at zero.
    demo = LabEnvoy(tmp_path, ports=PORTS)
    try:
        with LabPage(chromium, demo, side, reduced_motion="reduce", **options) as lab:
            prepare(lab)
            lab.page.mouse.move(0, 0)
            lab.page.evaluate("document.activeElement.blur()")
            lab.page.wait_for_timeout(300)
            SCREENSHOTS.mkdir(exist_ok=True)
            lab.page.screenshot(path=kept)
    finally:
        demo.stop()
    assert kept.stat().st_size <= LARGEST_SCREENSHOT
