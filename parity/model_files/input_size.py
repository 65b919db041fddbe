"""The size of the input of an ONNX file, read before anything is loaded."""

from pathlib import Path


def fixed_size(path: str | Path) -> tuple[int, int] | None:
    """Return height and width that a file takes, px; None if they are open.

    Raises
    ------
    ValueError
        If it cannot be read as a network that takes an image; the rule that takes it says why.
    """
    import onnx  # noqa: PLC0415  planning rarely needs it

    from parity.model_files.adapting import forced, image_of, shape_of  # noqa: PLC0415  it neither
    from parity.model_files.graph_limits import graph_limit  # noqa: PLC0415  it neither

    try:
        with graph_limit(path, "reading it"):
            graph = onnx.load(path, load_external_data=False).graph
        image = image_of(graph)
    except Exception as error:  # protobuf's errors share no base class
        raise ValueError(f"{path} cannot be read") from error
    shape = shape_of(image)
    first = 1 if "nhwc" in forced(shape, "") else 2
    sides = [side for side in shape[first : first + 2] if isinstance(side, int) and side > 0]
    return (sides[0], sides[1]) if len(sides) == 2 else None
