"""The streamed Gram matrix against the whole one, in exact arithmetic where it matters."""

import resource
import subprocess
import sys
import tracemalloc
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from perturbproof.numerics.boundary import gram_blocks
from perturbproof.numerics.boundary.gram import gram_statistics
from perturbproof.numerics.boundary.gram_blocks import OnDevice, OnHost, ScaledRows, scaled
from perturbproof.numerics.boundary.streaming_gram import stream_gram, summarised
from perturbproof.numerics.configuration import InputError

from .nasty import thorough
from .pretend_device import NAME, pretended


def exact(x):
    rows = [[Fraction(float(v)) for v in row] for row in x]
    return [
        [sum((a * b for a, b in zip(u, v, strict=True)), Fraction(0)) for v in rows] for u in rows
    ]


SAMPLES = {
    "gaussian": lambda rng: rng.standard_normal((23, 9)),
    "shared mean": lambda rng: 100 + rng.standard_normal((23, 9)),
    "huge": lambda rng: 1e150 * rng.standard_normal((23, 9)),
    "tiny": lambda rng: 1e-150 * rng.standard_normal((23, 9)),
    "many scales": lambda rng: (
        rng.standard_normal((23, 9)) * 10.0 ** rng.integers(-60, 60, (23, 1))
    ),
    "pixels": lambda rng: rng.integers(0, 256, (23, 9)).astype(float),
    "twins": lambda rng: np.repeat(rng.standard_normal((12, 9)), 2, axis=0),
    "two": lambda rng: rng.standard_normal((2, 1)),
    "just scaled down": lambda rng: 2.0**33 * rng.uniform(-1, 1, (23, 9)),
    "largest not scaled": lambda rng: 2.0**32 * rng.uniform(-1, 1, (23, 9)),
    "smallest not scaled": lambda rng: 2.0**-17 * rng.uniform(-1, 1, (23, 9)),
    "just scaled up": lambda rng: 2.0**-18 * rng.uniform(-1, 1, (23, 9)),
    "float32": lambda rng: rng.standard_normal((23, 9)).astype(np.float32),
    "float32 that overflows": lambda rng: (3e38 * rng.uniform(-1, 1, (23, 9))).astype(np.float32),
    "float32 denormal": lambda rng: (1e-40 * rng.standard_normal((23, 9))).astype(np.float32),
    "rows that underflow in float32": lambda rng: (
        rng.standard_normal((23, 9)) * 10.0 ** rng.integers(-42, 1, (23, 1))
    ).astype(np.float32),
    "denormal": lambda rng: 1e-315 * rng.standard_normal((23, 9)),
    "zero": lambda rng: np.zeros((23, 9)),
    "half precision": lambda rng: rng.standard_normal((23, 9)).astype(np.float16),
}


@dataclass
class Expected:
    """Of samples, in rational arithmetic; `off` are the sizes off the diagonal."""

    gram: list[list[Fraction]]
    off: list[list[Fraction]]
    sums: list[Fraction]

    @staticmethod
    def of(x: np.ndarray) -> "Expected":
        gram = exact(x)
        off = [
            [abs(v) if n != k else Fraction(0) for k, v in enumerate(row)]
            for n, row in enumerate(gram)
        ]
        return Expected(gram, off, [sum(row, Fraction(0)) for row in off])


@cache
def case(kind: str) -> tuple[np.ndarray, Expected]:
    x = SAMPLES[kind](np.random.default_rng(7))
    return x, Expected.of(x)


