"""What browser tests share. Everything has ports and folders of its own and ends with the tests."""

import sys
import pathlib

import pytest
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import backend as backends  # noqa: E402
import chromium  # noqa: E402
import envoys  # noqa: E402
import judge  # noqa: E402
import scores as scores_  # noqa: E402
import shared_cache  # noqa: E402


@pytest.fixture(scope="session")
def playwright():
    """The one driver of this process: Playwright allows no second."""
    with sync_playwright() as started:
        yield started


def lane(name, playwright, folder):
    """A filter with all that a scenario needs around it."""
    certificate = envoys.make_certificate(folder)
    backend, cache = backends.start(), shared_cache.start()
    envoy = envoys.Envoy(name, backend, cache, certificate, folder)
    try:
        browser = chromium.launch(playwright, envoy.ports, certificate[0], folder / "profile")
        yield judge.Lane(name, envoy, backend, browser)
        browser.close()
    finally:
        envoy.stop()
        cache.shutdown()
        backend.shutdown()


@pytest.fixture(scope="session")
def ours(playwright, tmp_path_factory):
    yield from lane("ours", playwright, tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="session")
def native(playwright, tmp_path_factory):
    yield from lane("native", playwright, tmp_path_factory.mktemp("native"))


@pytest.fixture(scope="session")
def scores():
    return scores_.Scores()
