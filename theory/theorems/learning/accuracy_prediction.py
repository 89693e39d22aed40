"""Prediction, not a theorem: accuracy on natural samples of a classifier trained on noise.

The moments are exact for equal multipliers; that multipliers are equal, that ‖q‖² is its mean, that
scores are normal and that N is large are heuristics, each cited as such.
"""

import sympy as sp

from ...statement import (
    PROJECT,
    Assumption,
    Citation,
    Claim,
    Conclusion,
    Definition,
    Identity,
    Inequality,
    Let,
    Limit,
    Step,
    Theorem,
)
from ...steps import probability
from ...steps.perturbed import N_adv, adv_lambda_min, eps
from ...symbols import Eq, N, d, declare, lambda_min

base_variance = declare(
    "base_variance",
    "variance of a coordinate of the noise that serves as base samples: 1/3 for uniform on "
    "[-1, 1], 1 for standard Gaussian",
    low=0,
    open_low=True,
    latex="s^2",
)
adv_accuracy = declare(
    "adv_accuracy",
    "share of the natural training samples with y_n <q_adv, x_n> > 0 (or y_n f_adv(x_n) > 0 for a "
    "trained network), q_adv from noise samples perturbed by eps q/‖q‖",
    low=0,
    high=1,
    latex="\\mathrm{acc}",
)
accuracy_asked = declare(
    "accuracy_asked",
    "how closely the scenario asks the accuracy to meet the prediction",
    low=0,
    latex="\\alpha_{\\mathrm{asked}}",
)


_v = declare("data_variance", "variance of a natural coordinate", low=0, open_low=True, latex="v")
_k = declare(
    "data_kurtosis",
    "fourth moment of a natural coordinate over its squared variance",
    low=1,
    latex="\\kappa_4",
)
_own_mean = declare("own_mean", "mean of ‖x_k‖²")
_own_variance = declare("own_variance", "variance of ‖x_k‖²", low=0)
_one_mean = declare("one_cross_mean", "mean of one y_n y_k <x_n, x_k>")
_one_variance = declare("one_cross_variance", "variance of one y_n y_k <x_n, x_k>", low=0)
_cross_mean = declare("all_cross_mean", "mean of the sum of them over n != k")
_cross_variance = declare("all_cross_variance", "variance of that sum", low=0)
_square_mean = declare("q_square_mean", "mean of ‖q‖²", low=0)
_norm = declare("q_length", "‖q‖ for multipliers 1", low=0)
_noise_mean = declare("one_noise_mean", "mean of one y^a_n <x'_n, x_k>")
_noise_variance = declare("one_noise_variance", "variance of one y^a_n <x'_n, x_k>", low=0)
_t1_mean = declare("noise_mean", "mean of T1(x_k) y_k")
_t1_variance = declare("noise_variance", "variance of T1(x_k) y_k", low=0)
_score_mean = declare("score_mean", "mean of y_k <q_adv, x_k>", latex="\\mu")
_score_variance = declare("score_variance", "its variance", low=0, open_low=True, latex="\\sigma^2")
_leading = declare(
    "score_variance_leading",
    "its variance to leading order in N",
    low=0,
    open_low=True,
    latex="\\sigma_0^2",
    abbreviation=True,
)
_z = declare("z_score", "the resulting mean over deviation", low=0, latex="z", abbreviation=True)

Z_SCORE = sp.sqrt(d / N) / sp.sqrt(1 + base_variance * d / (eps**2 * N_adv))
PREDICTION = (1 + sp.erf(Z_SCORE / sp.sqrt(2))) / 2

_x = sp.Symbol("x", real=True)
_gauss = sp.exp(-(_x**2) / 2) / sp.sqrt(2 * sp.pi)


def _gaussian(moment: sp.Expr) -> sp.Expr:
    return sp.Integral(moment * _gauss, (_x, -sp.oo, sp.oo))


_MOMENTS: tuple[Step, ...] = (
    probability.uniform_moment("uniform-variance", "Uniform: variance 1/3.", "1/3", _x**2, _x),
    probability.uniform_moment("uniform-fourth", "Uniform: fourth moment 1/5.", "1/5", _x**4, _x),
    Identity("gaussian-variance", "Gaussian: variance 1.", _gaussian(_x**2), sp.Integer(1)),
    Identity("gaussian-fourth", "Gaussian: fourth moment 3.", _gaussian(_x**4), sp.Integer(3)),
)

_EXACT: tuple[Step, ...] = (
    Citation(
        "own",
        "‖x_k‖² sums d squares with mean v and variance (kappa_4 - 1) v².",
        probability.UNCORRELATED(_own_mean, _own_variance, d, _v, (_k - 1) * _v**2),
    ),
    Citation(
        "one-cross",
        "y_n y_k <x_n, x_k> sums d products with mean 0 and variance v².",
        probability.UNCORRELATED(_one_mean, _one_variance, d, 0, _v**2),
    ),
    Citation(
        "all-cross",
        "There are N - 1 of them, uncorrelated with each other and with ‖x_k‖².",
        probability.UNCORRELATED(_cross_mean, _cross_variance, N - 1, _one_mean, _one_variance),
    ),
    Citation(
        "one-noise",
        "y^a_n y_k <x'_n, x_k> sums d products with mean 0 and variance s² v.",
        probability.UNCORRELATED(_noise_mean, _noise_variance, d, 0, base_variance * _v),
    ),
    Citation(
        "all-noise",
        "T1(x_k) y_k sums N_adv of them, uncorrelated with q.",
        probability.UNCORRELATED(_t1_mean, _t1_variance, N_adv, _noise_mean, _noise_variance),
    ),
)

