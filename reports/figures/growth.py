"""How the two parts of a learnt boundary grow with the number of perturbed samples."""

from collections.abc import Iterator, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator
from pydantic import Field, model_validator

from ..style import BLUE, VERMILLION, FigureData, FigureKind
from .drawing import band, decades, label_right, plain

_STYLES = ((VERMILLION, "s", "none", (0, (1, 1))), (BLUE, "o", BLUE, "-"))


class Part(FigureData):
    """A part under a name: quartiles of its size for every N_adv, slopes fitted and predicted."""

    name: str
    low: tuple[float, ...]
    median: tuple[float, ...]
    high: tuple[float, ...]
    fitted: float | None = None
    predicted: float | None = None


class GrowthData(FigureData):
    """Numbers of perturbed samples, increasing, and the parts measured at each."""

    sizes: tuple[int, ...] = Field(min_length=2)
    parts: tuple[Part, ...]

    @model_validator(mode="after")
    def _fits(self) -> "GrowthData":
        lengths = {len(row) for p in self.parts for row in (p.low, p.median, p.high)}
        if lengths != {len(self.sizes)} or len(self.parts) > len(_STYLES):
            raise ValueError("low, median and high of 1 or 2 parts should be as long as sizes")
        if self.sizes[0] < 1 or list(self.sizes) != sorted(set(self.sizes)):
            raise ValueError("sizes should be positive and increase")
        return self


def draw(data: GrowthData, figure: Figure) -> None:
    """Medians and the middle half on logarithmic axes, predicted slopes dashed."""
    axes = figure.add_subplot()
    axes.set(xscale="log", yscale="log")
    labels = []
    for part, (colour, marker, fill, dash) in zip(data.parts, _STYLES, strict=False):
        shown = [k for k, value in enumerate(part.median) if value > 0]
        if not shown:
            continue
        x = [data.sizes[k] for k in shown]
        y = [part.median[k] for k in shown]
        low = [part.low[k] if part.low[k] > 0 else part.median[k] for k in shown]
        band(axes, x, low, [part.high[k] for k in shown], colour)
        axes.plot(
            x, y, color=colour, marker=marker, markerfacecolor=fill, markersize=3.5, linestyle=dash
        )
        if part.predicted is not None:
            line = [y[-1] * (size / x[-1]) ** part.predicted for size in x]
            axes.plot(x, line, color=colour, linewidth=0.8, linestyle=(0, (5, 2)))
        fitted = "–" if part.fitted is None else f"{part.fitted:.2f}"
        predicted = "–" if part.predicted is None else f"{part.predicted:g}"
        labels.append((y[-1], f"|{plain(part.name)}|: {fitted} ({predicted})", colour))
    axes.set_xlabel("perturbed samples $N_{\\mathrm{adv}}$")
    axes.set_ylabel("$|T_1(z)|$, $|T_2(z)|$")
    axes.set_title("slope: fitted (predicted)", fontsize=7.5, loc="left", pad=3)
    decades(axes.yaxis)
    ticks = [data.sizes[0], data.sizes[len(data.sizes) // 2], data.sizes[-1]]
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    label_right(axes, labels)


def rows(data: GrowthData) -> Iterator[Sequence[object]]:
    """One row per number of samples; the slopes are in two last rows."""
    columns = [f"{p.name}_{what}" for p in data.parts for what in ("low", "median", "high")]
    yield ["N_adv", *columns]
    for k, size in enumerate(data.sizes):
        yield [size, *(row[k] for p in data.parts for row in (p.low, p.median, p.high))]
    for what in ("fitted", "predicted"):
        cells = (cell for p in data.parts for cell in (None, getattr(p, what), None))
        yield [f"{what} slope", *cells]


KIND = FigureKind("growth", GrowthData, draw, rows)
