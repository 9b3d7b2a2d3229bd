"""Reads what comes back: bounces, complaints and automatic answers, told apart.

    complaint | standard report | bounce in sentences | automatic answer | other -> Report

In: the bytes of one message, whatever they are. Out: a Report; nothing raises. Whom to believe is decided by others:
only a keyed token in `addressed_to` or `returned` proves that a report is about a message of ours.
"""

from dataclasses import replace

from publisher.subscribers.bounces import auto_replies, complaints, free_form, returned, standard
from publisher.subscribers.bounces.mail import MOST_BYTES as MOST_BYTES, Mail, parse
from publisher.subscribers.bounces.report import Kind as Kind, Report as Report
from publisher.subscribers.bounces.senders import addressed_to, is_from_a_mail_system
from publisher.subscribers.bounces.statuses import is_address_dead as is_address_dead


def read(data: bytes) -> Report:
    """What this message reports. At most 2 MB and 200 parts of it are read."""
    mail = _unwrapped(parse(data))
    report = _judged(mail)
    proof = returned.leaving_urls(mail) if report.kind in ("bounce", "complaint") else ()
    return replace(report, addressed_to=addressed_to(mail), returned=proof)


def _unwrapped(mail: Mail) -> Mail:
    """A filter may have put the report into another message to the same address; a person forwards to another."""
    if is_from_a_mail_system(mail) and mail.kind == "multipart/mixed":
        for inner in (parse(part.body) for part in mail.parts if part.kind == "message/rfc822"):
            is_report = inner.kind == "multipart/report" and is_from_a_mail_system(inner)
            if is_report and set(addressed_to(inner)) & set(addressed_to(mail)):
                return replace(inner, fields=(*mail.fields, *inner.fields))
    return mail


def _judged(mail: Mail) -> Report:
    for reader in (complaints.read, standard.read, free_form.read):
        if report := reader(mail):
            return report
    return Report(kind="auto-reply" if auto_replies.is_one(mail) else "other")
