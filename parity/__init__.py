"""Does the ONNX deployment of a YOLO detector see what the PyTorch model sees?"""
