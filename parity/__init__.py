"""Say whether the ONNX deployment of a YOLO detector sees what the PyTorch model sees."""
