package org.wikisentry.connect.eventstreams;

/** Whether bytes are UTF-8, as RFC 3629 has it. It decodes nothing. */
final class Utf8 {
    private Utf8() {}

    /** The place of the first byte that is not UTF-8; -1 if all are. */
    static int firstInvalid(byte[] bytes) {
        int at = 0;
        while (at < bytes.length) {
            int lead = bytes[at];
            if (lead >= 0) {
                at++;
                continue;
            }
            int more = continuations(lead & 0xff);
            if (more == 0 || at + more >= bytes.length || !secondFits(lead & 0xff, bytes[at + 1] & 0xff)) {
                return at;
            }
            for (int next = 2; next <= more; next++) {
                if ((bytes[at + next] & 0xc0) != 0x80) {
                    return at;
                }
            }
            at += 1 + more;
        }
        return -1;
    }

    private static int continuations(int lead) {
        if (lead >= 0xc2 && lead <= 0xdf) {
            return 1;
        }
        if (lead >= 0xe0 && lead <= 0xef) {
            return 2;
        }
        return lead >= 0xf0 && lead <= 0xf4 ? 3 : 0;
    }

    /** Refuses overlong forms, surrogates and what lies beyond U+10FFFF. */
    private static boolean secondFits(int lead, int second) {
        int from = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
        int to = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
        return second >= from && second <= to;
    }
}
