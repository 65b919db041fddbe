// A runner of the kit for iOS and macOS with Core ML; see ../README.md. It was never compiled by this
// project.
//
// Model: a Core ML export of Ultralytics without NMS, with an image input and one raw output.

import CoreGraphics
import CoreML
import Foundation
import ImageIO

let suffixes: Set = ["jpg", "jpeg", "png", "bmp"]

struct Box {
    var x1, y1, x2, y2, score: Float
    var label: Int
}

struct Runner {
    let model: MLModel
    let conf: Float = 0.25
    let iou: Float = 0.45

    func run(images: URL, out: URL) throws {
        try FileManager.default.createDirectory(at: out, withIntermediateDirectories: true)
        var boxes: [String: [[Any]]] = [:]
        for file in try FileManager.default.contentsOfDirectory(at: images, includingPropertiesForKeys: nil)
        where suffixes.contains(file.pathExtension.lowercased()) {
            let found = try read(file).map(detect) ?? []
            boxes[file.lastPathComponent] = found.map { [$0.x1, $0.y1, $0.x2, $0.y2, $0.score, $0.label] }
        }
        let json = try JSONSerialization.data(withJSONObject: boxes, options: [.sortedKeys])
        try json.write(to: out.appendingPathComponent("boxes.json"))
    }

    func read(_ file: URL) -> CGImage? {
        guard let source = CGImageSourceCreateWithURL(file as CFURL, nil) else { return nil }
        return CGImageSourceCreateImageAtIndex(source, 0, nil)
    }

    func detect(_ image: CGImage) throws -> [Box] {
        let (name, input) = model.modelDescription.inputDescriptionsByName.first!
        let side = (width: input.imageConstraint!.pixelsWide, height: input.imageConstraint!.pixelsHigh)
        let gain = min(Float(side.height) / Float(image.height), Float(side.width) / Float(image.width))
        let w = max(Int((Float(image.width) * gain).rounded(.toNearestOrEven)), 1)
        let h = max(Int((Float(image.height) * gain).rounded(.toNearestOrEven)), 1)
        let left = Int((Float(side.width - w) / 2 - 0.1).rounded(.toNearestOrEven))
        let top = Int((Float(side.height - h) / 2 - 0.1).rounded(.toNearestOrEven))

        let canvas = CGContext(
            data: nil, width: side.width, height: side.height, bitsPerComponent: 8, bytesPerRow: 0,
            space: CGColorSpaceCreateDeviceRGB(), bitmapInfo: CGImageAlphaInfo.noneSkipLast.rawValue)!
        canvas.setFillColor(red: 114 / 255, green: 114 / 255, blue: 114 / 255, alpha: 1)
        canvas.fill(CGRect(x: 0, y: 0, width: side.width, height: side.height))
        canvas.interpolationQuality = .low
        // The origin of Core Graphics is the lower left corner.
        canvas.draw(image, in: CGRect(x: left, y: side.height - top - h, width: w, height: h))

        let value = try MLFeatureValue(
            cgImage: canvas.makeImage()!, constraint: input.imageConstraint!, options: nil)
        let given = try MLDictionaryFeatureProvider(dictionary: [name: value])
        let outputs = try model.prediction(from: given)
        let raw = outputs.featureNames.compactMap { outputs.featureValue(for: $0)?.multiArrayValue }.first!
        let scale = (x: Float(image.width) / Float(w), y: Float(image.height) / Float(h))
        return suppress(decode(raw)).map { box in
            var moved = box
            moved.x1 = min(max((box.x1 - Float(left)) * scale.x, 0), Float(image.width))
            moved.x2 = min(max((box.x2 - Float(left)) * scale.x, 0), Float(image.width))
            moved.y1 = min(max((box.y1 - Float(top)) * scale.y, 0), Float(image.height))
            moved.y2 = min(max((box.y2 - Float(top)) * scale.y, 0), Float(image.height))
            return moved
        }
    }

    // The raw output is (1, 4 + classes, anchors): centre, size, and a score for each class.
    func decode(_ raw: MLMultiArray) -> [Box] {
        let rows = raw.shape[1].intValue, anchors = raw.shape[2].intValue
        func at(_ row: Int, _ anchor: Int) -> Float {
            raw[[0, row as NSNumber, anchor as NSNumber]].floatValue
        }
        return (0..<anchors).compactMap { i in
            let best = (4..<rows).max { at($0, i) < at($1, i) }!
            guard at(best, i) > conf else { return nil }
            let (x, y, w, h) = (at(0, i), at(1, i), at(2, i) / 2, at(3, i) / 2)
            return Box(x1: x - w, y1: y - h, x2: x + w, y2: y + h, score: at(best, i), label: best - 4)
        }
    }

    func suppress(_ boxes: [Box]) -> [Box] {
        var kept: [Box] = []
        for box in boxes.sorted(by: { $0.score > $1.score }) where kept.count < 300 {
            if !kept.contains(where: { $0.label == box.label && overlap($0, box) > iou }) {
                kept.append(box)
            }
        }
        return kept
    }

    func overlap(_ a: Box, _ b: Box) -> Float {
        let w = max(min(a.x2, b.x2) - max(a.x1, b.x1), 0), h = max(min(a.y2, b.y2) - max(a.y1, b.y1), 0)
        let areas = (a.x2 - a.x1) * (a.y2 - a.y1) + (b.x2 - b.x1) * (b.y2 - b.y1)
        return w * h / (areas - w * h)
    }
}
