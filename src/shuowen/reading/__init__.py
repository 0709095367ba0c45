"""From page pictures to a document."""
