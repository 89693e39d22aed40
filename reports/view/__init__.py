"""What a page shows, composed from report.json."""
