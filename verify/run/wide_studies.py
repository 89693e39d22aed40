"""Studies of wide networks: run point by point, judged, and as records of report.json.

All but certificates is plain floating point, which can support a claim and never refute one: a
missed reproduction is INCONCLUSIVE, and says by how much. A certified point that is seen to be
wrong is a fault of the code.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean

import pydantic
from scipy.stats import beta

from ...theory.notation import prose
from ..judge import JudgedClaim
from ..measure.wide.point import WidePoint, wide_point
from ..reporting import schema
from ..scenarios.wide_study import WideStudy
from ..values import ClaimVerdict, Progress, Verdict, unwatched
from .store import Store, computed, kept, scenario_key
from .study_verdicts import above_or_below, at, met
from .theorem_record import record_of

_AXES = {
    "dimension": "input dimension d",
    "samples": "samples N",
    "width": "width m",
    "slope": "slope",
    "eps": "perturbation size eps",
    "steps": "steps of gradient descent",
}
_NULL = 0.99
"""A direction drawn at random reaches this quantile of |cosine| once in a hundred times."""


@dataclass(frozen=True)
class Seen:
    """A point of one seed, and the time that it took when it was computed."""

    point: WidePoint
    seconds: float


_SEEN = pydantic.TypeAdapter(Seen)


@dataclass(frozen=True)
class WideValue:
    """A value of the axis with all its seeds, and the claims that are made of it."""

    value: float
    seeds: tuple[WidePoint, ...]
    compared: float
    published: float | None
    claims: tuple[JudgedClaim, ...]

    def mean(self, name: str) -> float:
        """The mean over the seeds of one of their numbers."""
        return fmean(getattr(one, name) for one in self.seeds)

    @property
    def contrary(self) -> int:
        """Certified points that are seen to be wrong."""
        return sum(one.contrary for one in self.seeds)

    @property
    def agrees(self) -> bool | None:
        """Whether it meets what is published; None where nothing is."""
        held = [claim.value.holds is True for claim in self.claims if claim.value is not None]
        return all(held) if held else None


@dataclass(frozen=True)
class WideRun:
    """A study with all its values, and the time that they took when they were computed."""

    study: WideStudy
    values: tuple[WideValue, ...]
    seconds: float


@dataclass(frozen=True)
class WideOutcome:
    """A judged study of wide networks."""

    run: WideRun
    verdict: Verdict
    reason: str

    @property
    def judged(self) -> tuple[tuple[Verdict, Verdict], ...]:
        """The pair of verdict and expected verdict."""
        return ((self.verdict, self.run.study.expect),)


def run_wide_studies(
    studies: Sequence[WideStudy],
    store: Store | None = None,
    *,
    device: str = "cpu",
    progress: Progress = unwatched,
) -> tuple[WideOutcome, ...]:
    """Compute what is missing in the store, and judge every study.

    Raises:
        InputError: data cannot be used. OSError: the store cannot be written.
    """
    return tuple(_run(study, store, device, progress) for study in studies)


def _run(study: WideStudy, store: Store | None, device: str, progress: Progress) -> WideOutcome:
    wanted = [(value, seed) for value in study.values for seed in study.seeds]
    scenarios = {one: study.at(*one) for one in wanted}
    certified = study.certified
    keys = {
        scenario_key(scenario, (), device, certified=certified): one
        for one, scenario in scenarios.items()
    }
    have = kept(keys.items(), store, lambda _, record: _SEEN.validate_python(record))
    found = {one: seen for one, seen in zip(keys.values(), have, strict=True) if seen is not None}

    def fresh() -> Iterator[tuple[str, Seen]]:
        for key, one in keys.items():
            if one not in found:
                progress(f"{study.name}", len(found), len(keys))
                started = time.perf_counter()
                point = wide_point(scenarios[one], certified, device)
                yield key, Seen(point, time.perf_counter() - started)

    for key, seen in computed(fresh(), store, asdict):
        found[keys[key]] = seen
    values = tuple(
        _value(study, value, tuple(found[value, seed].point for seed in study.seeds))
        for value in study.values
    )
    seconds = sum(seen.seconds for seen in found.values())
    return WideOutcome(WideRun(study, values, seconds), *_verdict(study, values))


def _value(study: WideStudy, value: float, seeds: tuple[WidePoint, ...]) -> WideValue:
    shares = [one.agreement if study.compared == "agreement" else one.accuracy for one in seeds]
    compared = fmean(share for share in shares if share is not None)
    published, source = study.curve.get(value), study.published
    claims = []
    if source is not None and published is not None:
        claims.append(met(published, compared, source.tolerance))
    if source is not None and source.alignment is not None:
        alignment = fmean(one.alignment for one in seeds)
        claims.append(met(source.alignment, alignment, source.tolerance))
    return WideValue(value, seeds, compared, published, tuple(claims))


def _verdict(study: WideStudy, values: Sequence[WideValue]) -> tuple[Verdict, str]:
    """ERROR where a certified point is wrong, PASS where every claim passes, else INCONCLUSIVE; of
    certificates alone VACUOUS where none holds at any point."""
    if wrong := [one for one in values if one.contrary]:
        where = f"{study.vary} = {at(wrong[0].value)}"
        return Verdict.ERROR, f"at {where}: {wrong[0].contrary} certified points are seen wrong"
    claims = [claim for one in values for claim in one.claims]
    told = f"{len(values)} values, {len(study.seeds)} seeds"
    found = _certificates(values)
    if study.certified:
        told = f"none of {found} certified signs of f and g is wrong; {told}"
    if not claims and not study.certified:
        return Verdict.INCONCLUSIVE, "nothing is published to compare with"
    if not claims:
        return (Verdict.PASS, told) if found else (Verdict.VACUOUS, "no point is certified")
    off = [
        f"{at(one.value)} ({above_or_below(one.compared - one.published)})"
        for one in values
        if one.agrees is False and one.published is not None
    ]
    if any(claim.verdict is not ClaimVerdict.PASS for claim in claims):
        tolerance = study.published.tolerance if study.published else 0.0
        missed = ", ".join(off) or "the alignment"
        return Verdict.INCONCLUSIVE, f"not within {tolerance:g} at {study.vary} = {missed}"
    return Verdict.PASS, f"all {len(claims)} published numbers met (numeric); {told}"


def _certificates(values: Iterable[WideValue]) -> int:
    """How many signs, of f and of g, are certified at test points."""
    seeds = [one for each in values for one in each.seeds]
    return sum(round(share * one.points) for one in seeds for share in (one.certified or ())[:2])


# As a record of report.json.


def wide_entry(outcome: WideOutcome) -> schema.Study:
    """The entry of `studies[]` in report.json."""
    study = outcome.run.study
    columns, rows = _table(outcome)
    return record_of(
        schema.Study,
        study,
        title=study.title or study.name,
        says=prose(study.description),
        configuration=study.model_dump(mode="json", exclude_none=True, exclude={"kind", "title"}),
        verdict=outcome.verdict.value,
        expected=study.expect.value,
        as_expected=outcome.verdict is study.expect,
        reason=prose(outcome.reason),
        axis=_AXES[study.vary],
        seconds=outcome.run.seconds,
        data=None,
        columns=columns,
        rows=rows,
        findings=tuple(map(prose, _findings(outcome))),
        figures=(_figure(outcome),),
    )


def _table(outcome: WideOutcome) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    study = outcome.run.study
    beside, certified = ("published",) * bool(study.curve), ("certified",) * study.certified
    names = (study.compared, "predicted", "authors' formula", "told", "told, authors'", "alignment")
    names = (_AXES[study.vary], *beside, *names, *certified)
    rows = []
    for one in outcome.run.values:
        shares = [_compared(seed, study) for seed in one.seeds]
        spread = f" ({min(shares):.3f} to {max(shares):.3f})" if len(shares) > 1 else ""
        cells = [
            at(one.value),
            *(["–" if one.published is None else f"{one.published:.2f}"] if beside else []),
            f"{one.compared:.3f}{spread}",
            *(f"{one.mean(n):.3f}" for n in ("predicted", "authors", "told", "told_authors")),
            f"{one.mean('alignment'):.3f}",
        ]
        if study.certified:
            cells.append(", ".join(f"{share:.3f}" for share in _certified(one)))
        rows.append(tuple(cells))
    return names, tuple(rows)


def _compared(one: WidePoint, study: WideStudy) -> float:
    found = one.agreement if study.compared == "agreement" else one.accuracy
    return 0.0 if found is None else found


def _certified(one: WideValue) -> tuple[float, ...]:
    known = [seed.certified for seed in one.seeds if seed.certified is not None]
    return tuple(fmean(each) for each in zip(*known, strict=True))


def _findings(outcome: WideOutcome) -> Iterator[str]:
    study = outcome.run.study
    seeds = [one for each in outcome.run.values for one in each.seeds]
    yield (
        f"Labels of g: {study.wide.labels}; |mean label| up to {max(s.labels for s in seeds):.3f}, "
        "which the biases learn beside the perturbations."
    )
    yield (
        "Predicted: share of test points at which the predictors of f and g have one sign, the "
        "corrected one and the authors', which leaves out the starts and what the biases learn; "
        "told: share at which g has the predictor's sign. Plain floating point."
    )
    lowest = min(seeds, key=lambda one: one.alignment)
    null = float(beta.ppf(_NULL, 0.5, (lowest.dimension - 1) / 2) ** 0.5)
    yield (
        f"|cosine| of a perturbation and its predicted direction, median over samples: at least "
        f"{lowest.alignment:.3f}; a random direction in dimension {lowest.dimension} reaches "
        f"{null:.3f} once in a hundred times."
    )
    if study.certified:
        yield (
            "Certified: share of test points at which f, g, and both with one sign certainly have "
            "the sign of their predictors, for the start that was drawn (theorem wide-agreement)."
        )
    if absent := [at(v) for v in sorted(study.curve) if v not in study.values]:
        yield f"Published points that this study does not have: {', '.join(absent)}."


def _figure(outcome: WideOutcome) -> schema.FigureRecord:
    study = outcome.run.study
    series = [
        {
            "name": study.compared,
            "values": [one.compared for one in outcome.run.values],
            "lowest": [min(_compared(s, study) for s in one.seeds) for one in outcome.run.values],
            "highest": [max(_compared(s, study) for s in one.seeds) for one in outcome.run.values],
        }
    ]
    series += [
        {"name": name, "values": [one.mean(field) for one in outcome.run.values]}
        for name, field in (("predicted", "predicted"), ("authors' formula", "authors"))
    ]
    if study.certified:
        shares = [_certified(one) for one in outcome.run.values]
        for name, place in (("certified f", 0), ("certified g", 1), ("certified both", 2)):
            series.append({"name": name, "values": [share[place] for share in shares]})
    return schema.FigureRecord(
        id="shares",
        kind="shares",
        title=study.title or study.name,
        caption=f"Shares of test points along {_AXES[study.vary]}: means over "
        f"{len(study.seeds)} seeds, bars from the lowest to the highest."
        f"{' Crosses: published.' if study.curve else ''}",
        data={
            "axis": _AXES[study.vary],
            "values": list(study.values),
            "published": [one.published for one in outcome.run.values],
            "series": series,
        },
    )
