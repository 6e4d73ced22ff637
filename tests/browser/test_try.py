"""The lab's page "Try a policy", which runs the module itself, in Chromium; test_try_module.py has the module's part.

With UPDATE_SCREENSHOTS=1 its pictures are taken anew.
"""

import os
import re

import pytest
from envoy_process import REPOSITORY
from lab_envoy import PORTS, LabEnvoy
from lab_fixtures import chromium, envoy  # noqa: F401
from lab_page import LabPage
from playwright.sync_api import expect
from try_page import MISTAKEN, PUBLIC, TryPage

SCREENSHOTS = REPOSITORY / "tests/browser/screenshots"
LARGEST_SCREENSHOT = 300_000
NARROW = {"viewport": {"width": 360, "height": 740}}


def test_problems_are_shown_at_their_places(chromium, envoy):
    with TryPage(chromium, envoy) as lab:
        assert lab.page.locator(".is-wrong, .mark").count() == 0
        assert lab.page.text_content("#verdict-of-document").startswith("Accepted: 1 policy, 3 origin rules")
        lab.write(MISTAKEN)
        assert lab.problems() == [("Line 2", "allow_origins[0]"), ("Line 3", "allow_method")]
        assert 'write "https://app.example.com"' in lab.page.text_content("#problems")
        wrong = lab.page.locator("#backdrop .row").evaluate_all("rows => rows.map(r => r.matches('.is-wrong'))")
        assert wrong == [False, True, True, False]
        marked = ['"https://app.example.com/"', '"allow_method":', " [", '"PUT"', "]"]
        assert lab.page.locator(".mark").all_text_contents() == marked
        assert lab.page.text_content("#verdict-of-document") == "Refused: 2 problems"
        assert lab.page.get_attribute("#document", "aria-invalid") == "true"
        lab.page.click("#problems li:first-child button")
        selected = "((area) => area.value.slice(area.selectionStart, area.selectionEnd))(document.activeElement)"
        assert lab.page.evaluate(selected) == '"https://app.example.com/"'
        lab.write(MISTAKEN.replace(".com/", ".com").replace("method", "methods"))
        assert lab.problems() == [] and lab.page.locator(".is-wrong, .mark").count() == 0
        assert lab.page.get_attribute("#document", "aria-invalid") == "false"


@pytest.mark.parametrize(
    ("document", "line", "marked"),
    [
        ('{\n  "allow_origins": [https://a.example]\n}', 2, "https"),
        ('{\n  "name": "ü",\n  "ü": oops\n}', 3, "oops"),
        ('{\n  "allow_origins": ["*"]\n', 2, "]"),
        ('{"allow_origins": ["*"],}', 1, "}"),
        ("{}", 1, "{"),
        ('{"policies": [\n{"name": "a", "allow_origins": ["*"]},\n{"name": "b"}]}', 3, "{"),
        ("", 1, None),
    ],
)
def test_a_text_that_is_not_a_policy_is_marked_where_it_stops(chromium, envoy, document, line, marked):
    with TryPage(chromium, envoy) as lab:
        lab.write(document)
        assert [where for where, _ in lab.problems()] == [f"Line {line}"]
        assert "".join(lab.page.locator(".mark").all_text_contents()) == (marked or "")


def test_the_decision_and_the_headers_before_and_after(chromium, envoy):
    with TryPage(chromium, envoy) as lab:
        assert lab.verdict() == "The page can read the response."
        assert "because of the method PUT and the content type application/json" in lab.fact("preflight", "Why")
        sent = "OPTIONS https://api.example.com/orders/7\norigin: https://app.example.com\n"
        sent += "access-control-request-method: PUT\naccess-control-request-headers: content-type"
        assert lab.fact("preflight", "Sent").strip() == sent
        assert lab.fact("preflight", "Decision").startswith("default; preflight; allowed")
        assert lab.fact("preflight", "Response").startswith("204, from the filter")
        assert lab.fact("request", "Decision").startswith("default; request; allowed")
        assert lab.diff("kept") == ["content-type: application/json", "x-total-count: 42"]
        assert lab.diff("removed") == ["vary: accept-encoding", "access-control-allow-origin: *"]
        assert lab.diff("added") == [
            "vary: accept-encoding, Origin",
            "access-control-allow-origin: https://app.example.com",
            "x-cors-decision: default; request; allowed",
            "access-control-allow-credentials: true",
            "access-control-expose-headers: x-total-count,x-cors-decision",
        ]
        assert "x-total-count: 42" in lab.fact("request", "Page reads")
        assert "Hidden from the page: vary" in lab.fact("request", "Page reads")


