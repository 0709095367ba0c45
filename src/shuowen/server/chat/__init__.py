"""OpenAI's chat completions over any model: the embedded reader, an engine, another server."""
