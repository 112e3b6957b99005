package org.wikisentry.connect.eventstreams.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A process of our own, with its output in a file; it ends with this program at the latest. */
final class ChildProcess implements AutoCloseable {
    private final Process process;
    private final Path log;

    private ChildProcess(Process process, Path log) {
        this.process = process;
        this.log = log;
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    }

    /** Starts a program; its output is appended to {@code log}. */
    static ChildProcess start(Path log, List<String> command) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        return new ChildProcess(process, log);
    }

    /** Starts a JVM with the classes that this one has. */
    static ChildProcess java(Path log, String heap, String mainClass, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heap, "-Xms" + heap, "-cp", System.getProperty("java.class.path"),
                "-Dlog4j2.configurationFile=" + Path.of(System.getProperty("it.home"), "log4j2-process.properties"),
                mainClass));
        command.addAll(List.of(arguments));
        return start(log, command);
    }

    /** A port that nobody listens on. */
    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Waits for the end; the exit code. */
    int await() throws InterruptedException {
        return process.waitFor();
    }

    /** Ends it as {@code kill -9} does. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor(60, TimeUnit.SECONDS);
    }

    /** CPU time used so far, in seconds. */
    double cpuSeconds() {
        return process.info().totalCpuDuration().map(spent -> spent.toMillis() / 1000.0).orElse(Double.NaN);
    }

    /** Memory resident now, in MiB; NaN where the system does not say. */
    double residentMebibytes() {
        try (var lines = Files.lines(Path.of("/proc/" + process.pid() + "/status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) / 1024)
                    .findFirst()
                    .orElse(Double.NaN);
        } catch (IOException | UncheckedIOException unknown) {
            return Double.NaN;
        }
    }

    /** The last lines it wrote. */
    String lastLines() {
        try {
            List<String> lines = Files.readAllLines(log);
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 30), lines.size()));
        } catch (IOException error) {
            return "(no log: " + error + ")";
        }
    }

    @Override
    public void close() throws InterruptedException {
        kill();
    }
}
