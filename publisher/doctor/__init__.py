"""What must be right around us before mail arrives: names in the DNS, the relay's certificate, mailboxes, this machine.

In: what others found (records of the DNS, a certificate, the answer of a mail server, two clocks). Out: a Result for
each question, with what to do. The rules are pure; of this room only `names` and `mailboxes` ask anybody, and `asking`
keeps the time. Which questions are asked for a site, and how long an answer may take, is for the action to know.
"""

from publisher.doctor.names import Names as Names, nameserver_at as nameserver_at
from publisher.doctor.results import Result as Result, Severity as Severity
