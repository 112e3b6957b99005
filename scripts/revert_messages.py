"""What MediaWiki, its extensions and Twinkle write as summaries of reverts, from their own message
files: a folder of i18n/*.json each, or one JSON object of language -> key -> template.

Not kept here: the messages. `make_revert_patterns.py` takes patterns out of them,
`measure_revert_patterns.py` writes summaries with them and counts those that are read.
"""

import itertools
import json
import pathlib
import re

# What stands for a revision, the user whose edits go, the user whose revision stays, and a count.
REV, USER, GOOD, COUNT = "987654321", "Qxvandalqx", "Qxgoodqx", "77"
LINK = "[[Special:Contributions/%s|%s]]"
BEFORE_USER, AFTER_USER = "\1", "\2"

LINKED = LINK % (USER, USER)
TWINKLE_USER = f"{LINKED} ([[User talk:{USER}|talk]])"
TWINKLE_GOOD = f"{LINK % (GOOD, GOOD)} ([[User talk:{GOOD}|talk]])"
REJECT = {1: COUNT, 2: LINKED, 3: REV, 4: GOOD, 5: USER, 6: GOOD, 7: "1"}
REJECT_SHORT = {1: COUNT, 2: REV, 3: GOOD, 4: GOOD}

# Tool -> message key -> what the summary names, and the parameters as the tool fills them in. The
# kind `first` undoes edits but keeps later ones: what it names does not tell which.
TOOLS = {
    "mediawiki": {
        "undo-summary": ("undo", {1: REV, 2: USER}),
        "undo-summary-anon": ("undo", {1: REV, 2: USER}),
        "undo-summary-username-hidden": ("undo", {1: REV}),
        "undo-summary-import": ("undo", {1: REV, 2: f"w:en:User:{USER}", 3: USER}),
        "undo-summary-import2": ("undo", {1: REV, 2: USER}),
        "revertpage": ("rollback", {1: GOOD, 2: USER, 7: COUNT}),
        "revertpage-anon": ("rollback", {1: GOOD, 2: USER, 7: COUNT}),
        "revertpage-nouser": ("hidden", {1: GOOD, 7: COUNT}),
    },
    "flaggedrevs": {
        "revreview-reject-summary-cur": ("to", REJECT),
        "revreview-reject-summary-cur-short": ("to", REJECT_SHORT),
        "revreview-reject-summary-old": ("first", REJECT),
        "revreview-reject-summary-old-short": ("first", REJECT_SHORT),
    },
    "automoderator": {
        "automoderator-wiki-revertpage": ("rollback", {1: GOOD, 2: USER, 7: COUNT}),
        "automoderator-wiki-revertpage-anon": ("rollback", {1: GOOD, 2: USER, 7: COUNT}),
        "automoderator-wiki-revertpage-nouser": ("hidden", {1: GOOD, 7: COUNT}),
    },
    "twinkle": {
        "revert-summary": ("to", {1: REV, 2: GOOD}),
        "restore-summary": ("to", {1: REV, "%USER%": TWINKLE_GOOD}),
        "goodfaith-summary": ("rollback", {"%USER%": TWINKLE_USER}),
        "vandalism-summary": ("rollback", {1: COUNT, 2: GOOD, "%USER%": TWINKLE_USER}),
        "normal-summary": ("rollback", {1: COUNT, "%USER%": TWINKLE_USER}),
    },
}
# Databases whose names are not their language.
WIKIS = {"nb": "no", "be-tarask": "be_x_old", "yue": "zh_yue", "lzh": "zh_classical", "nan": "zh_min_nan",
         "vro": "fiu_vro", "gsw": "als", "zh-hans": "zh", "zh-hant": "zh", "sr-ec": "sr", "sr-el": "sr"}


def wiki(language):
    return WIKIS.get(language, language.replace("-", "_")) + "wiki"


def load(path):
    """Language -> key -> template."""
    path = pathlib.Path(path)
    if path.is_dir():
        files = sorted(path.glob("*.json"))
        return {f.stem: json.loads(f.read_text("utf-8")) for f in files if f.stem != "qqq"}
    return json.loads(path.read_text("utf-8"))


