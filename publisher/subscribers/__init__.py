"""Who may be written to: reading lists of subscribers and judging addresses."""

from publisher.subscribers.importing import Row as Row, read_csv as read_csv
