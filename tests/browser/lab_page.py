"""The lab in a browser, and the messages on its console."""

import contextlib

import chromium


def launch(playwright):
    """Debian's Chromium: Playwright's own browsers are not downloaded."""
    return playwright.chromium.launch(executable_path=chromium.path(), args=chromium.FLAGS)


class LabPage:
    """One page of the lab, which is closed at the end of its `with` block."""

    def __init__(self, browser, envoy, side="allowed", path="/", **options):
        self.envoy, self.console, self.errors = envoy, [], []
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        self.page = self.context.new_page()
        self.page.set_default_timeout(10_000)
        self.page.on("console", lambda message: self.console.append((message.location["url"], message.text)))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto((envoy.lab if side == "allowed" else envoy.unnamed) + path)
        self.page.wait_for_selector("html[data-ready]")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(Exception):
            self.context.close()

    def run_all(self):
        self.page.click("#run-all")
        self.wait_until_done()

    def wait_until_done(self):
        self.page.wait_for_selector("html[data-lab=done]", timeout=30_000)

    def run(self, scenario):
        """Runs one scenario with its button, and waits until it is done."""
        self.page.click(f"#{scenario} .head > button:last-child")
        self.page.wait_for_selector(f"#{scenario}:is([data-state=passed], [data-state=failed])")
        self.page.wait_for_selector(f"#{scenario} .details:visible")

    def failed(self):
        """The scenarios that did not end as expected, each with its differences."""
        rows = self.page.locator(".scenario[data-state=failed]").all()
        return {row.get_attribute("id"): row.locator(".difference").all_text_contents() for row in rows}

    def unprovoked(self):
        """Console messages other than those that the lab provokes by failing requests to the API."""
        noise = [text for url, text in self.console if self.envoy.api not in url and self.envoy.api not in text]
        return noise + self.errors

    def is_wider_than_its_window(self):
        return self.page.evaluate("document.documentElement.scrollWidth > innerWidth")

    def counter(self, key):
        return int(self.page.locator(f'[data-counter="{key}"]').text_content())
