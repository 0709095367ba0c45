"""How well a model reads crops of one line: made ones that it has not seen, and real ones."""
