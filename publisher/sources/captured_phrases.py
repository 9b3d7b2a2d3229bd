"""The fixed phrases of news pages, one pattern a line: what sites print around stories and teasers.

A phrase matches a whole line, without regard to case. To teach Publisher a new one, add a line and a page in
`tests/data/pages`.
"""

import re

_ARROWS = r"[\s»›>→«‹<←·|:+]*"
_LANGUAGE = r"(?:espa[ñn]ol|spanish|english|ingl[ée]s|portugu[êe]s|fran[çc]ais|中文|krey[òo]l)"
_NEWS = (
    r"(?:(?:news|press|media) releases?|news (?:articles?|stories|items?|headlines?)|news|articles?|stories|story"
    r"|posts?|releases?|headlines?|blog posts?|blogs?|items?|updates?|announcements?|features?|reading|content)"
)
_LATEST = (
    r"(?:recent|latest|related|similar|more|other|all|new|top|featured|popular|trending"
    r"|most (?:read|popular|recent|viewed)|recommended|current|further|additional|suggested|see also|newest|upcoming)"
)
_PHONE = r"\+?(?:1[-. ])?\(?\d{3}\)?[-–. /]{0,3}(?:\d{3}[-–. ]\d{4}|[A-Z]{3,9}\b)(?:\s*\(?[A-Z-]{4,10}\)?)?"


def whole_line(patterns: str, **parts: str) -> re.Pattern[str]:
    """One expression for a list of patterns, a line each; `<NAME>` stands for one of `parts`."""
    lines = [line.strip() for line in patterns.strip().splitlines()]
    joined = "|".join(line for line in lines if line)
    for name, part in parts.items():
        joined = joined.replace(f"<{name}>", part)
    return re.compile(f"^(?:{joined})$", re.I)


