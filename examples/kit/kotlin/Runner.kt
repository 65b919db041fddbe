// A runner of the kit for Android with LiteRT; see ../README.md. It was never compiled by this project.
//
// Dependency: com.google.ai.edge.litert:litert. Model: a .tflite of Ultralytics, whose boxes are fractions.

import android.graphics.Bitmap
import android.graphics.BitmapFactory
import android.graphics.Canvas
import android.graphics.Color
import android.graphics.Paint
import android.graphics.RectF
import java.io.File
import java.nio.ByteBuffer
import java.nio.ByteOrder
import kotlin.math.max
import kotlin.math.min
import kotlin.math.roundToInt
import org.json.JSONArray
import org.json.JSONObject
import org.tensorflow.lite.Interpreter

private val SUFFIXES = setOf("jpg", "jpeg", "png", "bmp")

class Box(val x1: Float, val y1: Float, val x2: Float, val y2: Float, val score: Float, val label: Int)

class Runner(model: File, private val conf: Float = 0.25f, private val iou: Float = 0.45f) {
    private val interpreter = Interpreter(model)
    private val shape = interpreter.getInputTensor(0).shape() // (1, 3, H, W) or (1, H, W, 3)
    private val channelsLast = shape[3] == 3
    private val height = if (channelsLast) shape[1] else shape[2]
    private val width = if (channelsLast) shape[2] else shape[3]
    private val rows = interpreter.getOutputTensor(0).shape()[1]
    private val anchors = interpreter.getOutputTensor(0).shape()[2]

    fun run(images: File, out: File) {
        out.mkdirs()
        val boxes = JSONObject()
        for (file in images.listFiles()!!.filter { it.extension.lowercase() in SUFFIXES }.sorted()) {
            val bitmap = BitmapFactory.decodeFile(file.path)
            val found = if (bitmap == null) emptyList() else detect(bitmap)
            boxes.put(file.name, JSONArray(found.map {
                JSONArray(listOf(it.x1, it.y1, it.x2, it.y2, it.score, it.label))
            }))
        }
        File(out, "boxes.json").writeText(boxes.toString())
    }

    private fun detect(image: Bitmap): List<Box> {
        val gain = min(height.toFloat() / image.height, width.toFloat() / image.width)
        val w = max((image.width * gain).roundToInt(), 1)
        val h = max((image.height * gain).roundToInt(), 1)
        val left = ((width - w) / 2f - 0.1f).roundToInt()
        val top = ((height - h) / 2f - 0.1f).roundToInt()
        val canvas = Bitmap.createBitmap(width, height, Bitmap.Config.ARGB_8888)
        Canvas(canvas).apply {
            drawColor(Color.rgb(114, 114, 114))
            val place = RectF(left.toFloat(), top.toFloat(), (left + w).toFloat(), (top + h).toFloat())
            drawBitmap(image, null, place, Paint(Paint.FILTER_BITMAP_FLAG))
        }
        val raw = Array(1) { Array(rows) { FloatArray(anchors) } }
        interpreter.run(tensor(canvas), raw)
        val scaleX = image.width.toFloat() / w
        val scaleY = image.height.toFloat() / h
        return suppress(decode(raw[0])).map {
            Box(
                ((it.x1 - left) * scaleX).coerceIn(0f, image.width.toFloat()),
                ((it.y1 - top) * scaleY).coerceIn(0f, image.height.toFloat()),
                ((it.x2 - left) * scaleX).coerceIn(0f, image.width.toFloat()),
                ((it.y2 - top) * scaleY).coerceIn(0f, image.height.toFloat()),
                it.score, it.label,
            )
        }
    }

    private fun tensor(bitmap: Bitmap): ByteBuffer {
        val pixels = IntArray(width * height)
        bitmap.getPixels(pixels, 0, width, 0, 0, width, height)
        val buffer = ByteBuffer.allocateDirect(4 * 3 * pixels.size).order(ByteOrder.nativeOrder())
        val channels = listOf<(Int) -> Int>(Color::red, Color::green, Color::blue)
        if (channelsLast) {
            for (pixel in pixels) for (channel in channels) buffer.putFloat(channel(pixel) / 255f)
        } else {
            for (channel in channels) for (pixel in pixels) buffer.putFloat(channel(pixel) / 255f)
        }
        return buffer.rewind() as ByteBuffer
    }

    private fun decode(raw: Array<FloatArray>): List<Box> = (0 until anchors).mapNotNull { i ->
        val best = (4 until rows).maxByOrNull { raw[it][i] }!!
        if (raw[best][i] <= conf) return@mapNotNull null
        val x = raw[0][i] * width
        val y = raw[1][i] * height
        val w = raw[2][i] * width / 2
        val h = raw[3][i] * height / 2
        Box(x - w, y - h, x + w, y + h, raw[best][i], best - 4)
    }

    private fun suppress(boxes: List<Box>): List<Box> {
        val kept = mutableListOf<Box>()
        for (box in boxes.sortedByDescending { it.score }) {
            if (kept.none { it.label == box.label && overlap(it, box) > iou }) kept.add(box)
        }
        return kept.take(300)
    }

    private fun overlap(a: Box, b: Box): Float {
        val w = max(min(a.x2, b.x2) - max(a.x1, b.x1), 0f)
        val h = max(min(a.y2, b.y2) - max(a.y1, b.y1), 0f)
        val areas = (a.x2 - a.x1) * (a.y2 - a.y1) + (b.x2 - b.x1) * (b.y2 - b.y1)
        return w * h / (areas - w * h)
    }
}
