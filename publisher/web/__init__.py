"""What the public reaches over HTTP: the published files, pages of articles and issues, and those where subscribers
come, stay and leave. GET changes nothing."""