FURNITURE = whole_line(
    r"""
    (?:print|printer)(?:[ -]friendly)?(?: (?:page|version|this(?: page)?|article|icon))?
    share (?:this|on|via)\b.{0,60}
    share with (?:a friend|friends|your friends)\W*
    (?:follow|like|find|connect with) us(?: on\b.{0,60}|[:!.]?)
    join us on (?:facebook|twitter|linkedin|instagram|social)\b.{0,40}
    (?:join the )?conversation\W*
    bookmark and share(?: rss(?: icon)?(?: feed)?)?
    rss(?: icon| feed)*
    click (?:here )?to (?:tweet|share|print|enlarge|listen|watch|play)\b.{0,40}
    tweet this
    (?:read |ver |view |leer |also available )?(?:this (?:page )?)?(?:in |en )?<LANGUAGE>(?:\s*[|/(,]\s*<LANGUAGE>\)?)*
    (?:read |ver |view )?(?:in |en )?<LANGUAGE> (?:version|\(?pdf\)?)
    media downloads?(?: ?[/:] ?(?:images?|videos?|audio|photos?|documents?|files?)s?:? ?\d*)?
    (?:images?|videos?|photos?|audio|documents?|files?|downloads?|media|b-?roll)\s*(?:\(\d+\)|:\s*\d+)?
    (?:high|low)[ -]res(?:olution)?(?: (?:image|photo|version|download))?s?
    (?:click|tap) (?:here )?(?:on )?(?:the )?(?:image|photo|picture)s? (?:for|to)\b.{0,50}
    (?:text|font|type) ?size\b.{0,40}
    (?:(?:increase|decrease|reset|larger|smaller|normal|medium|large|small|default)[ /|,-]*)+(?:text|font|size|\s)*
    change (?:text|font) size
    [aA][-+]?(?:[\s|/,]+[aA][-+]?)+
    [+\s/|A-]+
    (?:<<|«|‹|<|←|&lt;&lt;)\s*.{0,60}
    (?:go )?(?:back|return)(?: up)?<ARROWS>
    (?:go )?(?:back|return) to (?:the )?(?:top|news|newsroom|all|list|previous|home|main|search|results|blog)\b.{0,30}
    (?:go )?(?:back|return) to (?:the )?(?:archives?|press|media|articles?|stories|index|releases?|events?)\b.{0,30}
    (?:prev(?:ious)?|next|older|newer)(?: (?:post|article|story|release|page|entr(?:y|ies)|item))?s?<ARROWS>
    (?:[«‹<←]+\s*)?(?:prev(?:ious)?|older (?:posts|entries))\b.{0,20}(?:next|newer (?:posts|entries))\b<ARROWS>
    (?:page )?\d+ of \d+
    (?:\d+\s+)+(?:\.\.\.|…|next|last|»|›|>|\d)*\s*(?:next|last)?<ARROWS>
    (?:view|see|show|load|browse)(?: (?:all|more|our|the|latest|full|other|past|recent|related))* (?:all|more)<ARROWS>
    (?:view|see|show|load|browse)(?: (?:all|more|our|the|latest|full|other|past|recent|related|press))* <ROOMS>.{0,20}
    (?:more|all) (?:news|stories|articles|posts|releases|headlines)?(?: releases)?\s*[»›>→]+
    skip (?:to|directly|navigation)\b.{0,50}
    (?:main )?(?:menu|navigation|search|homepage|site ?map|log ?in|sign ?in|sign ?up|register|donate|give now|careers)
    (?:close|toggle navigation|submit|search this site|breadcrumbs?|you are here:?.{0,80})
    [\w&' ]{2,30}(?:\s*(?:>|»|›|::|→)\s*[\w&’',.:?!–()-]+(?: [\w&’',.:?!–()-]+){0,14})+\s*[>»›]?
    home(?:\s*[/|]\s*[^/|]{2,60})+
    (?:sub|un)scribe(?: (?:now|today|to|for|by|via)\b.{0,60})?!?
    sign up (?:for|to)\b.{0,60}\b(?:newsletters?|e-?news|e-?mails?|alerts?|updates?|news|text messages?)\b.{0,30}
    (?:leave|post|add|write) (?:a|your) (?:comment|reply)\b.{0,20}
    (?:no|\d+) (?:comments?|responses?|shares?|views?|likes?|replies)(?: (?:yet|so far|on|to)\b.{0,60})?
    comments?(?: (?:are|off|closed|\(\d+\)).{0,40})?
    (?:tags?|tagged|categor(?:y|ies)|topics?|keywords?|labels?)\s*:\s*.{1,150}
    (?:tagged (?:with|as|in)|filed (?:under|in)|posted in|published in)\s*:?\s+.{1,100}
    (?:tags?|categor(?:y|ies)|filed under|topics?|archives|keywords?|share|sharing|services|locations?):?
    (?:advertisement|sponsored|ad|image|photo|video|audio|gallery|slideshow|loading)\W{0,3}
    (?:watch|play|view)(?: the| this| our)? (?:video|slideshow|gallery|photos?)\b.{0,40}
    (?:image|photo|video|picture) (?:icon|placeholder|gallery)
    (?:facebook|twitter|linkedin|email|youtube|instagram|share|phone|search|calendar|download|menu|close|pdf|mail) icon
    (?:©|\(c\)|copyright\b).{0,160}
    .{0,60}\ball rights reserved\.?.{0,40}
    (?:privacy|cookie)(?: (?:policy|notice|practices|statement|settings)\b.{0,80})?
    terms (?:of use|of service|and conditions|& conditions)\b.{0,80}
    (?:legal|accessibility|non-?discrimination)(?: (?:notice|statement|information)\b.{0,60})?
    hit enter to search or esc to close
    (?:page )?(?:last )?reviewed:?.{0,60}
    content source:.{0,100}
    source newsroom:.{1,100}
    (?:article|story|news|release|document) (?:id|no\.?|number)\s*[:#].{1,30}
    (?:average |your )?rating\W.{0,40}
    rate this (?:article|page|post|story)\W*
    (?:\d+ votes?|\d+(?:\.\d+)? stars?)
    (?:\d+ ?[- ]?min(?:ute)?s? read|reading time:? .{0,20}|estimated read(?:ing)? time.{0,20})
    (?:-?\s*more\s*-?|\(more\)|-more-)
    (?:article|story) continues(?: below)?\b.{0,30}
    (?:get|download) (?:adobe|acrobat|the app|our app)\b.{0,40}
    (?:find|meet) (?:a|your|our) (?:doctor|provider|physician|location|specialist|team|job)s?<ARROWS>
    (?:make|request|schedule|book) (?:an?|your) appointment<ARROWS>
    (?:get directions|directions|map|view map|contact form|mychart|patient portal|pay (?:my |your )?bill)<ARROWS>
    (?:quick links|i want to)<ARROWS>
    learn more(?: (?:about|at|here)\b.{0,60}(?<![.!?]))?<ARROWS>
    (?:request an interview|media resources|press kit|media kit)
    (?:call|tel|phone|toll[- ]free|main|ph|p|t|fax|f|dial)?(?: us)?(?: (?:now|today|at|toll[- ]free))*\W{0,3}<PHONE>
    (?:call|tel|phone|main)?\W{0,3}<PHONE>\W{1,4}.{0,40}text size.{0,30}
    (?:for more information|resources|learn more):?
    in [“"].{2,40}[”"]
    (?:permalink|trackbacks?|pingbacks?|edit|quote|like this:?|like loading.*|loading\W*)
    (?:in this (?:article|section|story)|on this page|table of contents|contents|jump to)\b:?
    \W*
    """,
    ARROWS=_ARROWS,
    LANGUAGE=_LANGUAGE,
    PHONE=_PHONE,
    ROOMS=r"(?:news|articles?|stories|posts?|releases?|archives?|events|results|blog|list|gallery|headlines|newsroom)\b",
)
"""Lines that belong to the site, not to any story."""