@pytest.mark.parametrize(
    ("fields", "verdict", "reason", "line"),
    [
        (
            {"page": "https://evil.example"},
            "The response has no access-control-allow-origin.",
            "No rule in allow_origins covers https://evil.example.",
            '"allow_origins"',
        ),
        (
            {"method": "PATCH"},
            "access-control-allow-methods does not list PATCH.",
            "allow_methods does not list PATCH.",
            '"allow_methods"',
        ),
        (
            {"headers": "x-trace: 1"},
            "access-control-allow-headers does not list x-trace.",
            "allow_headers does not list x-trace.",
            '"allow_headers"',
        ),
    ],
)
def test_a_refusal_shows_its_reason_and_its_line(chromium, envoy, fields, verdict, reason, line):
    with TryPage(chromium, envoy) as lab:
        lab.ask(**fields)
        assert lab.verdict() == f"Blocked by the browser. {verdict}"
        assert reason in lab.fact("preflight", "Decision")
        assert "never leaves the browser" in lab.fact("request", "Sent")
        deciding = lab.page.locator(".is-deciding")
        assert deciding.count() == 1 and deciding.text_content().strip().startswith(line)


@pytest.mark.parametrize(
    ("document", "fields", "verdict"),
    [
        ('{"allow_origins": ["https://app.example.com"]}', {}, "access-control-allow-credentials is not true."),
        (PUBLIC, {}, "access-control-allow-origin is *, which does not cover requests with credentials."),
        (PUBLIC, {"url": "http://api.example.com/"}, "A page that came over https cannot load from http."),
    ],
)
def test_the_browsers_own_checks_block_as_well(chromium, envoy, document, fields, verdict):
    with TryPage(chromium, envoy) as lab:
        lab.write(document)
        lab.ask(method="GET", headers="", **fields)
        assert lab.verdict().startswith("Blocked by the browser.") and lab.verdict().endswith(verdict)


def test_a_refused_document_leaves_the_policy_before_it_in_force(chromium, envoy):
    with TryPage(chromium, envoy) as lab:
        lab.write(PUBLIC)
        lab.ask(credentials="omit", method="GET", headers="")
        assert "access-control-allow-origin: *" in lab.diff("kept")
        lab.write(PUBLIC[:-1])
        assert "keeps the last policy that was accepted" in lab.page.text_content("#outcome .stale")
        assert lab.verdict() == "The page can read the response."
        lab.write(PUBLIC)
        assert lab.page.locator(".stale").count() == 0


def test_a_request_that_cannot_be_sent_says_what_to_write(chromium, envoy):
    with TryPage(chromium, envoy) as lab:
        for field, value, hint in [
            ("page", "app.example.com", "write one such as https://app.example.com"),
            ("url", "/orders", "write one such as https://api.example.com/orders"),
            ("headers", "no colon", "write name: value"),
            ("upstream", "bad name: 1", "write name: value"),
            ("status", "99", "from 200 to 599"),
        ]:
            before = lab.state()[field]
            lab.ask(**{field: value})
            assert hint in lab.page.text_content("#hint")
            assert lab.page.locator(".verdict").count() == 0
            lab.ask(**{field: before})
            assert lab.page.text_content("#hint") == "" and lab.page.locator(".verdict").count() == 1


