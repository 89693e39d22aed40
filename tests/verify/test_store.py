"""Results on disk: whole or not at all, and nothing that is damaged is used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from perturbproof.verify.run.store import Store, digest

KEY = digest({"point": 1})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
).filter(lambda value: "Infinity" not in json.dumps(value))


def test_what_was_put_is_got(tmp_path: Path) -> None:
    store = Store(tmp_path / "points")
    assert store.get(KEY) is None
    store.put(KEY, {"accuracy": 0.1, "list": [1, None, "x"]})
    assert store.get(KEY) == {"accuracy": 0.1, "list": [1, None, "x"]}
    assert [p.name for p in (tmp_path / "points").iterdir()] == [f"{KEY}.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"key": 1}', '{"record": {}}', "\x00"])
def test_a_damaged_file_is_no_point(tmp_path: Path, text: str) -> None:
    store = Store(tmp_path)
    store.put(KEY, {"a": 1})
    (tmp_path / f"{KEY}.json").write_text(text)
    assert store.get(KEY) is None


def test_every_truncation_and_every_changed_digit_is_noticed(tmp_path: Path) -> None:
    store, path = Store(tmp_path), tmp_path / f"{KEY}.json"
    store.put(KEY, {"accuracy": 0.125})
    whole = path.read_text()
    for end in range(len(whole) - 1):
        path.write_text(whole[:end])
        # Without the line break at its end a file is still whole.
        assert (store.get(KEY) is None) == (end < len(whole) - 1)
    path.write_text(whole.replace("0.125", "0.126"))
    assert store.get(KEY) is None


def test_a_point_under_another_name_is_not_taken(tmp_path: Path) -> None:
    store, other = Store(tmp_path), digest({"point": 2})
    store.put(KEY, {"a": 1})
    (tmp_path / f"{KEY}.json").rename(tmp_path / f"{other}.json")
    assert store.get(other) is None


def test_what_is_no_json_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        Store(tmp_path).put(KEY, {"a": float("nan")})
    assert not list(tmp_path.iterdir())


@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_the_digest_does_not_depend_on_the_order_of_keys(record: dict) -> None:
    assert digest(record) == digest(dict(reversed(record.items())))
