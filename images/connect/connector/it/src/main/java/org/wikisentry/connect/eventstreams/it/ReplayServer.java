package org.wikisentry.connect.eventstreams.it;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** The replay server, a process on a free port. */
final class ReplayServer implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ChildProcess process;
    private final String url;
    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** {@code faults} may be empty, {@code rate} is {@code max} or events a second. */
    ReplayServer(int port, Path log, Path recording, String rate, int repeat, long seed, String faults)
            throws IOException, InterruptedException {
        url = "http://127.0.0.1:" + port + "/v2/stream";
        List<String> command = new ArrayList<>(List.of(System.getProperty("it.wikisentry"), "replay",
                recording.toString(), "--port", Integer.toString(port), "--rate", rate, "--repeat",
                Integer.toString(repeat), "--seed", Long.toString(seed)));
        if (!faults.isEmpty()) {
            command.addAll(List.of("--faults", faults));
        }
        process = ChildProcess.start(log, command);
        while (!answers()) {
            if (!process.isAlive()) {
                throw new Main.Failure("the replay server did not come up:\n" + process.lastLines());
            }
            Thread.sleep(100);
        }
    }

    String url() {
        return url;
    }

    private boolean answers() throws InterruptedException {
        try {
            return list() != null;
        } catch (IOException notYet) {
            return false;
        }
    }

    private JsonNode list() throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create(url)).header("User-Agent", "it (test@example.org)").build();
        return JSON.readTree(http.send(request, HttpResponse.BodyHandlers.ofString()).body());
    }

    /** Reads streams from beginning to end and hands on each event's data, canaries left out. */
    void read(List<String> streams, Consumer<String> events) throws IOException, InterruptedException {
        JsonNode counts = list().get("streams");
        long left = 0;
        for (String stream : streams) {
            left += counts.path(stream.equals("recentchange") ? "mediawiki.recentchange" : stream).asLong();
        }
        var request = HttpRequest.newBuilder(URI.create(url + '/' + String.join(",", streams)))
                .header("User-Agent", "it (test@example.org)")
                .build();
        var response = http.send(request, HttpResponse.BodyHandlers.ofInputStream());
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(response.body(), StandardCharsets.UTF_8), 1 << 16)) {
            while (left > 0) {
                String line = lines.readLine();
                if (line == null) {
                    throw new IOException("the replay ended early, " + left + " events are missing");
                }
                if (line.startsWith("data: ") && !line.contains("\"domain\":\"canary\"")) {
                    events.accept(line.substring(6));
                    left--;
                }
            }
        }
    }

    @Override
    public void close() throws InterruptedException {
        process.close();
    }
}
