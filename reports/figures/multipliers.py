"""The KKT multipliers of a training set between the bounds a theorem gives them."""

from collections.abc import Iterator, Sequence

from matplotlib.figure import Figure
from pydantic import Field, model_validator

from ..style import CLASSES, DASHED, GREEN, GREY, INK, PURPLE, FigureData, FigureKind
from .drawing import BESIDE, decades, label_right, plain, points

# Bounds further off than this many times the spread of the data are named at the edge, not drawn.
_FAR = 30.0


class NamedBounds(FigureData):
    """Bounds on every multiplier under a name; ``None`` where there is none."""

    name: str
    lower: float | None = None
    upper: float | None = None


class MultipliersData(FigureData):
    """Enclosures ``[lower_n, upper_n]`` of lambda_n, labels of ±1, bounds, recovered values."""

    together = ("lower", "upper", "label", "trained")

    lower: tuple[float, ...] = Field(min_length=1)
    upper: tuple[float, ...]
    label: tuple[int, ...]
    bounds: tuple[NamedBounds, ...] = ()
    trained: tuple[float | None, ...] | None = None

    @model_validator(mode="after")
    def _ordered(self) -> "MultipliersData":
        if any(lower > upper for lower, upper in zip(self.lower, self.upper, strict=False)):
            raise ValueError("lower should nowhere be above upper")
        return self


def draw(data: MultipliersData, figure: Figure) -> None:
    """Draw lambda_n over n: disks for label +1, open squares for -1, crosses for training."""
    axes = figure.add_subplot()
    size = 3.6 if len(data.lower) <= 100 else 2.2
    for label, colour, marker, filled in CLASSES:
        members = [n for n, own in enumerate(data.label) if (own > 0) == (label > 0)]
        if not members:
            continue
        middle = [(data.lower[n] + data.upper[n]) / 2 for n in members]
        reach = [(data.upper[n] - data.lower[n]) / 2 for n in members]
        axes.errorbar(
            [n + 1 for n in members],
            middle,
            yerr=reach,
            fmt=marker,
            markersize=size,
            color=colour,
            markerfacecolor=colour if filled else "none",
            markeredgewidth=0.8,
            elinewidth=0.8,
            label=rf"$y_n={label:+d}$",
        )
    if data.trained is not None:
        seen = [(n + 1, value) for n, value in enumerate(data.trained) if value is not None]
        x, y = zip(*seen, strict=True) if seen else ((), ())
        points(axes, x, y, "x", INK, size, 0.7, filled=True, label="from training")
    _set_limits(data, figure)
    labels: list[tuple[float, str, str]] = []
    styles = ((INK, DASHED), (GREEN, (0, (1, 1))), (PURPLE, (0, (5, 1, 1, 1))), (GREY, "-"))
    low, high = axes.get_ylim()
    for bounds, (colour, dash) in zip(data.bounds, styles * len(data.bounds), strict=False):
        for value, side in ((bounds.lower, "lower"), (bounds.upper, "upper")):
            if value is None or (axes.get_yscale() == "log" and value <= 0):
                continue
            if low <= value <= high:
                axes.axhline(value, color=colour, linestyle=dash, linewidth=0.9, zorder=1)
            labels.append((value, f"{plain(bounds.name, BESIDE)} {side}", colour))
    axes.set_xlabel("sample $n$")
    axes.set_ylabel(r"multiplier $\lambda_n$")
    axes.locator_params(axis="x", integer=True)
    figure.legend(loc="outside upper left", ncols=3)
    label_right(axes, labels)


def _set_limits(data: MultipliersData, figure: Figure) -> None:
    axes = figure.axes[0]
    trained = [value for value in data.trained or () if value is not None]
    low, high = min((*data.lower, *trained)), max((*data.upper, *trained))
    ends = [v for b in data.bounds for v in (b.lower, b.upper) if v is not None]
    least, most = min((low, *ends)), max((high, *ends))
    if least > 0 and most > 10 * least:
        axes.set_yscale("log")
        decades(axes.yaxis)
        axes.set_ylim(least / 1.5, most * 1.5)
        return
    spread = max(high - low, 1e-3 * abs(high), 1e-300)
    near = [end for end in ends if low - _FAR * spread <= end <= high + _FAR * spread]
    if not near and ends:
        # All bounds are far off: keep a frame round the data, the labels name the bounds' side.
        near = [low - spread, high + spread]
    low, high = min((low, *near)), max((high, *near))
    margin = 0.08 * max(high - low, spread)
    axes.set_ylim(low - margin, high + margin)


def rows(data: MultipliersData) -> Iterator[Sequence[object]]:
    """One row per sample, with the bounds that hold for all of them."""
    bounds = [
        (f"{b.name}_{side}", getattr(b, side)) for b in data.bounds for side in ("lower", "upper")
    ]
    yield ["n", "label", "lambda_lower", "lambda_upper", "lambda_trained", *(n for n, _ in bounds)]
    trained = data.trained or (None,) * len(data.lower)
    columns = zip(data.label, data.lower, data.upper, trained, strict=True)
    for n, (label, lower, upper, seen) in enumerate(columns, start=1):
        yield [n, label, lower, upper, seen, *(value for _, value in bounds)]


KIND = FigureKind("multipliers", MultipliersData, draw, rows)
