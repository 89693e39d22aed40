"""Gradient descent with momentum, neuron by neuron: what its steps add up to.

The networks here have biases and any output weights a_j != 0: f(x) = sum_j a_j phi(h_j(x)) with
h_j(x) = <w_j, x> + b_j and the loss mean_n l(-y_n f(x_n)), l' >= 0. With w~_j = (w_j, b_j) and
x~ = (x, 1) one step of rate eta_t and momentum mu is

    v_j <- mu v_j + eta_t a_j mean_n y_n l'_n phi'(h_j(x_n)) x~_n,     w~_j <- w~_j + v_j,

so w~_j is always its start plus a_j sum_n y_n c_jn x~_n with path weights c_jn >= 0. A vector is
seen through its inner product with a probe: (z, 1) for a point z, (z, 0) for a direction z.

Source: derived here, after Kumano, Kera and Yamasaki, NeurIPS 2024.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self

import sympy as sp

from ...statement import Citation, Definition, Inequality, Source, Step
from ...steps.motion import EQUAL_STEPS, INDUCTION
from ...steps.own_pattern import LINEAR_NEURONS, ORDER_NEURONS, phi, slope_of
from ...steps.sums import EXCHANGE, LINEAR_SUM
from ...symbols import Eq, N, declare, quantity, twin

WIDE = Source(
    "S. Kumano, H. Kera, T. Yamasaki",
    "Wide Two-Layer Networks can Learn from Adversarial Perturbations",
    "NeurIPS",
    2024,
    url="https://arxiv.org/abs/2410.23677",
)

momentum = declare(
    "momentum",
    "momentum of the gradient descent that trains the networks",
    low=-1,
    high=1,
    open_low=True,
    open_high=True,
    latex="\\mu",
)
rate = declare("rate_t", "step size of the step t", low=0, index="t", latex="\\eta_t")


@dataclass(frozen=True)
class Symbols:
    """Symbols that another network has as well."""

    def other(self) -> Self:
        """The same symbols of the network g that is trained on the perturbed samples."""
        return type(self)(**{f.name: learned(getattr(self, f.name)) for f in fields(self)})

    def twins(self) -> tuple[tuple[sp.Symbol, sp.Symbol], ...]:
        """Each symbol with that of the network g."""
        return tuple((s, learned(s)) for s in (getattr(self, f.name) for f in fields(self)))


def learned(of: sp.Symbol) -> sp.Symbol:
    """The symbol that says the same of g."""
    q = quantity(of)
    return twin(
        of,
        "adv_",
        "",
        "",
        f"{q.meaning}; of g",
        latex=f"{{{q.latex}}}^{{g}}",
        typst=f"({q.typst})^g",
    )


@dataclass(frozen=True)
class Weights(Symbols):
    """The weights of sample n in neuron j: `path` c_jn in its weights, `speed` in its velocity; at
    the first step, now and after the next one."""

    label: sp.Symbol
    output: sp.Symbol
    loss: sp.Symbol
    unit: sp.Symbol
    path_first: sp.Symbol
    path: sp.Symbol
    path_next: sp.Symbol
    speed_first: sp.Symbol
    speed: sp.Symbol
    speed_next: sp.Symbol

    @property
    def speeds(self) -> tuple[sp.Symbol, ...]:
        """In the velocity: at the first step, now, after the next one."""
        return self.speed_first, self.speed, self.speed_next

    @property
    def paths(self) -> tuple[sp.Symbol, ...]:
        """At the first step, now, after the next one."""
        return self.path_first, self.path, self.path_next

    @property
    def push(self) -> sp.Expr:
        """What one step adds to the weight in the velocity."""
        return rate * self.loss * self.unit / N


def weights(n: str = "n") -> Weights:
    """Declare the symbols of f's weights, with samples called n or k."""

    def weight(kind: str, what: str, letter: str) -> tuple[sp.Symbol, ...]:
        name = f"{kind}_weight_{n}"
        return tuple(
            declare(
                f"{name}{end}",
                f"{what} {when}",
                index=f"j{n}" + "t" * bool(end != "_first"),
                latex=f"{letter}_{{j{n}}}{mark}",
            )
            for end, when, mark in (
                ("_first", "at the start", "(0)"),
                ("", "at the step t", "(t)"),
                ("_next", "after that step", "(t+1)"),
            )
        )

    path = weight("path", f"weight c_j{n} of y_{n} x~_{n} in w~_j/a_j", "c")
    speed = weight("speed", f"weight of y_{n} x~_{n} in the velocity of w~_j/a_j", "u")
    return Weights(
        declare(f"target_{n}", f"label y_{n} of sample {n}", index=n, latex=f"y_{n}"),
        declare("output_j", "output weight a_j", index="j", latex="a_j"),
        declare(
            f"loss_slope_{n}",
            f"slope l'_{n} of the loss at sample {n}, at the step t",
            low=0,
            index=f"{n}t",
            latex=f"\\ell'_{n}",
        ),
        declare(
            f"unit_slope_{n}",
            f"slope of phi at h_j(x_{n}), at the step t",
            low=0,
            high=1,
            index=f"j{n}t",
            latex=f"s_{{j{n}}}",
        ),
        *path,
        *speed,
    )


