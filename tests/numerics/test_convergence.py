"""The certified angle, KKT residuals and recovered multipliers, held against brute force."""

import math
from fractions import Fraction

import numpy as np
import pytest
from perturbproof.numerics.boundary.gram import gram_statistics
from perturbproof.numerics.boundary.multipliers import exact_multipliers
from perturbproof.numerics.configuration import InputError
from perturbproof.numerics.data.digits import Digits
from perturbproof.numerics.data.generated import NearOrthogonal, Orthogonal, Uniform
from perturbproof.numerics.data.sample import Sample
from perturbproof.numerics.enclose.ball_array import BallArray
from perturbproof.numerics.enclose.linear_algebra import operator_norm, spectrum
from perturbproof.numerics.network import LeakyNetwork, initial_weights, margins, preactivations
from perturbproof.numerics.train.convergence import (
    angle_estimator,
    certified_angle,
    kkt_residuals,
    recovered_multipliers,
)
from perturbproof.numerics.train.recipes import normalised_recipe, paper_recipe
from perturbproof.numerics.train.training import train


def exact(sample, slope):
    lam = exact_multipliers(gram_statistics(sample.x), sample.y, Fraction(slope)).lam
    assert lam is not None
    return lam


def trained_on(sample, slope, width=20, steps=300, scale=1e-3, seed=1):
    initial = initial_weights(width, sample.d, np.random.default_rng(seed), scale=scale)
    return train(sample, initial, slope, normalised_recipe(steps))


