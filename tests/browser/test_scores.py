"""The README has the scores of the run."""

import pytest

import scenarios
from scores import BEGIN, END, NATIVE, README, compare_or_write


def test_the_table_is_large_enough():
    assert len(scenarios.TABLE) >= 120


def test_readme_has_the_scores(scores):
    if not scores.complete():
        pytest.skip("only part of the table was run")
    compare_or_write(README, scores.summary(), BEGIN, END)
    compare_or_write(NATIVE, scores.shortcomings())
