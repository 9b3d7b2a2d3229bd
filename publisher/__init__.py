"""A source gives articles and teasers; these become feeds, or an issue; an issue and its subscribers become messages;
each message's fate is a delivery.

The rooms, from the ground up; nothing imports upward:

errors, records            what can go wrong; the nouns
config, keys               publisher.toml; the site's secrets
links, return_paths        every public URL, and where mail comes back to; their tokens
files, fetching            puts a finished file in its place, whole or not at all; asks other servers
addresses                  which of them may be asked for content: the open internet, and what is listed of an intranet
languages, colours         what we know of languages: direction, names, dates; which colours can be read on which
browser, programs          the machine's own Chromium and SpamAssassin, where they are installed
doctor                     what must be right around a site before mail arrives: rules over DNS, relay and machine
failpoints                 where a test may end the program
templating                 the one Jinja environment
sources                    the only door in for content
subscribers                who may be written to: lists of people, addresses, what comes back
store                      the only SQLAlchemy: schema on one page, one module a noun
feeds                      records -> documents, the only feedgen; lint judges any feed
digest                     select | render | inline | text -> editions, the only premailer; check is the gate
delivery                   compose | sign | transport, ledger, pace; engine is the door
app                        joins the parts
actions                    everything the program can be asked to do: the waist
schedule                   what is due, and APScheduler to wake us
web                        published files and public pages over HTTP, the only Starlette
service                    `publisher run`: ticks, senders, alarms and the web server side by side
cli                        commands
"""

__version__ = "0.1.0"
