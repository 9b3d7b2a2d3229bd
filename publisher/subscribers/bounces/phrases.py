"""What mail systems and people write, in the languages that return to us: only words, no rules.

Each pattern is searched in a subject or in the first lines of a text, in any case.
"""

import re

_ANY = re.IGNORECASE


def _either(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), _ANY)


FAILED = _either(
    r"\bundeliver(?:able|ed)\b",
    r"\bnon[- ]?deliver(?:y|able|ed)\b",
    r"\bnot (?:be |been )?(?:successfully )?(?:delivered|relayed|sent to)\b",
    r"\bwas not (?:delivered|relayed)",
    r"\bdelivery (?:status )?(?:notification|report)?:? ?\(?(?:has |have )?fail",
    r"\b(?:delivery|mail|message|permanent delivery|smtp) (?:error|fail)",
    r"\bfail(?:ed|ure)[- ](?:notice|delivery|mail|message|recipient|address)",
    r"\bdeliver(?:y|ies) (?:to )?.{0,60}\b(?:failed|aborted|impossible)",
    r"\breturn(?:ed|ing) (?:mail|message|to sender)",
    r"\b(?:could|can) ?not (?:be )?(?:deliver|sent|reach)",
    r"\bcouldn'?t be (?:deliver|sent)",
    r"\b(?:can'?t|un)able to (?:be )?(?:deliver|reach|send)",
    r"\bwasn'?t able to deliver",
    r"\bdid not (?:reach|receive a copy)",
    r"\bmail(?: system)? error\b",
    r"\berror during delivery",
    r"\bprocessing error\b",
    r"\bpermanent (?:fatal )?error",
    r"\bbounced?\b.{0,30}\b(?:mail|message|notif)",
    r"\b(?:mail|message)\b.{0,20}\bbounced\b",
    r"\bdelivery status notification\b",
    r"\bfailed recipients?\b",
    r"\b(?:message|mail)\b.{0,20}\b(?:was|been|automatically) (?:rejected|refused)",
    r"\brejected mail\b",
    r"\bnot a valid (?:user|recipient|address)",
    r"\b(?:unknown|invalid|no such) (?:user|recipient|address|mailbox)",
    r"\buser (?:is )?unknown\b",
    r"\bnon remis\b|\bn'a pas pu être|\bnon[- ]distribu|\béchec de (?:la )?(?:remise|distribution)|\bnon recensé",
    r"\bunzustellbar|\bnicht zugestellt|\bnicht zustellbar|\bunzustellbarkeit|\bfehlgeschlagen",
    r"\bno se (?:ha )?(?:pudo|podido) entregar|\bno entregado|\bno se puede entregar|\bfallo de entrega",
    r"\bnon (?:è stato )?(?:recapitat|consegnat)|\bmancato recapito|\bimpossibile recapitare",
    r"\bonbestelbaar|\bniet (?:worden )?(?:bezorgd|afgeleverd)",
    r"\bnão (?:foi |pôde ser )?(?:entregue|entregável)|\bfalha na entrega",
    r"\bnie(?:doręczon| została? doręczon| można dostarczyć)",
    r"не (?:был[оа]? )?доставлен|не может быть доставлен|невозможно доставить",
    r"送信できません|配信できません|配送できません|配達できません|エラーのため",
    r"退信|无法投递|無法投遞|投递失败|系统退信",
    r"전송 ?실패|반송",
)

DELAYED = _either(
    r"\bdelay(?:ed)?\b.{0,60}\b(?:hours?|mail|deliver|message|days?|still)\b",
    r"\b(?:mail|message|delivery)\b.{0,60}\bdelayed\b",
    r"\bstatus notification \(delay\)",
    r"\bnot yet been delivered",
    r"\bstill being retried",
    r"\bwill (?:be retried|continue trying|keep trying|retry)",
    r"\bdelivery (?:warning|attempts will continue)",
    r"\bmail delivery warning",
    r"\bno action is required on your part",
    r"\bverzögert\b|\bretardé|\bretrasado|\bin ritardo\b",
)

