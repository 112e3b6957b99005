package org.wikisentry.connect.eventstreams;

import java.util.stream.Collectors;
import java.util.stream.LongStream;

/** Invented edits, and the frames that carry them. */
final class Edits {
    static final String TOPIC = "eqiad.mediawiki.recentchange";

    private Edits() {}

    static String payload(long offset) {
        return payload(TOPIC, offset);
    }

    static String payload(String topic, long offset) {
        return "{\"$schema\":\"/mediawiki/recentchange/1.0.0\",\"meta\":{\"id\":\"" + topic + offset
                + "\",\"dt\":\"2026-09-17T03:42:33." + (100 + offset % 900) + "Z\",\"domain\":\"en.wikipedia.org\","
                + "\"stream\":\"mediawiki.recentchange\",\"topic\":\"" + topic + "\",\"partition\":0,\"offset\":"
                + offset + "},\"type\":\"edit\",\"title\":\"Page " + offset % 7 + "\",\"user\":\"U\",\"bot\":false,"
                + "\"wiki\":\"enwiki\"}";
    }

    static String frame(long offset) {
        return frame(TOPIC, offset, payload(TOPIC, offset));
    }

    static String frame(String topic, long offset, String payload) {
        return "event: message\nid: [{\"topic\":\"" + topic + "\",\"partition\":0,\"offset\":" + (offset + 1)
                + "}]\ndata: " + payload + "\n\n";
    }

    static String frames(long from, long to) {
        return LongStream.range(from, to).mapToObj(Edits::frame).collect(Collectors.joining());
    }
}
