"""`perturbproof learn`: what a network learns from perturbations of the user's own data alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from .console import (
    ArrayX,
    ArrayY,
    Classes,
    DataRoot,
    Device,
    Json,
    LabelColumn,
    Labels,
    Quiet,
    Samples,
    check_address_space,
    command_line,
    plain_table,
    print_json,
    results,
    styled,
)
from .progress import watched


def learn(
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="As for check; two classes of it are compared.")
    ],
    eps: Annotated[
        float, typer.Option(help="How far each base sample is moved, in L2, in units of the data.")
    ],
    base: Annotated[
        Literal["uniform", "gaussian", "natural"],
        typer.Option(help="What is perturbed: noise on [-1, 1]^d or N(0, I), or your own samples."),
    ] = "uniform",
    noise: Annotated[int, typer.Option(min=2, help="Samples of noise.")] = 100,
    slope: Annotated[float, typer.Option(help="Slope of the leaky ReLU, in (0, 1].")] = 0.5,
    held_out: Annotated[
        float, typer.Option(help="Share of each class that no network is trained on; 0 for none.")
    ] = 0.25,
    labels: Labels = None,
    x: ArrayX = None,
    y: ArrayY = None,
    label_column: LabelColumn = None,
    classes: Classes = None,
    samples: Samples = None,
    centre: Annotated[
        bool, typer.Option("--centre", help="Subtract the mean of the samples trained on.")
    ] = False,
    data_root: DataRoot = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all that is random.")] = 0,
    device: Device = "auto",
    out: Annotated[Path, typer.Option(help="Folder for the report.")] = Path("perturbproof-learn"),
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Train on your data, on perturbed noise, and on the same noise unperturbed; compare."""
    # Where networks are captured, what is said of their limits is proved.
    check_address_space()
    from ..scenarios.inputs import data_inputs
    from ..scenarios.learning import learning_scenario

    dataset, _ = data_inputs(
        data,
        labels,
        (slope,),
        x=x,
        y=y,
        label_column=label_column,
        classes=classes,
        samples=samples,
        centred=centre,
        data_root=data_root,
    )
    scenario = learning_scenario(
        dataset,
        eps=eps,
        base=base,
        noise=noise,
        slope=slope,
        held_out=held_out or None,
        seed=seed,
    )
    from ..api import verify as run

    with watched(quiet) as progress:
        result = run(scenario, device=device, out=out, progress=progress, command=command_line())
    if as_json:
        print_json(result.report)
        return result.exit_code
    console = results()
    (outcome,) = result.run.outcomes
    if outcome.error is not None:
        console.print(outcome.error, markup=False)
    for finding in outcome.findings:
        console.print(f"{finding}\n", markup=False)
    table = plain_table("", "theorem", "on these networks")
    for judged in outcome.judgements:
        table.add_row(styled(judged.verdict.value), judged.theorem.id, judged.reason)
    console.print(table)
    console.print(f"\nreport: {out}/report.pdf (also report.html, report.json, figures)")
    return result.exit_code
