package org.wikisentry.connect.eventstreams;

/** Takes out of JSON what its parser refuses although the event is whole. Places stay the same. */
final class Repair {
    private static final int ESCAPE = 6;

    private Repair() {}

    /** A copy in which each value deeper than {@code levels} is a 0 and blanks: nobody reads that deep. */
    static byte[] nesting(byte[] json, int levels) {
        byte[] cut = json.clone();
        int depth = 0;
        boolean inText = false;
        for (int at = 0; at < json.length; at++) {
            byte before = json[at];
            boolean opens = !inText && (before == '[' || before == '{');
            boolean closes = !inText && (before == ']' || before == '}');
            depth += opens ? 1 : 0;
            boolean escaped = inText && before == '\\' && at + 1 < json.length;
            inText ^= before == '"';
            if (depth > levels) {
                cut[at] = (byte) (opens && depth == levels + 1 ? '0' : ' ');
                if (escaped) {
                    cut[at + 1] = ' ';
                }
            }
            at += escaped ? 1 : 0;
            depth -= closes ? 1 : 0;
        }
        return cut;
    }

    /** The same with U+FFFD for each half of a surrogate pair that an escape names. */
    static byte[] pairs(byte[] json) {
        int at = 0;
        while (at < json.length) {
            if (json[at] != '\\') {
                at++;
                continue;
            }
            int unit = unit(json, at);
            boolean first = unit >= 0 && Character.isHighSurrogate((char) unit);
            int next = first ? unit(json, at + ESCAPE) : -1;
            if (next >= 0 && Character.isLowSurrogate((char) next)) {
                at += 2 * ESCAPE;
                continue;
            }
            if (unit >= 0 && Character.isSurrogate((char) unit)) {
                json[at + 2] = 'f';
                json[at + 3] = 'f';
                json[at + 4] = 'f';
                json[at + 5] = 'd';
            }
            at += unit < 0 ? 2 : ESCAPE;
        }
        return json;
    }

    /** The UTF-16 unit that the escape at a place names; -1 if none stands there. */
    private static int unit(byte[] json, int at) {
        if (at + ESCAPE > json.length || json[at] != '\\' || json[at + 1] != 'u') {
            return -1;
        }
        int unit = 0;
        for (int digit = at + 2; digit < at + ESCAPE; digit++) {
            int value = Character.digit(json[digit], 16);
            if (value < 0) {
                return -1;
            }
            unit = unit * 16 + value;
        }
        return unit;
    }
}
