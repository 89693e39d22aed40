"""The limit theorems, held against networks built from raw vectors and simulated flows.

Nothing here uses the formulas of the proofs: the margin program is solved by non-negative least
squares over its linear pieces, networks are run forward neuron by neuron, gradient flow is followed
in small steps, and what a theorem says must then hold. Halves and output weights are unequal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
import sympy as sp
from perturbproof.theory import prove, theorem
from scipy.optimize import nnls

IDS = ("linear-limit", "limit-candidate", "supporting-samples", "linear-outside", "capture")
INSTANCES = 300


def phi(t: np.ndarray, slope: float) -> np.ndarray:
    return np.maximum(t, slope * t)


@dataclass(frozen=True)
class Case:
    """Samples (N, d), labels, output weights (m,), the slope."""

    x: np.ndarray
    y: np.ndarray
    a: np.ndarray
    slope: float
    logistic: bool = False

    def losses(self, margins: np.ndarray) -> np.ndarray:
        return np.log1p(np.exp(-margins)) if self.logistic else np.exp(-margins)

    @property
    def own(self) -> np.ndarray:
        """Whether pairs of neuron and sample are own (m, N)."""
        return np.outer(self.a, self.y) > 0

    def mass(self, sign: float) -> float:
        return float(np.sum(self.a[self.a * sign > 0] ** 2))

    def output(self, w: np.ndarray, z: np.ndarray) -> np.ndarray:
        return self.a @ phi(w @ z.T, self.slope)

    def margins(self, w: np.ndarray) -> np.ndarray:
        return self.y * self.output(w, self.x)

    def concave(self, w: np.ndarray) -> np.ndarray:
        """z_n for the pattern with all own pairs active."""
        h = w @ self.x.T
        return np.abs(self.a) @ np.where(self.own, h, -phi(h, self.slope))

    def zeta(self, slopes: np.ndarray) -> np.ndarray:
        """zeta_n (N, m, d) at cross slopes (m, N)."""
        factor = np.abs(self.a)[:, None] * np.where(self.own, 1.0, -slopes)
        return np.einsum("jn,nd->njd", factor, self.x)


def random_case(rng: np.random.Generator, *, supporting: bool = False) -> Case:
    size, d = int(rng.integers(2, 6)), int(rng.integers(2, 7))
    width = 2 * int(rng.integers(1, 4))
    a = np.where(np.arange(width) < max(1, width // 3), 1.0, -1.0) * rng.uniform(0.3, 1.5, width)
    y = rng.permutation(np.resize([1.0, -1.0], size))
    x = rng.standard_normal((size, d))
    if supporting:
        x = y[:, None] * abs(x)
    slope = float(rng.choice([1.0, 0.5, 0.1, 0.01, rng.uniform(0.02, 1)]))
    return Case(x, y, a, slope)


@dataclass(frozen=True)
class Solution:
    """The solution of the margin program: weights, multipliers, cross slopes of the samples."""

    w: np.ndarray
    lam: np.ndarray
    s: np.ndarray


def solve(case: Case) -> Solution | None:
    """The margin program with all own pairs active, one vector a half; None where infeasible.

    z_n >= 1 is two linear inequalities, one for each slope of phi; the shortest vector that meets
    linear inequalities is found by non-negative least squares (Lawson & Hanson, LDP).
    """
    plus, minus = np.sqrt(case.mass(1)), np.sqrt(case.mass(-1))
    rows = []
    for s in (1.0, case.slope):
        for x, y in zip(case.x, case.y, strict=True):
            rows.append(
                np.concatenate([plus * x, -s * minus * x] if y > 0 else [-s * plus * x, minus * x])
            )
    g = np.array(rows)
    system = np.vstack([g.T, np.ones(len(g))])
    target = np.append(np.zeros(g.shape[1]), 1.0)
    dual, residual = nnls(system, target)
    if residual < 1e-6:
        return None
    rest = system @ dual - target
    short, mu = -rest[:-1] / rest[-1], -dual / rest[-1]
    v, u = short[: len(short) // 2] / plus, short[len(short) // 2 :] / minus
    w = np.abs(case.a)[:, None] * np.where(case.a[:, None] > 0, v, u)
    one, other = mu.reshape(2, -1)
    lam = one + other
    s = np.where(lam > 0, (one + case.slope * other) / np.where(lam > 0, lam, 1), case.slope)
    return Solution(w, lam, s)


def solved(rng: np.random.Generator) -> tuple[Case, Solution]:
    """A random case whose solution has every own pair active."""
    while True:
        case = random_case(rng)
        solution = solve(case)
        if solution is not None and (own_values(case, solution.w) > 1e-9).all():
            return case, solution


def own_values(case: Case, w: np.ndarray) -> np.ndarray:
    """<w_j, x_n>/|a_j| at all own pairs."""
    return ((w @ case.x.T) / np.abs(case.a)[:, None])[case.own]


def cross_slopes(case: Case, w: np.ndarray) -> np.ndarray:
    return np.where(w @ case.x.T > 0, 1.0, case.slope)


@pytest.mark.parametrize("id", IDS)
def test_nothing_leans_on_convergence_that_is_cited(id: str) -> None:
    assert all(fact.key != "A-KKT" for fact in theorem(id).trusted_base)


def test_the_boundary_of_a_limit_with_active_own_pairs_is_linear() -> None:
    """At every z, with the normal written in the multipliers; both signs of every class."""
    rng = np.random.default_rng(1)
    kinks = 0
    for _ in range(INSTANCES):
        case, found = solved(rng)
        own = np.where(case.y > 0, case.mass(1), case.mass(-1))
        other = np.where(case.y > 0, case.mass(-1), case.mass(1))
        q = (found.lam * (own + other * found.s) * case.y) @ case.x
        z = rng.standard_normal((200, case.x.shape[1]))
        outputs, linear = case.output(found.w, z), z @ q
        clear = abs(linear) > 1e-8 * np.linalg.norm(q)
        assert (np.sign(outputs[clear]) == np.sign(linear[clear])).all()
        kinks += ((found.s > case.slope + 1e-6) & (found.s < 1 - 1e-6)).any()
    assert kinks >= INSTANCES // 20


def test_the_solution_is_a_kkt_point_of_the_network() -> None:
    """Stationarity with subdifferential slopes, feasibility, slackness, neuron by neuron."""
    rng = np.random.default_rng(2)
    for _ in range(INSTANCES):
        case, found = solved(rng)
        slopes = np.broadcast_to(found.s, case.own.shape)
        stationary = np.einsum("n,njd->jd", found.lam, case.zeta(slopes))
        assert np.allclose(stationary, found.w, atol=1e-7 * abs(found.w).max())
        margins = case.margins(found.w)
        assert (margins >= 1 - 1e-7).all()
        assert np.allclose(found.lam * (margins - 1), 0, atol=1e-6 * found.lam.max())
        h = found.w @ case.x.T
        supports = ~case.own & (found.lam > 1e-9) & (abs(h) > 1e-7 * abs(h).max())
        assert np.allclose(slopes[supports], cross_slopes(case, found.w)[supports], atol=1e-6)


def test_the_solution_is_the_nearest_feasible_network_of_its_cone() -> None:
    """||W'||² >= ||W*||² + ||W' - W*||² for feasible W' with every own pair active."""
    rng = np.random.default_rng(3)
    tried = 0
    while tried < INSTANCES:
        case, found = solved(rng)
        for size in (0.01, 0.1, 0.5):
            moved = found.w + size * np.linalg.norm(found.w) * rng.standard_normal(
                found.w.shape
            ) / np.sqrt(found.w.size)
            least = case.margins(moved).min()
            if (own_values(case, moved) <= 0).any() or least <= 0:
                continue
            moved = moved / least
            square, new = np.sum(found.w**2), np.sum(moved**2)
            assert new >= square + np.sum((moved - found.w) ** 2) - 1e-7 * new
            tried += 1


