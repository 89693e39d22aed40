"""`perturbproof check`: the assumptions of the theorems on the user's own data."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from ..values import ExitCode
from .console import (
    ArrayX,
    ArrayY,
    Classes,
    DataRoot,
    Device,
    Json,
    LabelColumn,
    Labels,
    Precision,
    Quiet,
    Samples,
    check_address_space,
    command_line,
    results,
)
from .progress import watched


def check(
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA",
            help="A .npz, .npy, .csv, .pt, .safetensors or IDX file, a folder of such files or of "
            "binary CIFAR-10 files; or fashion-mnist, mnist, cifar10 (see --data-root).",
        ),
    ],
    labels: Labels = None,
    x: ArrayX = None,
    y: ArrayY = None,
    label_column: LabelColumn = None,
    drop_column: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="A column to leave out; repeatable."),
    ] = None,
    classes: Classes = None,
    samples: Samples = None,
    take: Annotated[
        Literal["first", "random"], typer.Option(help="The first ones, or at random (see --seed).")
    ] = "first",
    centre: Annotated[
        bool, typer.Option("--centre", help="Subtract the mean of the samples taken.")
    ] = False,
    standardise: Annotated[
        bool,
        typer.Option(
            "--standardise", help="Subtract it, and bring each feature to standard deviation 1."
        ),
    ] = False,
    scale: Annotated[float, typer.Option(help="Multiply every sample by this, then.")] = 1.0,
    unit_norm: Annotated[
        bool, typer.Option("--unit-norm", help="Bring each sample to norm 1, then.")
    ] = False,
    bias: Annotated[
        bool, typer.Option("--bias", help="Append a coordinate 1: hidden neurons have a bias.")
    ] = False,
    split: Annotated[
        Literal["train", "test"] | None,
        typer.Option(help="Of images by name. [default: train]", show_default=False),
    ] = None,
    data_root: DataRoot = None,
    slope: Annotated[
        list[float] | None,
        typer.Option(
            help="Slope of the leaky ReLU, 0 for the ReLU; repeatable. [default: 0.01 0.1 0.5 0.9]"
        ),
    ] = None,
    train: Annotated[
        bool,
        typer.Option("--train", help="Also train a network at each slope until it is captured."),
    ] = False,
    network: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The tensors of your own network, .safetensors or a torch state dict: where it is "
            "linear, and whether it is captured. Needs --slope.",
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, help="Seed of what is random: samples taken, subsets, start.")
    ] = 0,
    precision: Precision = None,
    device: Device = "cpu",
    out: Annotated[Path | None, typer.Option(help="Also write a report to this folder.")] = None,
    long: Annotated[
        bool, typer.Option("--long", help="Also print both sides, sizes, dimensions and pairs.")
    ] = False,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Exit code 4 unless the theory applies at every slope."),
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Check the assumptions of the theorems on your own data, and what would make them hold."""
    check_address_space()
    from ..api import check as run

    with watched(quiet) as progress:
        result = run(
            data,
            labels,
            x=x,
            y=y,
            label_column=label_column,
            drop_columns=drop_column or (),
            classes=classes,
            samples=samples,
            take=take,
            centred=centre,
            standardised=standardise,
            scale=scale,
            unit_norm=unit_norm,
            bias=bias,
            split=split,
            data_root=data_root,
            slopes=slope or (),
            train=train,
            network=network,
            seed=seed,
            precision=precision,
            device=device,
            out=out,
            progress=progress,
            command=command_line(),
        )
    if as_json:
        sys.stdout.write(result.to_json())
    else:
        from .print_check import print_check

        console = results()
        print_check(console, result, long=long)
        if out is not None:
            console.print(f"\nreport: {out}/report.pdf (also report.html, report.json, figures)")
        console.print(f"\n{result.summary}")
    applied = all(answer == "yes" for answer in result.applies.values())
    return ExitCode.UNDECIDED if strict and not applied else ExitCode.AS_EXPECTED
