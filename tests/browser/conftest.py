"""What browser tests share. Everything uses free ports and temporary folders, and ends with the tests."""

import functools
import pathlib
import sys

import pytest
from playwright.sync_api import sync_playwright

FOLDER = pathlib.Path(__file__).parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent / "kit")]

import backend as backends  # noqa: E402
import chromium  # noqa: E402
import envoys  # noqa: E402
import firefox  # noqa: E402
import judge  # noqa: E402
import scores as scores_  # noqa: E402
import shared_cache  # noqa: E402


@pytest.fixture(scope="session")
def playwright():
    """The only driver of this process: Playwright does not allow a second one."""
    with sync_playwright() as started:
        yield started


def lane(name, folder, launch):
    """A filter with everything a scenario needs around it, and the browser that `launch` starts."""
    certificate = envoys.make_certificate(folder)
    backend, cache = backends.start(), shared_cache.start()
    envoy = envoys.Envoy(name, backend, cache, certificate, folder)
    try:
        browser = launch(envoy.ports, certificate[0], folder / "profile")
        yield judge.Lane(name, envoy, backend, browser)
        browser.close()
    finally:
        envoy.stop()
        cache.shutdown()
        backend.shutdown()


@pytest.fixture(scope="session")
def ours(playwright, tmp_path_factory):
    yield from lane("ours", tmp_path_factory.mktemp("ours"), functools.partial(chromium.launch, playwright))


@pytest.fixture(scope="session")
def native(playwright, tmp_path_factory):
    yield from lane("native", tmp_path_factory.mktemp("native"), functools.partial(chromium.launch, playwright))


@pytest.fixture(scope="session")
def ours_in_firefox(tmp_path_factory):
    yield from lane("ours", tmp_path_factory.mktemp("firefox"), firefox.launch)


@pytest.fixture(scope="session")
def scores():
    return scores_.Scores()
