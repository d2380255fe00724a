"""What a quiz's answers say about its questions: pure arithmetic on tables of points, and a page of it."""
