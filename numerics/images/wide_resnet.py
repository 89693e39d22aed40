"""WideResNet-28-10 with dropout 0.3, for CIFAR-10 on a GPU: 36.5 million weights.

Source: Zagoruyko and Komodakis, Wide residual networks, BMVC 2016; of this depth, width and dropout
in Kumano et al., ICLR 2024.
"""

from torch import Tensor, nn
from torch.nn.functional import relu

_DEPTH, _WIDTH, _DROPOUT = 28, 10, 0.3


class _Block(nn.Module):
    """Two convolutions, each after a normalisation and a ReLU, beside a shortcut."""

    def __init__(self, given: int, made: int, stride: int) -> None:
        super().__init__()
        self.before = nn.BatchNorm2d(given)
        self.first = nn.Conv2d(given, made, 3, padding=1)
        self.between = nn.BatchNorm2d(made)
        self.dropout = nn.Dropout(_DROPOUT)
        self.second = nn.Conv2d(made, made, 3, padding=1, stride=stride)
        same = stride == 1 and given == made
        self.shortcut = nn.Identity() if same else nn.Conv2d(given, made, 1, stride=stride)

    def forward(self, x: Tensor) -> Tensor:
        inner = self.dropout(self.first(relu(self.before(x))))
        return self.second(relu(self.between(inner))) + self.shortcut(x)


def build(shape: tuple[int, int, int], classes: int) -> nn.Module:
    """The network for images of a shape (channels, rows, columns); it gives (B, classes)."""
    layers: list[nn.Module] = [nn.Conv2d(shape[0], 16, 3, padding=1)]
    given = 16
    for made, stride in ((16 * _WIDTH, 1), (32 * _WIDTH, 2), (64 * _WIDTH, 2)):
        for k in range((_DEPTH - 4) // 6):
            layers.append(_Block(given, made, stride if k == 0 else 1))
            given = made
    ends = (nn.BatchNorm2d(given), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return nn.Sequential(*layers, *ends, nn.Linear(given, classes))
