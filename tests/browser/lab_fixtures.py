"""What tests of the lab share: an Envoy with the demo's configuration, and a browser."""

import pytest
from lab_envoy import LabEnvoy
from lab_page import launch


@pytest.fixture(scope="module")
def envoy(tmp_path_factory):
    started = LabEnvoy(tmp_path_factory.mktemp("lab"))
    yield started
    started.stop()


@pytest.fixture(scope="module")
def chromium(playwright):
    browser = launch(playwright)
    yield browser
    browser.close()