@dataclass(frozen=True)
class Certificate:
    """What the capture certificate says of weights: slack, distance, angle, M, H - e and Q*."""

    slack: float
    distance: float
    tau: float
    ratio: float
    entropy: float
    normal: np.ndarray


def smooth(case: Case, w: np.ndarray, entropy: float) -> float:
    """-log L + entropy; the certificate has -e in its entropy, where the loss is logistic."""
    return float(-np.log(case.losses(case.margins(w)).sum()) + entropy)


def diameter(case: Case, w: np.ndarray, half: np.ndarray) -> float:
    b = (w / np.abs(case.a)[:, None])[half]
    return float(np.linalg.norm(b[:, None] - b[None], axis=2).max())


def certificate(
    case: Case, w: np.ndarray, lam: np.ndarray, s: np.ndarray, ratio: float
) -> Certificate:
    """From the definitions, for any weights lam and slopes s; M is `ratio`."""
    total, shares = lam.sum(), lam[lam > 0] / lam.sum()
    entropy = float(-(shares * np.log(shares)).sum())
    limit = np.einsum("n,njd->jd", lam, case.zeta(np.broadcast_to(s, case.own.shape)))
    loss = case.losses(case.margins(w)).sum()
    shift = loss / 2 + loss**2 / 24 if case.logistic else 0.0
    if case.logistic:
        ratio *= loss / -np.expm1(-loss)
    rho, square = smooth(case, w, entropy - shift), float(np.sum(limit**2))
    normal = case.a @ limit
    if rho <= 0 or (own_values(case, w) <= 0).any():
        return Certificate(-1.0, np.inf, np.inf, ratio, entropy - shift, normal)
    r_T = max(np.linalg.norm(w) / rho, ratio)
    distance = float(np.sqrt(max(r_T**2 - 2 * total + square, 0)))
    slack = own_values(case, w).min() / rho
    bends = []
    for sign in (1.0, -1.0):
        half = case.a * sign > 0
        own, other = case.mass(sign), case.mass(-sign)
        d = diameter(case, w, half)
        bends.append(own * d)
        means = [
            np.abs(case.a[h]) @ limit[h] / case.mass(t) for h, t in ((half, sign), (~half, -sign))
        ]
        for x in case.x[case.y * sign > 0]:
            best = -np.inf
            for beta in (0.0, 0.3, 0.6, 1.0):
                form = (1 - beta) * own * (means[0] @ x) + beta * case.slope * other * (
                    means[1] @ x
                )
                norm = np.linalg.norm(x) * np.sqrt(
                    (1 - beta) ** 2 * own + (beta * case.slope) ** 2 * other
                )
                rest = beta * (1 - entropy / rho)
                ways = [form + rest - distance * norm]
                if form >= 0:
                    orthogonal = np.sqrt(max(norm**2 - form**2 / square, 0))
                    ways.append(form * total / square + rest - distance * orthogonal)
                best = max(best, max(ways) / own - d * np.linalg.norm(x) / rho)
            slack = min(slack, best)
    bend = (1 - case.slope) / (4 * case.slope) * max(bends) / rho
    tau = (np.linalg.norm(case.a) * distance + bend) / np.linalg.norm(normal)
    return Certificate(float(slack), distance, float(tau), ratio, entropy - shift, normal)


