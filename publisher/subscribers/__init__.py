"""Who may be written to: reading lists of subscribers and judging addresses."""

from publisher.subscribers.addresses import Address as Address, parse as parse, suggestion as suggestion
from publisher.subscribers.cells import neutral as neutral, restored as restored
from publisher.subscribers.formats import COLUMNS as COLUMNS
from publisher.subscribers.importing import UNREADABLE as UNREADABLE, Sheet as Sheet, read_list as read_list
from publisher.subscribers.rows import Known as Known, Row as Row
