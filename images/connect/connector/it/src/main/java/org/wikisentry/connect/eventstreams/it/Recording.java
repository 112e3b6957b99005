package org.wikisentry.connect.eventstreams.it;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;

/** What is replayed: the repository's sample, with invented events of a second stream among it. */
final class Recording {
    static final List<String> STREAMS = List.of("recentchange", "mediawiki.revision-tags-change");

    /** An invented event comes after so many of the sample. */
    private static final int EVERY = 5;

    private static final Pattern ID = Pattern.compile("\"id\": ?\"[0-9a-f-]{36}\"");

    private Recording() {}

    /** Writes the recording into a folder. */
    static Path write(Path folder) throws IOException {
        Path sample = Path.of(System.getProperty("it.home"), "../../../../testdata/sample/recentchange.jsonl.gz");
        List<String> lines = new ArrayList<>();
        try (BufferedReader in = new BufferedReader(new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(sample)), StandardCharsets.UTF_8))) {
            Set<String> ids = new HashSet<>();
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                // The sample has some events twice, which the connector drops as it should.
                Matcher id = ID.matcher(line);
                if (id.find() && !ids.add(id.group())) {
                    continue;
                }
                lines.add(line);
                if (lines.size() % (EVERY + 1) == EVERY) {
                    lines.add(tagsChange(lines.size()));
                }
            }
        }
        return Files.write(folder.resolve("recording.jsonl"), lines, StandardCharsets.UTF_8);
    }

    private static String tagsChange(int number) {
        return String.format(Locale.ROOT,
                "{\"$schema\":\"/mediawiki/revision/tags-change/1.0.1\",\"meta\":{\"id\":\"%08x-0000-4000-8000-000000000000\","
                        + "\"dt\":\"2026-03-01T18:%02d:%02dZ\",\"domain\":\"en.wikipedia.org\","
                        + "\"stream\":\"mediawiki.revision-tags-change\"},\"database\":\"enwiki\",\"page_title\":\"Page_%d\","
                        + "\"rev_id\":%d,\"tags\":[\"mw-reverted\"],\"prior_state\":{}}",
                number, number / 100 % 60, number % 60, number % 97, number);
    }
}
