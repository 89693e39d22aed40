"""What every theorem here is about, and the signs and words that their sentences use.

What theorems measure is declared as a symbol, with its meaning, where it is used. These are the
others: a reader of a report finds them on its first page and in its glossary.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SettingLine:
    """A sentence of the setting and its formula, as plain text and in Typst."""

    id: str
    says: str
    formula_text: str
    formula_typst: str


@dataclass(frozen=True)
class Notation:
    """A sign or a word, in Typst mathematics where it is a sign, and what it means."""

    name: str
    meaning: str
    typst: str = ""
    range: str = ""


SETTING = (
    SettingLine(
        "network",
        "One hidden layer of m leaky ReLU neurons of slope gamma. The hidden weights w_j are "
        "trained; the output weights a_j are fixed, half of them 1/√m and half -1/√m:",
        "f(x) = sum_j a_j phi(<w_j, x>), phi(t) = max(t, gamma*t)",
        'f(x) = sum_(j=1)^m a_j phi(chevron.l w_j "," thin x chevron.r), quad '
        "phi(t) = max(t, gamma t)",
    ),
    SettingLine(
        "limit",
        "Trained with exponential or logistic loss on samples x_n with labels y_n of 1 or -1. The "
        "limits that the theorems speak of are KKT points, with multipliers lambda_n, of",
        "minimise |W|^2/2 subject to y_n f(x_n) >= 1",
        '"minimise" quad 1/2 norm(W)^2 quad "subject to" quad y_n f(x_n) >= 1.',
    ),
    SettingLine(
        "wide",
        "Theorems on wide networks speak of any output weights, of biases, which are trained too, "
        "and of the network after any number of steps of gradient descent:",
        "f(x) = sum_j a_j phi(h_j(x)), h_j(x) = <w_j, x> + b_j",
        "f(x) = sum_(j=1)^m a_j phi(h_j (x)), quad "
        'h_j (x) = chevron.l w_j "," thin x chevron.r + b_j.',
    ),
)
"""The network, its loss, and the problem that its training tends to."""

NOTATION = (
    Notation("f", "the network, and its output f(x) at x", "f"),
    Notation("phi", "leaky ReLU, phi(t) = max(t, gamma t)", "phi"),
    Notation("m", "number of hidden neurons, even: the hidden width", "m", "integer, >= 2"),
    Notation("w_j", "hidden weights of neuron j; W holds them all", "w_j"),
    Notation("a_j", "output weight of neuron j, fixed", "a_j", "1/√m or -1/√m"),
    Notation("x_n", "sample n; x'_n is its base where it is perturbed", "x_n"),
    Notation("y_n", "label of sample n; y^a_n that of a perturbed one", "y_n", "1 or -1"),
    Notation("z", "any point: at which two functions are compared", "z"),
    Notation("lambda_n", "KKT multiplier of sample n in the margin problem", "lambda_n", ">= 0"),
    Notation("s_nj", "slope of phi at <w_j, x_n>", "s_(n j)", "[gamma, 1]"),
    Notation("q", "normal of the linear boundary, q = sum lambda_n y_n x_n", "q"),
    Notation("q^a", "the same of the perturbed set; so with every superscript a", "q^a"),
    Notation("W*", "solution of the margin problem, or of the margin program of a pattern", "W^*"),
    Notation("W_l", "weights made of a certificate's own multipliers and slopes", "W_l"),
    Notation("rho", "smooth margin, -log L + H with H an entropy of the multipliers", "rho"),
    Notation("s_n", "slope s_nj of the neurons of the other half at sample n", "s_n", "[gamma, 1]"),
    Notation("t_n", "a certificate's upper bound of lambda_n", "t_n"),
    Notation("L_n", "a certificate's lower bound of lambda_n", "L_n"),
    Notation("S_a", "sum of the multipliers of the perturbed set", "S_a"),
    Notation("c_n", "weight of y_n x_n in q^a", "c_n"),
    Notation("h_jn", "preactivation <w_j, x_n>", "h_(j n)"),
    Notation(
        "h_j", "preactivation of a wide network at a point, h_j(0; z) that at its start", "h_j"
    ),
    Notation(
        "c_jn", "path weight of x_n in neuron j, which gradient descent has summed up", "c_(j n)"
    ),
    Notation("C_n", "kernel weight of x_n at z, C_n(z) = sum_j a_j² phi'(h_j(z)) c_jn", "C_n"),
    Notation("f_t", "the network as it was trained, and f* its limit", "f_t"),
    Notation("dir", "direction along which samples are perturbed", '"dir"'),
    Notation("eps", "size of a perturbation", "epsilon"),
    Notation("T1(z), T2(z)", "what base samples and perturbations each add to q^a at z", "T_1 (z)"),
    Notation("sgn", "sign: 1, 0 or -1", 'op("sgn")'),
    Notation("own pair", "neuron j and sample n with a_j y_n > 0; the other pairs are cross pairs"),
    Notation("KKT point", "a W that meets the optimality conditions of the margin problem"),
    Notation(
        "captured",
        "a network of which it is certified that gradient flow from here on never changes the sign "
        "of an own pair, and tends to one limit",
    ),
    Notation(
        "load",
        "of an assumption: the side that has to be smaller over the other one, where they are "
        "nearest; below 1 the assumption holds, and 0 means that it holds whatever the other side",
        range=">= 0",
    ),
    Notation("slack", "of a claim: by how much it holds; negative where it does not"),
    Notation(
        "rigor",
        "what a value rests on: proved (exact), enclosed (intervals rounded outward), statistical "
        "(an exact confidence interval) or numeric (plain floating point)",
    ),
)
"""Signs and words that statements use and nothing measures."""
