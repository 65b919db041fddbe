"""Images: found by folder, glob or list, and read exactly as Ultralytics reads them."""

import csv
import os
import re
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from ultralytics.data.utils import IMG_FORMATS
from ultralytics.utils.patches import imread

from parity.data import listing
from parity.data.listing import find_images, list_images
from parity.data.reading import read_image
from parity.data.sample_images import find_samples
from parity.data.shard_index import look_of
from parity.data.suffixes import SUFFIXES, ULTRALYTICS_SUFFIXES
from parity.errors import UnreadableImageError, UserError
from parity.foreign import LFS

EXIF_ORIENTATION = 0x0112


def picture(mode: str = "RGB", height: int = 40, width: int = 60) -> Image.Image:
    """Return a picture whose corners and channels all differ."""
    rows, columns = np.mgrid[:height, :width]
    pixels = np.stack([rows * 6, columns * 4, (rows + columns) * 2], axis=2) % 256
    image = Image.fromarray(pixels.astype(np.uint8))
    if mode == "I;16":
        return Image.fromarray((pixels[..., 0] * 257 + 3).astype(np.uint16))
    if mode == "RGBA":
        image.putalpha(Image.fromarray((columns * 4 % 256).astype(np.uint8)))
        return image
    return image.convert(mode)


def save(path: Path, mode: str, **options: object) -> Path:
    picture(mode).save(path, **options)
    return path


def oriented(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = orientation
    return exif


def sixteen_bit_colours(path: Path) -> Path:
    pixels = np.random.default_rng(0).integers(0, 65536, (20, 30, 3)).astype(np.uint16)
    assert cv2.imwrite(str(path), pixels)
    return path


def pages(path: Path) -> Path:
    picture("L").save(path, save_all=True, append_images=[picture("L").rotate(180)])
    return path


@pytest.mark.parametrize(
    ("name", "make", "reason"),
    [
        ("a.jpg", lambda p: save(p, "RGB"), "colour JPEG"),
        ("a.JPG", lambda p: save(p, "RGB", format="JPEG"), "a suffix in capitals"),
        ("a.jpg", lambda p: save(p, "L"), "grey JPEG"),
        ("a.jpg", lambda p: save(p, "CMYK"), "CMYK JPEG"),
        *(
            ("a.jpg", lambda p, o=o: save(p, "RGB", exif=oriented(o)), f"EXIF orientation {o}")
            for o in range(1, 9)
        ),
        ("a.png", lambda p: save(p, "RGB", exif=oriented(6)), "PNG, whose EXIF is applied"),
        ("a.png", lambda p: save(p, "L"), "grey PNG"),
        ("a.png", lambda p: save(p, "LA"), "grey PNG with alpha"),
        ("a.png", lambda p: save(p, "1"), "one-bit PNG"),
        ("a.png", lambda p: save(p, "P"), "palette PNG"),
        ("a.png", lambda p: save(p, "RGBA"), "alpha is dropped, not blended"),
        ("a.png", lambda p: save(p, "I;16"), "16-bit grey PNG"),
        ("a.png", sixteen_bit_colours, "16-bit colour PNG"),
        ("a.tiff", sixteen_bit_colours, "16-bit colour TIFF keeps its high byte"),
        ("a.tif", lambda p: save(p, "RGBA"), "TIFF with alpha"),
        ("a.TIF", lambda p: save(p, "LA", format="TIFF"), "grey TIFF with alpha"),
        ("a.tiff", lambda p: save(p, "CMYK"), "CMYK TIFF"),
        ("a.tiff", lambda p: save(p, "L"), "grey TIFF"),
        ("a.tiff", lambda p: save(p, "P"), "palette TIFF"),
        ("a.tiff", pages, "the first of several pages"),
        ("a.webp", lambda p: save(p, "RGBA"), "WebP with alpha"),
        ("a.avif", lambda p: save(p, "RGB"), "AVIF"),
        ("a.avif", lambda p: save(p, "RGB", exif=oriented(6)), "AVIF, whose EXIF is applied"),
        ("a.bmp", lambda p: save(p, "P"), "palette BMP"),
        ("a.jp2", lambda p: save(p, "RGB"), "JPEG 2000"),
        ("a.mpo", lambda p: save(p, "RGB"), "MPO"),
        ("a.gif", lambda p: save(p, "P"), "GIF"),
        ("a.ppm", lambda p: save(p, "RGB"), "PPM"),
        ("a.png", lambda p: save(p, "RGB", format="JPEG"), "a suffix that lies"),
    ],
)
def test_pixels_are_those_of_ultralytics(
    tmp_path: Path, name: str, make: Callable[[Path], Path], reason: str
) -> None:
    path = make(tmp_path / name)
    theirs = imread(path)
    assert theirs is not None, reason
    ours = read_image(path)
    assert ours.dtype == np.uint8
    assert ours.shape == (*ours.shape[:2], 3)
    np.testing.assert_array_equal(ours, theirs, err_msg=reason)


@pytest.mark.parametrize(
    ("orientation", "shape"), [(1, (40, 60)), (3, (40, 60)), (6, (60, 40)), (8, (60, 40))]
)
def test_orientation_turns_the_picture(
    tmp_path: Path, orientation: int, shape: tuple[int, int]
) -> None:
    image = read_image(save(tmp_path / "a.jpg", "RGB", exif=oriented(orientation)))
    assert image.shape == (*shape, 3)


def test_channels_are_blue_green_red(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4), (250, 120, 10)).save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png")[0, 0].tolist() == [10, 120, 250]