def test_a_shared_address_restores_the_state_and_nothing_is_sent(chromium, envoy):
    sent = []
    with TryPage(chromium, envoy) as lab:
        lab.page.on("request", lambda request: sent.append(request.url))
        lab.write('{\n  "allow_origins": ["https://ü.example?a=1&b=2#c+d%20"]\n}')
        lab.ask(page="null", method="DELETE", url="https://api.example.com/a?b=c&d", credentials="omit", route="r")
        lab.ask(headers="x-a: 1\nx-b: 2", upstream="vary: a", status="404")
        state, address = lab.state(), lab.address()
        shown = lab.page.inner_html("#outcome"), lab.problems()
        assert sent == []
    fragment = address.partition("/try.html")[2]
    with TryPage(chromium, envoy, fragment) as lab:
        assert lab.state() == state
        assert lab.problems() == shown[1] != []
        # Without the policy that was in force before, there is no result.
        assert lab.page.locator(".verdict").count() == 0
        # A link that is opened in the same tab.
        lab.page.evaluate("policy => { location.hash = new URLSearchParams({ policy, page: 'null', method: 'GET', "
                          "url: 'https://api.example.com/', credentials: 'omit', status: '200' }) }", PUBLIC)
        lab.page.wait_for_selector(".verdict[data-outcome=readable]")
        assert lab.state()["policy"] == PUBLIC and lab.state()["headers"] == ""


def test_the_link_is_copied(chromium, envoy):
    with TryPage(chromium, envoy, permissions=["clipboard-read", "clipboard-write"]) as lab:
        lab.write(PUBLIC)
        lab.page.click("#copy")
        lab.page.wait_for_selector("#copied:text('Copied.')")
        copied = lab.page.evaluate("navigator.clipboard.readText()")
        assert copied == lab.address() and "allow_origins" in copied


def test_the_page_works_after_envoy_has_ended(chromium, tmp_path):
    envoy = LabEnvoy(tmp_path)
    with TryPage(chromium, envoy) as lab:
        envoy.stop()
        lab.write(MISTAKEN)
        assert len(lab.problems()) == 2
        lab.write(PUBLIC)
        assert lab.problems() == []
        lab.ask(credentials="omit", method="GET", headers="", page="https://evil.example")
        assert lab.verdict() == "The page can read the response."
        assert lab.unprovoked() == []


def test_the_page_works_by_keyboard(chromium, envoy):
    with TryPage(chromium, envoy) as lab:
        keyboard, page = lab.page.keyboard, lab.page
        focused = "document.activeElement.id || document.activeElement.name || document.activeElement.className"
        keyboard.press("Tab")
        assert page.evaluate(focused) == "skip"
        keyboard.press("Enter")
        expect(page.locator("#document")).to_be_focused()
        keyboard.press("Control+End")
        keyboard.type("x")
        assert len(lab.problems()) == 1
        # Tab leaves the editor, and leads to the problem, which leads back to its place.
        keyboard.press("Tab")
        assert page.evaluate(focused) == "small"
        keyboard.press("Enter")
        assert page.evaluate(focused) == "document"
        keyboard.press("Delete")
        assert lab.problems() == [] and page.locator(".verdict").count() == 1
        visited = []
        for _ in range(8):
            keyboard.press("Tab")
            visited.append(page.evaluate(focused))
        assert visited == ["page", "method", "url", "credentials", "headers", "status", "route", "upstream"]
        keyboard.press("Tab")
        assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
        page.wait_for_selector("#announcement:text('Accepted: 1 policy')", state="attached")
        # Backwards, from the editor: the choice of examples, which takes effect at once.
        page.focus("#document")
        keyboard.press("Shift+Tab")
        assert page.evaluate(focused) == "example"
        keyboard.press("End")
        assert len(lab.problems()) > 3


def test_every_control_has_a_name_and_shows_its_focus(chromium, envoy):
    with TryPage(chromium, envoy) as lab:
        lab.write(MISTAKEN)
        nameless = """controls => controls.filter(control => {
          const ownText = control.matches("textarea, select") ? "" : control.textContent.trim();
          return !(control.ariaLabel || ownText || control.labels?.length);
        }).length"""
        assert lab.page.eval_on_selector_all("button, a, input, select, textarea, summary", nameless) == 0
        for control in ["#copy", "#problems button", "#request [name=url]"]:
            lab.page.focus("#document")
            lab.page.keyboard.press("Tab")
            lab.page.focus(control)
            assert lab.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid", control
        lab.page.focus("#document")
        assert lab.page.evaluate("getComputedStyle(document.querySelector('.editor')).boxShadow") != "none"