def check_enclosed(x: np.ndarray, expected: Expected | None = None, **options) -> None:
    """Everything in the summary encloses what rational arithmetic finds."""
    found = stream_gram(x, **options)
    expected = expected or Expected.of(x)
    gram, off, count = expected.gram, expected.off, len(x)
    assert found.p_max.contains(max(map(max, off)))
    for n in range(count):
        assert found.row_sums.interval(n).contains(expected.sums[n])
        assert found.squares.interval(n).contains(gram[n][n])
    for norm, square in (
        (found.R_min, min(gram[n][n] for n in range(count))),
        (found.R_max, max(gram[n][n] for n in range(count))),
    ):
        assert Fraction(norm.lower) ** 2 <= square <= Fraction(norm.upper) ** 2
    for pair in found.pairs:
        assert pair.n < pair.k
        assert pair.size.contains(off[pair.n][pair.k])
    assert len({(pair.n, pair.k) for pair in found.pairs}) == min(5, count * (count - 1) // 2)


# Each of the samples with half of the sizes of a block.
IN_BLOCKS = [
    pytest.param(kind, block, marks=[pytest.mark.slow] if (i + k) % 2 else [])
    for i, kind in enumerate(SAMPLES)
    for k, block in enumerate((1, 5, 23, 64))
]


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize(("kind", "block"), IN_BLOCKS)
def test_everything_is_enclosed(kind, block, precision):
    check_enclosed(*case(kind), precision=precision, block=block)


@pytest.mark.parametrize("kind", SAMPLES)
def test_everything_is_enclosed_on_a_device(kind):
    with pretended() as device:
        for block in (4, None):
            check_enclosed(*case(kind), precision="float32", block=block, device=NAME)
    assert set(device.precisions) == {"highest"}


@thorough
@given(
    hnp.arrays(
        np.float32,
        (4, 3),
        elements=st.one_of(
            st.floats(width=32, allow_nan=False, allow_infinity=False),
            st.floats(-1, 1, width=32),
            st.sampled_from([0.0, 2.0**-149, -(2.0**-126), 2.0**32, 2.0**-17, 2.0**-64]),
        ),
    ),
    st.sampled_from(["float32", "float64"]),
    st.integers(1, 4),
)
def test_any_float32_samples_are_enclosed(x, precision, block):
    check_enclosed(x, precision=precision, block=block)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_memory_mapped(tmp_path, kind, order):
    x = np.random.default_rng(9).standard_normal((23, 9)).astype(kind)
    np.save(tmp_path / "x.npy", np.asarray(x, order=order))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert isinstance(mapped, np.memmap)
    check_enclosed(mapped, block=5)
    with pretended():
        check_enclosed(mapped, block=5, device=NAME)
    one, other = (stream_gram(rows, block=5) for rows in (mapped, np.ascontiguousarray(x)))
    assert np.array_equal(one.row_sums.lower, other.row_sums.lower)
    for a, b in zip(one.pairs, other.pairs, strict=True):
        assert (a.n, a.k, a.size.lower, a.size.upper) == (b.n, b.k, b.size.lower, b.size.upper)


def test_blocks_are_views_where_nothing_is_to_be_done():
    x = np.random.default_rng(1).standard_normal((6, 4)).astype(np.float32)
    assert np.shares_memory(ScaledRows(x, "float32", 0)(2, 5), x)
    for rows in (
        ScaledRows(x, "float64", 0),
        ScaledRows(x, "float32", 3),
        ScaledRows(np.asfortranarray(x), "float32", 0),
    ):
        block = rows(2, 5)
        assert not np.shares_memory(block, rows.x)
        assert block.dtype == rows.kind
        np.testing.assert_array_equal(block, np.ldexp(x[2:5], -rows.shift))
    assert ScaledRows(x, "float64", 0)(4, 9).shape == (2, 4)


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(-1100, 1100))
def test_scaling_rounds_once(value, exponent):
    with np.errstate(over="ignore", under="ignore"):
        found = scaled(np.array([value]), exponent)[0]
        assert found == np.ldexp(value, exponent)


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_memory_beyond_the_data(tmp_path, monkeypatch, kind):
    """Beyond memory-mapped data: blocks, and a few numbers to a sample."""
    count, dimension, block = 3000, 700, 128
    x = np.random.default_rng(2).standard_normal((count, dimension)).astype(kind)
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    # As if there were no room for a copy of the data, whole or of more than a block.
    monkeypatch.setattr(gram_blocks, "_ROOM_ON_HOST", 2 * block * dimension * 4)
    stream_gram(mapped[:100])
    tracemalloc.start()
    found = stream_gram(mapped, block=block)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    blocks = 2 * block * dimension * 4 + 12 * block**2
    in_float64 = 5 * 2**17 * 8
    assert peak < blocks + in_float64 + 200 * count < x.nbytes
    size = abs(x.astype(float) @ x.T)
    np.fill_diagonal(size, 0)
    assert found.p_max.contains(float(size.max()))