def weights_steps(w: Weights, tag: str = "") -> tuple[Step, ...]:
    """Steps to "no path weight is negative"; they rest on the assumption `momentum`."""
    return (
        Definition(
            f"{tag}weights",
            "Path weights are 0 at the start; a step multiplies the weights of the velocity by the "
            "momentum, adds eta l' phi'/N, and adds the new ones to the path weights.",
            (
                Eq(w.path_first, 0),
                Eq(w.speed_first, 0),
                Eq(w.speed_next, momentum * w.speed + w.push),
                Eq(w.path_next, w.path + w.speed_next),
            ),
        ),
        Inequality(
            f"{tag}weights-step <- {tag}weights momentum",
            "Where none is negative, none is after a step.",
            sp.Implies(sp.Min(w.path, w.speed) >= 0, sp.Min(w.path_next, w.speed_next) >= 0),
        ),
        Citation(
            f"{tag}weights-sign <- {tag}weights {tag}weights-step",
            "So none ever is.",
            INDUCTION(*(sp.Min(*at) for at in zip(w.paths, w.speeds, strict=True))),
        ),
    )


@dataclass(frozen=True)
class Probe(Symbols):
    """What a neuron, its velocity and the sums over samples answer to a probe: `height` is that of
    the weights, `pace` that of the velocity, `reach` is <x~_n, probe>, and `path`, `speed`, `push`
    are the sums of y_n reach_n with the weights in w~_j, in the velocity, and in one step."""

    reach: sp.Symbol
    height_first: sp.Symbol
    height: sp.Symbol
    height_next: sp.Symbol
    pace_first: sp.Symbol
    pace: sp.Symbol
    pace_next: sp.Symbol
    path_first: sp.Symbol
    path: sp.Symbol
    path_next: sp.Symbol
    speed_first: sp.Symbol
    speed: sp.Symbol
    speed_next: sp.Symbol
    push: sp.Symbol


def probe(name: str, of: str, inner: str, at: str = "z", n: str = "n") -> Probe:
    """Declare the symbols of f at a probe: `of` is what a neuron answers, such as `<w_j, z> + b_j`,
    `inner` what a sample does, such as `<x_n, z> + 1`; `at` are the letters that it varies with."""

    def over_time(kind: str, meaning: str) -> tuple[sp.Symbol, sp.Symbol, sp.Symbol]:
        def when(end: str, words: str, index: str = "t") -> sp.Symbol:
            return declare(f"{name}_{kind}{end}", f"{meaning} {words}", index=f"j{at}{index}")

        return when("_first", "at the start", ""), when("", "at t"), when("_next", "after t")

    return Probe(
        declare(f"{name}_reach", inner, index="".join(dict.fromkeys(n + at))),
        *over_time("height", of),
        *over_time("pace", f"the same of the velocity of {of}"),
        *over_time("path", f"sum of y_{n} c_j{n} ({inner})"),
        *over_time("speed", f"the same sum with the weights in the velocity, of {of}"),
        declare(f"{name}_push", f"the same sum of one step's weights, of {of}", index=f"j{at}t"),
    )


