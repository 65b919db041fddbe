"""Reading: the file itself, all colours, turned as its EXIF orientation says."""

from parity.diagnosis.fixes.fix import add_fix

add_fix(
    "reading",
    stage="reading",
    python="""
image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)  # BGR, turned as EXIF says
# Pillow: ImageOps.exif_transpose(Image.open(path)).convert("RGB")
""",
    cpp="""
cv::Mat image = cv::imread(path, cv::IMREAD_COLOR);  // BGR, turned as EXIF says
""",
    csharp="""
Mat image = Cv2.ImRead(path, ImreadModes.Color);  // OpenCvSharp: BGR, turned as EXIF says
// ImageSharp: var image = Image.Load<Rgb24>(path); image.Mutate(c => c.AutoOrient());
""",
    kotlin="""
// Android: BitmapFactory ignores the EXIF orientation, ImageDecoder applies it
val image = ImageDecoder.decodeBitmap(ImageDecoder.createSource(File(path))) { decoder, _, _ ->
    decoder.allocator = ImageDecoder.ALLOCATOR_SOFTWARE
}
""",
    swift="""
// a CGImage is not turned; a CIImage is, if asked
let image = CIImage(contentsOf: url, options: [.applyOrientationProperty: true])
// Vision: VNImageRequestHandler(cgImage: image, orientation: orientation)
""",
    javascript="""
const image = await createImageBitmap(file, { imageOrientation: "from-image" });  // as EXIF says
// sharp: sharp(path).rotate() without an angle
""",
    run=("python",),
)
