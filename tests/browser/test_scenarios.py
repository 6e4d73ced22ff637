"""Every scenario of the table, in a real browser, through our filter; then the same through Envoy's native one."""

import pytest

import judge
import scenarios


def name(scenario):
    return scenario.id


@pytest.mark.parametrize("scenario", scenarios.TABLE, ids=name)
def test_ours(scenario, ours):
    state, traffic = judge.perform(ours, scenario)
    found = judge.differences(scenario, state)
    assert not found, judge.explain(scenario, ours, found, traffic)


@pytest.mark.parametrize("scenario", scenarios.TABLE, ids=name)
def test_native(scenario, native):
    """Where the native filter falls short is known, and says why: `native` of the scenario, a key of reasons.json."""
    state, traffic = judge.perform(native, scenario)
    found = judge.differences(scenario, state)
    if scenario.native is None:
        assert not found, judge.explain(scenario, native, found, traffic)
    else:
        assert found, f"{scenario.id}: the native filter does this right; take `native` off the scenario"
