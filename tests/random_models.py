"""Checkpoints of random weights whose scores lie on both sides of a half."""

from pathlib import Path


def make_random_checkpoint(architecture: str, task: str, classes: int, destination: Path) -> None:
    """Write a checkpoint of an architecture that Ultralytics brings, the same every time."""
    import torch
    from ultralytics import YOLO

    torch.manual_seed(0)
    model = YOLO(architecture)
    network = type(model.model)(architecture, nc=classes, verbose=False)
    network.names, network.task = {i: f"class {i}" for i in range(classes)}, task
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_var.uniform_(0.5, 1.5)
            module.running_mean.normal_(0, 0.1)
            module.weight.data.uniform_(1.0, 2.0)
    for name, value in network.model[-1].named_parameters():
        if "cv3" in name and name.endswith(".2.bias"):
            value.data.normal_(-1, 0.2)
    model.model = network.eval()
    model.save(destination)
