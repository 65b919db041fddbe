"""What scales the levels of the input: against what languages and libraries do with bytes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays

from parity.deployment.input_tensor import SCALINGS, InputTensorChoices, to_tensor
from parity.diagnosis.tensor_reading import unscaled

PIXELS = arrays(np.uint8, (4, 3, 3))


@given(PIXELS)
def test_signed_bytes_are_those_of_numpy(pixels: np.ndarray) -> None:
    found = to_tensor(InputTensorChoices(scaling="signed"), pixels)
    expected = pixels[..., ::-1].view(np.int8).transpose(2, 0, 1)[None] / np.float32(255)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("scaling", SCALINGS)
@given(pixels=PIXELS)
def test_levels_are_found_again(scaling: str, pixels: np.ndarray) -> None:
    planes = pixels.transpose(2, 0, 1).astype(np.float32)
    np.testing.assert_allclose(unscaled(SCALINGS[scaling](planes), scaling), planes, atol=1e-3)
