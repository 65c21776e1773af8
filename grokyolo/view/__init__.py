"""Tables, pictures and the progress line: everything a person looks at."""
