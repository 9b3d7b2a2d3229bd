"""The only door to other servers over HTTP, and the only httpx and httpcore imports; limits on everything.

Fetcher asks what the site itself names (hubs, webhooks, links); ContentFetcher asks addresses that came from outside:

    check the address | ask its robots.txt | wait | resolve, check, connect | read within limits -> Reply

In: an address. Out: a Reply, whatever its status; FetchError only where there is none. Nothing that comes back is run,
trusted or understood here: that is left to publisher.sources.
"""

from publisher.addresses import Allowed
from publisher.fetching.content import ContentFetcher
from publisher.fetching.fetcher import Fetcher
from publisher.fetching.reply import Reply, Validators, validators

__all__ = ["Allowed", "ContentFetcher", "Fetcher", "Reply", "Validators", "validators"]
