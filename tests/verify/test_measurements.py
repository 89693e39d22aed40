"""Each measurement against an independent computation: fractions, from the raw vectors.

What is compared shares no formula with the measurement. Multipliers and activations come from the
network written out neuron by neuron; the row systems from their definition in the symbol's meaning.
"""

from fractions import Fraction

import numpy as np
import pytest
from perturbproof.theory import catalog
from perturbproof.verify.measure import measure, measured_symbols
from perturbproof.verify.measure.experiment import Experiment, measures
from perturbproof.verify.run.run import select
from perturbproof.verify.scenarios.inputs import load_suite
from perturbproof.verify.values import Rigor, Trials

from .exact_network import Exact
from .oracles import ORACLES
from .small_scenarios import scenario

OF_THE_SETTING = {"gamma", "N", "d", "m", "tau_asked", "R_min", "R_max", "p_max", "A_eigenvalue"}
OF_THE_SETTING |= {"row_sum_max", "row_margin_min"}
OF_THE_SETTING |= {"imbalance", "top_k", "support_min", "trained_activation", "outside_contrary"}
OF_THE_SETTING |= {name for name in ORACLES if name.endswith(("witness_min", "row_gap"))}


def near(coherence: float, signs: str = "random", samples: int = 6):
    return {
        "kind": "near-orthogonal",
        "samples": samples,
        "dimension": 12,
        "coherence": coherence,
        "signs": signs,
    }


SAMPLES = {
    "orthogonal": {"kind": "orthogonal", "samples": 6, "dimension": 12, "radius": 3.0},
    "inside": near(0.005),
    "edge": near(0.05, "adverse"),
    "beyond": near(0.19, "adverse"),
    "gaussian, wide": {"kind": "gaussian", "samples": 6, "dimension": 60},
    "gaussian, random labels": {
        "kind": "gaussian",
        "samples": 6,
        "dimension": 30,
        "labels": "random",
    },
    "gaussian, narrow": {"kind": "gaussian", "samples": 6, "dimension": 6},
    "more samples than dimensions": {"kind": "uniform", "samples": 7, "dimension": 3},
}
SLOPES = (0.5, 0.9, 1.0, 0.01)


# Each of the samples and each slope with half of the others.
CASES = [
    pytest.param((data, slope), marks=[pytest.mark.slow] if (i + k) % 2 else [])
    for i, data in enumerate(SAMPLES)
    for k, slope in enumerate(SLOPES)
]


@pytest.fixture(scope="module", params=CASES, ids=str)
def exact(request) -> Exact:
    data, slope = request.param
    network = {"slope": slope, "width": 4, "initial_scale": 1e-4}
    small = scenario(data=SAMPLES[data], network=network, training={"steps": 60})
    return Exact(Experiment(small))


@pytest.mark.parametrize("name", sorted(ORACLES))
def test_measurement_encloses_an_independent_computation(exact: Exact, name: str) -> None:
    measured = measure(exact.experiment, [name])[name]
    assert measured.how
    if measured.value is None:
        # Only what speaks of a limit may be missing, and only where there is none.
        assert name not in OF_THE_SETTING
        assert not exact.consistent
        assert measured.rigor is Rigor.NONE
        return
    assert measured.rigor in (Rigor.PROVED, Rigor.ENCLOSED)
    assert ORACLES[name](exact, measured.value), f"{name} = {measured.value}"


# The duality gap that encloses the convex limit gives half the digits.
TIGHT = set(ORACLES) - {"tau", "A_eigenvalue", "own_activation", "seed_slack"}


@pytest.mark.parametrize("name", sorted(TIGHT))
def test_enclosures_are_tight_in_the_regime(name: str) -> None:
    """A whole line encloses everything too, and would say nothing."""
    value = measure(Experiment(scenario(data=SAMPLES["inside"])), [name])[name].value
    assert value is not None
    assert value.width <= 1e-10 * (1 + abs(value.upper))


def quick_symbols() -> set[str]:
    return {
        symbol.name
        for small in load_suite("quick")
        for theorem in select(small, catalog())
        for symbol in theorem.measured_symbols
    }


def test_every_symbol_of_the_quick_suite_has_a_measurement() -> None:
    assert quick_symbols() <= measured_symbols()
    for small in load_suite("quick"):
        for theorem in select(small, catalog()):
            assert {s.name for s in theorem.measured_symbols} <= measured_symbols(small)


def test_every_measurement_of_one_trained_network_has_an_oracle_here() -> None:
    assert measured_symbols(scenario()) <= set(ORACLES)


@pytest.mark.parametrize(
    ("name", "condition"),
    [
        ("chance_paper", lambda g, n, low, high, p: p < g**3 * low**4 / (3 * n * high**2)),
        (
            "chance_half_aware",
            lambda g, n, low, high, p: (
                (n - 1) * p * ((1 + g**2) * high**2 + 2 * g * (1 + g) * low**2)
                < g * (1 + g**2) * low**4
            ),
        ),
    ],
)
def test_chances_count_fresh_draws(name: str, condition) -> None:
    """The same draws, counted here."""
    uniform = {"kind": "uniform", "samples": 3, "dimension": 1500}
    one = scenario(data=uniform, network={"slope": 0.9}, chance={"delta": 0.1, "draws": 60})
    rng, met = one.generator("fresh data"), 0
    for _ in range(60):
        x = rng.uniform(-1, 1, (3, 1500))
        norms = [float(np.linalg.norm(row)) for row in x]
        p = max(abs(float(x[i] @ x[k])) for i in range(3) for k in range(i))
        met += condition(0.9, 3, min(norms), max(norms), p)
    found = measure(Experiment(one), [name, "delta"])
    assert found["delta"].value is not None
    assert found["delta"].value.contains(Fraction(0.1))
    measured = found[name]
    assert measured.rigor is Rigor.STATISTICAL
    assert measured.trials == Trials(met, 60)
    assert f"{met} of 60" in measured.how


@pytest.mark.parametrize("theorem", catalog(), ids=lambda t: t.id)
def test_what_nothing_measures_is_missing_with_the_reason(theorem) -> None:
    known = measured_symbols(scenario())
    names = [s.name for s in theorem.measured_symbols if s.name not in known]
    for name, measured in measure(Experiment(scenario()), names).items():
        assert measured.value is None
        assert name in measured.how
        assert measured.rigor is Rigor.NONE


def test_a_symbol_has_one_measurement() -> None:
    with pytest.raises(ValueError, match="p_max is measured by"):
        measures("p_max")(lambda experiment: None)  # type: ignore[arg-type,return-value]


def test_measurements_do_not_train_before_they_must() -> None:
    experiment = Experiment(scenario(training={"steps": 10_000_000}))
    trained = {"tau", "trained_activation", "outside_contrary"}
    measure(experiment, sorted(measured_symbols(experiment.scenario) - trained))
    assert "training" not in vars(experiment)