def test_the_high_byte_of_16_bits_is_kept(tmp_path: Path) -> None:
    Image.fromarray(np.full((4, 4), 0x7FFF, np.uint16)).save(tmp_path / "a.png")
    assert set(read_image(tmp_path / "a.png").ravel()) == {0x7F}


@pytest.mark.parametrize("suffix", ["tga", "pcx", "ico", "sgi", "dib"])
def test_what_pillow_alone_decodes_is_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    image = picture("RGB", 32, 32)
    image.save(path)
    assert imread(path) is None
    np.testing.assert_array_equal(read_image(path), np.asarray(image)[..., ::-1])


def huge_png(path: Path, side: int = 60_000) -> None:
    """Write a PNG of 100 bytes that claims to be so high and so wide."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    )


LIMITED = """
import resource
import sys
from pathlib import Path
from parity.limits import Limits
Limits(pixels=2000).set()
from parity.data.reading import read_image
from parity.errors import UnreadableImageError
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        print(path.name, read_image(path).shape)
    except UnreadableImageError as error:
        print(path.name, error)
"""


def test_an_image_of_too_many_pixels_is_not_decoded(tmp_path: Path) -> None:
    suffixes = ["avif", "bmp", "gif", "jp2", "jpg", "png", "ppm", "tga", "tif", "webp"]
    for suffix in suffixes:
        picture("RGB", 40, 60).save(tmp_path / f"large.{suffix}")
        picture("RGB", 40, 40).save(tmp_path / f"small.{suffix}")
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path)], capture_output=True, check=True, text=True
    )
    said = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    for suffix in suffixes:
        assert said[f"large.{suffix}"] == "it has more than 2,000 pixels (limits.pixels)"
        assert said[f"small.{suffix}"] == "(40, 40, 3)"


PEAK = """
import resource
import sys
from parity.data.reading import read_image
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(read_image(sys.argv[1]).shape)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_of_many_pages_one_is_decoded(tmp_path: Path) -> None:
    page = Image.new("RGB", (1000, 1000), (9, 8, 7))
    path = tmp_path / "bomb.tif"
    page.save(path, save_all=True, append_images=[page] * 99, compression="tiff_deflate")
    assert path.stat().st_size < 1_000_000
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(path)], capture_output=True, check=True, text=True
    )
    shape, kilobytes = done.stdout.splitlines()
    assert shape == "(1000, 1000, 3)"
    assert int(kilobytes) < 100_000  # all pages would take 300 MB


def cut_jpeg(path: Path) -> None:
    picture("RGB", 400, 400).save(path)
    path.write_bytes(path.read_bytes()[:3000])


def floats(path: Path) -> None:
    assert cv2.imwrite(str(path), np.random.default_rng(0).random((20, 30, 3), np.float32))