def moved(w: Weights, p: Probe, tag: str, weights_tag: str = "") -> tuple[Step, ...]:
    """Steps to "a neuron has moved by a_j sum_n y_n c_jn <x~_n, probe>", the step `TAG-path`."""
    linear = replace(LINEAR_SUM, over=quantity(w.label).index)

    def term(weight: sp.Expr) -> sp.Expr:
        return w.label * weight * p.reach

    def sums(path: sp.Expr) -> sp.Expr:
        return w.output * path

    def seen(path: sp.Expr) -> sp.Expr:
        return p.height_first + sums(path)

    return (
        Definition(
            f"{tag}-descent",
            "Gradient descent with momentum, seen through the probe; sums of weights 0 are 0.",
            (
                Eq(p.pace_first, 0),
                Eq(p.speed_first, 0),
                Eq(p.path_first, 0),
                Eq(p.pace_next, momentum * p.pace + w.output * p.push),
                Eq(p.height_next, p.height + p.pace_next),
            ),
        ),
        Citation(
            f"{tag}-speed-sum <- {weights_tag}weights",
            "The sums follow the weights: in the velocity,",
            linear(
                p.speed_next,
                p.push,
                momentum,
                p.speed,
                term(w.speed_next),
                term(w.push),
                term(w.speed),
            ),
        ),
        Citation(
            f"{tag}-path-sum <- {weights_tag}weights",
            "and in what has been moved.",
            linear(
                p.path_next,
                p.path,
                1,
                p.speed_next,
                term(w.path_next),
                term(w.path),
                term(w.speed_next),
            ),
        ),
        Inequality(
            f"{tag}-speed-step <- {tag}-descent {tag}-speed-sum",
            "Where the velocity is a_j times its sum, so it is after a step.",
            sp.Implies(Eq(p.pace, sums(p.speed)), Eq(p.pace_next, sums(p.speed_next))),
        ),
        Citation(
            f"{tag}-speed <- {tag}-speed-step {tag}-descent",
            "So it is at every step.",
            EQUAL_STEPS(
                p.pace_first,
                p.pace,
                p.pace_next,
                sums(p.speed_first),
                sums(p.speed),
                sums(p.speed_next),
            ),
        ),
        Inequality(
            f"{tag}-step <- {tag}-descent {tag}-path-sum {tag}-speed {tag}-speed-step",
            "Where a neuron has moved by a_j times its sum, so it has after a step.",
            sp.Implies(Eq(p.height, seen(p.path)), Eq(p.height_next, seen(p.path_next))),
        ),
        Citation(
            f"{tag}-path <- {tag}-step {tag}-descent",
            "So it has at every step.",
            EQUAL_STEPS(
                p.height_first,
                p.height,
                p.height_next,
                seen(p.path_first),
                seen(p.path),
                seen(p.path_next),
            ),
        ),
    )


@dataclass(frozen=True)
class Output(Symbols):
    """A sum over the neurons of a_j s_j times what they answer to a probe, s_j slopes of phi:
    `value`, the same at the start of the weights (`rest`), and what the path adds, summed over
    neurons first (`by_neuron`) or over samples first (`by_sample`)."""

    value: sp.Symbol
    rest: sp.Symbol
    by_neuron: sp.Symbol
    by_sample: sp.Symbol


def output_steps(
    w: Weights, p: Probe, o: Output, slope: sp.Symbol, tag: str, value: sp.Expr, by: str
) -> tuple[Step, ...]:
    """Steps to "value = rest + sum_n y_n C_n <x~_n, probe>", C_n = sum_j a_j² s_j c_jn; `value` is
    one term of the value, which the steps `by` say to be a_j s_j times the neuron's height."""
    path = w.output**2 * slope * p.path
    return (
        Inequality(
            f"{tag}-term <- {tag}-path {by}",
            "Each term, in what was there at the start and what the path added.",
            Eq(value, w.output * slope * p.height_first + path),
        ),
        Citation(
            f"{tag}-neurons <- {tag}-term",
            "So too in the sum over the neurons.",
            LINEAR_NEURONS(
                o.value, o.rest, 1, o.by_neuron, value, w.output * slope * p.height_first, path
            ),
        ),
        Citation(
            f"{tag}-exchange",
            "Summed over the samples first, the path gives y_n C_n <x~_n, probe>.",
            EXCHANGE(
                o.by_neuron,
                o.by_sample,
                w.output**2 * slope * (w.label * w.path * p.reach),
                w.label * p.reach * (w.output**2 * slope * w.path),
            ),
        ),
        Inequality(
            f"{tag}-kernel <- {tag}-neurons {tag}-exchange",
            "Together.",
            Eq(o.value, o.rest + o.by_sample),
        ),
    )


def bent(slope: sp.Symbol, height: sp.Symbol, tag: str) -> tuple[Step, ...]:
    """Steps to "phi(h) = s h, s in [gamma, 1] the slope of phi there": `TAG-slope`, `TAG-bent`."""
    return (
        Definition(f"{tag}-slope", "s_j is a slope of phi at h_j.", (slope_of(slope, height),)),
        Inequality(
            f"{tag}-bent <- {tag}-slope",
            "phi(h) = s h, whichever slope is taken at 0.",
            Eq(phi(height), slope * height),
        ),
    )


def not_negative(total: sp.Symbol, w: Weights, slope: sp.Symbol, tag: str, by: str) -> Citation:
    """The step that C_n = sum_j a_j² s_j c_jn is not negative."""
    return Citation(
        f"{tag}-sign <- {by}",
        "C_n is not negative, as no path weight is.",
        ORDER_NEURONS(0, total, 0, w.output**2 * slope * w.path),
    )
