"""What a read document is: plain records, their JSON and how lines join into text."""
