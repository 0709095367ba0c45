"""From messages to what a model is given: template, tokens, tiles, positions."""
