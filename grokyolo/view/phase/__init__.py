"""What a sweep shows: as text, as a picture, as one HTML page, as a CSV file."""
