"""Where model folders come from: a folder, Hugging Face, ModelScope."""
