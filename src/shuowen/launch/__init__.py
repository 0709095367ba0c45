"""Starting other people's programs and wiring them to this one: servers of models, Open WebUI."""
