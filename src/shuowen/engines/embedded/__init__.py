"""The embedded engine: small networks on ONNX Runtime, with their weights in this package."""
