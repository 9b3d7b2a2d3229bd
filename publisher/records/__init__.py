"""The nouns of Publisher as frozen data: no I/O, standard library only. A change is `replace(record, …)`."""

from publisher.records.content import (
    Article as Article,
    Attachment as Attachment,
    Collected as Collected,
    Event as Event,
    Finding as Finding,
    Image as Image,
    Severity as Severity,
    Source as Source,
    Stated as Stated,
    Teaser as Teaser,
    Topic as Topic,
    may_be_read as may_be_read,
    released as released,
)
from publisher.records.deliveries import (
    OPEN as OPEN,
    SETTLED as SETTLED,
    Accepted as Accepted,
    Barred as Barred,
    Certificate as Certificate,
    Deferred as Deferred,
    Delivery as Delivery,
    DeliveryState as DeliveryState,
    Ending as Ending,
    Envelope as Envelope,
    Outcome as Outcome,
    Pace as Pace,
    Refused as Refused,
    Sender as Sender,
    Trouble as Trouble,
    Uncertain as Uncertain,
    Unsent as Unsent,
)
from publisher.records.feeds import (
    Build as Build,
    EntryKind as EntryKind,
    Feed as Feed,
    Placed as Placed,
    Standing as Standing,
)
from publisher.records.keys import headline_key as headline_key
from publisher.records.mail import (
    HEADERS as HEADERS,
    Block as Block,
    Change as Change,
    Edition as Edition,
    Edits as Edits,
    Issue as Issue,
    IssueState as IssueState,
    Newsletter as Newsletter,
    Override as Override,
    Period as Period,
    Token as Token,
    as_html as as_html,
    blocks_for as blocks_for,
    left_for as left_for,
    token as token,
)
from publisher.records.people import (
    Bounce as Bounce,
    ConsentEvent as ConsentEvent,
    ConsentKind as ConsentKind,
    Intake as Intake,
    Reason as Reason,
    Request as Request,
    Segment as Segment,
    Subscriber as Subscriber,
    Suppression as Suppression,
    Wish as Wish,
)
from publisher.records.schedules import (
    Interval as Interval,
    OnHoliday as OnHoliday,
    Schedule as Schedule,
    Which as Which,
)
from publisher.records.text import (
    excerpt as excerpt,
    is_language as is_language,
    plain as plain,
    word_count as word_count,
)
