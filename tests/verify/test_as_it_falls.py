"""What a reader is told while a run goes on, and beside a verdict."""

from __future__ import annotations

from perturbproof.theory.exact.interval import Interval
from perturbproof.verify.measure.observations import accuracies
from perturbproof.verify.run import run as module
from perturbproof.verify.values import Observation, Rigor

from .small_scenarios import FAR_OUTSIDE, ORTHOGONAL, scenario


def test_every_scenario_is_told_as_it_falls(monkeypatch) -> None:
    told: list[str] = []
    measured: list[str] = []
    measure = module.measure_scenario

    def counted(one, *rest, **options):
        # All that was measured before has been told.
        assert [line.partition(":")[0] for line in told] == measured
        measured.append(one.name)
        return measure(one, *rest, **options)

    def progress(what: str, _: int, total: int) -> None:
        if total == 0:
            told.append(what)

    monkeypatch.setattr(module, "measure_scenario", counted)
    short = {"theorems": ["row-sums"], "training": {"steps": 3}}
    both = [
        scenario(name="inside", data=ORTHOGONAL, **short),
        scenario(name="outside", data=FAR_OUTSIDE, **short),
    ]
    module.run_scenarios(both, progress=progress)
    assert [line.split(" (")[0] for line in told] == [
        "inside: 1 INCONCLUSIVE",
        "outside: 1 VACUOUS",
    ]


def test_a_scenario_that_cannot_be_run_says_so_as_it_falls(monkeypatch) -> None:
    told: list[str] = []
    bad = scenario(name="bad", data=ORTHOGONAL, theorems=["row-sums"], training={"steps": 3})
    measured = module.measure_scenario(bad, module.select(bad, module.catalog()))
    failed = module.replace(measured, error="out of memory")
    monkeypatch.setattr(module, "measure_scenario", lambda *_, **__: failed)
    module.run_scenarios([bad], progress=lambda what, _, total: total or told.append(what))
    assert told == ["bad: ERROR: out of memory"]


def seen(says: str, right: int) -> Observation:
    return Observation(says, Interval.exact(right), Rigor.NUMERIC, 4)


def test_accuracies_in_few_words() -> None:
    both = [
        seen("natural samples that trained g classifies correctly, of 4", 0),
        seen("natural samples that the exact solution of g classifies correctly, of 4", 3),
        seen("natural samples that trained control classifies correctly, of 4", 1),
    ]
    assert accuracies(both) == "g gets 0 of 4, control gets 1 of 4 natural samples right"
    assert accuracies(both[1:2]) == ""
