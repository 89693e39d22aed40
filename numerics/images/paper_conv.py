"""The network of the published experiments on MNIST and Fashion-MNIST: five convolutions.

Two of them, which keep the size, are residual; a mean over all places and one layer end it. Source:
Kumano et al., ICLR 2024, read off their public code.
"""

from torch import Tensor, nn
from torch.nn.functional import relu


class PaperConv(nn.Module):
    """Images of at least 11 x 11 pixels; 28 x 28 when published. 1.0 million weights."""

    def __init__(self, shape: tuple[int, int, int], classes: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(shape[0], 16, 3, stride=2)
        self.second = nn.Conv2d(16, 128, 3)
        self.third = nn.Conv2d(128, 128, 3, padding=1)
        self.fourth = nn.Conv2d(128, 256, 3)
        self.fifth = nn.Conv2d(256, 256, 3, padding=1)
        self.last = nn.Linear(256, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = relu(self.second(relu(self.first(x))))
        x = x + relu(self.third(x))
        x = relu(self.fourth(x))
        x = x + relu(self.fifth(x))
        return self.last(x.mean((2, 3)))