def captured(rng: np.random.Generator) -> tuple[Case, Solution, np.ndarray, Certificate]:
    """A random network with a positive slack; half of them for inexact weights and slopes."""
    while True:
        case, found = solved(rng)
        case = replace(case, logistic=bool(rng.integers(0, 2)))
        scale = 10.0 ** rng.uniform(0, 2)
        noise = rng.standard_normal(found.w.shape) * np.linalg.norm(found.w)
        w = scale * (found.w + rng.choice([0.0, 0.01, 0.1]) * noise / np.sqrt(noise.size))
        lam, s, ratio = found.lam, found.s, float(np.linalg.norm(found.w))
        if rng.random() < 0.5:
            lam = lam * rng.uniform(0.98, 1.02, len(lam))
            s = np.clip(s + rng.uniform(-0.02, 0.02, len(s)), case.slope, 1)
            ratio *= 1 + 1e-3
        about = certificate(case, w, lam, s, ratio)
        if about.slack > 0:
            limit = np.einsum("n,njd->jd", lam, case.zeta(np.broadcast_to(s, case.own.shape)))
            return case, Solution(limit, lam, s), w, about


def test_what_is_captured_stays_captured(share) -> None:
    """Gradient flow in small steps from captured networks: nothing that is bounded is passed."""
    rng = np.random.default_rng(4)
    for _ in range(share(60)):
        case, found, w, about = captured(rng)
        rho = smooth(case, w, about.entropy)
        excess, loss = np.linalg.norm(w) - about.ratio * rho, np.exp(about.entropy - rho)
        halves = (case.a > 0, case.a < 0)
        apart = [diameter(case, w, h) for h in halves]
        z = rng.standard_normal((100, case.x.shape[1]))
        cosine = z @ about.normal / np.linalg.norm(z, axis=1) / np.linalg.norm(about.normal)
        outside = abs(cosine) > about.tau + 1e-6
        step, elapsed = 2e-3 / np.sum(case.a**2) / np.sum(case.x**2), 0.0
        room = 1e-6 * np.linalg.norm(w)
        for number in range(2000):
            margins = case.concave(w)
            pulls = 1 / (1 + np.exp(margins)) if case.logistic else np.exp(-margins)
            push = np.einsum("n,njd->jd", pulls / pulls.sum(), case.zeta(cross_slopes(case, w)))
            elapsed += step / pulls.sum()
            w = w + step * push
            if number % 100:
                continue
            rho = smooth(case, w, about.entropy)
            assert own_values(case, w).min() / rho >= about.slack - 1e-6
            assert np.linalg.norm(w / rho - found.w) <= about.distance + 1e-6
            assert np.linalg.norm(w) - about.ratio * rho <= excess + room
            assert all(diameter(case, w, h) <= d + room for h, d in zip(halves, apart, strict=True))
            # The first step is taken at the old speed: (t - T)/M² up to that.
            assert np.exp(rho - about.entropy) >= (1 / loss + elapsed / about.ratio**2) * (1 - 1e-2)
            outputs = case.output(w, z)
            assert (np.sign(outputs[outside]) == np.sign(cosine[outside])).all()


