"""Values by their labels: a JSON schema filled with what stands beside its labels on the pages."""
