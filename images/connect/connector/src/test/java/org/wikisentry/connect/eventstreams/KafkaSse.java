package org.wikisentry.connect.eventstreams;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Answers as EventStreams does: delivers what {@code Last-Event-ID} names and nothing else, begins
 * at the end where an offset is not there, refuses topics outside of the URL, names times in its ids.
 */
final class KafkaSse {
    /** An event of a topic; its offset is the cluster's. */
    record Sent(String topic, long time, String id) {}

    private static final String RECENT_CHANGE = "mediawiki.recentchange";

    private final Map<String, List<Sent>> topics = new HashMap<>();
    private long firstOffset = 5_000;

    /** From now on another cluster answers: it has the same events at other offsets. */
    synchronized void turnToCluster(long itsFirstOffset) {
        firstOffset = itsFirstOffset;
    }

    /** Adds events to a topic, so many milliseconds after each other. */
    synchronized void add(String topic, int count, long from, long step) {
        List<Sent> log = topics.computeIfAbsent(topic, none -> new ArrayList<>());
        for (int number = 0; number < count; number++) {
            log.add(new Sent(topic, from + number * step, topic + '#' + log.size()));
        }
    }

    /** The answer to a request; what it sends ends there. */
    synchronized FaultyFeed.Answer answer(FaultyFeed.Request request) {
        String[] url = request.path().split("\\?since=");
        String[] streams = url[0].substring(url[0].lastIndexOf('/') + 1).split(",");
        Map<String, Integer> begin = new LinkedHashMap<>();
        for (String stream : streams) {
            String own = stream.equals("recentchange") ? RECENT_CHANGE : stream;
            for (String centre : List.of("eqiad.", "codfw.")) {
                topics.computeIfAbsent(centre + own, none -> new ArrayList<>());
                begin.put(centre + own, topics.get(centre + own).size());
            }
        }
        if (request.lastEventId() != null) {
            Map<String, Integer> named = new LinkedHashMap<>();
            for (IdEntry entry : IdEntry.parseId(request.lastEventId().getBytes(UTF_8), Long.MAX_VALUE)) {
                if (!begin.containsKey(entry.topic())) {
                    return FaultyFeed.status(404, "", "no such topic: " + entry.topic());
                }
                named.put(entry.topic(), begin(entry));
            }
            begin = named;
        } else if (url.length > 1) {
            long since = Instant.parse(URLDecoder.decode(url[1], UTF_8)).toEpochMilli();
            begin.replaceAll((topic, end) -> begin(IdEntry.at(topic, 0, null, since)));
        }
        return FaultyFeed.text(FaultyFeed.OK + frames(begin));
    }

    private int begin(IdEntry entry) {
        List<Sent> log = topics.get(entry.topic());
        if (entry.timestamp() != null) {
            int at = 0;
            while (at < log.size() && log.get(at).time() < entry.timestamp()) {
                at++;
            }
            return at;
        }
        long at = entry.offset() - firstOffset;
        return at < 0 || at > log.size() ? log.size() : (int) at;
    }

    private String frames(Map<String, Integer> begin) {
        Map<String, String> id = new LinkedHashMap<>();
        List<Sent> sent = new ArrayList<>();
        begin.forEach((topic, at) -> {
            List<Sent> log = topics.get(topic);
            sent.addAll(log.subList(at, log.size()));
            id.put(topic, "\"offset\":" + (at == log.size() ? -1 : firstOffset + at));
        });
        sent.sort(Comparator.comparingLong(Sent::time));
        StringBuilder frames = new StringBuilder();
        for (Sent event : sent) {
            id.put(event.topic(), "\"timestamp\":" + (event.time() + 1));
            String entries = id.entrySet().stream()
                    .map(entry -> "{\"topic\":\"" + entry.getKey() + "\",\"partition\":0," + entry.getValue() + '}')
                    .collect(Collectors.joining(",", "[", "]"));
            long offset = firstOffset + topics.get(event.topic()).indexOf(event);
            frames.append("event: message\nid: ").append(entries).append("\ndata: ")
                    .append(Edits.payload(event.topic(), offset)
                            .replace("\"id\":\"" + event.topic() + offset, "\"id\":\"" + event.id())
                            .replaceFirst("\"dt\":\"[^\"]*", "\"dt\":\"" + EventTime.format(event.time())))
                    .append("\n\n");
        }
        return frames.toString();
    }
}