_HEURISTIC: tuple[Step, ...] = (
    Definition(
        "model",
        "Heuristic: all multipliers of a set are taken as equal (their size cancels), so "
        "q = sum y_n x_n, and ‖q‖² = sum ‖x_n‖² + cross terms has mean N d v.",
        (Eq(_square_mean, N * _own_mean), _own_mean >= 0),
    ),
    Citation("norm", "‖q‖² is taken as its mean.", probability.NORM_HEURISTIC(_norm, _square_mean)),
    Inequality("norm-positive <- norm model own", "It is not 0.", _norm > 0),
    Definition(
        "score",
        "y_k <q_adv, x_k> = T1(x_k) y_k + eps N_adv y_k <q, x_k>/‖q‖ and "
        "y_k <q, x_k> = ‖x_k‖² + cross terms: means add, and so do variances of uncorrelated "
        "parts.",
        (
            Eq(_score_mean * _norm, _t1_mean * _norm + eps * N_adv * (_own_mean + _cross_mean)),
            Eq(
                (_score_variance - _t1_variance) * _norm**2,
                (eps * N_adv) ** 2 * (_own_variance + _cross_variance),
            ),
        ),
    ),
    Inequality(
        "mean <- score own one-cross all-cross one-noise all-noise",
        "The mean of the score, from the mean of ‖x_k‖² alone.",
        Eq(_score_mean * _norm, eps * N_adv * d * _v),
    ),
    Inequality("norm-square <- norm model own", "‖q‖² = N d v.", Eq(_norm**2, N * d * _v)),
    Inequality(
        "variance <- score norm-square own one-cross all-cross one-noise all-noise",
        "Its variance: N_adv d s² v from the noise, eps² N_adv² v (N - 2 + kappa_4)/N from q.",
        Eq(
            _score_variance,
            N_adv * d * base_variance * _v + (eps * N_adv) ** 2 * _v * (N - 2 + _k) / N,
        ),
    ),
    Let(
        "leading",
        "To leading order in the number of samples the last factor is 1.",
        _leading,
        N_adv * d * base_variance * _v + (eps * N_adv) ** 2 * _v,
    ),
    Limit("many", "(N - 2 + kappa_4)/N tends to 1.", (N - 2 + _k) / N, N, sp.oo, sp.Integer(1)),
    Citation(
        "normal <- leading many",
        "The scores of the training samples are taken as normal.",
        probability.NORMAL_HEURISTIC(adv_accuracy, _score_mean, _leading, accuracy_asked),
    ),
    Let("z", "Write z for the ratio of mean and deviation.", _z, Z_SCORE),
    Inequality(
        "z-square <- z leading mean norm-square",
        "z² is mean² over variance.",
        Eq(_z**2 * _leading, _score_mean**2),
    ),
    Inequality("mean-positive <- mean norm-positive", "The mean is positive.", _score_mean > 0),
    Inequality(
        "ratio <- z-square mean-positive leading",
        "So z is mean over deviation.",
        Eq(_score_mean / sp.sqrt(2 * _leading), _z / sp.sqrt(2)),
    ),
    Inequality(
        "in-z <- normal ratio",
        "The prediction in z.",
        sp.Abs(adv_accuracy - (1 + sp.erf(_z / sp.sqrt(2))) / 2) <= accuracy_asked,
    ),
)

THEOREM = Theorem(
    id="accuracy-prediction",
    order=430,
    title="Predicted accuracy of learning from perturbed noise",
    summary=(
        "A classifier trained on perturbed noise gets a share "
        "Phi(sqrt(d/N)/sqrt(1 + s² d/(eps² N_adv))) of the natural training samples right. A "
        "prediction, not a theorem: normality and large N are heuristics without error bounds."
    ),
    source=PROJECT,
    kind="prediction",
    assumptions=(
        Assumption(
            "natural-valid", "Every multiplier of the natural set is positive.", lambda_min > 0
        ),
        Assumption(
            "adv-valid", "Every multiplier of the perturbed set is positive.", adv_lambda_min > 0
        ),
    ),
    claims=(
        Claim(
            "accuracy",
            "The accuracy meets the prediction as closely as asked.",
            sp.Abs(adv_accuracy - PREDICTION) <= accuracy_asked,
            limit=True,
            settle="a prediction: larger N, d and N_adv bring it closer, nothing proves it",
            display=Eq(adv_accuracy, PREDICTION),
        ),
    ),
    proof=(
        *_MOMENTS,
        *_EXACT,
        *_HEURISTIC,
        Conclusion("claim <- in-z z", "With z spelled out.", "accuracy"),
    ),
    remarks=(
        "Needs natural samples with independent coordinates of mean 0 and one variance, fair "
        "labels independent of them, base samples of independent noise, the direction q/‖q‖, and "
        "multipliers that are all positive.",
        "For other natural data: mean over n of Phi(eps sqrt(N_adv) y_n <q/‖q‖, x_n>/(s ‖x_n‖)).",
    ),
)
