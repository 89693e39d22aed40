"""Small files in the original formats of well-known image sets."""

import json
from pathlib import Path

import numpy as np

from .fuzz.sample_files import idx, zipped

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (40, 28, 28), dtype=np.uint8)
COLOUR = RNG.integers(0, 256, (10, 3, 32, 32), dtype=np.uint8)
CLASSES = np.arange(40, dtype=np.uint8) % 10


def write_idx(folder: Path, *, packed: bool = False) -> None:
    """30 training images and 10 test images."""
    folder.mkdir(parents=True, exist_ok=True)
    for prefix, rows in (("train", slice(0, 30)), ("t10k", slice(30, 40))):
        for name, array in (("images-idx3", GREY[rows]), ("labels-idx1", CLASSES[rows])):
            content = idx(array)
            end = ".gz" if packed else ""
            (folder / f"{prefix}-{name}-ubyte{end}").write_bytes(
                zipped(content) if packed else content
            )


def write_cifar(folder: Path) -> None:
    """Two images in each of five batches, and ten of them again as the test batch."""
    folder.mkdir(parents=True)
    records = np.concatenate([CLASSES[:10, None], COLOUR.reshape(10, -1)], axis=1)
    for number in range(5):
        part = records[2 * number : 2 * number + 2]
        (folder / f"data_batch_{number + 1}.bin").write_bytes(part.tobytes())
    (folder / "test_batch.bin").write_bytes(records[::-1].tobytes())


def write_json(folder: Path) -> None:
    """Four images a digit, their levels to three decimals as in the package."""
    folder.mkdir(parents=True)
    for digit in range(10):
        levels = [round(int(v) / 255, 3) for v in GREY[CLASSES == digit].ravel()]
        (folder / f"{digit}.json").write_text(json.dumps({"data": levels}))