UNREADABLE = [
    ("a.jpg", lambda p: p.write_bytes(b""), "the file is empty", "empty"),
    ("a.jpg", lambda p: p.write_bytes(LFS), "it is a pointer of Git LFS; fetch the", "a pointer"),
    ("a.jpg", lambda _: None, "No such file or directory", "missing"),
    ("a.jpg", lambda p: p.mkdir(), "it is a folder, not a file", "a folder"),
    ("a.jpg", lambda p: p.symlink_to("lost"), "No such file or directory", "a link to nothing"),
    ("a.jpg", lambda p: p.write_text("text"), "cannot be decoded", "no image"),
    ("a.txt", lambda p: p.write_text("text"), "cannot be decoded", "no image, no suffix of one"),
    ("a.gif", lambda p: p.write_bytes(b"GIF89a"), "cannot be decoded|refuses", "a header only"),
    ("a.tiff", lambda p: p.write_bytes(b"II*\0"), "cannot be decoded", "a TIFF header only"),
    ("a.avif", lambda p: p.write_bytes(b"\0" * 99), "cannot be decoded", "no AVIF"),
    ("a.heic", lambda p: p.write_bytes(b"\0" * 99), "cannot be decoded", "no HEIC"),
    ("a.jpg", cut_jpeg, "cannot be decoded", "truncated: half a picture is none"),
    ("a.png", huge_png, "it has more than 1,073,741,824 pixels", "more pixels than OpenCV allows"),
    ("a.tiff", floats, "its pixels are float32", "measurements, not colours"),
]


@pytest.mark.parametrize(("name", "make", "said", "reason"), UNREADABLE)
def test_unreadable_files_say_why(
    tmp_path: Path, name: str, make: Callable[[Path], object], said: str, reason: str
) -> None:
    make(tmp_path / name)
    with pytest.raises(UnreadableImageError) as caught:
        read_image(tmp_path / name)
    assert re.search(said, str(caught.value)), reason


def test_what_ultralytics_takes_for_an_image_is_known() -> None:
    assert {f".{name}" for name in IMG_FORMATS} == ULTRALYTICS_SUFFIXES
    assert ULTRALYTICS_SUFFIXES < SUFFIXES


