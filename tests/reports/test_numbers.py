import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from perturbproof.reports.words import duration, factor, interval, number, superscripted


@pytest.mark.parametrize(
    ("lower", "upper", "text", "note"),
    [
        (1.5625, 1.5625, "1.5625", ""),
        (1.5625, 1.5625000000000007, "1.5625", "width 7 × 10^−16"),
        (1.0512345, 1.0518, "[1.0512, 1.0518]", ""),
        (1e-17, 3e-17, "[1, 3] × 10^−17", ""),
        (-1e-9, 1e-9, "[−1, 1] × 10^−9", ""),
        (-5.0, 1e10, "[−5, 10^10]", ""),
        (None, 2.5, "≤ 2.5", ""),
        (-1e-300, None, "≥ −10^−300", ""),
        (None, None, "(−∞, ∞)", ""),
        (0.0, 0.0, "0", ""),
        (123456789012.0, 123456789012.0, "123\u2009456\u2009789\u2009012", ""),
        (123456789012.25, 123456789912.5, "1.234568 × 10^11", "width 900"),
    ],
)
def test_intervals(lower: float | None, upper: float | None, text: str, note: str) -> None:
    assert interval(lower, upper) == (text, note)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.142, "0.142"), (1.5e8, "1.5 × 10^8"), (0.99999, "0.99999"), (1.0, "1"), (64.0, "64"),
     (1.0000001, "1.0000001"), (-0.0321, "−0.0321"), (0.0, "0"), (None, "–")],
)  # fmt: skip
def test_factors_never_read_as_one_unless_they_are(value: float | None, text: str) -> None:
    assert factor(value) == text


def test_powers_and_durations() -> None:
    assert superscripted("3 × 10^−16") == "3 × 10⁻¹⁶"
    assert number(2.5e-7) == "2.5 × 10^−7"
    assert [duration(t) for t in (0.21, 41.7, 3725.0, None)] == [
        "210 ms",
        "41.7 s",
        "62 min 5 s",
        "–",
    ]


def value_of(text: str) -> float:
    """Read a printed number back, independently of how it was printed."""
    plain = text.replace("\u2009", "").replace("−", "-")
    match = re.fullmatch(r"(?:(-?[\d.]+) × )?10\^(-?\d+)", plain)
    if match:
        return float(f"{match.group(1) or 1}e{match.group(2)}")
    return float(re.sub(r"^-10\^", "-1e", plain))


finite = st.floats(min_value=-1e300, max_value=1e300).filter(lambda v: v == 0 or abs(v) > 1e-300)


@given(finite, finite)
def test_a_printed_interval_contains_the_given_one(one: float, other: float) -> None:
    lower, upper = min(one, other), max(one, other)
    text, note = interval(lower, upper)
    match = re.fullmatch(r"\[([^,]+), ([^\]]+)\](?: × 10\^(.*))?", text)
    if match is None:
        assert lower == upper or note
        return
    scale = int((match.group(3) or "0").replace("−", "-"))
    left, right = (value_of(end) for end in match.groups()[:2])
    slack = 1e-12 * max(abs(lower), abs(upper))
    assert float(f"{left!r}") * 10.0**scale <= lower + slack
    assert float(f"{right!r}") * 10.0**scale >= upper - slack


@given(finite)
def test_a_printed_number_is_close(value: float) -> None:
    assert value_of(number(value)) == pytest.approx(value, rel=1e-6)
