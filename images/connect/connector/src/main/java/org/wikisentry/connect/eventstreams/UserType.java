package org.wikisentry.connect.eventstreams;

/** Who made an edit, as far as routing cares. Held to {@code testdata/vectors/user_type.json}. */
enum UserType {
    /** Flagged as a bot by the wiki. */
    BOT("bot"),
    /** An IP address, or a temporary account ({@code ~2026-12345-67}), which replaced IP editing. */
    ANONYMOUS("anonymous"),
    /** Any other account, and users whose name is hidden. */
    REGISTERED("registered");

    private final String label;

    UserType(String label) {
        this.label = label;
    }

    /** The name used in topics. */
    String label() {
        return label;
    }

    /** Decides by the bot flag first, then by the shape of the name; null is a hidden name. */
    static UserType of(String name, boolean isBot) {
        if (isBot) {
            return BOT;
        }
        boolean anonymous = name != null && (isAddress(name) || isTemporaryAccount(name));
        return anonymous ? ANONYMOUS : REGISTERED;
    }

    /** Whether a name is an IPv4 or IPv6 address; such names cannot be registered. */
    static boolean isAddress(String name) {
        return isIpv4(name, 0) || (name.indexOf(':') >= 0 && isIpv6(name));
    }

    /**
     * Whether a name is that of a temporary account: {@code ~YYYY-} and groups of digits joined by
     * hyphens.
     *
     * @see <a href="https://www.mediawiki.org/wiki/Trust_and_Safety_Product/Temporary_Accounts">MediaWiki</a>
     */
    static boolean isTemporaryAccount(String name) {
        if (name.length() < 7 || name.charAt(0) != '~' || name.charAt(5) != '-') {
            return false;
        }
        boolean afterDigit = false;
        for (int at = 1; at < name.length(); at++) {
            char c = name.charAt(at);
            boolean digit = isDigit(c);
            if (!digit && (at < 5 || c != '-' || !afterDigit)) {
                return false;
            }
            afterDigit = digit;
        }
        return afterDigit;
    }

    /** Four decimal numbers up to 255, without leading zeros, from a place to the end. */
    private static boolean isIpv4(String text, int from) {
        int parts = 0;
        int at = from;
        while (true) {
            int start = at;
            int number = 0;
            while (at < text.length() && isDigit(text.charAt(at)) && at - start < 3) {
                number = number * 10 + (text.charAt(at++) - '0');
            }
            boolean leadingZero = at - start > 1 && text.charAt(start) == '0';
            if (at == start || number > 255 || leadingZero) {
                return false;
            }
            if (++parts == 4) {
                return at == text.length();
            }
            if (at == text.length() || text.charAt(at++) != '.') {
                return false;
            }
        }
    }

    /** RFC 4291, section 2.2, without zone: at most eight groups, at most one gap. */
    private static boolean isIpv6(String text) {
        int groups = 0;
        boolean gap = false;
        int at = 0;
        if (text.startsWith("::")) {
            gap = true;
            at = 2;
        }
        while (at < text.length()) {
            int start = at;
            while (at < text.length() && isHexDigit(text.charAt(at))) {
                at++;
            }
            if (at < text.length() && text.charAt(at) == '.') {
                // An IPv4 address may stand for the last two groups.
                return isIpv4(text, start) && complete(groups + 2, gap);
            }
            if (at == start || at - start > 4) {
                return false;
            }
            groups++;
            if (at == text.length()) {
                break;
            }
            if (text.charAt(at++) != ':' || at == text.length()) {
                return false;
            }
            if (text.charAt(at) == ':') {
                if (gap) {
                    return false;
                }
                gap = true;
                at++;
            }
        }
        return complete(groups, gap);
    }

    private static boolean complete(int groups, boolean gap) {
        return gap ? groups < 8 : groups == 8;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isHexDigit(char c) {
        return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    }
}