GIVEN_UP = _either(
    r"\bwill be deleted from queue",
    r"\b(?:giving|given|gave) up\b",
    r"\bpermanent(?:ly)?\b",
    r"\bretry timeout exceeded",
)

TRANSIENT = _either(
    r"\bquota\b",
    r"\b(?:mailbox|mail box|inbox|account|box)\b.{0,30}\b(?:is |has been |was )?(?:full|exceeded|over)",
    r"\b(?:storage|disk) (?:space|full|limit)|\binsufficient (?:system )?(?:storage|resources)",
    r"\btime(?:d)?[- ]?out\b|\btry again|\btemporar(?:y|ily)|\bdeferred\b|\bconnection (?:refused|lost|reset)",
    r"\btoo large\b|\bexceed(?:s|ed)?\b.{0,30}\b(?:size|limit|maximum)",
)

NOBODY = _either(
    r"\buser[\w .,'\"<>…-]{0,60}\b(?:unknown|not (?:be )?(?:found|known|listed|exist))",
    r"\bunknown (?:or illegal )?(?:user|recipient|account|alias|local|mailbox|address)\b",
    r"\b(?:no|isn'?t a|not a) (?:such|valid|known|local)\s?(?:local )?\s?(?:user|person|recipient)",
    r"\b(?:no|isn'?t a|not a) (?:such|valid|known)\s?(?:local )?\s?(?:mailbox|account|address)",
    r"[…>\])\"'] does(?: not|n'?t) exist\b|\bdeactivated (?:mailbox|account)",
    r"\bno (?:user|mailbox|account)\b.{0,30}\b(?:here|name|found|with)",
    r"\b(?:user|recipient|mailbox|account|address|email address|e-mail address)\b[^.;]{0,60}"
    r"\b(?:does(?: not|n'?t) exist|not (?:exist|found)|unknown|no longer (?:valid|exists?|on server)|invalid)",
    r"\binvalid (?:recipient|user|mailbox|account|destination userid|final delivery userid)",
    r"\brecipnotfound\b|\brecipientnotfound\b",
    r"\baccount\b.{0,40}\b(?:has been |is |was )?(?:disabled|deactivated|closed|deleted|terminated|inactive)",
    r"\bmailbox\b.{0,30}\b(?:is |has been )?(?:disabled|deactivated|inactive)",
    r"\b(?:doesn'?t|does not) have (?:an?|any) .{0,30}\baccount",
    r"\bno mailbox here by that name",
    r"\bnot listed in .{0,30}directory",
    r"\bexistiert nicht\b|\bunbekannt(?:er)? (?:empfänger|benutzer)|\bn'existe pas\b|\bno existe\b|\bnon esiste\b",
    r"見つかりません|存在しません|不存在|не существует|нет такого|존재하지",
)

BLOCKED = _either(
    r"\bspam\b|\bbulk\b|\bunsolicited|\bblack ?list|\bblock ?list|\bblock(?:ed|ing)?\b|\bdnsbl|\brbl\b",
    r"\bpolic(?:y|ies)\b|\breputation\b|\bspf\b|\bdkim\b|\bdmarc\b|\bauthenticat|\bunauthori[sz]ed|\bcontent\b",
    r"\brelay|\bgr[ae]y ?list|\brate\b|\btoo (?:many|fast|quickly)|\bthrottl",
    r"\bquota\b|\bfull\b|\btoo (?:large|big)\b|\bsize\b|\bexceed|\bsuspended\b|\btemporar|\btry again|\bvirus",
    r"\bsender\b|\byour (?:server|ip|host|domain)|\breverse dns|\bptr\b|\bloop\b|\bhops?\b|\baccess denied",
    r"\bverif|\bconfirm|\bwhitelist|\ballow ?list",
)

