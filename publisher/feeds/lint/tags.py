"""What HTML is made of, as far as feeds care: elements, attributes and which end tags may be left out."""

from publisher.feeds.lint.names import names

VOID = names("area base br col embed hr img input link meta param source track wbr")
RAW = names("script style textarea title xmp iframe noembed noframes")
HEADINGS = names("h1 h2 h3 h4 h5 h6")
TABLE_PARTS = names("caption colgroup thead tbody tfoot tr td th")
TABLE_INSIDES = names("table colgroup thead tbody tfoot tr")
"""Where only other parts of the table may stand."""
END_OPTIONAL = names("p li dt dd rb rt rtc rp optgroup option colgroup thead tbody tfoot tr td th")
BLOCKS = HEADINGS | names(
    "address article aside blockquote center details dialog dir div dl dt dd fieldset figcaption figure footer form "
    "header hgroup hr li main menu nav ol p pre section summary table ul"
)
"""A start tag of one of these ends an open paragraph."""
CLOSED_BY = {
    "li": ("p", "li"),
    "dt": ("p", "dt", "dd"),
    "dd": ("p", "dt", "dd"),
    "option": ("option",),
    "optgroup": ("option", "optgroup"),
    "rt": ("rb", "rt", "rp"),
    "rp": ("rb", "rt", "rp"),
    "td": ("p", "td", "th"),
    "th": ("p", "td", "th"),
    "tr": ("p", "td", "th", "tr", "colgroup"),
    "thead": ("p", "colgroup"),
    "tbody": ("p", "td", "th", "tr", "thead", "tbody", "tfoot", "colgroup"),
    "tfoot": ("p", "td", "th", "tr", "thead", "tbody", "colgroup"),
}
"""A start tag -> the open elements it ends by itself, as long as they are innermost."""
UNSAFE = names(
    "applet base basefont body embed form frame frameset head html iframe isindex link listing meta noembed noframes "
    "object param plaintext script style title xmp"
)
KNOWN = UNSAFE | names(
    "a abbr acronym address area article aside audio b bdi bdo big blockquote br button canvas caption center cite "
    "code col colgroup data datalist dd del details dfn dialog dir div dl dt em fieldset figcaption figure font footer "
    "h1 h2 h3 h4 h5 h6 header hgroup hr i img input ins kbd label legend li main map mark menu meter nav noscript ol "
    "optgroup option output p picture pre progress q rp rt ruby s samp section select small source span strike strong "
    "sub summary sup table tbody td template textarea tfoot th thead time tr track tt u ul var video wbr svg math"
)
KNOWN_ATTRIBUTES = names(
    "abbr accept accept-charset accesskey action align allow allowfullscreen alt autocomplete autofocus autoplay "
    "axis background bgcolor border cellpadding cellspacing char charoff charset checked cite class clear color "
    "cols colspan compact contenteditable coords crossorigin data datetime decoding default dir dirname disabled "
    "download draggable enctype face for form frame headers height hidden high href hreflang hspace id inputmode is "
    "ismap itemid itemprop itemref itemscope itemtype kind label lang list loading longdesc loop low max maxlength "
    "media method min minlength multiple muted name nohref noshade nowrap open optimum pattern ping placeholder "
    "playsinline poster preload readonly referrerpolicy rel required rev reversed rows rowspan rules scope selected "
    "shape size sizes span spellcheck src srclang srcset start step summary tabindex target title translate type "
    "usemap valign value vspace width wrap"
)
LINKING = names("href src srcset poster cite action background longdesc data")
"""Attributes whose value is an address."""
