"""Which files are images, by their suffix."""
# ruff: noqa: SIM905

ULTRALYTICS_SUFFIXES = frozenset(
    ".avif .bmp .dng .heic .heif .jp2 .jpeg .jpg .mpo .png .tif .tiff .webp".split()
)
"""Suffixes of still images for Ultralytics (``ultralytics.data.utils.IMG_FORMATS``, 8.4.190)."""

SUFFIXES = ULTRALYTICS_SUFFIXES | frozenset(
    ".apng .dib .exr .gif .hdr .hif .ico .j2c .j2k .jfif .jpc .jpe .jpf .jpx .jxl .pam .pbm .pcx"
    " .pfm .pgm .pic .pnm .ppm .pxm .ras .sgi .sr .tga .xbm .xpm".split()
)
"""Suffixes that folders and shards are searched for: those and others of images. One that neither
OpenCV nor Pillow decodes, such as .jxl, keeps its row, which says so."""
