package org.wikisentry.connect.eventstreams.it;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.Uuid;

/** A broker and a Connect worker, each a process, on free ports, in a folder that is removed. */
final class Platform implements AutoCloseable {
    static final String CONNECTOR = "eventstreams";
    static final List<String> TOPICS =
            List.of("edits.registered", "edits.anonymous", "edits.bot", "revision.tags", "deadletter");
    static final int PARTITIONS = 3;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path folder;
    private final int brokerPort = ChildProcess.freePort();
    private final int controllerPort = ChildProcess.freePort();
    private final int restPort = ChildProcess.freePort();
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(5)).build();
    private ChildProcess broker;
    private ChildProcess worker;

    Platform() throws Exception {
        folder = Files.createTempDirectory("eventstreams-it");
        Runtime.getRuntime().addShutdownHook(new Thread(this::removeFolder));
        startBroker();
        createTopics();
        startWorker();
    }

    String bootstrap() {
        return "127.0.0.1:" + brokerPort;
    }

    ChildProcess broker() {
        return broker;
    }

    ChildProcess worker() {
        return worker;
    }

    Path folder() {
        return folder;
    }

    private void startBroker() throws Exception {
        Path settings = write("server.properties", Map.ofEntries(
                Map.entry("process.roles", "broker,controller"),
                Map.entry("node.id", "1"),
                Map.entry("controller.quorum.voters", "1@127.0.0.1:" + controllerPort),
                Map.entry("listeners", "PLAINTEXT://" + bootstrap() + ",CONTROLLER://127.0.0.1:" + controllerPort),
                Map.entry("controller.listener.names", "CONTROLLER"),
                Map.entry("log.dirs", folder.resolve("kafka").toString()),
                // Recorded events are years old, and records carry the time of their event.
                Map.entry("log.retention.ms", "-1"),
                Map.entry("auto.create.topics.enable", "false"),
                Map.entry("offsets.topic.replication.factor", "1"),
                Map.entry("offsets.topic.num.partitions", "1"),
                Map.entry("transaction.state.log.replication.factor", "1"),
                Map.entry("transaction.state.log.min.isr", "1"),
                Map.entry("transaction.state.log.num.partitions", "1"),
                Map.entry("share.coordinator.state.topic.replication.factor", "1"),
                Map.entry("share.coordinator.state.topic.min.isr", "1"),
                Map.entry("group.initial.rebalance.delay.ms", "0"),
                Map.entry("group.min.session.timeout.ms", "1000")));
        Path log = folder.resolve("broker.log");
        ChildProcess format = ChildProcess.java(log, "128m", "kafka.tools.StorageTool",
                "format", "-t", Uuid.randomUuid().toString(), "-c", settings.toString());
        if (format.await() != 0) {
            throw new Main.Failure("the broker's storage could not be formatted:\n" + format.lastLines());
        }
        broker = ChildProcess.java(log, "512m", "kafka.Kafka", settings.toString());
        await("the broker", broker, Duration.ofMinutes(2), () -> {
            try (Admin admin = admin()) {
                return admin.describeCluster().nodes().get().size() == 1;
            }
        });
    }

    private void createTopics() throws Exception {
        try (Admin admin = admin()) {
            admin.createTopics(TOPICS.stream().map(name -> new NewTopic(name, PARTITIONS, (short) 1)).toList())
                    .all().get();
        }
    }

    Admin admin() {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap());
        return Admin.create(settings);
    }

    /** Starts the worker, or starts it again after it was killed, and waits until it answers. */
    void startWorker() throws Exception {
        Path settings = write("worker.properties", Map.ofEntries(
                Map.entry("bootstrap.servers", bootstrap()),
                Map.entry("group.id", "connect"),
                Map.entry("config.storage.topic", "connect-configs"),
                Map.entry("offset.storage.topic", "connect-offsets"),
                Map.entry("status.storage.topic", "connect-status"),
                Map.entry("config.storage.replication.factor", "1"),
                Map.entry("offset.storage.replication.factor", "1"),
                Map.entry("status.storage.replication.factor", "1"),
                Map.entry("offset.storage.partitions", "1"),
                Map.entry("status.storage.partitions", "1"),
                Map.entry("key.converter", "org.apache.kafka.connect.json.JsonConverter"),
                Map.entry("value.converter", "org.apache.kafka.connect.json.JsonConverter"),
                Map.entry("exactly.once.source.support", "enabled"),
                Map.entry("plugin.path", System.getProperty("it.plugins")),
                Map.entry("plugin.discovery", "service_load"),
                Map.entry("scheduled.rebalance.max.delay.ms", "0"),
                // A killed worker shall be missed soon.
                Map.entry("session.timeout.ms", "3000"),
                Map.entry("heartbeat.interval.ms", "500"),
                Map.entry("listeners", "http://127.0.0.1:" + restPort)));
        worker = ChildProcess.java(folder.resolve("worker.log"), "256m",
                "org.apache.kafka.connect.cli.ConnectDistributed", settings.toString());
        await("the worker", worker, Duration.ofMinutes(3), () -> request("GET", "/connectors", null) != null);
    }

    /** Creates the connector or changes its settings. */
    void configure(String url, Map<String, String> more) throws Exception {
        Map<String, String> settings = new java.util.TreeMap<>(Map.of(
                "connector.class", "org.wikisentry.connect.eventstreams.EventStreamsSourceConnector",
                "tasks.max", "1",
                "url", url,
                "contact", "test@example.org",
                "exactly.once.support", "required",
                "transaction.boundary", "poll",
                "key.converter", "org.apache.kafka.connect.storage.StringConverter",
                "value.converter", "org.apache.kafka.connect.converters.ByteArrayConverter"));
        settings.putAll(more);
        String body = JSON.writeValueAsString(settings);
        // While the worker's group is assembling it answers 409.
        await("the connector", worker, Duration.ofMinutes(2),
                () -> request("PUT", "/connectors/" + CONNECTOR + "/config", body) != null);
    }

    /** Fails if a task of the connector has failed. */
    void requireNoFailedTask() throws Exception {
        JsonNode status = request("GET", "/connectors/" + CONNECTOR + "/status", null);
        if (status == null) {
            return;
        }
        for (JsonNode task : status.path("tasks")) {
            if (task.path("state").asText().equals("FAILED")) {
                throw new Main.Failure("a task failed: " + task.path("trace").asText());
            }
        }
    }

    /** The bookmarks that the worker has stored. */
    JsonNode offsets() throws Exception {
        return request("GET", "/connectors/" + CONNECTOR + "/offsets", null);
    }

    /** The answer's JSON; null if the worker does not answer with success, as while it starts. */
    private JsonNode request(String method, String path, String body) throws Exception {
        HttpRequest.BodyPublisher content =
                body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body);
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + restPort + path))
                .timeout(Duration.ofSeconds(30))
                .header("Content-Type", "application/json")
                .method(method, content)
                .build();
        try {
            HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() == 400) {
                throw new Main.Failure("the worker refused: " + response.body());
            }
            return response.statusCode() / 100 == 2 ? JSON.readTree(response.body()) : null;
        } catch (IOException notYet) {
            return null;
        }
    }

    private static void await(String what, ChildProcess process, Duration patience, Callable<Boolean> ready)
            throws Exception {
        Instant deadline = Instant.now().plus(patience);
        while (true) {
            try {
                if (ready.call()) {
                    return;
                }
            } catch (java.util.concurrent.ExecutionException notYet) {
                // The client gave up; the deadline decides.
            }
            if (!process.isAlive() || Instant.now().isAfter(deadline)) {
                throw new Main.Failure(what + " did not come up:\n" + process.lastLines());
            }
            Thread.sleep(200);
        }
    }

    private Path write(String name, Map<String, String> settings) throws IOException {
        List<String> lines = settings.entrySet().stream().map(e -> e.getKey() + '=' + e.getValue()).sorted().toList();
        return Files.write(folder.resolve(name), lines);
    }

    @Override
    public void close() throws InterruptedException {
        worker.close();
        broker.close();
    }

    private void removeFolder() {
        if (Boolean.getBoolean("it.keep")) {
            return;
        }
        try {
            if (worker != null) {
                worker.close();
            }
            if (broker != null) {
                broker.close();
            }
            try (var files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (IOException | InterruptedException left) {
            System.err.println("left behind: " + folder + " (" + left + ")");
        }
    }
}
