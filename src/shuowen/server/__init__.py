"""The server: OpenAI's chat, documents as jobs, and the shapes that other people's tools call."""
