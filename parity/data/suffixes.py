"""Which files are images, by their suffix."""
# ruff: noqa: SIM905

ULTRALYTICS_SUFFIXES = frozenset(
    ".avif .bmp .dng .heic .heif .jp2 .jpeg .jpg .mpo .png .tif .tiff .webp".split()
)
"""Suffixes of still images for Ultralytics (``ultralytics.data.utils.IMG_FORMATS``, 8.4.190)."""

SUFFIXES = ULTRALYTICS_SUFFIXES | frozenset(
    ".apng .dib .exr .gif .hdr .ico .jfif .jpe .jpx .j2k .pbm .pcx .pgm .pic .pnm .ppm .pxm"
    " .ras .sgi .sr .tga .xbm .xpm".split()
)
"""Suffixes that folders and shards are searched for: those and others that OpenCV or Pillow
decode."""