AWAY = _either(
    r"^\W*(?:re:\s*)?(?:auto(?:matic|mated)?|out of (?:the )?office|ooo)[\s:_-]*(?:re(?:ply|sponse|sponder))?\s*:",
    r"\bout[- ]of[- ](?:the[- ])?office\b|\bautomatic (?:reply|response)\b|\bauto-?(?:reply|response|responder)\b",
    r"^\W*(?:re:\s*)?auto:|\baway from (?:my|the) (?:office|desk|email|mail)|\bon (?:vacation|holiday|annual leave)\b",
    r"\bvacation (?:reply|notice|message|response)|\bautomated (?:reply|response)",
    r"\babwesenheits|\babwesend\b|\bnicht im (?:büro|haus|hause)\b|\bautomatische (?:antwort|rückantwort|reaktion)",
    r"\bréponse automatique|\babsence du bureau|\bnotification d'absence|\babsent du bureau",
    r"\brespuesta automática|\bfuera de (?:la )?oficina|\bausente de la oficina",
    r"\brisposta automatica|\bfuori (?:sede|ufficio)",
    r"\bresposta automática|\bausência (?:temporária|do escritório)|\bfora do escritório",
    r"\bautomatisch antwoord|\bafwezig(?:heid)?\b|\bniet aanwezig\b",
    r"\bautomatyczna odpowied|\bautosvar|\bautomatiskt? svar|\bfrånvaro|\bfravær|\bautomaattinen vastaus|\bpoissa\b",
    r"\bautomatická odpov|\botomatik (?:yanıt|cevap)|автоматический ответ|автоответ|自動(?:返信|応答)|不在(?:通知|の)",
    r"自动(?:回复|答复)|自動回覆|자동 ?(?:회신|응답)|부재중",
)

CHALLENGE = _either(
    r"\bnot pre-?approved\b|\bguest list\b|\bwaitlisted\b|\baction required\b.{0,40}\b(?:deliver|confirm)",
    r"\bplease (?:confirm|verify) (?:that )?(?:you|your (?:message|mail|email|address))\b",
    r"\bchallenge[- ]response|\bspamarrest\b|\bconfirm your (?:email|mail|message)\b|\bearthlink.{0,20}spamblocker",
    r"\bsender (?:address )?verification\b",
)

ACKNOWLEDGED = _either(
    r"^\W*\[(?:ticket|case|request|support)\b|^\W*\[?#\d{3,}",
    r"\b(?:ticket|case|request) (?:#|no\.?|number|id|received|created|opened)",
    r"\bwe (?:have )?received your (?:e-?mail|message|request|enquiry|inquiry)",
    r"\bthank you for (?:contacting|your (?:e-?mail|message|enquiry|inquiry))",
    r"\beingangsbestätigung|\baccusé de réception",
)

RETURNED_BELOW = re.compile(
    r"^[ \t>]*(?:"
    r"-{2,}[^\n]{0,20}\b(?:below this line is a copy|this is a copy of|original message|returned (?:message|mail)"
    r"|start of returned|the body of the message|message header|header of)[^\n]*"
    r"|(?:here is your returned mail|original message (?:follows|headers)|message (?:headers?|text) follows?"
    r"|a copy of the original message|included is a copy of the message|this is a copy of your message"
    r"|bounced e-?mail|your message reads|old message|unsent message follows)[^\n]{0,60}"
    r"|[-=_*]{3,}[ \t]*(?:returned mail follows|unsent message|returned message|copy of your message)[^\n]*"
    r"|(?:return-path|received|dkim-signature|arc-seal|list-unsubscribe):[^\n]*"
    r")$",
    _ANY | re.MULTILINE,
)
"""The line from which on a text quotes the message that came back."""

DAEMON = re.compile(
    r"(?:mailer|mail|post|delivery)?[-_.]?(?:daemon|demon)|mdaemon|post(?:master|man)|mail[-_.]?(?:admin\w*|system)"
    r"|mail\.?delivery\.?(?:sub)?system|mailerdaemon|microsoftexchange[0-9a-f]{6,}|double-bounce",
    _ANY,
)
"""Local parts under which mail systems write."""

DAEMON_NAME = re.compile(
    r"\bmail(?:er)?[- ]?(?:daemon|delivery|admin)|\bpostmaster\b|\bdelivery (?:sub)?system|\bsystem administrator\b"
    r"|\bjetmail system|\bmail system\b",
    _ANY,
)
"""Display names under which mail systems write."""