@pytest.mark.parametrize("name", ["a.JXL", "b.hif", "c.pfm", "d.j2c"])
def test_an_image_that_nothing_decodes_keeps_its_row(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\xff\x0a" + bytes(99))
    assert list_images(str(tmp_path)).names == [name]
    with pytest.raises(UnreadableImageError, match="cannot be decoded as an image"):
        read_image(tmp_path / name)


@pytest.mark.parametrize("suffix", [".pam", ".pfm", ".ppm"])
def test_colours_survive_in_formats_that_opencv_alone_decodes(tmp_path: Path, suffix: str) -> None:
    colours = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    path = tmp_path / f"a{suffix}"
    cv2.imwrite(str(path), colours.astype(np.float32) if suffix == ".pfm" else colours)
    np.testing.assert_array_equal(read_image(path), colours)


def test_the_hard_files_have_the_outcome_of_their_table(shared: Path) -> None:
    folder = shared / "data" / "hard"
    with (folder / "table.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 44
    wrong = []
    for row in rows:
        try:
            outcome = str(read_image(folder / row["file"]).shape)
        except UnreadableImageError:
            outcome = "None"
        if outcome != row["ultralytics_reads"]:
            wrong.append((row["file"], row["property"], outcome))
    assert not wrong


def test_the_hard_files_have_the_pixels_of_ultralytics(hard_images: list[Path]) -> None:
    compared = 0
    for path in hard_images:
        theirs = imread(path)
        if theirs is None:
            with pytest.raises(UnreadableImageError):
                read_image(path)
        else:
            np.testing.assert_array_equal(read_image(path), theirs, err_msg=path.name)
            compared += 1
    assert compared >= 35


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode(errors="surrogateescape"))


def test_a_folder_is_searched_recursively(tmp_path: Path) -> None:
    touch(tmp_path, "b.jpg", "a/b.jpg", "a/c.PNG", "a/deep/er/d.webp", "notes.txt", "a/.keep")
    (tmp_path / "folder.jpg").mkdir()
    found = find_images(str(tmp_path))
    assert list(found) == ["a/b.jpg", "a/c.PNG", "a/deep/er/d.webp", "b.jpg"]
    assert found["a/c.PNG"].read_bytes() == b"a/c.PNG"


def test_a_lost_file_keeps_its_row(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg")
    (tmp_path / "b.jpg").symlink_to("not fetched")
    (tmp_path / "c.jpg").symlink_to("a.jpg")
    assert list(find_images(str(tmp_path))) == ["a.jpg", "b.jpg", "c.jpg"]


def test_a_link_to_a_folder_is_followed_but_not_for_ever(tmp_path: Path) -> None:
    touch(tmp_path, "images/a.jpg", "elsewhere/b.jpg")
    (tmp_path / "images" / "more").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "images" / "loop").symlink_to(tmp_path / "images")
    assert list(find_images(str(tmp_path / "images"))) == ["a.jpg", "more/b.jpg"]


def test_every_folder_is_searched_once(tmp_path: Path) -> None:
    """Links between siblings would multiply the images without bound."""
    for name in "abcdefgh":
        touch(tmp_path, f"{name}/{name}.jpg")
        for other in "abcdefgh":
            (tmp_path / name / f"to_{other}").symlink_to(f"../{other}")
    assert list(find_images(str(tmp_path))) == [f"{name}/{name}.jpg" for name in "abcdefgh"]
    assert list(find_images(str(tmp_path / "**" / "*.jpg"))) == [
        f"{name}/{name}.jpg" for name in "abcdefgh"
    ]


def test_a_folder_keeps_its_own_name_beside_a_link_to_it(tmp_path: Path) -> None:
    touch(tmp_path, "z/a.jpg")
    (tmp_path / "a").symlink_to("z")
    assert list(find_images(str(tmp_path))) == ["z/a.jpg"]


def test_a_deep_folder_is_searched(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(1200):  # deeper than Python recurses
        deep = deep / "d"
        deep.mkdir()
    (deep / "a.jpg").touch()
    found = find_images(str(tmp_path))
    subprocess.run(["/bin/rm", "-r", str(tmp_path / "d")], check=True)  # pytest recurses, too
    assert [name[-5:] for name in found] == ["a.jpg"]


def test_what_is_no_file_keeps_its_row(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "endless.jpg").symlink_to("/dev/zero")
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    names = ["a.jpg", "endless.jpg", "loop.jpg", "pipe.jpg"]
    assert list(find_images(str(tmp_path))) == names
    assert list(find_images(str(tmp_path / "*.jpg"))) == names
    (tmp_path / "list.txt").write_text("\n".join(names))
    assert list(find_images(str(tmp_path / "list.txt"))) == names


def test_a_folder_that_cannot_be_searched_has_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path, "a.jpg", "locked/b.jpg")
    scandir = os.scandir

    def refuse(path: str | Path) -> Iterator[os.DirEntry[str]]:
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = find_images(str(tmp_path))
    assert list(found) == ["a.jpg", "locked"]
    with pytest.raises(UnreadableImageError, match="Permission denied"):
        read_image(str(found["locked"]))
    with pytest.raises(UserError, match=r"images: .*/locked cannot be searched; make the folder"):
        find_images(str(tmp_path / "locked"))


SYSTEM = ["/", "/proc", "/sys/kernel", "//", "link"]


@pytest.mark.parametrize("rest", ["", "/**", "/**/*.jpg", "/**/a/**"])
@pytest.mark.parametrize("folder", SYSTEM)
def test_folders_of_the_system_are_not_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, rest: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("link").symlink_to("/")
    Path("system").symlink_to("/proc")
    with pytest.raises(UserError, match=r"images: \S+ is a folder of the system; name"):
        list_images(folder + rest)
    Path("a.jpg").touch()
    assert list_images(".").names == ["a.jpg"]
    assert list_images("**").names == ["a.jpg"]


def test_the_pictures_of_a_run_are_none_of_its_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    touch(tmp_path, "a.jpg", "results/plot/b.png", "reports/run/c.jpg", "mine/results/d.jpg")
    Path("link").symlink_to("results")
    for source in (".", str(tmp_path), "**/*.*", f"{tmp_path}/**"):
        assert list_images(source).names == ["a.jpg", "mine/results/d.jpg"]
    for source in ("results", "link", "reports/**/*.jpg"):
        with pytest.raises(UserError, match="is where a run writes its own pictures; name"):
            list_images(source)


def test_a_long_search_says_how_far_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("x", "x/y\x1b[2J", "x/z"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(listing, "EVERY_SECONDS", 0)
    assert list_images(str(tmp_path)).names == []
    said = capsys.readouterr().err.splitlines()
    assert said[1] == f"Searching {tmp_path}: 2 folders so far."
    for rest in ("*/*/*/*.jpg", "**/*.jpg", "*/**/*.jpg"):
        with pytest.raises(UserError, match="names no file"):
            list_images(f"{tmp_path}/{rest}")
        said = capsys.readouterr().err.splitlines()
        assert said[-1] == f"Searching {tmp_path}/{rest}: {len(said)} folders so far."
        assert len(said) > 1
    monkeypatch.undo()
    assert list_images(str(tmp_path)).names == []
    assert capsys.readouterr().err == ""


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    assert find_images(str(tmp_path)) == {}
    assert len(list_images(str(tmp_path))) == 0


def test_hostile_names_are_kept(tmp_path: Path) -> None:
    names = ["image (63).png", "[1]{a}.png", "ä ☃.png", "new\nline.png", "bad\udcff.png", "-x.png"]
    touch(tmp_path, *names)
    assert sorted(find_images(str(tmp_path))) == sorted(names)


@pytest.mark.parametrize("seconds", [9_999_999_999_999, -9_999_999_999_999])
def test_a_time_beyond_64_bits_is_one_too(tmp_path: Path, seconds: int) -> None:
    touch(tmp_path, "a.jpg", "b.tar")
    for path in tmp_path.iterdir():
        os.utime(path, (seconds, seconds))  # a file system may keep the nearest that it can
    assert list_images(str(tmp_path)).names == ["a.jpg"]
    assert look_of((tmp_path / "b.tar").stat()).dtype == np.int64
    with pytest.raises(UnreadableImageError, match="the shard does not hold it"):
        read_image(tmp_path / "b.tar" / "c.jpg")


def test_one_image_is_named_by_itself(tmp_path: Path) -> None:
    touch(tmp_path, "photo.jpg", "other.jpg")
    assert find_images(str(tmp_path / "photo.jpg")) == {"photo.jpg": tmp_path / "photo.jpg"}


@pytest.mark.parametrize(
    ("pattern", "names", "reason"),
    [
        ("*.jpg", ["a.jpg", "b.jpg"], "files of one folder, named by themselves"),
        ("**/*.jpg", ["a.jpg", "b.jpg", "deep/a.jpg"], "recursively, named below what they share"),
        ("deep/*", ["a.jpg", "c.dat"], "the root is what all share; a suffix is not asked for"),
        ("[ab].jpg", ["a.jpg", "b.jpg"], "a set of characters"),
        ("*/a.jpg", ["a.jpg"], "in a folder that a part of the glob names"),
        ("**/*p/**/*.jpg", ["a.jpg"], "each of two recursive parts"),
        ("**", ["a.jpg", "b.jpg", "deep/a.jpg", "deep/c.dat"], "all files"),
        ("**/", ["a.jpg", "b.jpg", "deep/a.jpg", "deep/c.dat"], "all files, with a slash"),
    ],
)
def test_a_glob(tmp_path: Path, pattern: str, names: list[str], reason: str) -> None:
    touch(tmp_path, "a.jpg", "b.jpg", "deep/a.jpg", "deep/c.dat", ".hidden/d.jpg")
    assert list(find_images(str(tmp_path / pattern))) == names, reason


@pytest.mark.parametrize(
    ("content", "names", "reason"),
    [
        (b"a.jpg\nsub/a.jpg\n", ["a.jpg", "sub/a.jpg"], "paths relative to the list"),
        (b"\n  a.jpg  \r\n\r\n# note\nsub/a.jpg", ["a.jpg", "sub/a.jpg"], "blanks, notes, CRLF"),
        (b"\xef\xbb\xbfa.jpg\n", ["a.jpg"], "a byte order mark"),
        (b"sub/../sub/a.jpg\n", ["a.jpg"], "a way round"),
        ("ä.jpg\n".encode(), ["ä.jpg"], "UTF-8"),
        (b"bad\xff.jpg\n", ["bad\udcff.jpg"], "a name in no encoding at all"),
        (b"no_suffix\n", ["no_suffix"], "whatever the suffix"),
    ],
)
def test_a_list(tmp_path: Path, content: bytes, names: list[str], reason: str) -> None:
    touch(tmp_path, "a.jpg", "sub/a.jpg", "ä.jpg", "bad\udcff.jpg", "no_suffix")
    (tmp_path / "list.txt").write_bytes(content)
    found = find_images(str(tmp_path / "list.txt"))
    assert list(found) == names, reason
    assert all(path.is_file() for path in found.values())


def test_a_list_may_hold_absolute_paths(tmp_path: Path) -> None:
    touch(tmp_path, "x/a.jpg", "y/a.jpg", "lists/.keep")
    listed = tmp_path / "lists" / "list.txt"
    listed.write_text(f"{tmp_path}/x/a.jpg\n{tmp_path}/y/a.jpg\n")
    assert list(find_images(str(listed))) == ["x/a.jpg", "y/a.jpg"]


@pytest.mark.parametrize(
    ("source", "said", "reason"),
    [
        (
            "nowhere",
            "nowhere does not exist; name a folder, a glob or a text file",
            "no such thing",
        ),
        ("*.webp", "names no file", "a glob that matches nothing"),
        ("empty.txt", "names no file", "a list of nothing"),
        ("lost.txt", r"lists .*lost\.jpg, which does not exist", "a list of what is not there"),
        ("twice.txt", "names the same file twice", "a file listed twice"),
        ("round.txt", "names the same file twice", "twice, though by another way"),
        ("binary.dat", "lists .* which does not exist", "no text at all"),
        ("zeros.dat", "line 1 of .*zeros.dat is not a path", "a line that is longer than any path"),
        ("folder.txt", r"lists .*sub, which is a folder; list files", "a list of a folder"),
        ("pipe", "is neither a folder nor a file", "a pipe, which would be waited for"),
        ("zero", "is neither a folder nor a file", "a device that never ends"),
        ("kernel", "is neither a folder nor a file", "what the kernel says, which is waited for"),
        ("loop", "is neither a folder nor a file", "a link to itself"),
        ("x" * 5000, "does not exist", "a name that is too long"),
    ],
)
def test_sources_that_say_nothing_say_so(
    tmp_path: Path, source: str, said: str, reason: str
) -> None:
    touch(tmp_path, "a.jpg", "sub/b.jpg")
    (tmp_path / "empty.txt").write_text("\n# nothing\n")
    (tmp_path / "lost.txt").write_text("a.jpg\nlost.jpg\n")
    (tmp_path / "twice.txt").write_text("a.jpg\na.jpg\n")
    (tmp_path / "round.txt").write_text("a.jpg\nsub/../a.jpg\n")
    (tmp_path / "binary.dat").write_bytes(b"\x89PNG\r\n\0\xff")
    (tmp_path / "zeros.dat").write_bytes(bytes(10_000_000))
    (tmp_path / "folder.txt").write_text("sub\n")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "kernel").symlink_to("/proc/kmsg")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(UserError) as caught:
        find_images(str(tmp_path / source))
    assert re.search(said, str(caught.value)), reason
    assert str(caught.value).startswith("images: ")
    assert "\n" not in str(caught.value)


def test_the_samples_can_be_read() -> None:
    samples = find_samples()
    assert list(samples) == ["bus.jpg", "nothing_here.png", "testimg.png", "zidane.jpg"]
    shapes = {name: read_image(path).shape for name, path in samples.items()}
    assert shapes["bus.jpg"] == (1080, 810, 3)
    assert shapes["zidane.jpg"] == (720, 1280, 3)
    assert shapes["testimg.png"][2] == shapes["nothing_here.png"][2] == 3
