"""The command line: builds the parts, hands them down, and turns errors into sentences."""