def limit_by_definition(sample, lam, slope, width):
    """W* neuron by neuron, (m, d): w_j = a_j sum lambda_n y_n s_jn x_n."""
    rows = []
    for j in range(width):
        a = (1 if j < width // 2 else -1) / math.sqrt(width)
        row = np.zeros(sample.d)
        for n in range(sample.n):
            s = 1.0 if sample.y[n] * a > 0 else float(slope)
            row += a * lam[n] * sample.y[n] * s * sample.x[n]
        rows.append(row)
    return np.array(rows)


def distance_by_definition(weights, sample, lam, slope):
    least = (sample.y * LeakyNetwork(weights, float(slope)).output(sample.x)).min()
    limit = limit_by_definition(sample, lam, slope, len(weights))
    return weights / least - limit, limit


def sign_agreement(weights, slope, q, z):
    """(agree, total): at how many points sgn f(z) = sgn <q, z>; exact zeros are left out of both.

    weights (m, d), q (d,), z (n, d).
    """
    network, line = LeakyNetwork(weights, slope).output(z), z @ q
    counted = (network != 0) & (line != 0)
    return int((counted & ((network > 0) == (line > 0))).sum()), int(counted.sum())


def agree(recovered, lam):
    """False when an enclosure (N,) of the exact multipliers excludes the recovered ones."""
    if not math.isfinite(recovered.tolerance):
        return True
    apart = np.maximum(lam.lower - recovered.values, recovered.values - lam.upper)
    return bool((apart <= recovered.tolerance).all())


@pytest.fixture(scope="module", params=[Fraction(1, 2), Fraction(3, 10), Fraction(1)], ids=str)
def near_limit(request):
    sample = NearOrthogonal(samples=10, dimension=60, coherence=0.01).draw(np.random.default_rng(0))
    trained = trained_on(sample, request.param)
    return trained, exact(sample, request.param)


class TestCertifiedAngle:
    def test_encloses_what_the_definitions_give(self, near_limit):
        trained, lam = near_limit
        sample, slope, weights = trained.sample, trained.slope, trained.weights()
        angle = certified_angle(weights, sample, slope, lam)
        difference, limit = distance_by_definition(weights, sample, lam.mid, slope)
        q = (lam.mid * sample.y) @ sample.x
        tau = 2 * np.linalg.norm(difference, 2)
        tau /= float(slope * (1 + slope)) * np.linalg.norm(q)
        for interval, value in (
            (angle.tau, tau),
            (angle.distance, np.linalg.norm(difference, 2)),
            (angle.frobenius_distance, np.linalg.norm(difference)),
            (angle.relative_distance, np.linalg.norm(difference) / np.linalg.norm(limit)),
        ):
            assert interval.lower * (1 - 1e-6) <= value <= interval.upper * (1 + 1e-6)
            assert interval.upper <= value * (1 + 1e-4)
        assert angle.tau.upper < 1e-3

    def test_signs_agree_for_all_points_outside_the_cone(self, near_limit):
        """Also for points placed just outside, where a wrong factor in tau would show."""
        trained, lam = near_limit
        sample, weights = trained.sample, trained.weights()
        tau = certified_angle(weights, sample, trained.slope, lam).tau.upper
        q = (lam.mid * sample.y) @ sample.x
        normal = q / np.linalg.norm(q)
        rng = np.random.default_rng(2)
        z = rng.standard_normal((4000, sample.d))
        z -= np.outer(z @ normal, normal)
        z /= np.linalg.norm(z, axis=1)[:, None]
        z += 1.001 * tau * rng.choice([-1, 1], 4000)[:, None] * normal / math.sqrt(1 - tau**2)
        agree, total = sign_agreement(weights, float(trained.slope), q, z)
        assert agree == total == 4000

    def test_a_network_far_from_the_limit_really_disagrees_inside_the_cone(self):
        sample = Orthogonal(samples=4, dimension=12).draw(np.random.default_rng(0))
        trained = trained_on(sample, Fraction(1, 2), steps=300, scale=0.5)
        lam = exact(sample, Fraction(1, 2))
        weights = train(sample, trained.initial, Fraction(1, 2), normalised_recipe(12)).weights()
        q = (lam.mid * sample.y) @ sample.x
        z = np.random.default_rng(0).standard_normal((20000, 12))
        values = LeakyNetwork(weights, 0.5).output(z)
        cosine = z @ q / np.linalg.norm(z, axis=1) / np.linalg.norm(q)
        wrong = abs(cosine[np.sign(values) != np.sign(cosine)])
        tau = certified_angle(weights, sample, Fraction(1, 2), lam).tau
        assert 0 < wrong.max() <= tau.upper
        assert len(wrong) > 20

    def test_estimate_along_training_agrees_with_the_certificate(self, near_limit):
        trained, lam = near_limit
        estimate = angle_estimator(trained.sample, trained.initial, float(trained.slope), lam.mid)(
            trained.coefficients
        )
        angle = certified_angle(trained.weights(), trained.sample, trained.slope, lam)
        assert estimate.tau == pytest.approx(angle.tau.upper, rel=1e-3)
        assert estimate.relative_distance == pytest.approx(angle.relative_distance.upper, rel=1e-3)
        assert estimate.least_margin == pytest.approx(angle.least_margin.upper, rel=1e-9)

    def test_a_network_that_errs_on_a_sample_has_no_angle(self):
        sample = Orthogonal(samples=4, dimension=8).draw(np.random.default_rng(0))
        lam = exact(sample, Fraction(1, 2))
        weights = np.zeros((4, 8))
        angle = certified_angle(weights, sample, Fraction(1, 2), lam)
        assert (angle.tau.lower, angle.tau.upper) == (0, math.inf)
        estimate = angle_estimator(sample, weights, 0.5, lam.mid)(np.zeros((4, 4)))
        assert estimate.tau == math.inf
        residuals = kkt_residuals(weights, sample, Fraction(1, 2))
        assert residuals.stationarity.upper == math.inf
        assert not residuals.linear

    def test_the_limit_itself_has_angle_zero_up_to_rounding(self):
        sample = NearOrthogonal(samples=8, dimension=30, coherence=0.01).draw(
            np.random.default_rng(0)
        )
        lam = exact(sample, Fraction(1, 2))
        limit = limit_by_definition(sample, lam.mid, Fraction(1, 2), 6)
        assert certified_angle(limit, sample, Fraction(1, 2), lam).tau.upper < 1e-12

    def test_a_wrong_limit_is_seen(self, near_limit):
        trained, lam = near_limit
        doubled = lam * 1.1
        angle = certified_angle(trained.weights(), trained.sample, trained.slope, doubled)
        assert angle.tau.lower > 0.05

    def test_reaches_a_thousandth_where_the_project_promises_it(self):
        rng = np.random.default_rng(0)
        sample = Orthogonal(samples=64, dimension=1000).draw(rng)
        initial = initial_weights(100, 1000, rng, scale=1e-4)
        trained = train(sample, initial, Fraction(1, 2), normalised_recipe(300))
        angle = certified_angle(trained.weights(), sample, Fraction(1, 2), exact(sample, 0.5))
        assert angle.tau.upper < 1e-5

    @pytest.mark.parametrize("loss", ["exponential", "logistic"])
    def test_both_losses_share_the_limit(self, loss):
        sample = NearOrthogonal(samples=6, dimension=30, coherence=0.01).draw(
            np.random.default_rng(0)
        )
        initial = initial_weights(8, 30, np.random.default_rng(1), scale=1e-3)
        trained = train(sample, initial, 0.5, normalised_recipe(600, loss))
        lam = exact(sample, 0.5)
        assert certified_angle(trained.weights(), sample, 0.5, lam).tau.upper < 1e-3

    def test_bad_input(self):
        sample = Orthogonal(samples=4, dimension=8).draw(np.random.default_rng(0))
        lam = BallArray.exact(np.ones(4))
        with pytest.raises(InputError, match="width"):
            certified_angle(np.ones((3, 8)), sample, 0.5, lam)
        with pytest.raises(InputError, match="slope"):
            certified_angle(np.ones((4, 8)), sample, 0, lam)


@pytest.mark.parametrize("slope", [Fraction(1, 10), Fraction(1, 3), Fraction(1)], ids=str)
def test_margins_enclose_exact_rational_sums(slope):
    """y_n f(x_n) sqrt(m) is rational: computed without any rounding, it must be inside."""
    rng = np.random.default_rng(0)
    weights, x = rng.standard_normal((4, 3)), rng.standard_normal((5, 3))
    y = np.array([1, -1, 1, -1, 1], dtype=np.int8)
    enclosed = margins(preactivations(weights, x), y, slope)
    for n in range(5):
        total = Fraction(0)
        for j in range(4):
            t = sum(
                (Fraction(a) * Fraction(b) for a, b in zip(weights[j], x[n], strict=True)),
                Fraction(0),
            )
            total += (1 if j < 2 else -1) * max(t, slope * t)
        interval = enclosed.interval(n)
        assert interval.contains(int(y[n]) * total / 2)  # sqrt(4) = 2
        assert interval.upper - interval.lower < 1e-14


class TestKktResiduals:
    def test_stationarity_and_slackness_by_definition(self, near_limit):
        trained, _ = near_limit
        sample, slope, weights = trained.sample, float(trained.slope), trained.weights()
        residuals = kkt_residuals(weights, sample, trained.slope)
        scaled = weights * residuals.factor
        a = np.repeat([1, -1], 10) / math.sqrt(20)
        gradient = np.zeros_like(scaled)
        slack = 0.0
        for n in range(sample.n):
            s = np.where(scaled @ sample.x[n] > 0, 1.0, slope)
            direction = sample.y[n] * np.outer(a * s, sample.x[n])
            gradient += residuals.multipliers[n] * direction
            slack += residuals.multipliers[n] * (float(np.sum(scaled * direction)) - 1)
        epsilon = np.linalg.norm(scaled - gradient)
        assert residuals.stationarity.upper == pytest.approx(epsilon, rel=1e-6)
        assert residuals.relative_stationarity.upper == pytest.approx(
            epsilon / np.linalg.norm(scaled), rel=1e-6
        )
        assert residuals.slackness.lower <= slack * (1 + 1e-6) + 1e-12
        assert residuals.slackness.upper >= slack * (1 - 1e-6) - 1e-12
        assert (residuals.multipliers >= 0).all()

    def test_distance_bound_holds_without_knowing_the_limit(self, near_limit):
        trained, lam = near_limit
        residuals = kkt_residuals(trained.weights(), trained.sample, trained.slope)
        angle = certified_angle(trained.weights(), trained.sample, trained.slope, lam)
        assert angle.frobenius_distance.lower <= residuals.distance_bound.upper < 0.05

    @pytest.mark.parametrize("seed", range(10))
    def test_distance_bound_holds_for_arbitrary_networks_of_the_linear_pattern(self, seed):
        rng = np.random.default_rng(seed)
        sample = Orthogonal(samples=5, dimension=9).draw(rng)
        lam = exact(sample, 0.5)
        limit = limit_by_definition(sample, lam.mid, 0.5, 6)
        weights = limit + 0.2 * np.linalg.norm(limit) / 8 * rng.standard_normal(limit.shape)
        residuals = kkt_residuals(weights, sample, 0.5)
        if not residuals.linear:
            pytest.fail("the perturbation was meant to keep the pattern")
        distance = np.linalg.norm(weights * residuals.factor - limit)
        assert distance <= residuals.distance_bound.upper

    def test_outside_the_regime_it_is_a_number_and_no_bound(self):
        rng = np.random.default_rng(0)
        sample = Uniform(samples=50, dimension=1000).draw(rng)
        initial = initial_weights(100, 1000, rng, scale=1e-4)
        trained = train(sample, initial, 0.1, normalised_recipe(300))
        residuals = kkt_residuals(trained.weights(), sample, 0.1)
        assert residuals.relative_stationarity.upper < 1
        assert not residuals.linear
        assert residuals.distance_bound.upper == math.inf
        recovered = recovered_multipliers(trained, residuals)
        assert recovered.tolerance == math.inf
        assert agree(recovered, exact(sample, 0.1))
        assert certified_angle(trained.weights(), sample, 0.1, exact(sample, 0.1)).tau.upper > 1


class TestRecoveredMultipliers:
    def test_agree_with_the_exact_ones_within_a_small_tolerance(self, near_limit):
        trained, lam = near_limit
        residuals = kkt_residuals(trained.weights(), trained.sample, trained.slope)
        recovered = recovered_multipliers(trained, residuals)
        assert abs(recovered.values - lam.mid).max() <= recovered.tolerance < 0.1
        assert agree(recovered, lam)

    def test_contradict_wrong_ones(self, near_limit):
        trained, lam = near_limit
        residuals = kkt_residuals(trained.weights(), trained.sample, trained.slope)
        recovered = recovered_multipliers(trained, residuals)
        one_off = np.zeros(len(lam.mid))
        one_off[3] = 1.01 * recovered.tolerance + abs(recovered.values - lam.mid).max()
        assert not agree(recovered, lam + one_off)

    def test_dependent_samples_have_no_tolerance(self):
        x = np.vstack([np.eye(3), [[1.0, 0.0, 0.0]]])
        sample = Sample(x, np.array([1, -1, 1, 1]), "here", np.arange(4))
        trained = trained_on(sample, 0.5, width=4)
        recovered = recovered_multipliers(trained, kkt_residuals(trained.weights(), sample, 0.5))
        assert recovered.tolerance == math.inf


def test_digits_of_the_published_setting_do_not_crash():
    rng = np.random.default_rng(0)
    sample = Digits().draw(rng)
    trained = train(sample, initial_weights(40, 64, rng), 0.01, paper_recipe(200))
    residuals = kkt_residuals(trained.weights(), sample, 0.01)
    assert math.isfinite(residuals.slackness.upper)
    lam = BallArray.exact(np.ones(sample.n))
    assert certified_angle(trained.weights(), sample, 0.01, lam).tau.upper > 0


class TestSpectrum:
    @pytest.mark.parametrize("seed", range(5))
    def test_encloses_the_extremes(self, seed):
        rng = np.random.default_rng(seed)
        root = rng.standard_normal((12, 9))
        enclosure = spectrum(BallArray.exact(root) @ root.T)
        exact_values = np.linalg.svd(root, compute_uv=False) ** 2
        assert enclosure.largest.contains(float(exact_values[0]))
        assert enclosure.smallest.contains(0)
        assert enclosure.largest.width < 1e-11
        assert enclosure.smallest.width < 1e-11

    def test_exact_diagonal_and_radius(self):
        middle = np.diag([1.0, 2.0, 5.0])
        assert spectrum(BallArray.exact(middle)).largest.contains(5)
        wide = spectrum(BallArray(middle, np.full((3, 3), 0.1)))
        # The perturbation with all entries 0.1 has norm 0.3.
        assert wide.largest.upper >= np.linalg.eigvalsh(middle + 0.1)[-1]
        assert wide.smallest.lower <= np.linalg.eigvalsh(middle - 0.1)[0]

    def test_unknown_entries_give_the_whole_line(self):
        known = spectrum(BallArray(np.zeros((2, 2)), np.full((2, 2), np.inf)))
        assert known.largest.upper == math.inf

    @pytest.mark.parametrize("shape", [(3, 8), (8, 3), (4, 4)])
    def test_operator_norm(self, shape):
        matrix = np.random.default_rng(0).standard_normal(shape)
        norm = operator_norm(BallArray.exact(matrix))
        assert norm.lower <= np.linalg.norm(matrix, 2) * (1 + 1e-14)
        assert norm.upper >= np.linalg.norm(matrix, 2) * (1 - 1e-14)
        assert norm.width < 1e-12
