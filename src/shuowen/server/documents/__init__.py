"""Documents that are handed in, read in the background and fetched: durable jobs."""