SHARE_WORDS = frozenset(
    re.findall(
        r"\S+",
        """email e-mail share save tweet pin like print send forward text copy link download pdf rss bookmark listen now
        play pause mute facebook twitter x linkedin pinterest reddit google whatsapp tumblr instagram youtube flickr
        addthis digg stumbleupon delicious more and or icon feed this page article story post on via to by a friend
        embed get button buttons logo""",
    )
)

NAVIGATION = whole_line(
    r"""
    home
    news
    search
    menu
    (?:skip to )?(?:main )?content
    about(?: us)?
    contact(?: us)?
    careers|jobs
    donate|giving|ways to give
    locations?|directions
    services|conditions (?:and|&) treatments|departments
    find a (?:doctor|provider|physician|location)
    (?:for )?(?:patients?|visitors?|providers?|professionals?|families)(?: (?:and|&) (?:patients?|visitors?|families))?
    my ?(?:chart|health|care)|patient portal|pay (?:my|your|a) bill
    request an appointment|make an appointment|appointments
    events|classes(?: (?:and|&) events)?
    """
)
"""Entries of a site's menu, which may stand line by line above a headline."""

LABEL = whole_line(
    r"""
    (?:press|news|media) ?releases?(?: details?)?
    for immediate release[.:!]*
    (?:immediate|news) release
    news(?:room)?(?: (?:and|&|&amp;) (?:events?|media|publications|information|updates|stories|announcements|press))?
    (?:events?|media|press|publications) (?:and|&) (?:news|events?|media|press)(?: releases)?
    media ?(?:room|center|relations|advisory|alert|statement)?
    press ?(?:room|center|office)?
    blogs?
    (?:our|health|hospital|company|system|patient|success|community|local) (?:news|blog|stories|story)
    news ?(?:details?|articles?|items?|story|stories|archives?|center|hub|desk|listing)
    (?:article|story|post|blog post|event|video|podcast|feature|feature story|featured story|featured)
    (?:top news|top story|breaking news|announcements?|headlines?)
    (?:embargoed?(?: (?:until|for|by)\b|[:.!]|$)|not for release|hold for release).{0,120}
    what['’]s happening
    latest (?:blog|videos?)
    home
    statement
    """
)
"""Names of a site's rooms and sorts, printed above headlines."""

SECTION = whole_line(
    r"""
    what['’`´]?s new(?: (?:at|on) .{2,50}| this (?:week|month)| in <MONTH>(?: \d{4})?)?[!:]?
    (?:the )?<LATEST>(?: <SORT>)?(?: (?:&|and|&amp;) \w+)? <NEWS>(?: <FROM> .{2,60})?:?\W{0,2}
    you (?:may|might) (?:also )?(?:like|be interested in|enjoy)\W*
    (?:also of interest|more like this|read next|up next|keep reading|don['’]t miss|in other news|explore more)[:.]?
    more (?:from|on|in) .{2,50}
    (?:related|see also|read also|also in the news|recommended(?: for you)?|related topics|popular now)[:.]?
    (?:the latest(?: from .{2,40})?|latest|trending(?: now)?|in the news|most popular|recent)[:.]?
    editor['’]?s['’]? picks?
    """,
    MONTH="(?:january|february|march|april|may|june|july|august|september|october|november|december)",
    LATEST=_LATEST,
    NEWS=_NEWS,
    FROM=r"(?:from|about|in|on|by|for|at|like)",
    SORT=r"(?:related|recent|latest|health|hospital|in|cdc|our|press|media|local|system|company|popular)",
)
"""Headings of teasers."""

