"""Text of TOML files that reads back as what was written."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from perturbproof.verify.run.witness import toml_text
from perturbproof.verify.scenarios.inputs import load_suite
from perturbproof.verify.scenarios.scenario import Scenario, load_scenario
from perturbproof.verify.suites import suite_names

text = st.text(st.characters(exclude_categories=("Cs",)))
plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | text
lists = st.lists(plain.filter(lambda value: value is not None), max_size=4)
rows = st.lists(st.dictionaries(text, plain | lists, max_size=3), max_size=3)
flat = st.dictionaries(text, plain | lists, max_size=4)
tables = st.dictionaries(text, plain | lists | rows | flat, max_size=4)


def without_none(content):
    if isinstance(content, dict):
        return {key: without_none(v) for key, v in content.items() if v is not None}
    if isinstance(content, list):
        return [without_none(v) for v in content]
    return content


@settings(max_examples=50)
@given(tables)
def test_reads_back(content) -> None:
    assert tomllib.loads(toml_text(content)) == without_none(content)


@pytest.mark.parametrize("suite", suite_names())
def test_every_built_in_scenario_reads_back(suite: str, tmp_path: Path) -> None:
    for scenario in (one for one in load_suite(suite) if isinstance(one, Scenario)):
        file = tmp_path / f"{scenario.name}.toml"
        file.write_text(toml_text(scenario.model_dump(mode="json")), encoding="utf-8")
        assert load_scenario(file) == scenario
