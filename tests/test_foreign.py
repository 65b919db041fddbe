"""What somebody else's file holds, or a sentence."""

from pathlib import Path

import pytest

from parity.errors import UserError
from parity.foreign import read_text


def test_a_binary_file_is_not_asked_to_be_saved_as_text(tmp_path: Path) -> None:
    (tmp_path / "boxes.npz").write_bytes(b"PK\5\6" + bytes(18))
    with pytest.raises(UserError, match=r"npz is a binary file, or UTF-16 without a byte"):
        read_text(tmp_path / "boxes.npz")
