"""The correct path from pixels to boxes, without torch: letterbox, decoding, NMS, rescaling."""
