"""What browser tests share."""

import pathlib
import sys

import pytest
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(pathlib.Path(__file__).parent))


@pytest.fixture(scope="session")
def playwright():
    """The one driver of this process: Playwright allows no second."""
    with sync_playwright() as started:
        yield started