def test_certificates_are_not_all_out_of_reach() -> None:
    """Multiples of the limit: captured from the scale that limit-candidate gives on."""
    rng = np.random.default_rng(5)
    for _ in range(100):
        case, found = solved(rng)
        ratio = float(np.linalg.norm(found.w))
        shares = found.lam[found.lam > 0] / found.lam.sum()
        room = np.log(len(case.x)) + float((shares * np.log(shares)).sum())
        own = np.where(case.y > 0, case.mass(1), case.mass(-1))
        h = np.array(
            [
                ((found.w @ x)[case.a * y > 0] / abs(case.a[case.a * y > 0])).min()
                for x, y in zip(case.x, case.y, strict=True)
            ]
        )
        needed = 8 * room * ratio**2 * np.sum(case.x**2, axis=1) / (own * h**2)
        scale = max(1e-3, 2 * room, needed.max()) * (1 + 1e-6)
        if np.exp(-scale) < 1e-280:
            continue
        assert certificate(case, scale * found.w, found.lam, found.s, ratio).slack > 0


def test_any_network_is_linear_outside_its_region() -> None:
    rng = np.random.default_rng(6)
    outside = 0
    for _ in range(INSTANCES):
        case = random_case(rng)
        center = rng.standard_normal((2, case.x.shape[1]))
        w = center[(case.a > 0).astype(int)] + rng.choice([0.05, 1.0]) * rng.standard_normal(
            (len(case.a), case.x.shape[1])
        )
        z = rng.standard_normal((100, case.x.shape[1]))
        h, lean = w @ z.T, z @ (case.a @ w)
        gaps = []
        for half in (case.a > 0, case.a < 0):
            parts = case.a[half][:, None] * h[half]
            gaps.append(abs(parts).sum(axis=0) - abs(parts.sum(axis=0)))
        gap = np.where(lean > 0, gaps[1], gaps[0])
        clear = case.slope * abs(lean) > (1 - case.slope) / 2 * gap + 1e-9
        outside += clear.sum()
        assert (np.sign(case.output(w, z)[clear]) == np.sign(lean[clear])).all()
    assert outside > 10 * INSTANCES


