"""Errors that users can do something about end in one sentence."""

import errno

import pytest

from parity.errors import UserError, in_one_sentence, saying_what_for


def raise_memory() -> None:
    with saying_what_for("to read photographs/a.png"):
        raise MemoryError("Unable to allocate 9 GiB")


def raise_error(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize(
    ("work", "said"),
    [
        (lambda: raise_error(UserError("set a key.")), "error: set a key.\n"),
        (
            lambda: raise_error(UserError("\x1b[2J\u202ea\nä\udcff.")),
            "error: \\x1b[2J\\u202ea\\nä\\udcff.\n",
        ),
        (raise_memory, "error: there is not enough memory to read photographs/a.png; run again"),
        (lambda: raise_error(MemoryError("9 GiB")), "error: there is not enough memory; run again"),
        (
            lambda: raise_error(PermissionError(errno.EACCES, "Permission denied", "results/a")),
            "error: results/a cannot be read or written (Permission denied); change its",
        ),
        (
            lambda: raise_error(OSError(errno.EROFS, "Read-only file system", b"results")),
            "error: results cannot be read or written (Read-only file system); change its",
        ),
        (
            lambda: raise_error(OSError(errno.EISDIR, "Is a directory", ".x.a", None, "results/a")),
            "error: results/a cannot be read or written (Is a directory); move it away, or",
        ),
        (
            lambda: raise_error(OSError(errno.ENOSPC, "No space left on device", "results/a")),
            "error: the disk is full",
        ),
    ],
)
def test_an_error_is_one_sentence(work, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught, in_one_sentence():
        work()
    assert caught.value.code == 1
    spoken = capsys.readouterr().err
    assert spoken.startswith(said)
    assert spoken.count("\n") == 1


def test_a_mistake_of_the_program_keeps_its_traceback() -> None:
    with pytest.raises(FileNotFoundError), in_one_sentence():
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", "results/a")
