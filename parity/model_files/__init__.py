"""What an ONNX file is: its description, its weights, and whether it is what was asked for."""
