"""What the public reaches over HTTP: the published files, and pages of articles and issues. GET changes nothing."""
