"""Verdicts have no truth value, an order of severity, and exactly one exit code per outcome."""

import itertools

import pytest
from perturbproof.verify.values import (
    SEVERITY,
    ClaimVerdict,
    ExitCode,
    Rigor,
    Verdict,
    exit_code,
    softest,
    worst,
)

V = Verdict


@pytest.mark.parametrize("verdict", [*Verdict, *ClaimVerdict], ids=str)
def test_a_verdict_has_no_truth_value(verdict) -> None:
    with pytest.raises(TypeError, match="no truth value"):
        bool(verdict)
    with pytest.raises(TypeError, match="no truth value"):
        assert not verdict


# Written out, row by row: what came (left) against what was expected (top).
#                    PASS FAIL VACUOUS INCONCLUSIVE ERROR
TABLE = {
    V.PASS: (0, 1, 1, 1, 1),
    V.FAIL: (1, 0, 1, 1, 1),
    V.VACUOUS: (4, 1, 0, 1, 1),
    V.INCONCLUSIVE: (4, 1, 1, 0, 1),
    V.ERROR: (1, 1, 1, 1, 1),  # never counted as fine, whoever expects it
}
ORDER = (V.PASS, V.FAIL, V.VACUOUS, V.INCONCLUSIVE, V.ERROR)
CELLS = [
    (verdict, expected, code)
    for verdict, row in TABLE.items()
    for expected, code in zip(ORDER, row, strict=True)
]


@pytest.mark.parametrize(("verdict", "expected", "code"), CELLS)
def test_exit_code_of_one_judgement(verdict: Verdict, expected: Verdict, code: int) -> None:
    assert exit_code([(verdict, expected)]) == code


def test_the_table_is_complete() -> None:
    assert {(v, e) for v, e, _ in CELLS} == set(itertools.product(Verdict, Verdict))


def test_exit_code_of_several_is_that_of_the_worst_whatever_the_order() -> None:
    rank = {0: 0, 4: 1, 1: 2}
    for (v1, e1, c1), (v2, e2, c2) in itertools.product(CELLS, repeat=2):
        assert exit_code([(v1, e1), (v2, e2)]) == max((c1, c2), key=rank.__getitem__)


def test_exit_codes_are_those_of_the_contract() -> None:
    codes = {name: value for name, value in vars(ExitCode).items() if name.isupper()}
    assert codes == {
        "AS_EXPECTED": 0,
        "FAILED": 1,
        "BAD_INPUT": 2,
        "INTERNAL": 3,
        "UNDECIDED": 4,
        "INTERRUPTED": 130,
    }


def test_worst() -> None:
    assert SEVERITY == (V.ERROR, V.FAIL, V.INCONCLUSIVE, V.VACUOUS, V.PASS)
    for some in itertools.product(Verdict, repeat=3):
        assert worst(some) is next(v for v in SEVERITY if v in some)
    with pytest.raises(ValueError, match="empty"):
        worst([])


def test_softest_rigor_is_the_weakest_link() -> None:
    order = (Rigor.PROVED, Rigor.ENCLOSED, Rigor.STATISTICAL, Rigor.NUMERIC, Rigor.NONE)
    assert sorted(Rigor, key=lambda rigor: rigor.softness) == list(order)
    for some in itertools.product(Rigor, repeat=2):
        assert softest(some) is max(some, key=order.index)
    assert softest([]) is Rigor.PROVED
