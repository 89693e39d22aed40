"""The proofs of capture, step by step, held against networks, flows and weights drawn at random.

At one time t = T every symbol is measured from the vectors by its definition. Every step that
speaks of known symbols alone is evaluated: also definitions, which no solver checks.
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from perturbproof.theory import Theorem, prove
from perturbproof.theory.symbols import symbols_of
from perturbproof.theory.theorems.limit import capture, capture_general

from .formulas import true

POINTS = 150
SLACKS = {"seen-activation", "seen-distance", "decay-loss"}
"""Symbols of these are measured while a network is followed on, or of two times."""


def phi(h: np.ndarray, gamma: float) -> np.ndarray:
    return np.where(h > 0, h, gamma * h)


def drawn(rng: np.random.Generator, all_active: bool) -> dict[str, float] | None:
    """Every symbol of the proof for one sample n, own neurons i and j, and one cross neuron."""
    n, d, half = (int(rng.integers(low, 5)) for low in (1, 2, 2))
    gamma = float(rng.choice([0.1, 0.5, 1.0]))
    truth = rng.normal(size=d)
    y = rng.choice([-1.0, 1.0], n)
    x = rng.normal(size=(n, d))
    x *= (y * np.sign(x @ truth))[:, None]
    x += 0.5 * y[:, None] * truth
    signs = np.repeat([1.0, -1.0], half)
    a = rng.uniform(0.3, 1.5, 2 * half) * signs
    good = signs[:, None] * truth
    w = rng.uniform(1, 6) * good + rng.choice([1.0, 5.0]) * rng.normal(size=good.shape)
    size, own = abs(a), np.equal.outer(y, signs)
    h = x @ w.T
    kappa = np.where(h > 0, 1.0, gamma)
    if all_active and not (h[own] > 0).all():
        return None
    answer = y * (phi(h, gamma) @ a)
    logistic = np.log1p(np.exp(-answer))
    l_n = logistic if rng.random() < 0.5 else np.exp(-answer)
    loss = float(l_n.sum())
    pull, excess, keen = np.exp(-answer), 0.0, 1.0
    if l_n is logistic:
        pull = -np.expm1(-l_n)
        excess, keen = loss / 2 + loss**2 / 24, -math.expm1(-loss) / loss
    lam = rng.uniform(0, 1, n) + 0.05
    shares = lam / lam.sum()
    entropy = float(-(shares * np.log(shares)).sum())
    rho = entropy - math.log(loss) - excess
    # Further on, squares of the loss leave the range of floats, and 1 - exp(-L) its precision.
    if not 0.05 < rho < (12 if l_n is logistic else 60):
        return None
    slope = rng.uniform(gamma, 1, h.shape)

    def zeta(s: np.ndarray) -> np.ndarray:
        return np.where(own, kappa, -s)[:, :, None] * size[None, :, None] * x[:, None, :]

    def margin(v: np.ndarray) -> np.ndarray:
        g = x @ v.T
        return (np.where(own, kappa * g, -phi(g, gamma)) * size).sum(axis=1)

    now = np.where(h > 0, 1.0, gamma)
    w_l = np.einsum("n,njd->jd", lam, zeta(slope))
    velocity = np.einsum("n,njd->jd", pull, zeta(now))
    least_ref = margin(good).min()
    assert least_ref > 0
    ratio_ref = np.linalg.norm(good) / (keen * least_ref)
    norm, speed = float(np.linalg.norm(w)), float(np.linalg.norm(velocity))
    limit_norm, ratio = float(np.linalg.norm(w_l)), max(norm / rho, ratio_ref)
    radius = math.sqrt(max(ratio**2 - 2 * lam.sum() + limit_norm**2, 0))

    k = int(rng.integers(n))
    mine, others = own[k], ~own[k]
    rare = mine & (h[k] < 0)
    j = int(rng.choice(np.flatnonzero(rare if rare.any() and rng.random() < 0.7 else mine)))
    # The group of j: neurons of its half with the same signs at all samples of the half.
    same = signs == signs[j]
    alike = (np.sign(h[own[:, j]]) == np.sign(h[own[:, j], j])[:, None]).all(axis=0)
    group = same & alike
    i = int(rng.choice(np.flatnonzero(group)))
    c = int(rng.choice(np.flatnonzero(others)))
    sigma = float(np.sign(h[k, j]))
    rivals = mine & ~group & (h[k] > 0)
    idle = rare
    b, b_l = w / size[:, None], w_l / size[:, None]

    def mean(of: np.ndarray, over: np.ndarray) -> float:
        return float((size**2 * (of @ x[k]))[over].sum() / (size**2)[over].sum())

    def total(of: np.ndarray, over: np.ndarray) -> float:
        return float((size * (of @ x[k]))[over].sum())

    mass, other_mass = float((size**2)[group].sum()), float((size**2)[others].sum())
    rival_mass = float((size**2)[rivals].sum())
    mix = float(rng.choice([0.0, 1.0, rng.random()])) if sigma > 0 else 0.0
    norm_x = float(np.linalg.norm(x[k]))
    apart = np.linalg.norm(b[group][:, None] - b[group][None], axis=2).max()
    centre = (size[group, None] ** 2 * b[group]).sum(axis=0) / mass
    lever = math.sqrt((1 - mix) ** 2 * mass + mix**2 * (rival_mass + gamma**2 * other_mass))
    base = (1 - mix) * mass * sigma * mean(b_l, group)
    form = base + mix * (gamma * other_mass * mean(b_l, others) - total(w_l, rivals))
    moved = (1 - mix) * mass * sigma * (mean(b, group) / rho - mean(b_l, group))
    moved += mix * gamma * other_mass * (mean(b, others) / rho - mean(b_l, others))
    moved -= mix * (total(w, rivals) / rho - total(w_l, rivals))
    sharp_lever = math.sqrt(max((norm_x * lever) ** 2 - form**2 / limit_norm**2, 0))
    bound = form - radius * norm_x * lever
    if form >= 0 and rng.random() < 0.7:
        bound = form * lam.sum() / limit_norm**2 - radius * sharp_lever
    bound = (bound + mix * (1 - entropy / rho)) / mass - apart * norm_x / rho
    activation = sigma * h[k, j] / size[j] / rho
    cross_g = x @ good.T
    product = np.einsum("njd,jd->n", zeta(slope), w)
    product_ref = np.einsum("njd,jd->n", zeta(now), good)
    # A cross sample of the half, for two neurons of the group.
    cross_n = np.flatnonzero(~own[:, j])
    t = int(rng.choice(cross_n)) if len(cross_n) else None
    gap = b[i] - b[j]
    crossed = (pull[cross_n] * (now[cross_n, i] - now[cross_n, j]) * (x[cross_n] @ gap)).sum()
    values = {
        "gamma": gamma,
        "N": n,
        "size_j": size[j],
        "h_own_t": h[k, j],
        "h_cross_t": h[k, c],
        "slope_t": slope[k, c],
        "own_linear_t": (kappa[k] * size * h[k])[mine].sum(),
        "own_answer_t": (size * phi(h[k], gamma))[mine].sum(),
        "cross_linear_t": (size * slope[k] * h[k])[others].sum(),
        "cross_answer_t": (size * phi(h[k], gamma))[others].sum(),
        "z_t": margin(w)[k],
        "answer_t": answer[k],
        "product_t": product[k],
        "h_cross_ref": cross_g[k, c],
        "slope_ref": now[k, c],
        "own_linear_ref": (kappa[k] * size * cross_g[k])[mine].sum(),
        "cross_linear_ref": (size * now[k] * cross_g[k])[others].sum(),
        "cross_answer_ref": (size * phi(cross_g[k], gamma))[others].sum(),
        "z_ref": margin(good)[k],
        "product_ref": product_ref[k],
        "weight_n": lam[k],
        "weight_sum": lam.sum(),
        "weight_entropy": entropy,
        "limit_norm": limit_norm,
        "ratio_ref": ratio_ref,
        "norm_ref": float(np.linalg.norm(good)),
        "least_ref": least_ref,
        "loss_T": loss,
        "loss_t": loss,
        "loss_n_t": l_n[k],
        "pull_n_t": pull[k],
        "loss_excess": excess,
        "loss_factor": math.exp(excess),
        "loss_keen": keen,
        "logistic_n_t": logistic[k],
        "logistic_top_n": max(logistic[k], loss),
        "partition_t": np.exp(-answer).sum(),
        "rho_T": rho,
        "rho_t": rho,
        "norm_T": norm,
        "norm_t": norm,
        "speed_t": speed,
        "rise_t": speed**2 / loss,
        "growth_t": float((w * velocity).sum() / norm),
        "push_t": float((velocity * good).sum()),
        "weighted_t": float(lam @ margin(w)),
        "pairing_t": float((w * w_l).sum()),
        "elapsed_t": 0.0,
        "distance_t": float(np.linalg.norm(w / rho - w_l)),
        "ratio_T": ratio,
        "mass_g": mass,
        "diameter_g": apart,
        "apart_T": float(np.linalg.norm(gap)),
        "apart_t": float(np.linalg.norm(gap)),
        "crossed_t": crossed,
        "apart_rate": -2 * crossed,
        "off_mean_t": float(np.linalg.norm(b[j] - centre)),
        "own_sign": sigma,
        "own_kappa": kappa[k, j],
        "group_sign": sigma,
        "mix": mix,
        "idle_h": h[k][idle][0] if idle.any() else -1.0,
        "idle_sum": gamma * total(w, idle),
        "rival_mass": rival_mass,
        "rival_limit": total(w_l, rivals),
        "rival_sum": total(w, rivals),
        "rival_share": total(w, rivals) / rho,
        "norm_x": norm_x,
        "other_mass": other_mass,
        "own_limit": mean(b_l, group),
        "other_limit": mean(b_l, others),
        "lever": lever,
        "form_n": form,
        "form_moved": moved,
        "sharp_lever": sharp_lever,
        "own_mean_t": mean(b, group),
        "other_mean_t": mean(b, others),
        "own_share": mean(b, group) / rho,
        "other_share": mean(b, others) / rho,
        "b_t": float(b[j] @ x[k]),
        "bound_n": bound,
        "activation_t": activation,
        "activation_T": activation,
        "capture_distance": radius,
        "general_radius": radius,
        "capture_slack": min(bound, activation),
        "general_slack": min(bound, activation),
        "least_ever": activation,
    }
    if t is not None:
        values |= {
            "b_first_t": float(b[i] @ x[t]),
            "b_second_t": float(b[j] @ x[t]),
            "s_first_t": now[t, i],
            "s_second_t": now[t, j],
        }
    return {name: float(value) for name, value in values.items()}


NEEDED = {
    "t-parts", "t-concave", "t-margin", "loss", "smooth-margin", "logistic-loss", "logistic",
    "falling", "excess-term", "keen", "excess-sum", "smooth", "weighted-sum", "gibbs", "aligned",
    "reference", "push", "speed", "flow", "rates", "ratio", "ratio-now", "distance-square",
    "distance-now", "radius", "distance", "apart", "apart-falls", "near-mean", "means", "bend-sum",
    "one-margin", "mean-margin", "mean-share", "lever", "mean-mixed", "moved", "mean-form",
    "moved-plain", "mean-plain", "moved-sharp", "along-limit", "mean-sharp", "activation", "neuron",
    "neuron-share", "bound", "activation-bound", "held",
}  # fmt: skip


@pytest.mark.parametrize(
    ("theorem", "more"),
    [(capture.THEOREM, set()), (capture_general.THEOREM, {"group", "idle", "rival-share"})],
    ids=lambda t: getattr(t, "id", ""),
)
def test_every_step_holds_of_networks(theorem: Theorem, more: set[str]) -> None:
    rng, held, signs = np.random.default_rng(7), Counter[str](), Counter[float]()
    entries = [s for s in prove(theorem).steps if s.id not in SLACKS and s.kind != "limit"]
    points = 0
    while points < POINTS:
        at = drawn(rng, theorem is capture.THEOREM)
        if at is None:
            continue
        points += 1
        signs[at["group_sign"]] += 1
        certified = at["general_slack"] > 0
        for entry in entries:
            if not all(s.name in at for s in symbols_of(entry.formula)):
                continue
            if "certificate" in entry.uses and not certified:
                continue
            assert true(entry.formula, at), (entry.id, at)
            held[entry.id] += 1
    assert NEEDED | more <= held.keys(), (NEEDED | more) - held.keys()
    assert signs[1.0] > 20
    assert (signs[-1.0] > 20) == (theorem is capture_general.THEOREM)
