"""Every scenario of the table in a real browser, through our filter and through Envoy's native one."""

import pytest

import firefox
import judge
import scenarios


def name(scenario):
    return scenario.id


EACH = pytest.mark.parametrize("scenario", scenarios.TABLE, ids=name)
# `firefox` of a scenario says what Firefox ESR does differently or cannot do.
IN_FIREFOX = [scenario for scenario in scenarios.TABLE if scenario.firefox is None]
if not firefox.path():
    without = pytest.mark.skip(reason="firefox-esr is not installed; the other tests do not need it")
    IN_FIREFOX = [pytest.param(None, marks=without, id="not installed")]


@EACH
def test_ours(scenario, ours, scores):
    state, traffic = judge.perform(ours, scenario)
    found = judge.differences(scenario, state)
    scores.note("ours", scenario, not found)
    assert not found, judge.explain(scenario, ours, found, traffic)


@EACH
def test_native(scenario, native, scores):
    """The native filter fails exactly where the scenario says so: `native` is a key of reasons.json."""
    state, traffic = judge.perform(native, scenario)
    found = judge.differences(scenario, state)
    scores.note("native", scenario, not found)
    if scenario.native is None:
        assert not found, judge.explain(scenario, native, found, traffic)
    else:
        assert found, f"{scenario.id}: the native filter gets this right; remove `native` from the scenario"


@pytest.mark.parametrize("scenario", IN_FIREFOX, ids=name)
def test_ours_in_firefox(scenario, ours_in_firefox):
    state, traffic = judge.perform(ours_in_firefox, scenario)
    found = judge.differences(scenario, state)
    assert not found, judge.explain(scenario, ours_in_firefox, found, traffic)