@pytest.mark.parametrize("most", [1, 3, 20])
@pytest.mark.parametrize("threshold", [-1.0, 0.4, 2.0])
def test_host_and_device_read_the_same_off_a_block(most, threshold):
    rng = np.random.default_rng(3)
    a, b = rng.standard_normal((2, 6, 5))
    host, device = OnHost("float64", 6), OnDevice("cpu")
    for left, right in ((a, b[:4]), (a, a)):
        here = host.sizes(left, right)
        placed = device.place(left)
        there = device.sizes(placed, placed if right is left else device.place(right))
        np.testing.assert_allclose(there.numpy(), here, rtol=1e-14)
        if right is left:
            assert not here.diagonal().any()
        for axis in (0, 1):
            sums = np.zeros((2, here.shape[1 - axis]))
            host.add_sums(sums[0], here, axis)
            device.add_sums(sums[1], there, axis)
            np.testing.assert_allclose(sums[1], sums[0], rtol=1e-13)
        found = [one.above(e, threshold, most) for one, e in ((host, here), (device, there))]
        expected = np.sort(here[here > threshold])[::-1]
        for values, places, left_out in found:
            np.testing.assert_allclose(np.sort(values)[::-1], expected[:most], rtol=1e-14)
            np.testing.assert_allclose(here.reshape(-1)[places], values, rtol=1e-14)
            rest = expected[most] if len(expected) > most else -1.0
            assert left_out == pytest.approx(rest, rel=1e-14)


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_many_samples(precision):
    x = np.random.default_rng(3).standard_normal((700, 40))
    found = stream_gram(x, precision=precision, block=96)
    whole = summarised(gram_statistics(x))
    assert [(p.n, p.k) for p in found.pairs] == [(p.n, p.k) for p in whole.pairs]
    assert found.p_max.intersects(whole.p_max)
    assert found.p_max.width < 1e-10
    size = abs(x @ x.T)
    np.fill_diagonal(size, 0)
    assert (abs(found.row_sums.mid - size.sum(axis=1)) <= found.row_sums.rad + 1e-9).all()
    assert (found.row_sums.rad < 1e-3 * found.row_sums.mid).all()


def test_more_ties_than_candidates():
    """With more equal largest entries than are kept, p_max is as wide as float32 rounding."""
    x = np.tile([[1.0, 1 / 3], [-1.0, 1 / 3]], (40, 1))
    found = stream_gram(x, precision="float32", block=16)
    true = max(max(abs(v) for n, v in enumerate(row) if n != k) for k, row in enumerate(exact(x)))
    assert found.p_max.contains(true)
    assert found.p_max.width < 1e-5


def test_progress_and_refusals():
    seen = []
    stream_gram(np.eye(6), block=2, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(k, 6) for k in range(1, 7)]
    for bad, message in (
        (np.ones((1, 3)), "samples >= 2"),
        (np.ones(3), "samples have shape"),
        (np.array([[1.0, np.nan], [1, 1]]), "NaN or infinity"),
    ):
        with pytest.raises(InputError, match=message):
            stream_gram(bad)
    with pytest.raises(InputError, match="device"):
        stream_gram(np.eye(3), device="cuda:99")
    with pytest.raises(ValueError, match="no rounding bound"):
        stream_gram(np.zeros((2, 2**23), dtype=np.float32), precision="float32")


_CHECK = """
import sys, resource
from perturbproof.verify.command_line.cli import main
sys.argv = ["perturbproof", "check", "x.npy", "--json", "--quiet"]
main()
"""


@pytest.mark.slow
def test_sixty_thousand_samples(tmp_path, capsys):
    """60 000 x 784 float32: under 60 s on 2 free cores, and 2 GiB beyond the data."""
    import json
    import time

    rng = np.random.default_rng(0)
    x = rng.standard_normal((60_000, 784), dtype=np.float32)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", np.arange(len(x)) % 2)
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _CHECK], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    with capsys.disabled():
        print(f"\n60 000 x 784: {seconds:.1f} s, {peak:.2f} GiB at the peak, all told")
    pair = json.loads(done.stdout)["pairs"][0]
    n, k = pair["rows"]
    value = abs(float(x[n].astype(float) @ x[k].astype(float)))
    assert pair["inner_product"]["lower"] <= value * (1 + 1e-12)
    assert value * (1 - 1e-12) <= pair["inner_product"]["upper"]
    assert peak < 2 + x.nbytes / 2**30