def test_supporting_samples_reach_the_pattern_in_time(share) -> None:
    """Flow from random starts: pairs grow as fast as the proof says, and turn by its time."""
    rng = np.random.default_rng(7)
    turned = 0
    for _ in range(share(60)):
        case = random_case(rng, supporting=True)
        w = 0.1 * rng.standard_normal((len(case.a), case.x.shape[1]))
        toward, size = np.sign(case.a)[:, None] * case.y, np.abs(case.a)[:, None]
        start, mass = toward * (w @ case.x.T), np.sum(case.a**2)
        speed = mass * np.sum(case.x**2, axis=1) * np.exp(-np.abs(case.a) @ abs(start))
        elapsed, step = 0.0, 1e-3 / mass / np.sum(case.x**2)
        for number in range(1500):
            terms = np.exp(-case.margins(w))
            push = (terms * case.y * cross_slopes(case, w)) @ case.x * case.a[:, None]
            length = step * (1 + number / 30) / max(1.0, terms.sum())
            w, elapsed = w + length * push, elapsed + length
            gained = case.slope * size * np.log1p(speed * elapsed) / mass
            grown = toward * (w @ case.x.T)
            assert (grown >= start + gained - 1e-3 * gained - 1e-12).all()
        turned += int(((start < 0) & (start + gained > 0)).sum())
    assert turned >= share(20)


