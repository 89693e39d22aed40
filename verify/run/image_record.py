"""Judged studies of images as records of report.json: accuracies, features, figures, findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ...numerics.images.setting import Arm
from ...theory.notation import prose
from ..reporting import schema
from .image_verdicts import ImageOutcome
from .theorem_record import record_of

_SIZES = {"L2": "an L2 size of {}", "Linf": "at most {} a pixel (Linf)", "L0": "{} pixels (L0)"}
_LABELS = {"R": "targets at random", "D": "the next class as target"}


def image_entry(outcome: ImageOutcome) -> schema.Study:
    """The entry of `studies[]` in report.json."""
    study, images = outcome.run.study, outcome.run.images
    return record_of(
        schema.Study,
        outcome,
        study,
        title=study.title or study.name,
        says=prose(study.description),
        configuration=study.model_dump(mode="json", exclude_none=True, exclude={"kind", "title"}),
        expected=study.expect.value,
        as_expected=outcome.verdict is study.expect,
        reason=prose(outcome.reason),
        rigor="statistical",
        seconds=outcome.run.seconds,
        data=schema.Data(
            source=f"{images.source}: {len(images.train_x)} training and {len(images.test_x)} test "
            f"images of {len(images.classes)} classes",
            # Of files each has its own, after its name.
            hash="" if " " in images.sha256 else images.sha256,
            sha256=dict(one.rsplit(" ", 1) for one in images.sha256.split(", ") if " " in one),
        ),
        claims=tuple(
            schema.StudyClaim(
                id=claim.id,
                says=prose(claim.says),
                verdict=claim.verdict.value,
                confidence=1 - claim.level.error,
                settle=prose(claim.settle) if claim.verdict.value == "INCONCLUSIVE" else "",
            )
            for claim in outcome.claims
        ),
        learners=tuple(_learners(outcome)),
        perturbations=tuple(
            schema.Perturbations(seed=seed, **found) for seed, found in _perturbations(outcome)
        ),
        findings=tuple(map(prose, _findings(outcome))),
        figures=tuple(_figures(outcome)),
    )


def _perturbations(outcome: ImageOutcome) -> Iterator[tuple[int, dict[str, Any]]]:
    for seed in outcome.run.study.seeds:
        if (found := outcome.run.points[seed, None].perturbations) is not None:
            yield seed, found


def _learners(outcome: ImageOutcome) -> Iterator[schema.Learner]:
    """One for each arm and seed, the learner of perturbed images first."""
    study = outcome.run.study
    arms: tuple[Arm, ...] = ("perturbed", *study.controls)
    for arm in arms:
        for seed in study.seeds:
            learned = outcome.run.points[seed, arm].learned
            if learned is not None:
                within = outcome.accuracies[seed, arm]
                yield schema.Learner(
                    arm=arm,
                    seed=seed,
                    right=learned.right,
                    total=learned.total,
                    lower=within.lower,
                    upper=within.upper,
                    highest=None if learned.highest is None else learned.highest / learned.total,
                    as_limit=learned.as_limit,
                )


def _findings(outcome: ImageOutcome) -> Iterator[str]:
    study = outcome.run.study
    size = _SIZES[study.norm].format(f"{study.eps:g}")
    base = "natural training images" if study.base == "natural" else "noise, uniform on [0, 1]"
    following = " One that learnt the images would answer the next class: 0 right."
    yield (
        f"Perturbed: {base}, {_LABELS[study.labels]}, {size}. The second network is trained with "
        "the targets as labels and never sees a natural image with its true label; the last epoch "
        f"decides.{following if study.labels == 'D' else ''}"
    )
    if study.published is not None:
        last = study.published.last
        yield (
            f"Published for the same experiment: {study.published.best:.2f} at the best epoch on "
            f"test images{'' if last is None else f', {last:.2f} at the last'}"
            f"{f' ({study.published.source})' if study.published.source else ''}. It is shown, not "
            "compared: data, networks and recipes may differ."
        )
    if study.highest:
        yield "Best epochs are chosen on the test images: optimistic, and no part of the verdict."
    yield from beside_limit(outcome)
    yield (
        "All seeds and arms answer the same test images: intervals are conditional on these, and "
        "seeds count one by one. 'features' also rejects its null for perturbations that only take "
        "away an image's own class."
    )


def beside_limit(outcome: ImageOutcome) -> Iterator[str]:
    """What the deep networks have in common with the certified limit."""
    study = outcome.run.study
    if study.limit is None:
        return
    network = f"a two-layer network of slope {study.limit:g} on the same images"
    seen = {seed: one["limit"] for seed, one in _perturbations(outcome) if one.get("limit")}
    for seed, one in seen.items():
        if not one["captured"]:
            yield f"The limit of {network} is not certified for seed {seed}: {one['reason']}."
    found = {seed: one for seed, one in seen.items() if one["captured"]}
    if not found:
        return
    learners = [outcome.run.points[seed, "perturbed"].learned for seed in found]
    alike = [one.as_limit / one.total for one in learners if one and one.as_limit is not None]

    def told(name: str) -> str:
        return _range([one[name] for one in found.values()])

    yield (
        f"Beside the certified limit of {network}, captured at step "
        f"{max(one['steps'] for one in found.values())} at the latest: the mean perturbation aimed "
        f"at the first class less that at the second has cosine {told('cosine')} with its normal q "
        f"(the difference of the class means {told('natural')}). On test images the limit is right "
        f"on {told('right')}, and answers as the deep network of natural images on "
        f"{told('as_classifier')}, as the learner of perturbed ones on {_range(alike)}. This is "
        "observed: no theorem here speaks of deep networks."
    )


def _range(values: Sequence[float]) -> str:
    low, high = f"{min(values):.3f}", f"{max(values):.3f}"
    return low if low == high else f"{low} to {high}"


def _figures(outcome: ImageOutcome) -> Iterator[schema.FigureRecord]:
    """Examples and class means of the first seed; accuracies of all, its confusion."""
    run, study = outcome.run, outcome.run.study
    seed, found = next(_perturbations(outcome), (0, None))
    if found is not None:
        yield _pictures(found, run.images.classes, study.base == "natural", seed)
    learned = run.points[study.seeds[0], "perturbed"].learned
    if learned is not None:
        published = study.published
        yield schema.FigureRecord(
            id="learners",
            kind="learners",
            title="What the learners answer",
            caption="Above: share of natural test images whose true class each learner gives, a "
            "mark a seed, with exact binomial intervals at the level of the verdict. Dotted: "
            f"chance.{' Crosses: published, best and last epoch.' if published else ''} Below: "
            f"answers of the learner of perturbed images, seed {study.seeds[0]}; rows are true "
            "classes, columns what it says.",
            data={
                "learners": [one.model_dump() for one in _learners(outcome)],
                "chance": 1 / study.classes,
                "published": [v for v in (published.best, published.last) if v is not None]
                if published
                else [],
                "classes": list(run.images.classes),
                "confusion": [list(row) for row in learned.confusion],
            },
        )


def _pictures(
    found: dict[str, Any], classes: tuple[str, ...], natural: bool, seed: int
) -> schema.FigureRecord:
    examples, (means, ours) = found["examples"], found["means"]
    true = [f"true {e['true']}" for e in examples] if natural else None
    told = [f"told {e['told']}" for e in examples]
    cosines = [f"{cosine:.2f}" for cosine in found["cosines"]]
    rows = [
        {"name": "image", "pictures": [e["original"] for e in examples], "captions": true},
        {"name": "change", "pictures": [e["change"] for e in examples], "signed": True},
        {"name": "perturbed", "pictures": [e["perturbed"] for e in examples], "captions": told},
        {"name": "class", "pictures": means, "signed": True, "captions": list(classes)},
        {"name": "change", "pictures": ours, "signed": True, "captions": cosines},
    ]
    what = "a training image and its true class" if natural else "noise"
    return schema.FigureRecord(
        id="pictures",
        kind="pictures",
        title="What is learnt from",
        caption=f"From above: {what}; its perturbation, enlarged (grey is none, bright up, dark "
        "down); the perturbed image with the label that the learner is told. Then, less the mean "
        "of all: the mean training image of each class, and the mean perturbation aimed at it, "
        f"with the cosine of the two. Seed {seed}.",
        data={"rows": rows},
    )
