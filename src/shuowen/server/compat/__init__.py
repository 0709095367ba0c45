"""The shapes that other document servers answer in, over this server's own reading."""