def expand(template, choices, sizes):
    """The template with, for each parameter, the form that is chosen for it; `None` if it has other
    functions. Notes in `sizes` how many forms there are of each."""
    template = re.sub(r"(?i)\{\{#special:\s*(\w+)\s*\}\}", r"Special:\1", template)
    template = re.sub(r"(?i)\{\{ns:\s*(\w+)\s*\}\}", r"\1", template)
    while inner := re.search(r"\{\{([^{}]*)\}\}", template):
        name, _, rest = inner[1].partition(":")
        # A `|` within a link is not a separator.
        rest = re.sub(r"\[\[[^\]]*\]\]", lambda link: link[0].replace("|", "\0"), rest)
        parameter, *forms = [piece.replace("\0", "|") for piece in rest.split("|")]
        name = name.strip().lower()
        if name in ("grammar", "formatnum"):
            form = (forms or [parameter])[-1]
        elif name in ("plural", "gender"):
            sizes[parameter] = max(sizes.get(parameter, 1), len(forms))
            chosen = min(choices.get(parameter, 0), len(forms) - 1)
            # `1=FORM` is one for a certain number.
            form = re.sub(r"^\s*\d+\s*=", "", forms[chosen]) if forms else ""
        else:
            return None
        template = template[: inner.start()] + form + template[inner.end():]
    return template


def variants(template):
    """The template with each plural and gender that its parameters may have."""
    sizes = {}
    expand(template, {}, sizes)
    found = set()
    for numbers in itertools.product(*(range(size) for size in sizes.values())):
        found.add(expand(template, dict(zip(sizes, numbers, strict=True)), {}))
    return found - {None}


def summaries(tool, messages):
    """Each (key, kind, summary, words for a hidden user) that a tool may write in one language."""
    for key, (kind, parameters) in TOOLS[tool].items():
        template = messages.get(key)
        if not template:
            continue
        for variant in sorted(variants(template)):
            for name, value in parameters.items():
                variant = variant.replace(name if isinstance(name, str) else f"${name}", value)
            if "$" not in variant:
                yield key, kind, variant, None
    hidden = messages.get("hidden-user") if tool == "twinkle" else None
    for key in ("goodfaith-summary", "normal-summary", "vandalism-summary"):
        for variant in sorted(variants(messages.get(key) or "")) if hidden else ():
            variant = variant.replace("%USER%", hidden).replace("$1", COUNT).replace("$2", GOOD)
            if hidden in variant and "$" not in variant:
                yield key, "hidden", variant, hidden


# The same as crates/core/src/labels/summary/plain.rs: a summary with users marked.


def is_shortcut(namespace):
    return (
        namespace in ("Project", "Wikipedia", "Help", "Category", "Template", "File")
        or (namespace != "" and all(c.isupper() or not c.isalpha() for c in namespace))
        or (len(namespace) <= 3 and not namespace.isascii())
    )


def user_of(target, label):
    """What a link says before the name of a user, the name, and what it says after it."""
    target, space = target.strip().replace("_", " "), target.find(":")
    if label is None:
        name = target.partition(":Contributions/")[2]
        return ("", name, "") if name else None
    label = label.strip().replace("_", " ")
    if not label or space < 0:
        return None
    if target.endswith(label) and len(target) > len(label):
        before = target[: -len(label)]
        if before.endswith("/") or before.endswith(":") and not is_shortcut(before[:-1].lstrip(":")):
            return "", label, ""
    page, slash, name = target.partition("/")
    if not slash or not name or ":" not in page or is_shortcut(page.lstrip(":").partition(":")[0]):
        return None
    if label.startswith(name):
        return "", name, label[len(name):]
    if label.endswith(name):
        return label[: -len(name)], name, ""
    return None


def plain(comment):
    out, rest = "", comment
    while rest:
        link = re.match(r"\[\[(?!\]\])(.+?)\]\]", rest)
        if link and "[[" not in link[1]:
            target, bar, label = link[1].partition("|")
            user = user_of(target, label if bar else None)
            rest = rest[link.end():]
            if user:
                out += user[0] + BEFORE_USER + user[1] + AFTER_USER + user[2]
                rest = rest if user[2] else without_talk(rest, user[1])
            else:
                out += (label if bar else target).replace("_", " ")
            continue
        out, rest = out + rest[0], rest[1:]
    return re.sub(r"[\s\u0085]+", " ", re.sub(r"[\u200e\u200f\u202a-\u202e]", "", out))


def without_talk(after, name):
    talk = re.match(r"\s*[(（]\[\[([^\]|]*)(?:\|[^\]]*)?\]\]((?:[^)）\[]|\[\[[^\]]*\]\]){0,400})[)）]", after)
    return after[talk.end():] if talk and talk[1].replace("_", " ").endswith(name) else after