END = whole_line(
    r"""
    #(?:\s*#)+
    -\s?#(?:\s*#)*\s?-
    #+\s?(?:30|end)\s?#+
    [-–—]+\s*(?:30|0|end)\s*[-–—]+
    [-–—](?:\s[-–—])+
    <?end>?
    [*•·](?:\s?[*•·])+
    [_=~-]{3,}
    ~\s?~\s?~
    —+
    (?:\.\s){2,}\.
    """
)
"""Signs that close a story."""

LINKS = whole_line(
    r"""
    (?:related|useful|helpful|external|quick|additional|more) (?:links?|resources|documents|sites|pages)\b:?.{0,20}
    (?:related|useful|helpful|additional|more) (?:services|files|downloads|media|videos?|topics|content|information):?
    links?:?
    contact(?: us)?(?: (?:today|now|information|info))?[:.]?
    (?:leave|post) a (?:reply|comment)\b.{0,40}
    \d* ?comments?:?
    disclaimer:?
    references:?
    on the web:?
    for (?:the )?(?:media|press|reporters|journalists)(?: only)?:?
    (?:multimedia|attachments?|downloads?):?
    share this(?: (?:story|article|post|page|release|entry|news))?:?
    safe harbor.{0,50}
    forward[- ]looking statements?:?.{0,30}
    about the author:?
    locations? near you
    (?:source|sources)
    (?:news |original )?sources?\s*:\s*\S.{0,150}
    (?:(?:journal )?references?|funding|disclosures?|notes? to editors|editor['’]?s notes?)\s*:\s*\S.{0,150}
    """
)
"""Headings of what stands below a story and is no teaser."""

CONTACT_HEAD = whole_line(
    r"""
    (?:<WHOSE> )?(?:please )?(?:contacts?|contact information|contact person)(?: information| details)?<OF>\s*[:.]?
    (?:for )?(?:news media|media|press) (?:inquiries|contacts?|relations|queries)(?: only|(?: please)? contact)?\s*:?
    for (?:more|further) information(?:,? (?:please )?(?:contact|call))?:
    for (?:more|further|additional) (?:media )?information,? (?:please )?contact[:.]?
    for (?:media|press|inquiries|interviews|reporters|details)(?: (?:inquiries|information))?,? (?:please )?contact[:.]?
    """,
    WHOSE=(
        r"(?:(?:media|press|news|public|pr|publicity|editorial)(?: (?:relations|affairs|information|office))?"
        r"|investor|company|patient|general)"
    ),
    OF=r"\s*(?:\([\w ]{2,40}\))?",
)
"""Headings of a contact for the press."""

NOT_FOUND = whole_line(
    r"""
    nothing (?:was )?found[.!]?
    <SORRY>no (?:<NEWS>|results|entries|matches) (?:were )?found\b.{0,60}
    <SORRY>no (?:<NEWS>|results|entries) match(?:ed)? .{2,40}
    (?:error )?404\b.{0,40}
    <SORRY>(?:(?:the|this|that) )?page (?:(?:was |is |could )?not (?:be )?found|can(?:no|['’])t be found)\b.{0,40}
    """,
    NEWS=_NEWS,
    SORRY=r"(?:(?:we['’]re |we are )?(?:sorry|oops)[!,.]* (?:but )?)?",
)
"""What a site says in place of a list or a page that it does not have."""

MORE = whole_line(
    r"""
    <OPEN>(?:read|view|see|get) (?:more|the (?:full|rest|whole|complete|entire)|full (?:story|article|release))\b<REST>
    <OPEN>(?:read|view) (?:on|article|story|post|this (?:article|story|post))<REST>
    <OPEN>(?:continue reading|keep reading|full (?:story|article|release))\b<REST>
    """,
    OPEN=r"[\[(]?(?:\.\.\.|…)?\s*",
    REST=r"[^.]{0,100}?" + _ARROWS + r"[\])]?[.…]*",
)
"""A link to the rest, on a line of its own."""