@pytest.mark.parametrize("options", [{}, NARROW], ids=["wide", "narrow"])
def test_the_text_lies_upon_its_copy(chromium, envoy, options):
    """The caret would be beside the letters otherwise."""
    laid_out = """() => {
      const [area, copy] = ["document", "backdrop"].map((id) => document.getElementById(id));
      const [one, other] = [area, copy].map((box) => getComputedStyle(box));
      const alike = ["font", "letterSpacing", "tabSize", "paddingLeft", "paddingTop", "width", "overflowWrap"];
      const rows = [...copy.children].map((row) => {
        const range = document.createRange();
        range.selectNodeContents(row);
        return Math.round(range.getBoundingClientRect().left - copy.getBoundingClientRect().left);
      });
      return [area.scrollHeight - copy.scrollHeight, area.scrollWidth - area.clientWidth,
              alike.filter((name) => one[name] !== other[name]), [...new Set(rows)]];
    }"""
    with TryPage(chromium, envoy, **options) as lab:
        for document in [None, MISTAKEN, f'{{\n\n\t"{"x" * 300}": 1\n\n}}\n', "a\n" * 120]:
            if document is not None:
                lab.write(document)
            assert lab.page.evaluate(laid_out) == [0, 0, [], [50]], document


def test_nothing_is_wider_than_a_phone(chromium, envoy):
    with TryPage(chromium, envoy, **NARROW) as lab:
        assert not lab.is_wider_than_its_window()
        lab.page.click("summary")
        lab.ask(url=f"https://api.example.com/{'x' * 200}", headers=f"x-{'y' * 200}: {'z' * 200}")
        assert not lab.is_wider_than_its_window()
        lab.write(MISTAKEN.replace("allow_method", "m" * 200))
        assert not lab.is_wider_than_its_window()
        lab.page.select_option("#example", label="Several policies")
        assert not lab.is_wider_than_its_window()


LOW_CONTRAST = """() => {
  const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const pixel = (colours) => {
    for (const colour of colours) {
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
    }
    return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3).map((byte) => byte / 255);
  };
  const light = (colour) => colour
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    const text = node.data.trim();
    if (!text || !element.checkVisibility() || element.matches("#document, option, .unseen, noscript *")) continue;
    const layers = [];
    for (let own = element; own; own = own.parentElement) layers.unshift(getComputedStyle(own).backgroundColor);
    const [ground, ink] = [pixel(layers), pixel([...layers, getComputedStyle(element).color])].map(light);
    const contrast = (Math.max(ground, ink) + 0.05) / (Math.min(ground, ink) + 0.05);
    if (contrast < 4.5) found.push(`${element.className || element.tagName} “${text}”: ${contrast.toFixed(2)}`);
  }
  return found;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_in_both_colour_schemes(chromium, envoy, scheme):
    with TryPage(chromium, envoy, color_scheme=scheme) as lab:
        ground = lab.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (int(re.search(r"\d+", ground)[0]) > 128) == (scheme == "light")
        assert lab.page.evaluate(LOW_CONTRAST) == []
        lab.ask(page="https://evil.example")
        assert lab.page.evaluate(LOW_CONTRAST) == []
        lab.write(MISTAKEN)
        assert lab.page.evaluate(LOW_CONTRAST) == []


def test_the_lab_links_to_the_page_and_back(chromium, envoy):
    with LabPage(chromium, envoy) as lab:
        lab.page.click("nav a:text-is('Try a policy')")
        lab.page.wait_for_selector(".verdict")
        lab.page.click("nav a:text-is('Scenarios')")
        lab.page.wait_for_selector("#run-all")
        assert lab.unprovoked() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_screenshots(chromium, tmp_path, scheme):
    kept = SCREENSHOTS / f"try-{scheme}.png"
    if os.environ.get("UPDATE_SCREENSHOTS") == "1":
        demo = LabEnvoy(tmp_path, ports=PORTS)
        try:
            with TryPage(chromium, demo, color_scheme=scheme, reduced_motion="reduce") as lab:
                lab.page.screenshot(path=kept, full_page=True)
        finally:
            demo.stop()
    assert 0 < kept.stat().st_size <= LARGEST_SCREENSHOT
