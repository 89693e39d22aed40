"""The streamed Gram matrix against the whole one, in exact arithmetic where it matters."""

import resource
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from perturbproof.numerics.gram import gram_statistics
from perturbproof.numerics.input_error import InputError
from perturbproof.numerics.streaming_gram import stream_gram, summarised


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
}


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("kind", SAMPLES)
@pytest.mark.parametrize("block", [1, 5, 23, 64])
def test_everything_is_enclosed(kind, block, precision):
    x = SAMPLES[kind](np.random.default_rng(7))
    found = stream_gram(x, precision=precision, block=block)
    gram, count = exact(x), len(x)
    off = [[abs(gram[n][k]) if n != k else Fraction(0) for k in range(count)] for n in range(count)]
    p_max = max(map(max, off))
    assert found.p_max.contains(p_max)
    for n in range(count):
        assert found.row_sums.interval(n).contains(sum(off[n], Fraction(0)))
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


_CHECK = """
import sys, resource
from perturbproof.verify.cli import main
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