def test_supporting_samples_activate_their_halves_by_the_slope_at_least() -> None:
    """m y_n a_j <w_j, x_n> >= gamma at the solution, equal output weights."""
    rng = np.random.default_rng(8)
    for _ in range(INSTANCES):
        case = random_case(rng, supporting=True)
        m = len(case.a) + len(case.a) % 2
        a = np.repeat([1.0, -1.0], m // 2) / np.sqrt(m)
        equal = Case(case.x, case.y, a, case.slope)
        found = solve(equal)
        assert found is not None
        values = m * equal.y * a[:, None] * (found.w @ equal.x.T)
        assert values.min() >= equal.slope * (1 - 1e-7)


@pytest.mark.parametrize(
    ("id", "step", "dropped"),
    [
        ("linear-limit", "own-sign", "own-active"),
        ("limit-candidate", "own-sign", "own-active"),
        ("supporting-samples", "terms", "supporting"),
        ("capture", "for-ever", "certificate"),
        ("capture", "aligned", "gibbs"),
        ("capture", "held", "bound"),
        ("capture", "sign-ever", "outside"),
        ("linear-outside", "outside", "negative"),
    ],
)
def test_a_step_that_forgets_a_fact_is_a_gap(id: str, step: str, dropped: str) -> None:
    entry = theorem(id)
    steps = tuple(
        replace(s, by=" ".join(u for u in s.rests_on if u != dropped)) if s.id == step else s
        for s in entry.proof
    )
    assert steps != entry.proof
    assert prove(replace(entry, proof=steps)).verdict == "gap"


def fact_holds(fact: sp.Basic, at: dict[str, float], room: float = 1e-6) -> bool:
    """A formula in floating point, with room for rounding on the side of holding."""
    if isinstance(fact, sp.And):
        return all(fact_holds(part, at, room) for part in fact.args)
    if isinstance(fact, sp.Or):
        return any(fact_holds(part, at, room) for part in fact.args)
    if isinstance(fact, sp.Implies):
        premise, conclusion = fact.args
        return not fact_holds(premise, at, -room) or fact_holds(conclusion, at, room)
    if fact in (sp.true, sp.false):
        return fact == sp.true
    symbols = sorted(fact.free_symbols, key=str)
    numbers = [at[s.name] for s in symbols]
    left, right = (float(x) for x in sp.lambdify(symbols, fact.args, "numpy")(*numbers))
    slack = room * (1 + abs(left) + abs(right))
    if isinstance(fact, sp.Eq):
        return abs(left - right) <= abs(slack)
    small, large = (left, right) if isinstance(fact, (sp.Lt, sp.Le)) else (right, left)
    return small <= large + slack


def ledger_values(
    rng: np.random.Generator, case: Case, found: Solution, w_T: np.ndarray, about: Certificate
) -> dict[str, float]:
    """Every symbol of the proof of capture at a later time, for a random sample, pairs and point.

    `found.w` is W_l, W_f is the solution of the margin program.
    """
    values: dict[str, float] = {}
    reference = solve(case)
    assert reference is not None
    w, elapsed, step = w_T, 0.0, 1e-3 / np.sum(case.a**2) / np.sum(case.x**2)
    least = np.inf

    def pulls(w: np.ndarray) -> np.ndarray:
        margins = case.margins(w)
        return 1 / (1 + np.exp(margins)) if case.logistic else np.exp(-margins)

    loss_T = case.losses(case.margins(w_T)).sum()
    factor = np.exp(loss_T / 2 + loss_T**2 / 24) if case.logistic else 1.0
    keen = -np.expm1(-loss_T) / loss_T if case.logistic else 1.0
    shares = found.lam[found.lam > 0] / found.lam.sum()
    entropy = float(-(shares * np.log(shares)).sum())

    def rho(w: np.ndarray) -> float:
        return smooth(case, w, entropy - np.log(factor))

    for _ in range(int(rng.integers(0, 300))):
        pull = pulls(w)
        least = min(least, own_values(case, w).min() / rho(w))
        push = np.einsum("n,njd->jd", pull / pull.sum(), case.zeta(cross_slopes(case, w)))
        w, elapsed = w + step * push, elapsed + step / pull.sum()
    least = min(least, own_values(case, w).min() / rho(w))

    n = int(rng.integers(len(case.x)))
    x, y, g = case.x[n], case.y[n], case.slope
    size, norm_x = np.abs(case.a), float(np.linalg.norm(case.x[n]))
    own, other = case.a * y > 0, case.a * y < 0
    j, cross = rng.choice(np.flatnonzero(own)), rng.choice(np.flatnonzero(other))
    i = rng.choice(np.flatnonzero(own))
    b, b_T = w / size[:, None], w_T / size[:, None]
    mass, other_mass = case.mass(y), case.mass(-y)

    def mean(w: np.ndarray, half: np.ndarray) -> np.ndarray:
        return size[half] @ w[half] / np.sum(size[half] ** 2)

    def pieces(tag: str, v: np.ndarray, slopes: np.ndarray) -> None:
        h = v @ x
        values[f"h_own_{tag}"], values[f"h_cross_{tag}"] = h[j], h[cross]
        values[f"slope_{tag}"] = slopes[cross, n]
        values[f"own_linear_{tag}"] = size[own] @ h[own]
        values[f"own_answer_{tag}"] = size[own] @ phi(h[own], g)
        values[f"cross_linear_{tag}"] = size[other] @ (slopes[other, n] * h[other])
        values[f"cross_answer_{tag}"] = size[other] @ phi(h[other], g)
        values[f"z_{tag}"], values[f"answer_{tag}"] = case.concave(v)[n], case.margins(v)[n]
        values[f"product_{tag}"] = float(np.sum(case.zeta(slopes)[n] * v))

    given, moving = np.broadcast_to(found.s, case.own.shape), cross_slopes(case, w)
    pieces("t", w, given)
    pieces("ref", reference.w, moving)
    velocity = np.einsum("n,njd->jd", pulls(w), case.zeta(moving))
    norm = np.linalg.norm(w)
    loss = case.losses(case.margins(w))
    speed, z_f = float(np.linalg.norm(velocity)), case.concave(reference.w).min()
    ratio = np.linalg.norm(reference.w) / (keen * z_f)
    values |= {
        "gamma": g, "N": len(case.x), "size_j": size[j], "elapsed_t": elapsed,
        "loss_T": loss_T, "loss_t": loss.sum(), "loss_n_t": loss[n], "pull_n_t": pulls(w)[n],
        "loss_excess": np.log(factor), "loss_factor": factor, "loss_keen": keen,
        "logistic_n_t": np.log1p(np.exp(-case.margins(w)[n])),
        "partition_t": np.exp(-case.margins(w)).sum(), "weight_entropy": entropy,
        "weight_n": found.lam[n], "weight_sum": found.lam.sum(),
        "rho_T": rho(w_T), "rho_t": rho(w), "norm_T": np.linalg.norm(w_T), "norm_t": norm,
        "speed_t": speed, "growth_t": np.sum(w * velocity) / norm,
        "rise_t": speed**2 / loss.sum(), "push_t": np.sum(velocity * reference.w),
        "weighted_t": found.lam @ case.concave(w), "pairing_t": np.sum(w * found.w),
        "limit_norm": np.linalg.norm(found.w), "norm_ref": np.linalg.norm(reference.w),
        "least_ref": z_f, "ratio_ref": ratio,
        "distance_t": np.linalg.norm(w / rho(w) - found.w),
        "mass_g": mass, "other_mass": other_mass, "norm_x": norm_x,
        "diameter_g": diameter(case, w_T, own), "apart_T": np.linalg.norm(b_T[i] - b_T[j]),
        "apart_t": np.linalg.norm(b[i] - b[j]),
        "off_mean_t": np.linalg.norm(b[j] - mean(w, own)),
        "own_limit": mean(found.w, own) @ x, "other_limit": mean(found.w, other) @ x,
        "own_mean_t": mean(w, own) @ x, "other_mean_t": mean(w, other) @ x,
        "b_t": b[j] @ x, "activation_t": b[j] @ x / rho(w), "activation_T": b_T[j] @ x / rho(w_T),
        "least_ever": least, "followed_activation": least,
    }  # fmt: skip
    values["logistic_top_n"] = max(values["logistic_n_t"], loss_T)
    values["ratio_T"] = max(values["norm_T"] / values["rho_T"], ratio)
    radius = np.sqrt(values["ratio_T"] ** 2 - 2 * found.lam.sum() + values["limit_norm"] ** 2)
    values["capture_distance"] = radius
    values["followed_distance"] = values["distance_t"]
    # The samples of the other label are the cross ones of this half.
    for k in [k for k in range(len(case.y)) if case.y[k] != y][:1]:
        values["b_first_t"], values["b_second_t"] = b[i] @ case.x[k], b[j] @ case.x[k]
        values["s_first_t"], values["s_second_t"] = moving[i, k], moving[j, k]
    crossed = case.y != y
    values["crossed_t"] = np.sum(
        (pulls(w) * (moving[i] - moving[j]) * (case.x @ (b[i] - b[j])))[crossed]
    )
    values["apart_rate"] = 2 * (b[i] - b[j]) @ (velocity[i] / size[i] - velocity[j] / size[j])
    own_share, other_share = values["own_mean_t"] / rho(w), values["other_mean_t"] / rho(w)
    values["own_share"], values["other_share"] = own_share, other_share
    best = -np.inf
    for beta in (0.0, 0.3, 0.6, 1.0):
        lever = np.sqrt((1 - beta) ** 2 * mass + (beta * g) ** 2 * other_mass)
        form = (1 - beta) * mass * values["own_limit"] + beta * g * other_mass * values[
            "other_limit"
        ]
        sharp = np.sqrt(max((norm_x * lever) ** 2 - (form / values["limit_norm"]) ** 2, 0))
        rest, square = beta * (1 - entropy / rho(w_T)), values["limit_norm"] ** 2
        bounds = [form + rest - radius * norm_x * lever]
        if form >= 0:
            bounds.append(form * found.lam.sum() / square + rest - radius * sharp)
        bound = max(bounds) / mass - values["diameter_g"] * norm_x / rho(w_T)
        if bound > best:
            best = bound
            moved = (1 - beta) * mass * (own_share - values["own_limit"])
            moved += beta * g * other_mass * (other_share - values["other_limit"])
            values |= {"mix": beta, "lever": lever, "form_n": form, "sharp_lever": sharp}
            values |= {"bound_n": bound, "form_moved": moved}
    values["capture_slack"] = min(about.slack, best)

    z = rng.standard_normal(case.x.shape[1])
    half, norm_z = b[own] @ z, float(np.linalg.norm(z))
    low, high, lean = half.min(), half.max(), float(case.a @ w @ z)
    tilt, lift = (1.0, 0.0) if low >= 0 else (-1.0, 0.0)
    if low < 0 < high:
        tilt, lift = (high + low) / (high - low), -2 * low * high / (high - low)
    gaps = {}
    for sign in (1.0, -1.0):
        parts = (size * (w @ z))[case.a * sign > 0]
        gaps[sign] = abs(parts).sum() - abs(parts.sum())
    parts = (size * (w @ z))[own]
    normal = case.a @ found.w
    spread = max(case.mass(s) * diameter(case, w_T, case.a * s > 0) for s in (1.0, -1.0))
    bend = (1 - g) / (4 * g) * spread / rho(w_T)
    values |= {
        "answer_z": float(case.output(w, z[None])[0]), "lean_z": lean, "norm_z": norm_z,
        "gap_z": gaps[-1.0] if lean > 0 else gaps[1.0], "gap_most": max(gaps.values()),
        "gap_g": gaps[y], "b_z": b[j] @ z, "low_z": low, "high_z": high, "tilt_z": tilt,
        "lift_z": lift, "line_g": parts.sum(), "size_g": abs(parts).sum(), "spread": spread,
        "norm_Q": np.linalg.norm(normal), "norm_a": np.linalg.norm(case.a),
        "limit_lean_z": normal @ z, "plus_mass": case.mass(1), "minus_mass": case.mass(-1),
        "tau_ever": (np.linalg.norm(case.a) * radius + bend) / np.linalg.norm(normal),
        "outside_contrary": 0.0, "tau_asked": 1.0,
    }  # fmt: skip
    # The ends of the range are taken by two neurons: the pair that "range" speaks of.
    values["range_apart"] = max(np.linalg.norm(p - q) for p in b[own] for q in b[own])
    return {name: float(v) for name, v in values.items()}


def test_every_fact_in_the_proof_of_capture_holds_at_vectors(share) -> None:
    """Definitions, citations and conclusions alike, each symbol computed from raw vectors."""
    rng, entry = np.random.default_rng(9), theorem("capture")
    facts = [s for s in prove(entry).steps if s.engine != "sympy" or s.kind == "inequality"]
    tried = 0
    while tried < share(40):
        case, found, w, about = captured(rng)
        if len(set(case.y)) < 2:
            continue
        tried += 1
        at = ledger_values(rng, case, found, w, about)
        for step in facts:
            formula = step.formula
            here = {**at, "apart_t": at["range_apart"]} if step.id == "range" else at
            assert fact_holds(formula, here), (step.id, formula)
